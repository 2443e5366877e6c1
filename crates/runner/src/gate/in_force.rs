//! Whether the settings that are believed to be deployed are those that the target goes by.

use results::{Case, Closing, Comparison, Redactor, Strength, Verdict};

use super::own_case;

/// How many answers were as the settings foretell, and the first that was not.
#[derive(Default)]
pub(super) struct InForce {
    foretold: usize,
    drifting: usize,
    first: Option<String>,
}

impl InForce {
    /// Takes note of a case.
    pub(super) fn finished(&mut self, case: &Case) {
        self.foretold += usize::from(case.predicted.is_some());
        if let Some(drift) = &case.drift {
            self.drifting += 1;
            self.first.get_or_insert_with(|| format!("`{}`: {}", case.name(), drift.as_str()));
        }
    }

    /// The case that says so. A target that is said to be Easy Auth must be as its settings say, another one should.
    pub(super) fn case(&self, strength: Strength, closing: &Closing) -> Case {
        let Self { foretold, drifting, first } = self;
        let redactor = Redactor::default();
        let (verdict, reason) = match (first, strength) {
            (None, _) if *foretold == 0 => (Verdict::Skip, Some("no answer was foretold".to_owned())),
            (None, _) => (Verdict::Pass, None),
            (Some(first), strength) => {
                let cases = if *drifting == 1 { "1 case was" } else { &format!("{drifting} cases were") };
                let likely = closing.suspects.first().map(|likely| format!("; likely {}", likely.as_str()));
                let likely = likely.unwrap_or_default();
                let verdict = if strength == Strength::Must { Verdict::Fail } else { Verdict::Warn };
                (verdict, Some(format!("{cases} not answered as the settings say, first {first}{likely}")))
            }
        };
        let fix = match verdict {
            Verdict::Fail => {
                "Deploy the settings that the profile names, or let `settings` name those that are deployed."
            }
            _ => "",
        };
        let compared = Comparison {
            what: "cases answered unlike the settings".to_owned(),
            expected: "0".to_owned(),
            observed: redactor.text(&format!("{drifting} of {foretold}")),
            holds: *drifting == 0,
            strength,
        };
        Case {
            expected: "as the settings foretell".to_owned(),
            verdict,
            reason: reason.map(|reason| redactor.text(&reason)),
            fix: fix.to_owned(),
            compared: vec![compared],
            ..own_case(
                "settings-in-force",
                "deployed",
                "The target answers as the settings say that are believed to be deployed",
                "What was reviewed is worth nothing where something else is deployed.",
            )
        }
    }
}
