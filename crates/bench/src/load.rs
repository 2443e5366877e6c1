//! Asks the same thing again and again.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

/// What came of a load.
pub(crate) struct Loaded {
    /// Answers with status 200.
    pub(crate) answers: f64,
    /// How long it took, in seconds.
    pub(crate) seconds: f64,
}

/// Asks for a time, `side_by_side` questions under way at once; each is asked again when its answer is there. An answer is a status.
pub(crate) async fn load<F>(
    side_by_side: usize,
    time: Duration,
    ask: impl Fn() -> F + Clone + Send + 'static,
) -> Result<Loaded>
where
    F: Future<Output = Result<u16>> + Send,
{
    let (answers, begun) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let tasks: Vec<_> = (0..side_by_side)
        .map(|_| {
            let (ask, answers) = (ask.clone(), Arc::clone(&answers));
            tokio::spawn(async move {
                while begun.elapsed() < time {
                    let status = ask().await?;
                    ensure!(status == 200, "answered {status}");
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
