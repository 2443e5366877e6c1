//! What stands around the cases.

use std::fmt::{self, Write as _};
use std::io;

use results::{Closing, Coverage, Go, Means, Opening, RunVerdict, Severity, Summary, Verdict};

use super::case::tone;
use super::text::{Text, fill};
use crate::digest::{self, Digest, Failure, Group, Kind};
use crate::words::{self, count};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Of style and script, by which the policy knows them. A test says what to write here when one of them has changed.
const DIGESTS: [&str; 2] =
    ["sha256-lNXIU+oLQzCIcwBbZDZmOelwDl3YYzrXR432j8BCBSE=", "sha256-y8VMCGsbCZ0Dw3UMlWwFQhxEaAHauvP0w6L9ZFx2/os="];

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
        ("remedies", remedies(closing)?),
        ("failures", failures(digest)?),
        ("coverage", coverage(digest)?),
        ("groups", groups(digest)?),
        ("notes", notes(closing)?),
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

fn remedies(closing: &Closing) -> Result<String, fmt::Error> {
    let remedies = closing.decision.iter().flat_map(|decision| &decision.remedies);
    let items = remedies.map(|remedy| format!("<li>{}</li>\n", Text(remedy.as_str()))).collect::<String>();
    let mut text = String::new();
    if !items.is_empty() {
        write!(text, "<h2>What to change before asking again</h2>\n<ol>\n{items}</ol>\n")?;
    }
    Ok(text)
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
    for paragraph in [&first.why, &first.fix].into_iter().filter(|text| !text.is_empty()) {
        let label = if std::ptr::eq(paragraph, &first.fix) { "<strong>What to change:</strong> " } else { "" };
        writeln!(text, "<p>{label}{}</p>", Text(paragraph))?;
    }
    writeln!(
        text,
        "<dl><dt>expected</dt><dd>{}</dd><dt>observed</dt><dd>{}</dd></dl>",
        Text(&first.expected),
        Text(&words::observed(&first.observed))
    )?;
    writeln!(text, "<ul class=\"named\">")?;
    for case in &cases.first {
        let name = if case.distinction.is_empty() { first.id.as_str() } else { &case.distinction };
        let (number, name) = (case.number, Text(name));
        writeln!(text, "<li><a class=\"name\" href=\"#c{number}\">{name}</a> {}</li>", Text(&case.reason))?;
    }
    if cases.more() > 0 {
        writeln!(text, "<li>and {} more below</li>", cases.more())?;
    }
    writeln!(text, "</ul>\n</article>")
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

fn groups(digest: &Digest) -> Result<String, fmt::Error> {
    let mut text = String::new();
    for kind in Kind::ALL {
        let groups = digest.groups(kind);
        if groups.is_empty() {
            continue;
        }
        writeln!(text, "<h3>{}</h3>\n<ul>", kind.title())?;
        for (reason, group) in groups {
            grouped(&mut text, reason, group)?;
        }
        writeln!(text, "</ul>")?;
    }
    Ok(text)
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

fn notes(closing: &Closing) -> Result<String, fmt::Error> {
    let mut text = String::new();
    if !closing.notes.is_empty() {
        writeln!(text, "<h3>Notes</h3>")?;
    }
    for note in &closing.notes {
        // A note that shows how something is written has lines of its own.
        match note.contains('\n') {
            true => writeln!(text, "<pre>{}</pre>", super::text::Lines(note))?,
            false => writeln!(text, "<p>{}</p>", Text(note))?,
        }
    }
    Ok(text)
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
    digest.themes.keys().map(|theme| format!("<option value=\"{0}\">{0}</option>", Text(theme))).collect()
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
