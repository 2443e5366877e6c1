//! Keeps an exchange as evidence: the bytes that went over the wire, without what must not leave the process.

use std::time::Duration;

use results::{ExchangeRecord, Redactor};
use wire::Exchange;

/// More of a body than this proves nothing more.
const KEPT_BODY: usize = 4 * 1024;
/// So much of a body is looked through for secrets: what begins in the part that is kept ends well before.
const SEARCHED_BODY: usize = 64 * 1024;

/// Records an exchange.
pub(crate) fn record(exchange: &Exchange, redactor: &Redactor) -> ExchangeRecord {
    let (head, body) = (&exchange.received_head, &exchange.body);
    let answer = [head, &body[..body.len().min(SEARCHED_BODY)]].concat();
    let response = redactor.beginning(&answer, head.len() + KEPT_BODY);
    let response = if body.len() > KEPT_BODY || exchange.truncated {
        // What was taken out stays out: redacting twice changes nothing more.
        redactor.text(&format!("{}\n[... cut]", response.as_str()))
    } else {
        response
    };
    ExchangeRecord { request: redactor.bytes(&exchange.sent), response, milliseconds: exchange.milliseconds.into() }
}

/// Records a request that nothing came back for.
pub(crate) fn unanswered(sent: &[u8], took: Duration, redactor: &Redactor) -> ExchangeRecord {
    ExchangeRecord { request: redactor.bytes(sent), response: redactor.text(""), milliseconds: took.into() }
}

#[cfg(test)]
mod tests;
