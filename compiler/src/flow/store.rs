//! What steps leave in files, databases and memories: labels survive a write and a read.

use super::mark::Mark;
use crate::effects::overlap::{paths_overlap, plain_path};
use rustchain_plan::Pattern;
use std::collections::BTreeMap;

/// Where something is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Medium {
    /// A file, by path.
    File,
    /// A database, by path.
    Database,
    /// A memory, by name.
    Memory,
}

/// The marks of what lies in files, databases and memories.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Stores {
    exact: BTreeMap<(Medium, Pattern), Mark>,
    wild: BTreeMap<(Medium, Pattern), Mark>,
}

impl Stores {
    /// Something is written.
    pub fn write(&mut self, medium: Medium, pattern: &Pattern, mark: &Mark) {
        if mark.is_clean() {
            return;
        }
        let pattern = plain_path(pattern);
        let map = if pattern.is_literal() { &mut self.exact } else { &mut self.wild };
        let entry = map.entry((medium, pattern)).or_default();
        *entry = entry.join(mark);
    }

    /// The mark of what may be read there.
    pub fn read(&self, medium: Medium, pattern: &Pattern) -> Mark {
        let pattern = plain_path(pattern);
        let mut mark = Mark::default();
        if pattern.is_literal() {
            if let Some(exact) = self.exact.get(&(medium, pattern.clone())) {
                mark = mark.join(exact);
            }
        } else {
            mark = join_overlapping(mark, &self.exact, medium, &pattern);
        }
        join_overlapping(mark, &self.wild, medium, &pattern)
    }
}

fn join_overlapping(
    mark: Mark,
    map: &BTreeMap<(Medium, Pattern), Mark>,
    medium: Medium,
    pattern: &Pattern,
) -> Mark {
    let hits = map.iter().filter(|((m, p), _)| *m == medium && paths_overlap(p, pattern));
    hits.fold(mark, |acc, (_, m)| acc.join(m))
}
