//! The steps of a scenario: as they are written, and as they are in one variant.

use diagnostics::{Diagnostic, Fields, Node, Problems, Span, Value};

use crate::act;
use crate::check::Check;
use crate::expect::{self, Outcome, Principal};
use crate::places::Places;
use crate::recipe::span_of_time;
use crate::scenario::{Exchange, OldTls, Step};
use crate::send::{self, Door};
use crate::substitute::substitute;
use crate::variants::{self, Axis, Variant};

/// After this many mistakes in the variants of one scenario the rest would only repeat them.
const ENOUGH: usize = 50;

/// More repetitions than this are a load test.
const MOST_TIMES: i64 = 1000;

/// A step as it is written, with its variables. What is missing is reported; the rest is looked through all the same.
#[derive(Debug, Clone)]
pub(crate) enum Written {
    Exchange { send: Option<Node>, expect: Option<Node>, times: Option<Node> },
    Issuer(Node),
    Wait(Node),
    Tls(Node),
}

impl Written {
    /// Whether it does something to the issuer or the time.
    pub(crate) fn disturbs(&self) -> bool {
        matches!(self, Self::Issuer(_) | Self::Wait(_))
    }
}

/// The steps as written: a list, or the one step that the file as a whole is.
pub(crate) fn written(fields: &Fields<'_>, problems: &Problems) -> Vec<Written> {
    let Some(list) = fields.optional("steps") else {
        let (send, expect) = (fields.required("send").cloned(), fields.required("expect").cloned());
        return vec![Written::Exchange { send, expect, times: None }];
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
    let items = problems.list(list).unwrap_or_default();
    let steps: Vec<Written> = items.iter().filter_map(|item| step(item, problems)).collect();
    if let (Some(Written::Issuer(node) | Written::Wait(node)), true) = (steps.last(), steps.len() == items.len()) {
        problems.error(
            node.span,
            "nothing is sent after this",
            "send something that shows what came of it, or remove it",
        );
    }
    steps
}

fn step(item: &Node, problems: &Problems) -> Option<Written> {
    let fields = problems.fields(item)?;
    let (issuer, wait, tls) = (fields.optional("issuer"), fields.optional("wait"), fields.optional("tls"));
    let other = ["send", "expect", "times"].map(|key| fields.optional(key));
    let step = match (issuer, wait, tls) {
        (None, None, None) => {
            let (send, expect) = (fields.required("send").cloned(), fields.required("expect").cloned());
            Written::Exchange { send, expect, times: other[2].cloned() }
        }
        (Some(node), ..) => Written::Issuer(node.clone()),
        (None, Some(node), _) => Written::Wait(node.clone()),
        (None, None, Some(node)) => Written::Tls(node.clone()),
    };
    let several = [issuer, wait, tls].into_iter().chain(other).flatten().count();
    if !matches!(step, Written::Exchange { .. }) && several > 1 {
        let help = "write each as a step of its own: `- issuer: ...`, `- wait: ...`, `- { send: ..., expect: ... }`";
        problems.error(fields.span(), "these are several steps", help);
    }
    fields.finish();
    Some(step)
}

/// Reads every variant once, so that whatever is wrong in any of them is told now.
pub(crate) fn check(axes: &[Axis], steps: &[Written], control: bool, problems: &Problems) {
    let mut variables = Check::new(axes, problems);
    for step in steps {
        match step {
            Written::Exchange { send, expect, times } => {
                send.iter().chain(expect).chain(times).for_each(|node| variables.node(node));
            }
            Written::Issuer(node) | Written::Wait(node) | Written::Tls(node) => variables.node(node),
        }
    }
    let mut refused = variables.finish();
    let mut found: Vec<Diagnostic> = Vec::new();
    for variant in variants::all(axes) {
        let misplaced = Problems::new(problems.source());
        let unfit = places(steps, &variant, &misplaced);
        let misplaced: Vec<Diagnostic> =
            misplaced.into_vec().into_iter().filter(|one| !within(one, &refused)).collect();
        refused.extend(unfit);

        let mistakes = Problems::new(problems.source());
        let read: Vec<Option<Step>> = steps.iter().map(|step| read(step, &variant, &mistakes)).collect();
        for (step, written) in read.iter().zip(steps) {
            if let (Some(Step::Exchange(step)), Written::Exchange { expect: Some(node), .. }) = (step, written) {
                agree(step, node, control, &mistakes);
            }
        }
        let mistakes = mistakes.into_vec().into_iter();
        let mistakes = mistakes.filter(|one| !one.span.is_some_and(|span| refused.contains(&span)));
        for mistake in misplaced.into_iter().chain(mistakes) {
            if !found.contains(&mistake) {
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

/// Whether a mistake is about words that were refused already.
fn within(mistake: &Diagnostic, refused: &[Span]) -> bool {
    let holds = |inner: Span| refused.iter().any(|outer| outer.start <= inner.start && inner.end <= outer.end);
    mistake.span.is_some_and(holds)
}

/// Reports what is filled at play time and cannot be. Gives the places that were refused.
fn places(steps: &[Written], variant: &Variant<'_>, problems: &Problems) -> Vec<Span> {
    let mut places = Places::new(problems);
    let filled = |node: &Node| substitute(node, variant, problems);
    for step in steps {
        match step {
            Written::Exchange { send, expect, times } => {
                if let Some(send) = send {
                    places.send(&filled(send));
                }
                expect.iter().chain(times).for_each(|node| places.fixed(&filled(node)));
            }
            Written::Issuer(node) => places.act(&filled(node)),
            Written::Wait(node) | Written::Tls(node) => places.fixed(&filled(node)),
        }
    }
    places.finish()
}

/// Whether what a step expects can come of what it sends, and of a positive control.
fn agree(step: &Exchange, expect: &Node, control: bool, problems: &Problems) {
    if control && step.expect.outcome != Outcome::Accepted {
        problems.error(expect.span, "a positive control is accepted", "expect `accepted`, or remove `control`");
    }
    if control && matches!(step.send.to, Door::Excluded | Door::Keyed) {
        let help = "leave out `to`, or remove `control`";
        problems.error(expect.span, "a positive control is of the protected function", help);
    }
    if step.expect.principal == Some(Principal::Caller) {
        let (message, help) = if step.send.to == Door::Excluded {
            ("an excluded path is told nobody's identity", "expect `none`")
        } else if step.send.token.is_none() {
            ("`principal: caller` is about a token, and none is sent", "send one, or expect `none`")
        } else {
            return;
        };
        problems.error(expect.span, message, help);
    }
}

/// The steps of one variant; none where one of them cannot be read.
pub(crate) fn read_all(steps: &[Written], variant: &Variant<'_>, problems: &Problems) -> Option<Vec<Step>> {
    steps.iter().map(|step| read(step, variant, problems)).collect()
}

fn read(step: &Written, variant: &Variant<'_>, problems: &Problems) -> Option<Step> {
    let filled = |node: &Node| substitute(node, variant, problems);
    match step {
        Written::Exchange { send, expect, times } => {
            // All three are read for their mistakes, also behind one that cannot be read.
            let send = send.as_ref().and_then(|node| send::read(&filled(node), problems));
            let expect = expect.as_ref().and_then(|node| expect::read(&filled(node), problems));
            let times = times.as_ref().map_or(Some(1), |node| repetitions(&filled(node), problems));
            Some(Step::Exchange(Exchange { send: send?, expect: expect?, times: times? }))
        }
        Written::Issuer(node) => act::read(&filled(node), problems).map(Step::Issuer),
        Written::Wait(node) => wait(&filled(node), problems).map(Step::Wait),
        Written::Tls(node) => tls(&filled(node), problems).map(Step::Tls),
    }
}

fn tls(node: &Node, problems: &Problems) -> Option<OldTls> {
    let fields = problems.fields(node)?;
    let versions = [OldTls::V1_0, OldTls::V1_1].map(|version| (version.number(), version));
    let refuses = fields.required("refuses").and_then(|node| problems.word(node, &versions));
    fields.finish();
    refuses
}

fn repetitions(node: &Node, problems: &Problems) -> Option<u32> {
    let number = problems.integer(node)?;
    let times = u32::try_from(number).ok().filter(|_| (1..=MOST_TIMES).contains(&number));
    if times.is_none() {
        problems.error(node.span, format!("{number} is no number of times"), format!("write 1 to {MOST_TIMES}"));
    }
    times
}

fn wait(node: &Node, problems: &Problems) -> Option<i64> {
    let seconds = span_of_time(node, problems)?;
    if seconds <= 0 {
        problems.error(node.span, "time goes forward", "write a span above zero: `90s`, `13h`");
        return None;
    }
    Some(seconds)
}
