//! Waits for a target that is still starting.

use std::time::{Duration, Instant};

use scenario::Send;
use wire::{Exchange, RequestBytes, WireError};

use crate::attribute::attribute;
use crate::player::Player;

/// Statuses by which a front end says that the app behind it is not there yet.
const STARTING: [u16; 3] = [502, 503, 504];
/// Between the first two tries. It doubles from one try to the next: what starts on this machine is soon there, what starts
/// elsewhere is not asked too often.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(640);

const NO_HEADERS: [(&str, &str); 0] = [];

/// Asks once, without a token, and again while the target says that it is starting, for as long as `patience`.
///
/// A target that refuses connections is given the same time if the user asked for it (`insist`): without that, the address is more
/// likely wrong than early. The error says what the last try came to.
pub(crate) async fn ready(player: &Player, patience: Duration, insist: bool) -> Result<(), String> {
    let begun = Instant::now();
    let to = &player.destination;
    let mut pause = FIRST_PAUSE;
    loop {
        player.allowance.take().await.map_err(|limit| format!("{limit} before it was ready"))?;
        let trouble = match ask(player).await {
            Ok(exchange) if STARTING.contains(&exchange.status) => format!(
                "{} still answered {} after {:.1} s; is the app running?",
                to.origin,
                exchange.status,
                begun.elapsed().as_secs_f64()
            ),
            Ok(_) => return Ok(()),
            // It is there. Some gateways drop who brings no credential without a word, and answer others.
            Err(WireError::Reset { .. }) if !insist => return Ok(()),
            Err(error) if insist && may_pass(&error) => error.to_string(),
            Err(error) => return Err(error.to_string()),
        };
        if begun.elapsed() + pause > patience {
            return Err(trouble);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// So many times in a row the same answer must come.
const IN_A_ROW: usize = 5;

/// Asks without a token until the same answer came several times in a row, for as long as `patience`. Instances that are still
/// starting, or that were set up otherwise than the one beside them, answer by turns.
pub(crate) async fn steady(player: &Player, patience: Duration) -> Result<(), String> {
    let begun = Instant::now();
    let marker = player.destination.function.marker.as_ref();
    let (mut answers, mut in_a_row): (Vec<String>, usize) = (Vec::new(), 0);
    loop {
        player.allowance.take().await.map_err(|limit| format!("{limit} before it was steady"))?;
        let answer = match ask(player).await {
            Ok(exchange) => format!("{} by {}", exchange.status, attribute(&exchange, marker).answered_by),
            Err(WireError::Reset { .. }) => "a reset".to_owned(),
            Err(error) => error.to_string(),
        };
        in_a_row = if answers.last() == Some(&answer) { in_a_row + 1 } else { 1 };
        answers.push(answer);
        if in_a_row >= IN_A_ROW {
            return Ok(());
        }
        if begun.elapsed() > patience {
            let latest = answers[answers.len().saturating_sub(IN_A_ROW)..].join(", ");
            return Err(format!(
                "the target answers the same request by turns ({latest}): some instances are starting, or set up otherwise"
            ));
        }
        if in_a_row == 1 {
            tokio::time::sleep(FIRST_PAUSE).await;
        }
    }
}

/// Asks the function once, without a token and under the name of the run, and notes the time that it tells.
async fn ask(player: &Player) -> Result<Exchange, WireError> {
    let to = &player.destination;
    let mut request = RequestBytes::ordinary(&to.method, &to.origin, to.function.path.as_str(), NO_HEADERS, Vec::new());
    player.trace.sign(&Send::default(), &mut request);
    let asked = (player.clock)();
    let exchange = player.sender.send(&to.origin, &request).await?;
    // Who speaks for an app that is starting has a clock of its own.
    if !STARTING.contains(&exchange.status) {
        player.note_time(&exchange, asked);
    }
    Ok(exchange)
}

/// Whether the same try may succeed a moment later.
fn may_pass(error: &WireError) -> bool {
    matches!(error, WireError::Refused { .. } | WireError::Reset { .. } | WireError::TimedOut { .. })
}
