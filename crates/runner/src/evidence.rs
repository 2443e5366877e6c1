//! Keeps an exchange as evidence: the bytes that went over the wire, without what must not leave the process.

use results::{ExchangeRecord, Redactor};
use wire::Exchange;

/// More of a body than this proves nothing more.
const KEPT_BODY: usize = 4096;

/// Records an exchange.
pub(crate) fn record(exchange: &Exchange, redactor: &Redactor) -> ExchangeRecord {
    let mut response = exchange.received_head.clone();
    response.extend_from_slice(&exchange.body[..exchange.body.len().min(KEPT_BODY)]);
    if exchange.body.len() > KEPT_BODY || exchange.truncated {
        response.extend_from_slice("\n[... cut]".as_bytes());
    }
    ExchangeRecord {
        request: redactor.bytes(&exchange.sent),
        response: redactor.bytes(&response),
        milliseconds: exchange.milliseconds.into(),
    }
}
