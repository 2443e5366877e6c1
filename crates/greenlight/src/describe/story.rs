//! What the cases of a scenario have in common, and what each has for itself.

use scenario::{Case, Scenario};

use super::{Told, phrase, steps};

/// A scenario, or one case of it.
#[derive(Debug)]
pub(crate) struct Story {
    /// What every case has, in order.
    pub(crate) common: Vec<Line>,
    /// How many steps a case has.
    pub(crate) steps: usize,
    /// The steps that have an answer, which is judged.
    awaited: Vec<usize>,
    /// The variants, and what each has for itself; empty where there is but one case.
    pub(crate) cases: Vec<(String, Vec<Line>)>,
    /// What the variables stand for.
    pub(crate) words: Vec<String>,
}

/// One sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The step, from 1.
    pub(crate) step: usize,
    /// What it is about.
    pub(crate) part: Part,
    /// The sentence.
    pub(crate) text: String,
}

/// What a sentence is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// What is done.
    Done,
    /// What must hold.
    Must,
    /// What should hold.
    Should,
    /// What is as good.
    May,
}

impl Story {
    /// A scenario with all its cases.
    pub(crate) fn of(scenario: &Scenario) -> Self {
        Self::tell(scenario.cases())
    }

    /// One case alone.
    pub(crate) fn of_case(case: Case) -> Self {
        Self::tell(std::iter::once(case))
    }

    fn tell(cases: impl Iterator<Item = Case>) -> Self {
        let mut steps_of_a_case = 0;
        let told: Vec<(String, Vec<Line>)> = cases
            .map(|case| {
                steps_of_a_case = steps_of_a_case.max(case.steps.len());
                (case.variant.clone(), lines(steps(&case)))
            })
            .collect();
        let words = phrase::glossary(told.iter().flat_map(|(_, lines)| lines).map(|line| line.text.as_str()));
        let all = told.iter().flat_map(|(_, lines)| lines);
        let awaited = all.filter(|line| line.part != Part::Done).map(|line| line.step).collect();
        let everywhere = |line: &Line| told.iter().all(|(_, lines)| lines.contains(line));
        let first = told.first().map(|(_, lines)| lines.clone()).unwrap_or_default();
        let common: Vec<Line> = first.into_iter().filter(everywhere).collect();
        let own = |(variant, lines): (String, Vec<Line>)| {
            (variant, lines.into_iter().filter(|line| !common.contains(line)).collect())
        };
        let cases = if told.len() > 1 { told.into_iter().map(own).collect() } else { Vec::new() };
        Self { common, steps: steps_of_a_case, awaited, cases, words }
    }

    /// The sentences that all cases share about one part of one step.
    pub(crate) fn about(&self, step: usize, part: Part) -> impl Iterator<Item = &str> {
        let here = move |line: &&Line| line.step == step && line.part == part;
        self.common.iter().filter(here).map(|line| line.text.as_str())
    }

    /// Whether a step has an answer, which is judged.
    pub(crate) fn awaits(&self, step: usize) -> bool {
        self.awaited.contains(&step)
    }

    /// A sentence that is a case's own, with what it is about where that is not plain.
    pub(crate) fn own(&self, line: &Line) -> String {
        let step = if self.steps > 1 { format!("Step {}: ", line.step) } else { String::new() };
        let strength = match line.part {
            Part::Done => "",
            Part::Must => "Must: ",
            Part::Should => "Should: ",
            Part::May => "As good: ",
        };
        format!("{step}{strength}{}", line.text)
    }
}

fn lines(steps: Vec<Told>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (at, Told { done, must, should, may }) in steps.into_iter().enumerate() {
        for (part, texts) in [(Part::Done, done), (Part::Must, must), (Part::Should, should), (Part::May, may)] {
            lines.extend(texts.into_iter().map(|text| Line { step: at + 1, part, text }));
        }
    }
    lines
}
