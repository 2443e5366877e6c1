use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::ServeError;
use crate::rule::{Fault, Rule};

/// Paths under which a control API lives. A rule with a wildcard leaves them alone, so that nobody locks himself out.
pub const CONTROL: &str = "/_greenlight/";

/// Trouble on demand: rules that a [`crate::Server`] applies before or instead of its service.
///
/// Rules belong to groups, which are set and removed without touching each other; the group without a name is that of whoever wants
/// to set everything. Without a rule a request pays one atomic load, with a hundred a few look-ups.
#[derive(Debug, Default)]
pub struct Faults {
    /// How many rules there are; kept beside the lock so that the ordinary way need not take it.
    count: AtomicUsize,
    book: Mutex<Book>,
}

/// All rules, and where to find the one for a path.
#[derive(Debug, Default)]
struct Book {
    /// In the order in which they were set: the first that matches a path is played.
    rules: Vec<Kept>,
    /// The first rule of each exact path.
    exact: HashMap<String, usize>,
    /// The first rule of each prefix.
    prefixes: HashMap<String, usize>,
    /// The lengths of the prefixes, each once.
    lengths: Vec<usize>,
}

#[derive(Debug)]
struct Kept {
    group: String,
    path: String,
    times: Option<u32>,
    /// Shared with the requests that it is played to.
    fault: Arc<Fault>,
}

impl Kept {
    fn rule(&self) -> Rule {
        Rule { path: self.path.clone(), times: self.times, fault: Fault::clone(&self.fault) }
    }
}

impl Faults {
    /// Replaces all rules, those of named groups too. The first rule that matches a path is the one that is played.
    ///
    /// # Errors
    /// [`ServeError::Fault`] where a rule could never be played; then nothing is changed.
    pub fn set(&self, rules: Vec<Rule>) -> Result<(), ServeError> {
        self.change(rules, "", |_| false)
    }

    /// Replaces the rules of a group and leaves all others alone. Rules that were there before it come first.
    ///
    /// # Errors
    /// [`ServeError::Fault`] where a rule could never be played; then nothing is changed.
    pub fn set_group(&self, group: &str, rules: Vec<Rule>) -> Result<(), ServeError> {
        self.change(rules, group, |kept| kept.group != group)
    }

    /// Removes all rules, those of named groups too.
    pub fn clear(&self) {
        self.update(|book| book.rules.clear());
    }

    /// Removes the rules of a group.
    pub fn clear_group(&self, group: &str) {
        self.update(|book| book.rules.retain(|kept| kept.group != group));
    }

    /// The rules that are left, with the number of times that are left to each, in their order.
    pub fn list(&self) -> Vec<Rule> {
        self.book().rules.iter().map(Kept::rule).collect()
    }

    /// The rules that are left of a group.
    pub fn list_group(&self, group: &str) -> Vec<Rule> {
        self.book().rules.iter().filter(|kept| kept.group == group).map(Kept::rule).collect()
    }

    /// What happens to a request for this path; counts it.
    pub(crate) fn hit(&self, path: &str) -> Option<Arc<Fault>> {
        if self.count.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut book = self.book();
        let at = book.find(path)?;
        let Kept { times, fault, .. } = &mut book.rules[at];
        let fault = Arc::clone(fault);
        if let Some(times) = times {
            *times -= 1;
            if *times == 0 {
                book.rules.remove(at);
                book.index();
                self.count.store(book.rules.len(), Ordering::Release);
            }
        }
        Some(fault)
    }

    fn change(&self, rules: Vec<Rule>, group: &str, stays: impl Fn(&Kept) -> bool) -> Result<(), ServeError> {
        for (index, rule) in rules.iter().enumerate() {
            rule.check().map_err(|reason| ServeError::Fault { number: index + 1, reason })?;
        }
        let kept = |Rule { path, times, fault }| Kept { group: group.to_owned(), path, times, fault: Arc::new(fault) };
        self.update(|book| {
            book.rules.retain(stays);
            book.rules.extend(rules.into_iter().map(kept));
        });
        Ok(())
    }

    fn update(&self, change: impl FnOnce(&mut Book)) {
        let mut book = self.book();
        change(&mut book);
        book.index();
        self.count.store(book.rules.len(), Ordering::Release);
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // Nothing that is done under the lock panics.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Writes the index anew. Rules change seldom and are few.
    fn index(&mut self) {
        self.exact.clear();
        self.prefixes.clear();
        for (at, kept) in self.rules.iter().enumerate() {
            let path = &kept.path;
            match path.strip_suffix('*') {
                Some(prefix) => self.prefixes.entry(prefix.to_owned()).or_insert(at),
                None => self.exact.entry(path.clone()).or_insert(at),
            };
        }
        self.lengths = self.prefixes.keys().map(String::len).collect();
        self.lengths.sort_unstable();
        self.lengths.dedup();
    }

    /// The first rule that matches a path.
    fn find(&self, path: &str) -> Option<usize> {
        // Of the control API's paths only a prefix that names it is a prefix.
        let shortest = if path.starts_with(CONTROL) { CONTROL.len() } else { 0 };
        let starts = self.lengths.iter().filter(|length| **length >= shortest).filter_map(|length| path.get(..*length));
        let prefixes = starts.filter_map(|start| self.prefixes.get(start));
        prefixes.chain(self.exact.get(path)).min().copied()
    }
}
