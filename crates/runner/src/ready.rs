//! Waits for a target that is still starting.

use std::time::{Duration, Instant};

use wire::WireError;

use crate::compose::compose;
use crate::player::Player;

/// Statuses by which a front end says that the app behind it is not there yet.
const STARTING: [u16; 3] = [502, 503, 504];
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(250);

/// Asks once, without a token, and again while the target says that it is starting, for as long as `patience`.
///
/// A target that refuses connections is given the same time if the user asked for it (`insist`): without that, the address is more
/// likely wrong than early. The error says what the last try came to.
pub(crate) async fn ready(player: &Player, patience: Duration, insist: bool) -> Result<(), String> {
    let begun = Instant::now();
    loop {
        let request = compose(&scenario::Send::default(), None, &player.destination);
        let trouble = match player.sender.send(&player.destination.origin, &request).await {
            Ok(exchange) if STARTING.contains(&exchange.status) => {
                format!(
                    "{} answered {} for {} s; is the app running?",
                    player.destination.origin,
                    exchange.status,
                    patience.as_secs()
                )
            }
            Ok(_) => return Ok(()),
            Err(error) if insist && may_pass(&error) => error.to_string(),
            Err(error) => return Err(error.to_string()),
        };
        if begun.elapsed() + PAUSE > patience {
            return Err(trouble);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether the same try may succeed a moment later.
fn may_pass(error: &WireError) -> bool {
    matches!(error, WireError::Refused { .. } | WireError::Reset { .. } | WireError::TimedOut { .. })
}
