//! The fidelity report: what was carried over, approximated, lost.

use super::Fate;
use crate::from::Origin;
use rustchain_grammar::{Diagnostic, FileId, Severity};
use serde_json::{Map, Value, json};

/// What an entry is about, in the terms of what is imported.
pub trait Subject: Clone + PartialEq {
    /// Its parts as members of an entry in JSON.
    fn members(&self) -> Vec<(&'static str, Option<&str>)>;

    /// Its name for people; `None`: the file as a whole.
    fn shown(&self) -> Option<String>;
}

/// One construct of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<S> {
    /// What became of it.
    pub fate: Fate,
    /// What it belongs to.
    pub subject: S,
    /// What a loss touches, in the importer's word for it.
    pub effect: &'static str,
    /// The construct and how, or why.
    pub message: String,
    /// Where.
    pub origin: Origin,
}

/// The report of an import.
#[derive(Clone, Debug, PartialEq)]
pub struct Report<S> {
    /// In the order of the files.
    pub entries: Vec<Entry<S>>,
}

impl<S> Default for Report<S> {
    fn default() -> Self {
        Report { entries: Vec::new() }
    }
}

impl<S: Subject> Report<S> {
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
        let entry = |e: &Entry<S>| {
            let mut members = Map::new();
            members.insert("fate".to_owned(), json!(e.fate.name()));
            members
                .extend(e.subject.members().into_iter().map(|(name, part)| (name.to_owned(), json!(part))));
            members.insert("effect".to_owned(), json!(e.effect));
            members.insert("message".to_owned(), json!(e.message));
            members.insert("file".to_owned(), json!(e.origin.file));
            members.insert("line".to_owned(), json!(e.origin.line));
            members.insert("span".to_owned(), json!([e.origin.span.start, e.origin.span.end]));
            Value::Object(members)
        };
        json!({
            "schema_version": 1,
            "carried": self.count(Fate::Carried),
            "approximated": self.count(Fate::Approximated),
            "lost": self.count(Fate::Lost),
            "entries": self.entries.iter().map(entry).collect::<Vec<_>>(),
        })
    }

    /// For people: one line an entry that was not simply carried, then the totals.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for e in self.entries.iter().filter(|e| e.fate != Fate::Carried) {
            out.push_str(&format!(
                "{}:{}: {} ({}): {}: {}\n",
                e.origin.file,
                e.origin.line,
                e.fate.name(),
                e.effect,
                e.subject.shown().as_deref().unwrap_or("the file"),
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

    /// The losses and approximations as diagnostics: `FileId(n)` is the n-th of `sources`. A cell of a notebook
    /// is a part of its file.
    pub(in crate::from) fn diagnostics(&self, sources: &[(String, String)]) -> Vec<Diagnostic> {
        let file_of = |path: &str| {
            let path = path.split("#cell-").next().unwrap_or(path);
            sources.iter().position(|(known, _)| known == path).unwrap_or(0) as u32
        };
        let told = self.entries.iter().filter(|e| e.fate != Fate::Carried && !sources.is_empty());
        told.map(|e| {
            let severity = if e.fate == Fate::Lost { Severity::Medium } else { Severity::Note };
            let what = match e.subject.shown() {
                Some(subject) => format!("`{subject}`: {}", e.message),
                None => e.message.clone(),
            };
            Diagnostic::new("RC0701", severity, FileId(file_of(&e.origin.file)), e.origin.span, what)
        })
        .collect()
    }
}
