//! How many requests a run may still send, and how fast.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use scenario::Limits;
use tokio::sync::Mutex;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How many requests a run may still send, and how fast. Whatever is sent to the target counts, the question whether it is ready too.
pub(crate) struct Allowance {
    left: Option<AtomicU64>,
    limit: u64,
    pace: Option<Mutex<Interval>>,
}

/// No request may be sent any more.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the limit of {0} requests is reached (`limits.requests`)")]
pub(crate) struct LimitReached(u64);

impl Allowance {
    /// Takes the limits of a profile.
    pub(crate) fn new(limits: &Limits) -> Self {
        let pace = limits.requests_per_second.map(|rate| {
            let apart = Duration::from_nanos(1_000_000_000_u64.checked_div(rate).unwrap_or_default().max(1));
            let mut pace = interval(apart);
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
            Mutex::new(pace)
        });
        Self { left: limits.requests.map(AtomicU64::new), limit: limits.requests.unwrap_or_default(), pace }
    }

    /// Whether no request may be sent any more.
    pub(crate) fn is_used_up(&self) -> bool {
        self.left.as_ref().is_some_and(|left| left.load(Ordering::Relaxed) == 0)
    }

    /// Waits until a request may be sent.
    pub(crate) async fn take(&self) -> Result<(), LimitReached> {
        let one_less = |left: u64| left.checked_sub(1);
        if let Some(left) = &self.left {
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).map_err(|_| LimitReached(self.limit))?;
        }
        if let Some(pace) = &self.pace {
            pace.lock().await.tick().await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn limits(requests: Option<u64>, requests_per_second: Option<u64>) -> Limits {
        Limits { requests, requests_per_second, ..Limits::default() }
    }

    #[tokio::test]
    async fn it_ends_with_the_limit() {
        let allowance = Allowance::new(&limits(Some(2), None));
        assert_eq!(allowance.take().await, Ok(()));
        assert_eq!(allowance.take().await, Ok(()));
        let refused = allowance.take().await.unwrap_err();
        assert_eq!(refused.to_string(), "the limit of 2 requests is reached (`limits.requests`)");
        assert_eq!(allowance.take().await, Err(LimitReached(2)));
    }

    #[tokio::test]
    async fn it_has_no_end_without_a_limit() {
        let allowance = Allowance::new(&limits(None, None));
        for _ in 0..1000 {
            assert_eq!(allowance.take().await, Ok(()));
        }
    }

    #[tokio::test]
    async fn it_keeps_the_pace_from_the_second_request_on() {
        let allowance = Allowance::new(&limits(None, Some(200)));
        let begun = Instant::now();
        for _ in 0..4 {
            assert_eq!(allowance.take().await, Ok(()));
        }
        assert!(begun.elapsed() >= Duration::from_millis(14), "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn any_pace_will_do() {
        for rate in [0, 1, u64::from(u32::MAX), u64::MAX] {
            assert_eq!(Allowance::new(&limits(None, Some(rate))).take().await, Ok(()), "{rate}");
        }
    }
}
