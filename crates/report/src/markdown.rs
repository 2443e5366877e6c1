//! The view for pull requests and for the summaries of CI steps.

mod text;

use std::fmt::Write as _;
use std::io::{self, Write};

use results::{Closing, Coverage, Event, Means, Opening, Reporter, Summary};

use crate::digest::{self, Digest, Failure, Group, Kind};
use crate::words::{self, count};
pub(crate) use text::{Code, Page, Prose};

/// GitHub shows a step's summary of up to 1 MiB, and none that is longer. A bit is left for whatever else a step says.
pub(crate) const STEP: usize = 1_000_000;

/// So many failed scenarios are told openly; the others are folded.
const OPEN: usize = 20;

/// So many cases of a scenario or of a group are named.
const NAMED: usize = 5;

const WHERE: &str = "the result document (`--results FILE`) and the HTML report (`--html FILE`) tell them all";

/// Writes a run as Markdown, as GitHub and Azure DevOps show it, when the run closes.
///
/// It never takes more than a bound of bytes: what there is no room for is counted.
pub struct Markdown<W: Write> {
    output: W,
    bound: usize,
    digest: Digest,
}

impl<W: Write> Markdown<W> {
    /// Writes to an output within a megabyte.
    pub fn new(output: W) -> Self {
        Self::within(STEP, output)
    }

    /// Writes to an output, at most so many bytes, and at most a megabyte.
    pub fn within(bytes: usize, output: W) -> Self {
        Self { output, bound: bytes.min(STEP), digest: Digest::default() }
    }

    fn close(&mut self, closing: &Closing) -> io::Result<()> {
        let page = page(&self.digest, self.digest.opening()?, closing, self.bound);
        self.output.write_all(page.as_bytes())?;
        self.output.flush()
    }
}

impl<W: Write> Reporter for Markdown<W> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        self.digest.event(event);
        if let Event::Closed(closing) = event { self.close(closing) } else { Ok(()) }
    }
}

fn page(digest: &Digest, opening: &Opening, closing: &Closing, bound: usize) -> String {
    let mut page = Page::within(bound);
    page.add(&head(digest, opening, closing));
    page.add(&coverage(digest));
    page.rows("\n| theme | passed | failed | warned | recorded | skipped | inconclusive | error |\n| --- | --: | --: | --: | --: | --: | --: | --: |\n", &table(digest));
    // What comes last is written first, within a quarter of the room, so that no number of failures takes its place.
    let mut tail = Page::within(page.room() / 4);
    for kind in Kind::ALL {
        let lines: Vec<String> = digest.groups(kind).iter().map(|(reason, group)| grouped(reason, group)).collect();
        tail.rows(&format!("\n### {}\n\n", kind.title()), &lines);
    }
    let notes: Vec<String> = closing.notes.iter().map(|note| format!("- {}\n", Prose(note))).collect();
    tail.rows("\n### Notes\n\n", &notes);
    failures(&mut page, digest, tail.length());
    page.add(&tail.text());
    page.text()
}

fn head(digest: &Digest, opening: &Opening, closing: &Closing) -> String {
    let (word, why) = digest.outcome(closing);
    let mut text = format!("## greenlight: {word}\n\n{}\n", Prose(&why));
    let remedies = closing.decision.iter().flat_map(|decision| &decision.remedies);
    for (at, remedy) in remedies.enumerate() {
        text += if at == 0 { "\nWhat to change before asking again:\n\n" } else { "" };
        let _ = writeln!(text, "{}. {}", at + 1, Prose(remedy.as_str()));
    }
    text.push('\n');
    for (label, fact) in digest::facts(opening, closing) {
        let _ = writeln!(text, "- {label}: {}", Code(&fact));
    }
    text + &format!("- {}{}\n", words::tally(&closing.summary), words::drifting(closing.drift))
}

fn coverage(digest: &Digest) -> String {
    let Coverage { plain, forged, real, minted } = digest.tally.coverage();
    let means = [(Means::Plain, plain), (Means::Forged, forged), (Means::Real, real), (Means::Minted, minted)];
    let played = means.iter().filter(|(_, number)| *number > 0);
    let mut told: Vec<String> = played.map(|(means, number)| format!("{number} {}", words::means(*means))).collect();
    let skipped = digest.tally.summary().skip;
    told.extend((skipped > 0).then(|| format!("{skipped} not played")));
    if told.is_empty() { String::new() } else { format!("- cases: {}\n", told.join("; ")) }
}

fn table(digest: &Digest) -> Vec<String> {
    let row = |theme: &str, summary: Summary| {
        let numbers = words::ORDER.map(|verdict| match words::number(&summary, verdict) {
            0 => String::new(),
            number => number.to_string(),
        });
        format!("| {theme} | {} |\n", numbers.join(" | "))
    };
    let mut rows: Vec<String> =
        digest.themes.iter().map(|(theme, tally)| row(&Prose(theme).to_string(), tally.summary())).collect();
    if rows.len() > 1 {
        rows.push(row("**all**", digest.tally.summary()));
    }
    rows
}

fn failures(page: &mut Page, digest: &Digest, tail: usize) {
    const FOLD: &str = "\n<details><summary>The other scenarios that failed</summary>\n";
    const END: &str = "\n</details>\n";
    if digest.failures.is_empty() {
        return;
    }
    let cases = count(digest.tally.summary().fail, "case");
    let heading = format!("\n### What failed: {cases} of {}\n", count(digest.failures.len(), "scenario"));
    // Room for what is written whatever happens: the fold's two lines, and that there is more.
    let reserved = tail + FOLD.len() + END.len() + heading.len() + WHERE.len() + 80;
    let mut left = page.room().saturating_sub(reserved);
    let mut told = 0;
    page.add(&heading);
    for one in digest.failures.values() {
        let block = failure(one);
        if block.len() > left {
            break;
        }
        if told == OPEN {
            page.add(FOLD);
        }
        left -= block.len();
        page.add(&block);
        told += 1;
    }
    if told > OPEN {
        page.add(END);
    }
    if told < digest.failures.len() {
        page.add(&format!("\nand {} more: {WHERE}\n", count(digest.failures.len() - told, "scenario")));
    }
}

fn failure(failure: &Failure) -> String {
    let Failure { first, cases } = failure;
    let name = format!("{}/{}", digest::theme(first), first.id);
    let mut text = format!("\n**{}** ({}, {})\n\n", Prose(&first.title), first.severity, Code(&name));
    let _ = writeln!(text, "- expected: {}", Prose(&first.expected));
    let _ = writeln!(text, "- observed: {}", Prose(&words::observed(&first.observed)));
    if !first.fix.is_empty() {
        let _ = writeln!(text, "- what to change: {}", Prose(&first.fix));
    }
    let named = cases.first.iter().take(NAMED);
    let names = named.clone().map(|case| if case.distinction.is_empty() { &name } else { &case.distinction });
    let more = match cases.count.saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    if let Some(reason) = cases.common(|case| case.reason.as_str()) {
        let names: Vec<String> = names.map(|name| Code(name).to_string()).collect();
        return text + &format!("- reason: {}\n- {}{more}\n", Prose(reason), names.join(", "));
    }
    for (name, case) in names.zip(named) {
        let _ = writeln!(text, "- {}: {}", Code(name), Prose(&case.reason));
    }
    if more.is_empty() { text } else { text + &format!("-{more}\n") }
}

fn grouped(reason: &str, group: &Group) -> String {
    let named: Vec<String> = group.first.iter().take(NAMED).map(|(_, name)| Code(name).to_string()).collect();
    let more = match group.count - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("- {}: {} ({}{more})\n", count(group.count, "case"), Prose(reason), named.join(", "))
}
