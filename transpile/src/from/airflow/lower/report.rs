//! The fidelity report: what was carried over, approximated, lost.

use crate::from::airflow::{AirflowLoss, Effect, Origin, effect_name};
use crate::from::lower::Fate;
use serde_json::{Value, json};

/// One construct of a DAG file.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What became of it.
    pub fate: Fate,
    /// The DAG.
    pub dag_id: Option<String>,
    /// The task.
    pub task_id: Option<String>,
    /// What a loss touches.
    pub effect: Effect,
    /// The construct and how, or why.
    pub message: String,
    /// Where.
    pub origin: Origin,
}

/// The report of an import.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// In the order of the files.
    pub entries: Vec<Entry>,
}

impl Report {
    /// True where something was lost.
    pub fn has_loss(&self) -> bool {
        self.entries.iter().any(|e| e.fate == Fate::Lost)
    }

    /// How many entries have a fate.
    pub fn count(&self, fate: Fate) -> usize {
        self.entries.iter().filter(|e| e.fate == fate).count()
    }

    /// As JSON.
    pub fn to_json(&self) -> Value {
        json!({
            "schema_version": 1,
            "carried": self.count(Fate::Carried),
            "approximated": self.count(Fate::Approximated),
            "lost": self.count(Fate::Lost),
            "entries": self.entries.iter().map(|e| json!({
                "fate": e.fate.name(),
                "dag_id": e.dag_id,
                "task_id": e.task_id,
                "effect": effect_name(e.effect),
                "message": e.message,
                "file": e.origin.file,
                "line": e.origin.line,
                "span": [e.origin.span.start, e.origin.span.end],
            })).collect::<Vec<_>>(),
        })
    }

    /// For people: one line an entry that was not simply carried, then the totals.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for e in self.entries.iter().filter(|e| e.fate != Fate::Carried) {
            let subject = match (&e.dag_id, &e.task_id) {
                (Some(dag), Some(task)) => format!("{dag}.{task}"),
                (Some(dag), None) => dag.clone(),
                _ => "the file".into(),
            };
            out.push_str(&format!(
                "{}:{}: {} ({}): {subject}: {}\n",
                e.origin.file,
                e.origin.line,
                e.fate.name(),
                effect_name(e.effect),
                e.message
            ));
        }
        out.push_str(&format!(
            "{} carried, {} approximated, {} lost\n",
            self.count(Fate::Carried),
            self.count(Fate::Approximated),
            self.count(Fate::Lost)
        ));
        out
    }

    pub(super) fn loss(&mut self, loss: &AirflowLoss) {
        self.entries.push(Entry {
            fate: Fate::Lost,
            dag_id: loss.dag_id.clone(),
            task_id: loss.task_id.clone(),
            effect: loss.effect,
            message: loss.message.clone(),
            origin: loss.origin.clone(),
        });
    }
}
