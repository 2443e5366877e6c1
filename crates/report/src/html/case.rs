//! One case: its line, and behind it everything that is known of it.

use std::io::{self, Write};

use results::{AnsweredBy, Case, Comparison, ExchangeRecord, Strength, Verdict};

use super::text::{Lines, Text};
use crate::{digest, words};

/// Writes a case; its number is its anchor.
pub(super) fn write(output: &mut impl Write, number: usize, case: &Case) -> io::Result<()> {
    let (verdict, theme) = (case.verdict, Text(digest::theme(case)));
    writeln!(output, r#"<details class="case" id="c{number}" data-verdict="{verdict}" data-theme="{theme}">"#)?;
    summary(output, case)?;
    writeln!(output, r#"<div class="evidence">"#)?;
    account(output, case)?;
    compared(output, &case.compared)?;
    exchanges(output, &case.exchanges)?;
    writeln!(output, "</div>\n</details>")
}

fn summary(output: &mut impl Write, case: &Case) -> io::Result<()> {
    let word = case.verdict.word().to_uppercase();
    let answer = match (case.observed.status, case.observed.answered_by) {
        (None, AnsweredBy::Unknown) => String::new(),
        (status, who) => {
            let status = status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
            format!("{status} {who}, {}", words::duration(case.duration_ms))
        }
    };
    let reason = match (&case.reason, case.verdict) {
        (Some(reason), verdict) if verdict != Verdict::Pass => format!("; {}", Text(reason.as_str())),
        _ => String::new(),
    };
    writeln!(
        output,
        "<summary><span class=\"verdict {}\">{word}</span> <span class=\"answer\">{}</span> \
         <span class=\"what\"><span class=\"name\">{}</span> <span class=\"title\">{}{reason}</span></span></summary>",
        tone(case.verdict),
        Text(&answer),
        Text(&words::place(case)),
        Text(&case.title),
    )
}

/// What was promised, what came instead, what to change.
fn account(output: &mut impl Write, case: &Case) -> io::Result<()> {
    writeln!(output, "<dl>")?;
    row(output, "why it matters", &case.why)?;
    row(output, "severity", case.severity.word())?;
    row(output, "reason", case.reason.as_ref().map_or("", |reason| reason.as_str()))?;
    row(output, "expected", &case.expected)?;
    row(output, "observed", &words::observed(&case.observed))?;
    row(output, "predicted", case.predicted.as_ref().map_or("", |predicted| &predicted.phrase))?;
    row(output, "drift", case.drift.as_ref().map_or("", |drift| drift.as_str()))?;
    row(output, "played", case.means.map_or("", words::means))?;
    row(output, "what to change", &case.fix)?;
    if let Some(waiver) = &case.waiver {
        let text = format!("by {} until {}: {}", waiver.owner, waiver.until, waiver.reason);
        row(output, "waived", &text)?;
    }
    row(output, "cited", &case.cite.join("; "))?;
    if let Some(replay) = &case.replay {
        writeln!(output, "<dt>try again</dt><dd><code>{}</code></dd>", Text(replay.as_str()))?;
    }
    writeln!(output, "</dl>")
}

/// A label and its text. Without a text there is no label either.
fn row(output: &mut impl Write, label: &str, text: &str) -> io::Result<()> {
    if text.is_empty() { Ok(()) } else { writeln!(output, "<dt>{label}</dt><dd>{}</dd>", Text(text)) }
}

fn compared(output: &mut impl Write, compared: &[Comparison]) -> io::Result<()> {
    if compared.is_empty() {
        return Ok(());
    }
    writeln!(
        output,
        "<div class=\"wide\"><table><caption>Values compared</caption>\n<thead><tr><th scope=\"col\">what</th>\
         <th scope=\"col\">expected</th><th scope=\"col\">observed</th><th scope=\"col\">held</th></tr></thead>\n<tbody>"
    )?;
    for one in compared {
        let (tone, held) = match (one.holds, one.strength) {
            (true, _) => ("good", "yes"),
            (false, Strength::Must) => ("bad", "no, and it must"),
            (false, Strength::Should) => ("doubt", "no, and it should"),
        };
        writeln!(
            output,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td class=\"{tone}\">{held}</td></tr>",
            Text(&one.what),
            Text(&one.expected),
            Text(one.observed.as_str())
        )?;
    }
    writeln!(output, "</tbody></table></div>")
}

fn exchanges(output: &mut impl Write, exchanges: &[ExchangeRecord]) -> io::Result<()> {
    for (at, exchange) in exchanges.iter().enumerate() {
        let which = if exchanges.len() == 1 { String::new() } else { format!(" ({} of {})", at + 1, exchanges.len()) };
        writeln!(output, "<h4>Sent{which}</h4>\n<pre>{}</pre>", Lines(exchange.request.as_str()))?;
        let took = words::duration(exchange.milliseconds);
        writeln!(output, "<h4>Received after {}</h4>", Text(&took))?;
        writeln!(output, "<pre>{}</pre>", Lines(exchange.response.as_str()))?;
    }
    Ok(())
}

/// The class that a verdict is coloured by; its word says the same.
pub(super) fn tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "good",
        Verdict::Fail | Verdict::Error => "bad",
        Verdict::Warn | Verdict::Inconclusive => "doubt",
        Verdict::Recorded | Verdict::Skip => "other",
    }
}
