//! What answers say of time: when they were given, and when to ask again.

use std::time::Duration;

use scenario::Case;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use token::UnixTime;
use wire::Exchange;

use crate::attribute::header;

/// So far apart two clocks may be, in seconds, before anybody is told: rounding, and what an answer needs to come, are within it.
pub(crate) const TOLERATED: i64 = 60;
/// So many seconds of grace checks of a token's times usually give.
const USUAL_LEEWAY: i64 = 300;

/// How many seconds the clock of whoever answered is ahead of ours; negative: behind. The answer was given at some moment between
/// those at which it was asked for and had come. None where it does not say, or comes out of a cache.
pub(crate) fn ahead(exchange: &Exchange, asked: UnixTime, came: UnixTime) -> Option<i64> {
    if header(exchange, "age").next().is_some() {
        return None;
    }
    let given = http_date(&header(exchange, "date").next()?)?;
    Some(given.saturating_sub(given.clamp(asked.min(came), came)))
}

/// Whether clocks that are so far apart could decide a case: a token in it ends or begins close to now.
pub(crate) fn could_decide(case: &Case, ahead: i64) -> bool {
    let reach = ahead.saturating_abs().saturating_add(USUAL_LEEWAY);
    ahead.saturating_abs() > TOLERATED
        && case.recipes().any(|recipe| {
            let times = [recipe.lifetime.expires_in, recipe.lifetime.not_before_in];
            times.into_iter().flatten().any(|time| time.saturating_abs() <= reach)
        })
}

/// `95 s ahead of this machine's`.
pub(crate) fn told(ahead: i64) -> String {
    let side = if ahead < 0 { "behind" } else { "ahead of" };
    format!("the target's clock is {} s {side} this machine's", ahead.saturating_abs())
}

/// How long an answer asks to wait before the next try: so many seconds, or until a date (RFC 9110 section 10.2.3). Dates are by
/// the clock of whoever answered, as far as he tells it.
pub(crate) fn retry_after(exchange: &Exchange, now: UnixTime) -> Option<Duration> {
    let value = header(exchange, "retry-after").next()?;
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let now = header(exchange, "date").next().and_then(|date| http_date(&date)).unwrap_or(now);
    let left = http_date(&value)?.saturating_sub(now);
    Some(Duration::from_secs(u64::try_from(left).unwrap_or_default()))
}

/// The form that all must write, `Sun, 06 Nov 1994 08:49:37 GMT`. The two old ones have died out.
fn http_date(text: &str) -> Option<UnixTime> {
    OffsetDateTime::parse(text, &Rfc2822).ok().map(OffsetDateTime::unix_timestamp)
}

#[cfg(test)]
mod tests;
