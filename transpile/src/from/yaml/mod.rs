//! Missions in YAML or JSON to mission text, with where each part came from.
//!
//! ```text
//! text ──read_yaml / read_json──▶ Node ──decode──▶ Mission ──units──▶ tree of steps ──translate──▶ text + origins
//! ```
//! Every stage gathers its errors and goes on; all of them are shown at once, in the user's file.

mod clauses;
mod condition;
mod decode;
mod doc;
mod emit;
mod literal;
mod model;
mod names;
mod node;
mod read_json;
mod read_yaml;
mod reference;
mod report;
mod resolve;
mod step_types;
mod steps;
mod translate;
mod units;
mod values;

pub use report::Report;
pub use step_types::{Output, Param, ParamKind, StepType, Ty, step_types};

use read_yaml::{Document, SyntaxError};
use report::{Sink, code};
use rustchain_grammar::{Diagnostic, FileId, Severity, Span};

/// The largest file that is read, bytes.
const MAX_BYTES: usize = 64 << 20;

/// What an import gives.
#[derive(Clone, Debug, Default)]
pub struct YamlImport {
    /// Mission text. `None` where the file cannot be read at all; with other errors it holds what could be
    /// understood, so that the rest can be checked too.
    pub mission_text: Option<String>,
    /// (range in `mission_text`, range in the YAML), sorted by the first.
    pub origins: Vec<(Span, Span)>,
    /// What is to be said, in the YAML, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// How faithful it is.
    pub report: Report,
}

/// Translates a YAML or JSON mission. `file` is the file in the diagnostics, `path` its path as the user
/// wrote it: `.json` is read as JSON, anything else as YAML.
pub fn import(file: FileId, path: &str, text: &str) -> YamlImport {
    let mut sink = Sink::new(file);
    let document = match read(path, text) {
        Ok(document) => document,
        Err(error) => {
            let diagnostic = Diagnostic::error(code::SYNTAX, file, error.span, error.message);
            sink.push(match error.help {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            });
            let (diagnostics, report) = sink.finish();
            return YamlImport { diagnostics, report, ..YamlImport::default() };
        }
    };
    for (key, again, first) in &document.duplicates {
        let diagnostic = sink
            .new_at(
                code::DUPLICATE,
                Severity::Error,
                *again,
                format!("the key `{key}` stands twice in one map"),
            )
            .label("again here")
            .also(file, *first, "first here");
        sink.push(diagnostic);
    }
    let source = decode::Decoder { text, sink: &mut sink }.source(&document.root);
    let nothing = source.missions.iter().all(|mission| mission.steps.is_empty());
    if nothing {
        let (diagnostics, report) = sink.finish();
        return YamlImport { diagnostics, report, ..YamlImport::default() };
    }
    let writer = emit::emit(&source, text, path, &mut sink);
    let (diagnostics, report) = sink.finish();
    let (mission, origins) = formatted(writer);
    YamlImport { mission_text: Some(mission), origins, diagnostics, report }
}

/// The text in the one canonical style, and its origins carried along.
fn formatted(writer: doc::Writer) -> (String, Vec<(Span, Span)>) {
    let doc::Writer { out, mut origins, .. } = writer;
    let formatted = rustchain_grammar::format(&out);
    debug_assert!(formatted.is_ok(), "{:?}\n{out}", formatted.as_ref().err());
    let text = match formatted {
        Ok(formatted) if formatted.text != out => {
            origins = origins
                .into_iter()
                .filter_map(|(here, there)| Some((formatted.ranges.output_of(here)?, there)))
                .collect();
            formatted.text
        }
        _ => out,
    };
    origins.sort();
    origins.dedup();
    (text, origins)
}

fn read(path: &str, text: &str) -> Result<Document, SyntaxError> {
    if text.len() > MAX_BYTES {
        return Err(SyntaxError::new("the file is larger than 64 MB", Span::new(0, 0)));
    }
    if path.to_ascii_lowercase().ends_with(".json") {
        return read_json::read(text);
    }
    match read_yaml::read(text) {
        Err(error) if text.trim_start().starts_with('{') => read_json::read(text).map_err(|_| error),
        result => result,
    }
}
