//! Names in the DAG file: ids of tasks and groups, variables.

use super::python::KEYWORDS;
use rustchain_plan::plan::Node;
use std::collections::BTreeSet;

/// Names that the file uses itself.
const TAKEN: &[&str] = &[
    "AirflowException",
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowSkipException",
    "Asset",
    "BaseBranchOperator",
    "BaseHook",
    "BaseOperator",
    "BashOperator",
    "DAG",
    "Dataset",
    "EmptyOperator",
    "Label",
    "Param",
    "Path",
    "RustchainBranch",
    "RustchainFailure",
    "RustchainJoin",
    "RustchainStep",
    "context_run",
    "dag",
    "hashlib",
    "json",
    "os",
    "pendulum",
    "rustchain",
    "subprocess",
    "timedelta",
    "print",
    "dict",
    "list",
    "str",
    "super",
    "len",
    "int",
    "type",
    "next",
    "bool",
    "stored",
    "loaded",
    "values_of",
];

/// The variables of the file.
#[derive(Debug, Default)]
pub(super) struct Variables {
    used: BTreeSet<String>,
}

impl Variables {
    /// A variable that is not used yet, made of an id.
    pub(super) fn fresh(&mut self, id: &str) -> String {
        let mut name: String = id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        if name.starts_with(|c: char| c.is_ascii_digit()) || name.is_empty() {
            name.insert_str(0, "task_");
        }
        if KEYWORDS.contains(&name.as_str()) || TAKEN.contains(&name.as_str()) {
            name.push('_');
        }
        let base = name.clone();
        let mut n = 2;
        while !self.used.insert(name.clone()) {
            name = format!("{base}_{n}");
            n += 1;
        }
        name
    }
}

/// The id that a step has in the log and in Airflow.
pub(super) fn shown(node: &Node) -> &str {
    node.display.as_deref().unwrap_or(&node.id)
}

/// An id that Airflow takes: letters, digits, `_`, `-`, `.`, at most 250 characters.
pub(super) fn task_id(id: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    id.chars().map(|c| if fits(c) { c } else { '_' }).take(250).collect()
}
