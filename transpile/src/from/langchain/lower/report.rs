//! The fidelity report: what was carried over, approximated, lost.

use crate::from::langchain::model::{Effect, Origin};
use crate::from::lower::Fate;
use serde_json::{Value, json};

/// One construct of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What became of it.
    pub fate: Fate,
    /// The object it belongs to, by its name in the file.
    pub object: Option<String>,
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

    /// Adds an entry; the same at the same place once.
    pub(in crate::from::langchain) fn add(&mut self, entry: Entry) {
        if !self.entries.contains(&entry) {
            self.entries.push(entry);
        }
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
                "object": e.object,
                "effect": e.effect.name(),
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
            let object = e.object.as_deref().unwrap_or("the file");
            out.push_str(&format!(
                "{}:{}: {} ({}): {object}: {}\n",
                e.origin.file,
                e.origin.line,
                e.fate.name(),
                e.effect.name(),
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
}
