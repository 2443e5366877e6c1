//! How much a run may ask of a target.

use std::time::Duration;

use diagnostics::{Node, Problems};

use crate::expect::positive;

/// How much a run may ask of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests a second; none: as fast as the answers come.
    pub requests_per_second: Option<u64>,
    /// Requests of a whole run; none: as many as the scenarios have.
    pub requests: Option<u64>,
    /// Requests under way at one time.
    pub concurrency: usize,
    /// How long connecting may take, TLS included.
    pub connect: Duration,
    /// How long a whole answer may take.
    pub answer: Duration,
    /// How much of a body is read, in bytes.
    pub body_bytes: usize,
    /// How long one case may wait for time to go by, where time cannot be set.
    pub wait: Duration,
    /// How long to wait at most when the target asks for it (429 or 503 with `Retry-After`).
    pub back_off: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_second: None,
            requests: None,
            concurrency: 8,
            connect: Duration::from_secs(5),
            // A Function App that was scaled to zero takes its time for the first answer.
            answer: Duration::from_secs(30),
            body_bytes: 1024 * 1024,
            wait: Duration::ZERO,
            back_off: Duration::from_secs(60),
        }
    }
}

pub(super) fn read(node: &Node, problems: &Problems) -> Limits {
    let default = Limits::default();
    let Some(fields) = problems.fields(node) else { return default };
    let number = |key| fields.optional(key).and_then(|node| positive(node, problems));
    let size = |key, default| number(key).map_or(default, |size| usize::try_from(size).unwrap_or(usize::MAX));
    let milliseconds = |key, default| number(key).map_or(default, Duration::from_millis);
    let limits = Limits {
        requests_per_second: number("requests-per-second"),
        requests: number("requests"),
        concurrency: size("concurrency", default.concurrency),
        connect: milliseconds("connect-ms", default.connect),
        answer: milliseconds("answer-ms", default.answer),
        body_bytes: size("body-bytes", default.body_bytes),
        wait: number("wait-s").map_or(default.wait, Duration::from_secs),
        back_off: number("back-off-s").map_or(default.back_off, Duration::from_secs),
    };
    fields.finish();
    limits
}
