//! Scenarios, and the cases that they become.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use diagnostics::{Diagnostic, Fields, Level, Node, Problems, Source, Span, Value, parse};
use results::Severity;
use token::{Need, Recipe};

use crate::act::Act;
use crate::expect::{self, Expect, Outcome, Principal};
use crate::send::{self, Send};
use crate::substitute::{Check, substitute};
use crate::variants::{self, Axis, Variant};

/// After this many mistakes in the variants of one scenario the rest would only repeat them.
const ENOUGH: usize = 50;

const SEVERITIES: [(&str, Severity); 5] = [
    ("critical", Severity::Critical),
    ("high", Severity::High),
    ("medium", Severity::Medium),
    ("low", Severity::Low),
    ("info", Severity::Info),
];

/// A declared story: send this, expect that.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Unique among all scenarios; the name of its file without `.yaml`.
    pub id: String,
    /// What is claimed, as a sentence.
    pub title: String,
    /// Why it matters.
    pub why: String,
    /// How grave a breach is.
    pub severity: Severity,
    /// Where it is written that this must hold.
    pub cite: Vec<String>,
    /// What to change in the target's settings, or in what stands behind them, when it fails.
    pub fix: String,
    /// The families of the catalogue that it belongs to, such as `T1`.
    pub catalogue: Vec<String>,
    /// What it may only be played with; none: it harms nobody.
    pub consent: Option<Consent>,
    /// Whether this is a positive control: without it no denial counts.
    pub control: bool,
    /// The file.
    pub source: Arc<Source>,
    axes: Vec<Axis>,
    steps: Vec<Written>,
}

/// What a target's owner must have agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Requests that readers may end at different places, so that what is left over may reach somebody else.
    Smuggling,
    /// More requests at once than a caller would send.
    Flood,
}

/// A step as it is written, with its variables. What is missing is reported; the rest is looked through all the same.
#[derive(Debug, Clone)]
struct Written {
    send: Option<Node>,
    expect: Option<Node>,
}

/// One variant of a scenario, ready to be planned.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The scenario's id.
    pub id: String,
    /// `k=v,...` in declared order; empty where nothing varies.
    pub variant: String,
    /// What is done, in order. Never empty.
    pub steps: Vec<Step>,
}

/// One thing that is done.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly every step is an exchange, and a case has few")]
pub enum Step {
    /// A request is sent and its answer judged.
    Exchange(Exchange),
    /// Something is done to the issuer.
    Issuer(Act),
    /// So many seconds go by: set where the target takes its time from the run, waited for elsewhere.
    Wait(i64),
}

/// One request and what is expected of its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// What is sent.
    pub send: Send,
    /// What must come back.
    pub expect: Expect,
    /// How often it is sent, each time with a token made afresh. Every answer is judged.
    pub times: u32,
}

impl Scenario {
    /// The cases, one for each variant, in declared order. Each is made when it is asked for, so their number costs no memory.
    pub fn cases(&self) -> impl Iterator<Item = Case> + '_ {
        variants::all(&self.axes).filter_map(|variant| {
            // `read` has read every variant without a mistake before it gave this scenario out, so none is lost here.
            let steps = read_steps(&self.steps, &variant, &Problems::new(&self.source));
            steps.map(|steps| Case { id: self.id.clone(), variant: variant.name(), steps })
        })
    }

    /// The folder that its file lies in, which is what it is about: `core`.
    pub fn theme(&self) -> &str {
        let folder = Path::new(&self.source.name).parent().and_then(Path::file_name);
        folder.and_then(|folder| folder.to_str()).unwrap_or_default()
    }

    /// How many cases there are.
    pub fn case_count(&self) -> usize {
        variants::count(&self.axes)
    }
}

impl Case {
    /// The requests among its steps.
    pub fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.steps.iter().filter_map(|step| match step {
            Step::Exchange(exchange) => Some(exchange),
            Step::Issuer(_) | Step::Wait(_) => None,
        })
    }

    /// The recipes of all its tokens.
    pub fn recipes(&self) -> impl Iterator<Item = &Recipe> {
        self.exchanges().flat_map(|exchange| exchange.send.token.iter().chain(&exchange.send.other_token))
    }

    /// Whether it disturbs the issuer or the time, so that it needs a tenant and a target of its own, or to be alone.
    pub fn disturbs(&self) -> bool {
        self.steps.iter().any(|step| !matches!(step, Step::Exchange(_)))
    }

    /// The most demanding need of its tokens; none where no token is sent.
    pub fn need(&self) -> Option<Need> {
        let demand = |need: &Need| match need {
            Need::Forgeable => 0,
            Need::Issued => 1,
            Need::Mintable => 2,
        };
        self.recipes().map(Recipe::need).max_by_key(demand)
    }
}

/// Reads scenario files, each by itself: a broken one is reported and left out, the others are read all the same.
pub fn read(sources: &[Arc<Source>]) -> (Vec<Scenario>, Vec<Diagnostic>) {
    let mut scenarios = Vec::new();
    let mut diagnostics = Vec::new();
    let mut ids: HashMap<String, (Arc<Source>, Span)> = HashMap::new();
    for source in sources {
        let read = read_one(source);
        diagnostics.extend(read.diagnostics);
        if let Some((id, span)) = read.id {
            if let Some((first, at)) = ids.get(&id) {
                diagnostics.extend(duplicate(&id, (source, span), (first, *at)));
                continue;
            }
            ids.insert(id, (Arc::clone(source), span));
        }
        scenarios.extend(read.scenario);
    }
    (scenarios, diagnostics)
}

fn duplicate(id: &str, second: (&Arc<Source>, Span), first: (&Arc<Source>, Span)) -> [Diagnostic; 2] {
    let error = Diagnostic::error(second.0, second.1, format!("`{id}` is the id of two scenarios"));
    let note = Diagnostic::error(first.0, first.1, format!("`{id}` is first used here"));
    [error.help("give one of them another id and file name"), Diagnostic { level: Level::Note, ..note }]
}

/// What came of one file.
#[derive(Default)]
struct File {
    id: Option<(String, Span)>,
    scenario: Option<Scenario>,
    diagnostics: Vec<Diagnostic>,
}

fn read_one(source: &Arc<Source>) -> File {
    let node = match parse(source) {
        Ok(node) => node,
        Err(diagnostic) => return File { diagnostics: vec![diagnostic], ..File::default() },
    };
    let problems = Problems::new(source);
    let (id, scenario) = problems.fields(&node).map(|fields| scenario(fields, &problems)).unwrap_or_default();
    let scenario = scenario.filter(|_| !problems.any_error());
    File { id, scenario, diagnostics: problems.into_vec() }
}

fn scenario(fields: Fields<'_>, problems: &Problems) -> (Option<(String, Span)>, Option<Scenario>) {
    let id = fields.required("id").and_then(|node| id(node, problems));
    let title = fields.required_text("title");
    let why = fields.required_text("why");
    let severity = fields.required("severity").and_then(|node| problems.word(node, &SEVERITIES));
    let cite = fields.required("cite").map(|node| cite(node, problems)).unwrap_or_default();
    let control = fields.boolean_or("control", false);
    let axes = fields.optional("variants").map(|node| variants::read(node, problems)).unwrap_or_default();
    let steps = written(&fields, problems);
    fields.finish();
    check(&axes, &steps, control, problems);

    let whole = || {
        let (id, source) = (id.as_ref()?.0.clone(), Arc::clone(problems.source()));
        Some(Scenario {
            id,
            title: title?,
            why: why?,
            severity: severity?,
            cite,
            fix: String::new(),
            catalogue: Vec::new(),
            consent: None,
            control,
            source,
            axes,
            steps,
        })
    };
    let scenario = whole();
    (id, scenario)
}

fn id(node: &Node, problems: &Problems) -> Option<(String, Span)> {
    let id = problems.text(node)?;
    if !variants::is_name(id) {
        let help = "lower-case words joined by dashes, such as `wrong-audience`";
        problems.error(node.span, format!("{id:?} is not an id"), help);
        return None;
    }
    let name = problems.source().name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if stem != id {
        let help = format!("rename the file to `{id}.yaml`, or write `id: {stem}`");
        problems.error(node.span, format!("the id is `{id}`, the file is `{name}`"), help);
    }
    Some((id.to_owned(), node.span))
}

fn cite(node: &Node, problems: &Problems) -> Vec<String> {
    if node.value == Value::List(Vec::new()) {
        problems.error(node.span, "nothing is cited", "name a standard's section, a vendor's page or a CVE");
    }
    problems.texts(node)
}

/// The steps as written: a list, or the one step that the file as a whole is.
fn written(fields: &Fields<'_>, problems: &Problems) -> Vec<Written> {
    let Some(list) = fields.optional("steps") else {
        return vec![one_step(fields)];
    };
    for key in ["send", "expect"] {
        fields.optional(key);
        if let Some((key, _)) = fields.entries().iter().find(|(known, _)| known.text == key) {
            let message = format!("`{}` stands beside `steps`", key.text);
            problems.error(key.span, message, "make it one of the steps: `- { send: ..., expect: ... }`");
        }
    }
    if list.value == Value::List(Vec::new()) {
        problems.error(list.span, "there is no step", "write at least one `- { send: ..., expect: ... }`");
    }
    let step = |item: &Node| {
        let fields = problems.fields(item)?;
        let step = one_step(&fields);
        fields.finish();
        Some(step)
    };
    problems.list(list).unwrap_or_default().iter().filter_map(step).collect()
}

fn one_step(fields: &Fields<'_>) -> Written {
    Written { send: fields.required("send").cloned(), expect: fields.required("expect").cloned() }
}

/// Reads every variant once, so that whatever is wrong in any of them is told now.
fn check(axes: &[Axis], steps: &[Written], control: bool, problems: &Problems) {
    let mut variables = Check::new(axes, problems);
    for step in steps {
        variables.send(step.send.as_ref());
        variables.expect(step.expect.as_ref());
    }
    let refused = variables.finish();
    let mut found: Vec<Diagnostic> = Vec::new();
    for variant in variants::all(axes) {
        let mistakes = Problems::new(problems.source());
        let read = read_steps(steps, &variant, &mistakes).unwrap_or_default();
        for (step, written) in read.iter().zip(steps) {
            if let Some(node) = &written.expect {
                agree(step, node, control, &mistakes);
            }
        }
        for mistake in mistakes.into_vec() {
            if !mistake.span.is_some_and(|span| refused.contains(&span)) && !found.contains(&mistake) {
                found.push(mistake);
            }
        }
        if found.len() >= ENOUGH {
            break;
        }
    }
    for mistake in found {
        problems.push(mistake);
    }
}

/// Whether what a step expects can come of what it sends, and of a positive control.
fn agree(step: &Step, expect: &Node, control: bool, problems: &Problems) {
    let Step::Exchange(step) = step else { return };
    if control && step.expect.outcome != Outcome::Accepted {
        problems.error(expect.span, "a positive control is accepted", "expect `accepted`, or remove `control`");
    }
    if step.expect.principal == Some(Principal::Caller) && step.send.token.is_none() {
        problems.error(
            expect.span,
            "`principal: caller` is about a token, and none is sent",
            "send one, or expect `none`",
        );
    }
}

/// The steps of one variant; none where one of them cannot be read.
fn read_steps(steps: &[Written], variant: &Variant<'_>, problems: &Problems) -> Option<Vec<Step>> {
    let read = |step: &Written| {
        let filled = |node: &Option<Node>| node.as_ref().map(|node| substitute(node, variant, problems));
        let send = filled(&step.send).and_then(|node| send::read(&node, problems));
        let expect = filled(&step.expect).and_then(|node| expect::read(&node, problems));
        Some(Step::Exchange(Exchange { send: send?, expect: expect?, times: 1 }))
    };
    // Collected first: every step is read for its mistakes, also behind one that cannot be read.
    let read: Vec<Option<Step>> = steps.iter().map(read).collect();
    read.into_iter().collect()
}
