//! The one plain diagnostic of every layer; renderers live above.

use crate::span::{FileId, Span};

/// How grave a diagnostic is. `Error`: the mission does not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing, never fails a check by itself.
    Note,
    /// A finding of low severity.
    Low,
    /// A finding of medium severity.
    Medium,
    /// A finding of high severity.
    High,
    /// The mission does not compile.
    Error,
}

/// A marked place with a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The file.
    pub file: FileId,
    /// The place.
    pub span: Span,
    /// What stands there; may be empty.
    pub message: String,
}

/// May a fix be applied without asking?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applicability {
    /// Keeps the meaning or is certainly what was meant: `--fix`.
    Safe,
    /// Plausible, a person decides: `--unsafe-fixes`, or a code action.
    Suggest,
}

/// One replacement of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The file.
    pub file: FileId,
    /// What is replaced; empty to insert.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// A change that mends the cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Imperative, e.g. "add `allow net.read \"https://a.example/**\"`".
    pub title: String,
    /// May it be applied without asking?
    pub applicability: Applicability,
    /// Non-overlapping edits.
    pub edits: Vec<Edit>,
}

/// One cause, told once: what, where, why, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// `RC` and four digits, stable for ever.
    pub code: &'static str,
    /// How grave.
    pub severity: Severity,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// Where.
    pub primary: Label,
    /// Related places, in the order of the story they tell (source, steps, sink).
    pub secondary: Vec<Label>,
    /// Why: facts, full sentences.
    pub notes: Vec<String>,
    /// What to do, in words.
    pub help: Option<String>,
    /// What to do, as edits.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// A diagnostic of severity `Error` at one place.
    pub fn error(code: &'static str, file: FileId, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, file, span, message)
    }

    /// A diagnostic at one place.
    pub fn new(
        code: &'static str,
        severity: Severity,
        file: FileId,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Diagnostic {
            code,
            severity,
            message: message.into(),
            primary: Label { file, span, message: String::new() },
            secondary: Vec::new(),
            notes: Vec::new(),
            help: None,
            fixes: Vec::new(),
        }
    }

    /// Moves every file id up, after [`crate::SourceMap::append`].
    pub fn shift_files(&mut self, offset: u32) {
        self.primary.file.0 += offset;
        for label in &mut self.secondary {
            label.file.0 += offset;
        }
        for edit in self.fixes.iter_mut().flat_map(|fix| &mut fix.edits) {
            edit.file.0 += offset;
        }
    }

    /// Moves every place right, after a part of a text was parsed by itself.
    pub(crate) fn shift(&mut self, offset: u32) {
        self.primary.span = self.primary.span.shift(offset);
        for label in &mut self.secondary {
            label.span = label.span.shift(offset);
        }
        for edit in self.fixes.iter_mut().flat_map(|fix| &mut fix.edits) {
            edit.span = edit.span.shift(offset);
        }
    }

    /// Words at the primary place.
    pub fn label(mut self, message: impl Into<String>) -> Self {
        self.primary.message = message.into();
        self
    }

    /// A further place.
    pub fn also(mut self, file: FileId, span: Span, message: impl Into<String>) -> Self {
        self.secondary.push(Label { file, span, message: message.into() });
        self
    }

    /// A reason.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Advice in words.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// A fix of one edit in the primary file.
    pub fn fix(
        mut self,
        title: impl Into<String>,
        applicability: Applicability,
        span: Span,
        text: impl Into<String>,
    ) -> Self {
        let edit = Edit { file: self.primary.file, span, text: text.into() };
        self.fixes.push(Fix { title: title.into(), applicability, edits: vec![edit] });
        self
    }
}
