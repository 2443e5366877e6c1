//! `greenlight explain`.

use std::fmt::Write as _;

use authsettings::{RULES, Rule};
use diagnostics::nearest;
use scenario::Scenario;

use crate::arguments::Explain;
use crate::catalogue;
use crate::describe::{Line, Part, Story, places};
use crate::exit::Exit;
use crate::library::{Library, Meant};
use crate::terminal;
use crate::trouble::Trouble;

/// Where lines are broken, so that they are read easily.
const WIDTH: usize = 100;

/// Shows what a scenario, or one case of it, sends and expects, why, and its text; or what a rule looks for, and why.
pub(crate) fn explain(arguments: &Explain) -> Result<Exit, Trouble> {
    if is_of_rules(&arguments.id) {
        terminal::output(&page(rule(&arguments.id)?));
        return Ok(Exit::Passed);
    }
    let library = Library::open(arguments.scenarios.as_deref())?;
    let Meant { scenario, case } = library.meant(&arguments.id)?;
    let variant = case.as_ref().map(|case| format!("[{}]", case.variant)).unwrap_or_default();
    let story = case.map_or_else(|| Story::of(scenario), Story::of_case);
    terminal::output(&text(scenario, &variant, &story)?);
    Ok(Exit::Passed)
}

/// Whether an id is made as those of rules are.
fn is_of_rules(id: &str) -> bool {
    id.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("L-"))
}

fn rule(id: &str) -> Result<&'static Rule, Trouble> {
    let found = RULES.iter().find(|rule| rule.id.eq_ignore_ascii_case(id));
    found.copied().ok_or_else(|| {
        let hint = match nearest(id, RULES.iter().map(|rule| rule.id)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`greenlight list --rules` shows them all".to_owned(),
        };
        Trouble::usage(format!("no rule is called `{id}`")).hint(hint)
    })
}

/// A rule in words.
fn page(rule: &Rule) -> String {
    let mut text = Text::default();
    let _ = writeln!(text.0, "{}\n{}\n", rule.id, rule.title);
    text.part("Why it matters", [rule.why].into_iter());
    text.part("Level", [rule.level.word()].into_iter());
    text.part("Where it fires, for example", [rule.example].into_iter());
    text.part("What to write instead", [rule.fix].into_iter());
    text.part("Sources", rule.sources.iter().copied());
    text.0.truncate(text.0.trim_end().len());
    text.0 + "\n"
}

fn text(scenario: &Scenario, case: &str, story: &Story) -> Result<String, Trouble> {
    let mut text = Text::default();
    let _ = writeln!(text.0, "{}/{}{case}\n{}\n", scenario.theme(), scenario.id, scenario.title);
    for step in 1..=story.steps {
        let number = if story.steps > 1 { format!("Step {step}: ") } else { String::new() };
        for part in [Part::Done, Part::Must, Part::Should, Part::May] {
            let heading = match part {
                Part::Done if story.awaits(step) => "what is sent",
                Part::Done => "what is done",
                Part::Must => "what must come back, or the case fails",
                Part::Should => {
                    "what should come back, or the case warns; with `--strict`, and where the target is Easy Auth, it fails"
                }
                Part::May => "what is as good",
            };
            text.part(&capital(&format!("{number}{heading}")), story.about(step, part));
        }
    }
    text.part("Where", story.words.iter().map(String::as_str));
    text.part("Why it matters", [scenario.why.trim()].into_iter());
    text.part("Severity", [scenario.severity.to_string().as_str()].into_iter());
    if scenario.control {
        let control = "Where it does not pass, no denial of the same run counts.";
        text.part("Positive control", [control].into_iter());
    }
    text.part("What to change when it fails", Some(scenario.fix.trim()).into_iter().filter(|fix| !fix.is_empty()));
    text.part("Sources", scenario.cite.iter().map(String::as_str));
    let catalogue = catalogue::own().map_err(|told| Trouble::files("the catalogue cannot be read", told))?;
    let entries = catalogue.iter().flat_map(|section| &section.entries);
    let covered: Vec<String> = entries
        .filter(|entry| scenario.catalogue.contains(&entry.id))
        .map(|entry| format!("{} {}", entry.id, entry.about))
        .collect();
    text.part("What it covers of the catalogue", covered.iter().map(String::as_str));
    text.part("Where it plays", places(scenario).iter().map(String::as_str));
    let own = |(variant, lines): &(String, Vec<Line>)| {
        let told: Vec<String> = lines.iter().map(|line| story.own(line)).collect();
        format!("{variant}\n{}", told.join(" "))
    };
    let cases: Vec<String> = story.cases.iter().map(own).collect();
    text.part("Cases, and what each has for itself", cases.iter().map(String::as_str));
    let _ = writeln!(text.0, "The file ({})", scenario.source.name);
    let lines = scenario.source.text.lines().filter(|line| !line.starts_with('#'));
    lines.for_each(|line| {
        let _ = writeln!(text.0, "  {line}");
    });
    Ok(text.0)
}

/// A text of headings and indented paragraphs.
#[derive(Default)]
struct Text(String);

impl Text {
    /// A heading and what stands below it; nothing at all where nothing does.
    fn part<'a>(&mut self, heading: &str, paragraphs: impl Iterator<Item = &'a str>) {
        let mut paragraphs = paragraphs.peekable();
        if paragraphs.peek().is_none() {
            return;
        }
        let _ = writeln!(self.0, "{heading}");
        for paragraph in paragraphs {
            for (at, line) in paragraph.lines().flat_map(broken).enumerate() {
                let indent = if at == 0 { "  " } else { "    " };
                let _ = writeln!(self.0, "{indent}{line}");
            }
        }
        self.0.push('\n');
    }
}

/// A line, broken at blanks.
fn broken(line: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split(' ') {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(word.to_owned());
        } else {
            if !lines[last].is_empty() {
                lines[last].push(' ');
            }
            lines[last].push_str(word);
        }
    }
    lines
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
