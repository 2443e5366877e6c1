//! Everything worth knowing about one case, as labelled lines.

use std::io::{self, Write};

use results::{Case, Strength};

use crate::{
    printable::{Printable, lines},
    words,
};

/// Width of the column of labels and verdicts; `inconclusive` is the longest.
pub(crate) const COLUMN: usize = 12;

/// Writes what was promised, what came instead, and how to try again.
pub(crate) fn write(output: &mut impl Write, case: &Case, label: anstyle::Style) -> io::Result<()> {
    let mut part = |name: &str, text: &str| labelled(output, name, text, label);
    part("", &case.title)?;
    part("", &case.why)?;
    if let Some(reason) = &case.reason {
        part("reason", reason.as_str())?;
    }
    part("expected", &case.expected)?;
    if let Some(predicted) = &case.predicted {
        part("predicted", &predicted.phrase)?;
    }
    part("observed", &words::observed(&case.observed))?;
    if let Some(drift) = &case.drift {
        part("drift", drift.as_str())?;
    }
    for comparison in case.compared.iter().filter(|one| !one.holds) {
        let name = match comparison.strength {
            Strength::Must => "must",
            Strength::Should => "should",
        };
        let phrase = comparison.phrase();
        // What decided the case is its reason already.
        if case.reason.as_ref().is_none_or(|reason| !reason.as_str().ends_with(&phrase)) {
            part(name, &phrase)?;
        }
    }
    part("cited", &case.cite.join("; "))?;
    if let Some(replay) = &case.replay {
        part("try again", replay.as_str())?;
    }
    Ok(())
}

/// Writes every value compared that held: the evidence of a pass.
pub(crate) fn write_evidence(output: &mut impl Write, case: &Case, label: anstyle::Style) -> io::Result<()> {
    for comparison in case.compared.iter().filter(|one| one.holds) {
        labelled(output, "held", &format!("{}: {}", comparison.what, comparison.observed.as_str()), label)?;
    }
    Ok(())
}

/// Writes the requests and answers.
pub(crate) fn write_exchanges(output: &mut impl Write, case: &Case, label: anstyle::Style) -> io::Result<()> {
    for exchange in &case.exchanges {
        labelled(output, "sent", exchange.request.as_str().trim_end(), label)?;
        let received = format!("after {}", words::duration(exchange.milliseconds));
        labelled(output, "received", &received, label)?;
        labelled(output, "", exchange.response.as_str().trim_end(), label)?;
    }
    Ok(())
}

/// Writes a text beside its label, further lines below the first. Without a text there is no label either.
pub(crate) fn labelled(output: &mut impl Write, name: &str, text: &str, label: anstyle::Style) -> io::Result<()> {
    for (at, line) in lines(text).enumerate() {
        let (name, style) = if at == 0 && !name.is_empty() { (name, label) } else { ("", anstyle::Style::new()) };
        let line = format!("{style}{:>COLUMN$}{style:#}  {line}", Printable(name).to_string());
        writeln!(output, "{}", line.trim_end())?;
    }
    Ok(())
}
