//! Certificates that end soon: a switch of traffic to one of them is a switch for days.

use token::UnixTime;
use wire::Origin;

use crate::player::Player;

const DAY: i64 = 86_400;
/// Nobody is told of certificates that are good for longer. Those that Azure manages are renewed well before.
const SOON: i64 = 14 * DAY;

/// What is to be told of the certificates of the target and of the gateway. Who cannot be reached is told elsewhere.
pub(crate) async fn doubts(player: &Player, now: UnixTime) -> Vec<String> {
    let gateway = player.destination.gateway.as_ref().map(|gateway| &gateway.origin);
    let mut doubts = Vec::new();
    for origin in [&player.destination.origin].into_iter().chain(gateway) {
        let limit = u64::try_from(now.saturating_add(SOON)).unwrap_or_default();
        if let Ok(Some(ends)) = player.sender.ends_before(origin, limit).await {
            doubts.push(told(origin, i64::try_from(ends).unwrap_or(i64::MAX), now));
        }
    }
    doubts
}

fn told(origin: &Origin, ends: UnixTime, now: UnixTime) -> String {
    let left = match ends.saturating_sub(now) / DAY {
        0 => "in less than a day".to_owned(),
        1 => "in a day".to_owned(),
        days => format!("in {days} days"),
    };
    let at = crate::run::rfc3339(ends);
    format!(
        "the certificate of {origin}, or of one that vouches for it, ends at {at}, {left}: renew it before callers depend on it"
    )
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use wire::Origin;

    use super::{DAY, told};

    #[rstest]
    #[case(3_600, "in less than a day")]
    #[case(DAY + 5, "in a day")]
    #[case(9 * DAY + 5, "in 9 days")]
    fn it_is_told_when_a_certificate_ends(#[case] left: i64, #[case] words: &str) {
        let told = told(&Origin::new(true, "func.example.net", 443), 1_800_000_000 + left, 1_800_000_000);
        assert!(told.starts_with("the certificate of https://func.example.net, ") && told.contains(words), "{told}");
    }
}
