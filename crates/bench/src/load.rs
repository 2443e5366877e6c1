//! Asks the same thing again and again over kept connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use wire::{Origin, RequestBytes, Sender};

/// What came of a load.
pub(crate) struct Loaded {
    /// Answers with status 200.
    pub(crate) answers: f64,
    /// How long it took, in seconds.
    pub(crate) seconds: f64,
}

/// Sends a request over `connections` connections for a time; each sends the next when it has its answer.
pub(crate) async fn load(
    sender: Arc<Sender>,
    origin: &Origin,
    request: &RequestBytes,
    connections: usize,
    time: Duration,
) -> Result<Loaded> {
    let (answers, begun) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let (sender, origin, request, answers) =
                (Arc::clone(&sender), origin.clone(), request.clone(), Arc::clone(&answers));
            tokio::spawn(async move {
                while begun.elapsed() < time {
                    let exchange = sender.send(&origin, &request).await?;
                    ensure!(
                        exchange.status == 200,
                        "answered {}: {}",
                        exchange.status,
                        String::from_utf8_lossy(&exchange.body)
                    );
                    answers.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    Ok(Loaded { answers: answers.load(Ordering::Relaxed) as f64, seconds: begun.elapsed().as_secs_f64() })
}
