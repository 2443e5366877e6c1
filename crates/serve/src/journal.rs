use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::message::UnixTime;

/// The longest path that an entry keeps, in bytes.
const PATH_BYTES: usize = 256;

/// A bounded memory of the requests that were answered, the newest last. It never keeps queries, header values or bodies, where
/// secrets travel.
#[derive(Debug)]
pub struct Journal {
    capacity: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    recorded: u64,
    entries: VecDeque<Entry>,
}

/// One request and how it was answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Counts from 1 and never repeats, so that a reader can ask for what is new.
    pub sequence: u64,
    /// When the request's head had arrived.
    pub at: UnixTime,
    /// Name of the listener.
    pub server: &'static str,
    /// The method as received.
    pub method: String,
    /// The raw path without the query, cut after 256 bytes.
    pub path: String,
    /// The status sent; none when a fault sent nothing.
    pub status: Option<u16>,
    /// The other end.
    pub peer: SocketAddr,
    /// From the head's arrival to the answer's departure.
    pub milliseconds: f64,
    /// What was unusual: `panicked`, `body too large`, `fault: reset` and the like.
    pub note: Option<&'static str>,
}

impl Journal {
    /// A journal that keeps the last `capacity` entries.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, kept: Mutex::default() }
    }

    /// The entries kept whose sequence is greater than `sequence`, oldest first; 0 for all.
    pub fn since(&self, sequence: u64) -> Vec<Entry> {
        self.since_below(sequence, "")
    }

    /// Those of [`Journal::since`] whose path starts so.
    pub fn since_below(&self, sequence: u64, path: &str) -> Vec<Entry> {
        let wanted = |entry: &&Entry| entry.sequence > sequence && entry.path.starts_with(path);
        self.kept().entries.iter().filter(wanted).cloned().collect()
    }

    /// Forgets all entries; the sequence goes on.
    pub fn clear(&self) {
        self.kept().entries.clear();
    }

    /// Takes an entry and numbers it.
    pub(crate) fn record(&self, mut entry: Entry) {
        if entry.path.len() > PATH_BYTES {
            let end = (0..=PATH_BYTES).rev().find(|end| entry.path.is_char_boundary(*end)).unwrap_or(0);
            entry.path.truncate(end);
        }
        let mut kept = self.kept();
        kept.recorded += 1;
        entry.sequence = kept.recorded;
        if kept.entries.len() >= self.capacity {
            kept.entries.pop_front();
        }
        if self.capacity > 0 {
            kept.entries.push_back(entry);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing inside the lock can leave the ring half changed.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Journal {
    /// Keeps the last 1000 entries.
    fn default() -> Self {
        Self::new(1000)
    }
}
