//! The view for a person: a line a case, what failed in full, and the outcome.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use results::{AnsweredBy, Case, Closing, Event, Opening, Redacted, Reporter, Verdict};

use crate::{Style, account, printable::Printable, words};

/// Runs of more cases than this are shown folded.
const FOLD_ABOVE: usize = 50;

/// This many failures are told in full; of the others there is a line each, and the result document has them all.
const TOLD_IN_FULL: usize = 20;

/// Width of the columns between verdict and name.
const FACTS: usize = "401 platform  247 ms".len();

/// This many kinds of folded cases are told apart by their reasons.
const REASONS: usize = 50;

/// A reporter for people.
///
/// Each case gets a line as it ends. In a run of more than fifty cases only failures, warnings and errors do, and the others are
/// counted by theme at the end. What failed is told in full at the end, where the eye falls; with [`Style::verbose`] every case
/// is, at once. The outcome is the last line.
pub struct Console<W: Write> {
    output: W,
    style: Style,
    planned: usize,
    /// Why the last case was skipped, and why the last one proved nothing: many in a row have the same reason.
    told: BTreeMap<Verdict, Redacted>,
    folded: BTreeMap<Fold, usize>,
    failures: Vec<Vec<u8>>,
    /// How many failures there were beyond those.
    untold: usize,
    /// Names of cases whose answers differ from what the settings would answer, and how.
    drifting: Vec<String>,
    /// Whether a line to try again leaves the token to be filled in.
    lacks_token: bool,
}

/// What stands for the token in a line to try again.
const TOKEN: &str = "$TOKEN";

const ABOUT_TOKEN: &str = "is the token of the case, which is not kept; `greenlight token` makes one like it where `greenlight serve` \
                           is the issuer, and `greenlight run` plays the case again if its scenario is named";

/// Cases that share one line.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Fold {
    theme: String,
    verdict: Verdict,
    reason: String,
}

impl<W: Write> Console<W> {
    /// Writes to `output`, which should pass on whole lines as they come (standard output does).
    pub fn new(output: W, style: Style) -> Self {
        let (told, folded) = (BTreeMap::new(), BTreeMap::new());
        let (failures, drifting) = (Vec::new(), Vec::new());
        Self { output, style, planned: 0, told, folded, failures, untold: 0, drifting, lacks_token: false }
    }

    fn opened(&mut self, opening: &Opening) -> io::Result<()> {
        self.planned = opening.planned;
        let cases = words::count(opening.planned, "case");
        let scenarios = words::count(opening.scenarios, "scenario");
        let target = Printable(opening.target.as_str());
        write!(
            self.output,
            "greenlight {} plays {cases} of {scenarios} against {target}",
            Printable(&opening.version)
        )?;
        if let Some(configuration) = &opening.configuration {
            write!(self.output, ", configured by {}", Printable(configuration))?;
        }
        self.output.write_all(b"\n\n")
    }

    fn finished(&mut self, case: &Case) -> io::Result<()> {
        if let Some(drift) = case.drift.as_ref().filter(|_| self.drifting.len() < TOLD_IN_FULL) {
            self.drifting.push(format!("{}  {}", words::place(case), Printable(drift.as_str())));
        }
        let lacks_token = || case.replay.as_ref().is_some_and(|line| line.as_str().contains(TOKEN));
        if self.style.verbose {
            self.lacks_token |= lacks_token();
            self.line(case)?;
            return self.in_full(case);
        }
        match case.verdict {
            Verdict::Fail | Verdict::Error => {
                if self.failures.len() < TOLD_IN_FULL {
                    self.lacks_token |= lacks_token();
                    self.failures.push(self.failure(case)?);
                } else {
                    self.untold += 1;
                }
                self.line(case)
            }
            Verdict::Warn => self.line(case),
            Verdict::Pass | Verdict::Recorded | Verdict::Skip | Verdict::Inconclusive => {
                if self.planned <= FOLD_ABOVE {
                    return self.line(case);
                }
                self.fold(case);
                Ok(())
            }
        }
    }

    /// The line of a case: its verdict, who answered what how fast, and behind these columns its name, and why where that is not
    /// plain.
    fn line(&mut self, case: &Case) -> io::Result<()> {
        let verdict = self.style.verdict(case.verdict);
        let dim = self.style.label();
        let facts = match (case.observed.status, case.observed.answered_by) {
            (None, AnsweredBy::Unknown) => format!("{:FACTS$}", ""),
            (status, who) => {
                let status = status.map_or_else(|| "-".to_owned(), |status| status.to_string());
                format!("{status:>3} {who:<8} {dim}{:>7}{dim:#}", words::duration(case.duration_ms))
            }
        };
        let line = format!("{verdict}  {facts}  {}  {}", words::place(case), self.reason(case));
        writeln!(self.output, "{}", line.trim_end())
    }

    /// Why, in one line; nothing where the case is about to be told in full.
    fn reason(&mut self, case: &Case) -> String {
        let Some(reason) = case.reason.as_ref().filter(|_| !self.style.verbose) else { return String::new() };
        let repeats = matches!(case.verdict, Verdict::Skip | Verdict::Inconclusive)
            && self.told.insert(case.verdict, reason.clone()).as_ref() == Some(reason);
        if repeats { "as above".to_owned() } else { Printable(reason.as_str()).to_string() }
    }

    fn in_full(&mut self, case: &Case) -> io::Result<()> {
        let label = self.style.label();
        account::write(&mut self.output, case, label)?;
        account::write_evidence(&mut self.output, case, label)?;
        account::write_exchanges(&mut self.output, case, label)?;
        writeln!(self.output)
    }

    /// What is told of a failure at the end.
    fn failure(&self, case: &Case) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        let bold = self.style.heading();
        let verdict = self.style.verdict(case.verdict);
        writeln!(text, "{verdict}  {bold}{}{bold:#}, severity {}", words::place(case), case.severity)?;
        account::write(&mut text, case, self.style.label())?;
        Ok(text)
    }

    fn fold(&mut self, case: &Case) {
        let reason = match (&case.reason, case.verdict) {
            (Some(reason), Verdict::Skip | Verdict::Inconclusive) => reason.as_str(),
            _ => "",
        };
        let mut fold = Fold { theme: case.theme.clone(), verdict: case.verdict, reason: reason.to_owned() };
        if self.folded.len() >= REASONS && !self.folded.contains_key(&fold) {
            "several reasons".clone_into(&mut fold.reason);
        }
        *self.folded.entry(fold).or_default() += 1;
    }

    fn closed(&mut self, closing: &Closing) -> io::Result<()> {
        for (fold, number) in std::mem::take(&mut self.folded) {
            let verdict = self.style.verdict(fold.verdict);
            let theme = if fold.theme.is_empty() { "other" } else { &fold.theme };
            let cases = words::count(number, "case");
            let line = format!("{verdict}  {cases:>FACTS$}  {}  {}", Printable(theme), Printable(&fold.reason));
            writeln!(self.output, "{}", line.trim_end())?;
        }
        for failure in std::mem::take(&mut self.failures) {
            writeln!(self.output)?;
            self.output.write_all(&failure)?;
        }
        let label = self.style.label();
        if self.untold > 0 {
            let more = format!("{} more, in full in the result document (`--results FILE`)", self.untold);
            writeln!(self.output)?;
            account::labelled(&mut self.output, "and", &more, label)?;
        }

        if !self.style.verbose || closing.drift > 0 {
            writeln!(self.output)?;
        }
        self.drift(closing.drift)?;
        if closing.decision.is_none() {
            for suspect in &closing.suspects {
                account::labelled(&mut self.output, "likely", suspect.as_str(), label)?;
            }
        }
        if self.lacks_token {
            account::labelled(&mut self.output, TOKEN, ABOUT_TOKEN, label)?;
        }
        for note in &closing.notes {
            account::labelled(&mut self.output, "note", note, label)?;
        }
        let duration = closing.duration_ms.map_or_else(String::new, |took| format!(" in {}", words::duration(took)));
        let total = words::count(closing.summary.total(), "case");
        account::labelled(
            &mut self.output,
            "summary",
            &format!("{total}{duration}: {}{}", words::tally(&closing.summary), words::drifting(closing.drift)),
            label,
        )?;
        let (word, style) = self.style.outcome(closing.verdict);
        account::labelled(&mut self.output, word, &words::sentence(closing, self.planned), style)?;
        let Some(decision) = &closing.decision else { return Ok(()) };
        let (word, style) = self.style.decision(decision);
        writeln!(self.output)?;
        account::labelled(&mut self.output, word, decision.why.as_str(), style)?;
        for remedy in &decision.remedies {
            account::labelled(&mut self.output, "change", remedy.as_str(), label)?;
        }
        Ok(())
    }
}

impl<W: Write> Console<W> {
    /// A line for each case whose answer differs from what the settings would answer. It is no failure: a promise is one thing, the
    /// settings that are believed to be in force another.
    fn drift(&mut self, all: usize) -> io::Result<()> {
        let label = self.style.label();
        let told = std::mem::take(&mut self.drifting);
        for line in &told {
            account::labelled(&mut self.output, "drift", line, label)?;
        }
        if all > told.len() {
            let more = format!("{} more, in the result document (`--results FILE`)", all - told.len());
            account::labelled(&mut self.output, "drift", &more, label)?;
        }
        if all > 0 { writeln!(self.output) } else { Ok(()) }
    }
}

impl<W: Write> Reporter for Console<W> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Opened(opening) => self.opened(opening),
            Event::Started { .. } => Ok(()),
            Event::Finished(case) => self.finished(case),
            Event::Closed(closing) => self.closed(closing),
        }
    }
}
