//! What a run comes to: all that is told before its cases, and all that is told where there is no room for them.

use std::collections::BTreeMap;
use std::io;

use results::{Case, Closing, Event, Opening, Severity, Tally, Verdict};

use crate::{printable::Printable, words};

/// So many cases of a scenario or of a group are named; the others are counted.
const NAMED: usize = 20;

/// So many groups of a kind are told apart by their texts.
const TEXTS: usize = 50;

/// Folds the events of a run. It grows with the number of scenarios that fail, not with that of cases.
#[derive(Default)]
pub(crate) struct Digest {
    pub(crate) opening: Option<Opening>,
    pub(crate) tally: Tally,
    pub(crate) themes: BTreeMap<String, Tally>,
    /// By severity, theme and id: the gravest first.
    pub(crate) failures: BTreeMap<(Severity, String, String), Failure>,
    groups: BTreeMap<Kind, BTreeMap<String, Group>>,
}

/// A scenario of which cases failed.
pub(crate) struct Failure {
    /// The first of them that was told; the others have title, why and fix in common with it.
    pub(crate) first: Case,
    pub(crate) cases: Named<Failed>,
}

/// What tells a failed case from the others of its scenario.
pub(crate) struct Failed {
    /// Its place among all cases, from 1.
    pub(crate) number: usize,
    pub(crate) distinction: String,
    pub(crate) reason: String,
}

/// Cases that are told together, for they have a reason in common.
pub(crate) type Group = Named<(usize, String)>;

/// The first few of many.
pub(crate) struct Named<T> {
    pub(crate) first: Vec<T>,
    pub(crate) count: usize,
}

/// What cases have in common that are told together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Failures that somebody answers for.
    Waived,
    /// What merely should hold did not.
    Warned,
    /// A fault on this side.
    Error,
    /// The answer proves nothing.
    Inconclusive,
    /// It could not be played.
    Skipped,
    /// The answer differs from what the settings say.
    Drift,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] =
        [Self::Waived, Self::Warned, Self::Error, Self::Inconclusive, Self::Skipped, Self::Drift];

    /// As a heading.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Waived => "Failed, and waived for a time",
            Self::Warned => "Passed with a warning",
            Self::Error => "Not played to the end",
            Self::Inconclusive => "Played, and nothing is proven by it",
            Self::Skipped => "Not played",
            Self::Drift => "Answered otherwise than the settings say",
        }
    }
}

impl Digest {
    /// Takes note of one event.
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Opened(opening) => self.opening = Some((*opening).clone()),
            Event::Finished(case) => self.finished(case),
            Event::Started { .. } | Event::Closed(_) => {}
        }
    }

    /// What was known at the beginning.
    pub(crate) fn opening(&self) -> io::Result<&Opening> {
        self.opening.as_ref().ok_or_else(|| io::Error::other("a run opens before it closes"))
    }

    /// The word that is read first: the decision where somebody asked for one, else the verdict; and what it rests on.
    pub(crate) fn outcome(&self, closing: &Closing) -> (&'static str, String) {
        if let Some(decision) = &closing.decision {
            return (words::decision(decision), decision.why.as_str().to_owned());
        }
        let planned = self.opening.as_ref().map_or(0, |opening| opening.planned);
        (words::outcome(closing.verdict), words::sentence(closing, planned))
    }

    /// The cases of a kind by what they have in common, the commonest first.
    pub(crate) fn groups(&self, kind: Kind) -> Vec<(&str, &Group)> {
        let groups = self.groups.get(&kind).into_iter().flatten();
        let mut groups: Vec<_> = groups.map(|(text, group)| (text.as_str(), group)).collect();
        groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.count));
        groups
    }

    fn finished(&mut self, case: &Case) {
        self.tally.finished(case);
        self.themes.entry(theme(case).to_owned()).or_default().finished(case);
        let number = self.tally.summary().total();
        let reason = case.reason.as_ref().map_or("no reason is given", |reason| reason.as_str());
        if let Some(drift) = &case.drift {
            self.group(Kind::Drift, drift.as_str().to_owned(), number, case);
        }
        let kind = match (case.verdict, &case.waiver) {
            (Verdict::Pass | Verdict::Recorded, _) => return,
            (Verdict::Fail, _) => return self.failed(number, reason, case),
            (Verdict::Warn, Some(waiver)) => {
                let text = format!("accepted by {} until {}: {}", waiver.owner, waiver.until, waiver.reason);
                return self.group(Kind::Waived, text, number, case);
            }
            (Verdict::Warn, None) => Kind::Warned,
            (Verdict::Error, _) => Kind::Error,
            (Verdict::Inconclusive, _) => Kind::Inconclusive,
            (Verdict::Skip, _) => Kind::Skipped,
        };
        self.group(kind, reason.to_owned(), number, case);
    }

    fn failed(&mut self, number: usize, reason: &str, case: &Case) {
        let key = (case.severity, case.theme.clone(), case.id.clone());
        let failure = self.failures.entry(key).or_insert_with(|| {
            // Its evidence stands with the case.
            let first = Case { exchanges: Vec::new(), compared: Vec::new(), ..case.clone() };
            Failure { first, cases: Named::default() }
        });
        let distinction = words::distinction(case).trim_start().to_owned();
        failure.cases.add(|| Failed { number, distinction, reason: reason.to_owned() });
    }

    fn group(&mut self, kind: Kind, mut text: String, number: usize, case: &Case) {
        let groups = self.groups.entry(kind).or_default();
        if groups.len() >= TEXTS && !groups.contains_key(&text) {
            "several reasons".clone_into(&mut text);
        }
        groups.entry(text).or_default().add(|| (number, words::place(case)));
    }
}

impl<T> Named<T> {
    fn add(&mut self, one: impl FnOnce() -> T) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(one());
        }
    }

    /// What all of them have in common, where they do as far as they are named.
    pub(crate) fn common<'a>(&'a self, text: impl Fn(&'a T) -> &'a str) -> Option<&'a str> {
        let first = self.first.first().map(&text)?;
        self.first.iter().all(|one| text(one) == first).then_some(first)
    }

    /// How many are counted only.
    pub(crate) fn more(&self) -> usize {
        self.count - self.first.len()
    }
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self { first: Vec::new(), count: 0 }
    }
}

/// The theme by which a case is counted.
pub(crate) fn theme(case: &Case) -> &str {
    if case.theme.is_empty() { "other" } else { &case.theme }
}

/// What is known of the run as a whole, each with its label.
pub(crate) fn facts(opening: &Opening, closing: &Closing) -> Vec<(&'static str, String)> {
    let cases = words::count(opening.planned, "case");
    let mut facts = vec![("target", Printable(opening.target.as_str()).to_string())];
    facts.extend(opening.configuration.as_ref().map(|one| ("settings", Printable(one).to_string())));
    facts.push(("planned", format!("{cases} of {}", words::count(opening.scenarios, "scenario"))));
    let took = closing.duration_ms.map_or_else(String::new, |took| format!(", for {}", words::duration(took)));
    facts.push(("started", format!("{}{took}", Printable(&opening.started))));
    facts.push(("by", format!("greenlight {}", Printable(&opening.version))));
    facts.push(("command", Printable(opening.command.as_str()).to_string()));
    facts
}
