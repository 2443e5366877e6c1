//! What stands around the cases.

use std::fmt::{self, Write as _};
use std::io;

use results::{Closing, Coverage, Go, Means, Opening, RunVerdict, Severity, Summary, Verdict};

use super::case::tone;
use super::text::{Lines, Text, fill};
use crate::digest::{self, Digest, Failure, Group, Kind};
use crate::words::{self, count};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Of style and script, by which the policy knows them. A test says what to write here when one of them has changed.
const DIGESTS: [&str; 2] =
    ["sha256-81NqZRdgZmTgo5aRyrA9Bj7u4VV8WYG1pho0navwO5A=", "sha256-y8VMCGsbCZ0Dw3UMlWwFQhxEaAHauvP0w6L9ZFx2/os="];

/// The page before the cases, and after them.
pub(super) fn around(digest: &Digest, closing: &Closing) -> io::Result<(String, String)> {
    let parts = parts(digest, digest.opening()?, closing).map_err(io::Error::other)?;
    let (before, after) = PAGE.split_once("{{cases}}").unwrap_or((PAGE, ""));
    Ok((fill(before, &parts), fill(after, &parts)))
}

/// The heading of a theme's cases. The section is closed by the caller.
pub(super) fn theme(theme: &str, cases: usize) -> String {
    let cases = count(cases, "case");
    format!("<section class=\"theme\">\n<h3>{} <span class=\"quiet\">{cases}</span></h3>\n", Text(theme))
}

/// What is filled into the page, as HTML.
fn parts(digest: &Digest, opening: &Opening, closing: &Closing) -> Result<Vec<(&'static str, String)>, fmt::Error> {
    let [style, script] = DIGESTS;
    let (word, why) = digest.outcome(closing);
    let fact = |(label, fact): &(&str, String)| format!("<dt>{label}</dt><dd>{}</dd>\n", Text(fact));
    Ok(vec![
        (
            "policy",
            format!(
                "default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'"
            ),
        ),
        ("title", format!("{word}: {}", Text(opening.target.as_str()))),
        ("style", STYLE.to_owned()),
        ("script", SCRIPT.to_owned()),
        ("word", word.to_owned()),
        ("why", Text(&why).to_string()),
        ("tone", outcome_tone(closing).to_owned()),
        ("facts", digest::facts(opening, closing).iter().map(fact).collect()),
        ("remedies", remedies(closing)),
        ("failures", failures(digest)?),
        ("coverage", coverage(digest)?),
        ("groups", groups(digest, closing)?),
        ("matrix", matrix(digest)?),
        ("verdicts", verdict_options(&digest.tally.summary())),
        ("theme_options", theme_options(digest)),
        ("ended", ended(closing)),
    ])
}

fn outcome_tone(closing: &Closing) -> &'static str {
    match (&closing.decision, closing.verdict) {
        (Some(decision), _) => match decision.word {
            Go::Go => "good",
            Go::NoGo => "bad",
            Go::Inconclusive => "doubt",
        },
        (None, RunVerdict::Pass) => "good",
        (None, RunVerdict::Inconclusive) => "doubt",
        (None, RunVerdict::Fail | RunVerdict::Error) => "bad",
    }
}

fn remedies(closing: &Closing) -> String {
    let remedies = closing.decision.iter().flat_map(|decision| &decision.remedies);
    let items: Vec<String> = remedies.map(|remedy| format!("<li>{}</li>\n", Text(remedy.as_str()))).collect();
    if items.is_empty() {
        return String::new();
    }
    format!("<h2>What to change before asking again</h2>\n<ol>\n{}</ol>\n", items.concat())
}

fn failures(digest: &Digest) -> Result<String, fmt::Error> {
    let mut text = String::new();
    if digest.failures.is_empty() {
        return Ok(text);
    }
    let cases = count(digest.tally.summary().fail, "case");
    let scenarios = count(digest.failures.len(), "scenario");
    writeln!(
        text,
        "<section aria-labelledby=\"failures\">\n<h2 id=\"failures\">What failed: {cases} of {scenarios}</h2>"
    )?;
    for ((severity, _, _), one) in &digest.failures {
        failure(&mut text, *severity, one)?;
    }
    writeln!(text, "</section>")?;
    Ok(text)
}

fn failure(text: &mut String, severity: Severity, failure: &Failure) -> fmt::Result {
    let Failure { first, cases } = failure;
    writeln!(
        text,
        "<article class=\"failure\">\n<h3>{} <span class=\"quiet\">{severity}, <span class=\"name\">{}/{}</span></span></h3>",
        Text(&first.title),
        Text(digest::theme(first)),
        Text(&first.id)
    )?;
    for (label, paragraph) in [("", &first.why), ("<strong>What to change:</strong> ", &first.fix)] {
        if !paragraph.is_empty() {
            writeln!(text, "<p>{label}{}</p>", Text(paragraph))?;
        }
    }
    let observed = words::observed(&first.observed);
    writeln!(text, "<dl>")?;
    let reason = cases.common(|case| case.reason.as_str());
    for (label, said) in
        [("expected", first.expected.as_str()), ("observed", &observed), ("reason", reason.unwrap_or_default())]
    {
        if !said.is_empty() {
            writeln!(text, "<dt>{label}</dt><dd>{}</dd>", Text(said))?;
        }
    }
    write!(text, "<dt>{}</dt><dd>", if cases.count == 1 { "case" } else { "cases" })?;
    for (at, case) in cases.first.iter().enumerate() {
        let name = if case.distinction.is_empty() { first.id.as_str() } else { &case.distinction };
        let between = match (at, reason) {
            (0, _) => "",
            (_, Some(_)) => ", ",
            (_, None) => "<br>",
        };
        write!(text, "{between}<a class=\"name\" href=\"#c{}\">{}</a>", case.number, Text(name))?;
        if reason.is_none() {
            write!(text, ": {}", Text(&case.reason))?;
        }
    }
    if cases.more() > 0 {
        write!(text, " and {} more below", cases.more())?;
    }
    writeln!(text, "</dd></dl>\n</article>")
}

/// By which means how many cases were played, and what that can prove.
fn coverage(digest: &Digest) -> Result<String, fmt::Error> {
    let Coverage { plain, forged, real, minted } = digest.tally.coverage();
    let Summary { skip, .. } = digest.tally.summary();
    let mut text = String::from(
        "<table><caption>Cases by what they were played with</caption>\n<thead><tr><th scope=\"col\">played</th>\
         <th scope=\"col\" class=\"number\">cases</th></tr></thead>\n<tbody>\n",
    );
    let rows = [
        (words::means(Means::Plain), plain),
        (words::means(Means::Forged), forged),
        (words::means(Means::Real), real),
        (words::means(Means::Minted), minted),
        ("not played", skip),
    ];
    for (label, number) in rows {
        writeln!(text, "<tr><th scope=\"row\">{label}</th><td class=\"number\">{number}</td></tr>")?;
    }
    writeln!(text, "</tbody></table>")?;
    Ok(text)
}

/// Why cases were not played, prove nothing, or are told apart otherwise; and what the reader should know.
fn groups(digest: &Digest, closing: &Closing) -> Result<String, fmt::Error> {
    let mut text = String::new();
    for kind in Kind::ALL {
        let groups = digest.groups(kind);
        if groups.is_empty() {
            continue;
        }
        writeln!(text, "<h3>{}</h3>\n<ul class=\"plain\">", kind.title())?;
        for (reason, group) in groups {
            grouped(&mut text, reason, group)?;
        }
        writeln!(text, "</ul>")?;
    }
    notes(&mut text, closing)?;
    if text.is_empty() {
        return Ok(text);
    }
    Ok(format!("<section aria-labelledby=\"reasons\">\n<h2 id=\"reasons\">Reasons and notes</h2>\n{text}</section>\n"))
}

fn grouped(text: &mut String, reason: &str, group: &Group) -> fmt::Result {
    write!(text, "<li><details><summary>{}: {}</summary> ", count(group.count, "case"), Text(reason))?;
    for (at, (number, name)) in group.first.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        write!(text, "{comma}<a class=\"name\" href=\"#c{number}\">{}</a>", Text(name))?;
    }
    if group.more() > 0 {
        write!(text, " and {} more", group.more())?;
    }
    writeln!(text, "</details></li>")
}

fn notes(text: &mut String, closing: &Closing) -> fmt::Result {
    if !closing.notes.is_empty() {
        writeln!(text, "<h3>Notes</h3>")?;
    }
    for note in &closing.notes {
        // A note that shows how something is written has lines of its own.
        if note.contains('\n') {
            writeln!(text, "<pre>{}</pre>", Lines(note))?;
        } else {
            writeln!(text, "<p>{}</p>", Text(note))?;
        }
    }
    Ok(())
}

/// The verdicts that some case ended in.
fn occurring(summary: &Summary) -> Vec<Verdict> {
    words::ORDER.into_iter().filter(|verdict| words::number(summary, *verdict) > 0).collect()
}

fn matrix(digest: &Digest) -> Result<String, fmt::Error> {
    let summary = digest.tally.summary();
    let verdicts = occurring(&summary);
    let mut text = String::from(
        "<div class=\"wide\"><table><caption>Numbers of cases; each leads to them</caption>\n<thead><tr><th scope=\"col\">theme</th>",
    );
    for verdict in &verdicts {
        write!(text, "<th scope=\"col\" class=\"number {}\">{verdict}</th>", tone(*verdict))?;
    }
    writeln!(text, "<th scope=\"col\" class=\"number\">all</th></tr></thead>\n<tbody>")?;
    for (theme, tally) in &digest.themes {
        let of_theme = tally.summary();
        write!(text, "<tr><th scope=\"row\">{}</th>", Text(theme))?;
        let link = format!("theme={}", query(theme));
        for verdict in &verdicts {
            cell(&mut text, words::number(&of_theme, *verdict), &format!("verdict={verdict}&amp;{link}"))?;
        }
        cell(&mut text, of_theme.total(), &link)?;
        writeln!(text, "</tr>")?;
    }
    write!(text, "</tbody>\n<tfoot><tr><th scope=\"row\">all</th>")?;
    for verdict in &verdicts {
        cell(&mut text, words::number(&summary, *verdict), &format!("verdict={verdict}"))?;
    }
    writeln!(text, "<td class=\"number\">{}</td></tr></tfoot></table></div>", summary.total())?;
    Ok(text)
}

fn cell(text: &mut String, number: usize, link: &str) -> fmt::Result {
    match number {
        0 => write!(text, "<td class=\"number quiet\">0</td>"),
        number => write!(text, "<td class=\"number\"><a href=\"#{link}\">{number}</a></td>"),
    }
}

fn verdict_options(summary: &Summary) -> String {
    let option = |verdict: &Verdict| {
        format!("<option value=\"{verdict}\">{verdict} ({})</option>", words::number(summary, *verdict))
    };
    occurring(summary).iter().map(option).collect()
}

fn theme_options(digest: &Digest) -> String {
    let option = |theme: &String| format!("<option value=\"{0}\">{0}</option>", Text(theme));
    digest.themes.keys().map(option).collect()
}

fn ended(closing: &Closing) -> String {
    let at = closing.finished.as_ref().map_or_else(|| "before it could say when".to_owned(), |at| format!("at {at}"));
    let whole = if closing.interrupted { ", interrupted: cases are missing" } else { "" };
    format!("The run ended {}{whole}.", Text(&at))
}

/// A word within a link. The filter knows a theme as the page shows it.
fn query(word: &str) -> String {
    let shown = crate::printable::Printable(word).to_string();
    percent_encoding::utf8_percent_encode(&shown, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA256, digest};
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::{DIGESTS, SCRIPT, STYLE};

    #[test]
    fn the_policy_knows_style_and_script() {
        let digests =
            [STYLE, SCRIPT].map(|text| format!("sha256-{}", STANDARD.encode(digest(&SHA256, text.as_bytes()))));
        assert_eq!(DIGESTS.map(str::to_owned), digests, "write these in DIGESTS");
    }
}
