use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, ReadBuf};

use crate::connect::Line;
use crate::origin::Origin;

/// The most idle connections kept for one origin.
const KEPT: usize = 64;

/// Idle connections, by origin.
#[derive(Default)]
pub(crate) struct Pool {
    idle: Mutex<HashMap<Origin, Vec<Line>>>,
}

impl Pool {
    /// The connection that was used last and still stands, if there is one.
    pub(crate) fn take(&self, origin: &Origin) -> Option<Line> {
        loop {
            let mut line = self.idle().get_mut(origin)?.pop()?;
            if stands(&mut line) {
                return Some(line);
            }
        }
    }

    /// Keeps a connection that stands exactly between two answers.
    pub(crate) fn put(&self, origin: &Origin, line: Line) {
        let mut idle = self.idle();
        let lines = idle.entry(origin.clone()).or_default();
        if lines.len() < KEPT {
            lines.push(line);
        }
    }

    /// Closes all connections of an origin.
    pub(crate) fn close(&self, origin: &Origin) {
        self.idle().remove(origin);
    }

    fn idle(&self) -> MutexGuard<'_, HashMap<Origin, Vec<Line>>> {
        // A connection is in the map or out of it; a panic cannot leave it half there.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an idle connection is open and silent. One that has ended, or on which the server speaks unasked, is of no use.
fn stands(line: &mut Line) -> bool {
    let mut byte = [0; 1];
    let mut buffer = ReadBuf::new(&mut byte);
    let mut context = Context::from_waker(Waker::noop());
    matches!(Pin::new(&mut line.stream).poll_read(&mut context, &mut buffer), Poll::Pending)
}
