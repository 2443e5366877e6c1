//! How many requests a run may still send, and how fast.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use scenario::Limits;
use tokio::time::{Instant, sleep_until};

/// Between two requests of a run that had no pace of its own, once it was asked to slow down.
const FIRST_PACE: Duration = Duration::from_millis(100);
/// No run gets slower than this by being asked to.
const SLOWEST_PACE: Duration = Duration::from_secs(10);
/// No run waits longer than this by being asked to, whatever its profile says.
const A_DAY: Duration = Duration::from_secs(86_400);
/// So often a run may be asked to slow down: a target that goes on asking then has no more to say.
const OFTEN: u32 = 10;

/// How many requests a run may still send, and how fast. Whatever is sent to the target counts, the question whether it is ready too.
pub(crate) struct Allowance {
    left: Option<AtomicU64>,
    limit: u64,
    longest_wait: Duration,
    pace: Mutex<Pace>,
}

struct Pace {
    /// Between two requests; zero: as fast as the answers come.
    apart: Duration,
    /// When the next may be sent.
    next: Instant,
    /// Nobody sends before this, whatever was promised to him earlier.
    not_before: Instant,
    /// When the run was last asked to slow down.
    slowed: Option<Instant>,
    /// How often it was.
    times: u32,
}

/// No request may be sent any more.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the limit of {0} requests is reached (`limits.requests`)")]
pub(crate) struct LimitReached(u64);

impl Allowance {
    /// Takes the limits of a profile.
    pub(crate) fn new(limits: &Limits) -> Self {
        let apart = |rate| Duration::from_nanos(1_000_000_000_u64.checked_div(rate).unwrap_or_default().max(1));
        let now = Instant::now();
        Self {
            left: limits.requests.map(AtomicU64::new),
            limit: limits.requests.unwrap_or_default(),
            longest_wait: limits.back_off.min(A_DAY),
            pace: Mutex::new(Pace {
                apart: limits.requests_per_second.map(apart).unwrap_or_default(),
                next: now,
                not_before: now,
                slowed: None,
                times: 0,
            }),
        }
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
        loop {
            let (turn, now) = (self.pace().turn(), Instant::now());
            if turn > now {
                sleep_until(turn).await;
            }
            // Meanwhile the target may have asked everybody to wait.
            if self.pace().not_before <= turn.max(now) {
                return Ok(());
            }
        }
    }

    /// Slows all of the run down: nothing is sent for as long as the target asks, within the limit of the profile, and then half as
    /// much in the same time as before. Requests that were under way when it last was count as one. False once it was asked too often.
    pub(crate) fn slow_down(&self, sent: Instant, asked: Duration) -> bool {
        let (mut pace, now) = (self.pace(), Instant::now());
        if pace.slowed.is_none_or(|slowed| sent >= slowed) {
            if pace.times == OFTEN {
                return false;
            }
            pace.times += 1;
            pace.slowed = Some(now);
            pace.apart = (pace.apart * 2).min(SLOWEST_PACE).max(pace.apart).max(FIRST_PACE);
        }
        pace.not_before = pace.not_before.max(now + asked.min(self.longest_wait));
        pace.next = pace.next.max(pace.not_before);
        true
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        // Its members are changed one at a time; a panic cannot leave one half changed.
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    /// The moment at which whoever asks may send.
    fn turn(&mut self) -> Instant {
        let turn = self.next.max(Instant::now());
        self.next = turn + self.apart;
        turn
    }
}

#[cfg(test)]
mod tests {
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

    /// How long so many requests take, in milliseconds.
    async fn takes(allowance: &Allowance, requests: u32) -> u128 {
        let begun = Instant::now();
        for _ in 0..requests {
            assert_eq!(allowance.take().await, Ok(()));
        }
        begun.elapsed().as_millis()
    }

    #[tokio::test(start_paused = true)]
    async fn it_has_no_end_without_a_limit() {
        assert_eq!(takes(&Allowance::new(&limits(None, None)), 1000).await, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn it_keeps_the_pace_from_the_second_request_on() {
        assert_eq!(takes(&Allowance::new(&limits(None, Some(200))), 4).await, 15);
    }

    #[tokio::test]
    async fn any_pace_will_do() {
        for rate in [0, 1, u64::from(u32::MAX), u64::MAX] {
            assert_eq!(Allowance::new(&limits(None, Some(rate))).take().await, Ok(()), "{rate}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_asked_to_slow_down_waits_and_is_half_as_fast() {
        let allowance = Allowance::new(&limits(None, Some(2)));
        let sent = Instant::now();
        takes(&allowance, 1).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(allowance.slow_down(sent, Duration::from_secs(7)));
        assert_eq!(takes(&allowance, 3).await, 7000 + 1000 + 1000);
        assert!(allowance.slow_down(sent, Duration::from_secs(2)), "it was under way then");
        assert_eq!(takes(&allowance, 2).await, 2000 + 1000, "which is no second reason to be slower");
        assert!(allowance.slow_down(Instant::now(), Duration::from_secs(3600)));
        assert_eq!(takes(&allowance, 2).await, 60_000 + 2000, "within the limit of the profile");
    }

    #[tokio::test(start_paused = true)]
    async fn who_had_no_pace_gets_one() {
        let allowance = Allowance::new(&limits(None, None));
        assert!(allowance.slow_down(Instant::now(), Duration::ZERO));
        assert_eq!(takes(&allowance, 3).await, 200);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_his_turn_already_waits_longer() {
        let allowance = Allowance::new(&limits(None, Some(1)));
        takes(&allowance, 1).await;
        let (begun, slower) = (Instant::now(), async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert!(allowance.slow_down(Instant::now(), Duration::from_secs(30)));
        });
        let (taken, ()) = tokio::join!(allowance.take(), slower);
        assert_eq!((taken, begun.elapsed().as_millis()), (Ok(()), 30_500));
    }

    #[tokio::test(start_paused = true)]
    async fn a_target_that_always_asks_is_not_listened_to_for_ever() {
        let allowance = Allowance::new(&limits(None, None));
        let mut asked = 0;
        while allowance.slow_down(Instant::now(), Duration::from_secs(1)) {
            takes(&allowance, 1).await;
            asked += 1;
        }
        assert_eq!(asked, OFTEN);
    }
}
