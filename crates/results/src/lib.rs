//! The result document: what a run found, as plain data, and the redactor that everything written passes.
//!
//! A run is a stream of [`Event`]s: opened, then cases as they finish, then closed. A [`Reporter`] consumes them. [`Writer`] is the
//! reporter that keeps them, as `results.json` (its form is `schema/results.schema.json`); [`read()`] plays a kept document back
//! as the same events, so whatever renders a live run renders a file too. Neither grows with the number of cases.
//!
//! Text that comes from outside (answers, headers, tokens) enters a document only as [`Redacted`], which a [`Redactor`] makes.
//!
//! Nothing here opens a file or a socket, reads a clock or the environment, or decides a verdict of a case.

mod document;
mod event;
mod layout;
mod milliseconds;
mod reader;
mod redacted;
mod redactor;
mod tally;
#[cfg(test)]
mod tests;
mod verdict;
mod writer;

pub use document::{
    Case, Closing, Comparison, Decision, ExchangeRecord, Observed, Opening, Predicted, Strength, Waiver, case_name,
};
pub use event::{Event, Reporter};
pub use milliseconds::Milliseconds;
pub use reader::{ReadError, read};
pub use redacted::Redacted;
pub use redactor::Redactor;
pub use tally::{Coverage, Summary, Tally};
pub use verdict::{AnsweredBy, Go, Means, RunVerdict, Severity, Verdict};
pub use writer::{SCHEMA, Writer};
