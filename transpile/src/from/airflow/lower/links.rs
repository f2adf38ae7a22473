//! The tasks of a DAG by id, and its edges by their ends.

use crate::from::airflow::{AirflowDag, AirflowTask};
use std::collections::{HashMap, HashSet};

type Edge = (String, String, Option<String>);

/// Answers about one DAG without a walk over all of it.
pub(super) struct Links<'a> {
    tasks: HashMap<&'a str, &'a AirflowTask>,
    into: HashMap<&'a str, Vec<&'a Edge>>,
    out_of: HashMap<&'a str, Vec<&'a Edge>>,
}

impl<'a> Links<'a> {
    pub(super) fn of(dag: &'a AirflowDag) -> Links<'a> {
        let mut links = Links { tasks: HashMap::new(), into: HashMap::new(), out_of: HashMap::new() };
        for task in &dag.tasks {
            links.tasks.entry(&task.task_id).or_insert(task);
        }
        for edge in &dag.edges {
            links.out_of.entry(&edge.0).or_default().push(edge);
            links.into.entry(&edge.1).or_default().push(edge);
        }
        links
    }

    /// A task by its full id.
    pub(super) fn task(&self, id: &str) -> Option<&'a AirflowTask> {
        self.tasks.get(id).copied()
    }

    /// Direct upstream tasks.
    pub(super) fn upstream(&self, id: &str) -> Vec<String> {
        self.into.get(id).into_iter().flatten().map(|(up, ..)| up.clone()).collect()
    }

    /// Direct downstream tasks.
    pub(super) fn downstream(&self, id: &str) -> Vec<String> {
        self.out_of.get(id).into_iter().flatten().map(|(_, down, _)| down.clone()).collect()
    }

    /// The label of an edge to a task.
    pub(super) fn label(&self, id: &str) -> Option<&'a str> {
        self.into.get(id).into_iter().flatten().find_map(|(.., label)| label.as_deref())
    }

    /// Every task that there is a path to.
    pub(super) fn reachable(&self, from: &str) -> HashSet<&'a str> {
        let mut seen: HashSet<&str> = HashSet::new();
        let mut open: Vec<&Edge> = self.out_of.get(from).into_iter().flatten().copied().collect();
        while let Some((_, to, _)) = open.pop() {
            if seen.insert(to) {
                open.extend(self.out_of.get(to.as_str()).into_iter().flatten());
            }
        }
        seen
    }
}
