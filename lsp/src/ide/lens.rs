//! Code lenses: run, dry run, test, the cost of a run, who depends on a step.

use super::analysed::body_of;
use super::hover::cost_line;
use super::{Analysed, Snapshot};
use rustchain_compiler::spans::Place;
use rustchain_grammar::Span;
use rustchain_grammar::ast::{ItemKind, StmtKind};
use std::collections::BTreeMap;
use std::path::Path;

/// A line above the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lens {
    /// What it stands above.
    pub span: Span,
    /// Its words.
    pub title: String,
    /// What a click does.
    pub action: LensAction,
}

/// What a click on a lens does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LensAction {
    /// Runs a mission.
    Run(String),
    /// Dry-runs a mission.
    DryRun(String),
    /// Runs a test by its title.
    Test(String),
    /// Shows these places.
    References(Vec<super::Location>),
    /// Nothing.
    Words,
}

/// The lenses of a file.
pub fn lenses(snapshot: &Snapshot, path: &Path) -> Vec<Lens> {
    let Some(file) = snapshot.analysed(path) else { return Vec::new() };
    let mut lenses = Vec::new();
    let uses = uses(&file);
    for item in &file.analysis.syntax.items {
        match &item.kind {
            ItemKind::Mission(mission) => {
                let Some(span) = file.span(mission.name.span) else { continue };
                let name = mission.name.text.to_string();
                let mut add =
                    |title: &str, action| lenses.push(Lens { span, title: title.to_owned(), action });
                add("▶ Run", LensAction::Run(name.clone()));
                add("Dry run", LensAction::DryRun(name.clone()));
                if let Some(line) = file.analysis.mission(&name).and_then(cost_line) {
                    add(&line, LensAction::Words);
                }
            }
            ItemKind::Test(test) => {
                if let Some(span) = file.span(test.title.1) {
                    let action = LensAction::Test(test.title.0.to_string());
                    lenses.push(Lens { span, title: "▶ Test".to_owned(), action });
                }
            }
            _ => {}
        }
        if file.is_foreign() {
            continue;
        }
        for stmt in body_of(item) {
            let StmtKind::Step(step) = &stmt.kind else { continue };
            let name = step.name.span;
            let Some(places) = uses.get(&Place { file: file.analysis.entry, span: name }) else { continue };
            let places: Vec<super::Location> = places.iter().map(|p| file.location(*p)).collect();
            let title = match places.len() {
                1 => "1 use".to_owned(),
                n => format!("{n} uses"),
            };
            lenses.push(Lens { span: name, title, action: LensAction::References(places) });
        }
    }
    lenses
}

/// The places that name a declaration, but for its own.
fn uses(file: &Analysed) -> BTreeMap<Place, Vec<Place>> {
    let mut uses: BTreeMap<Place, Vec<Place>> = BTreeMap::new();
    for name in file.names() {
        if let Some(declaration) = name.declaration.filter(|d| *d != name.place) {
            uses.entry(declaration).or_default().push(name.place);
        }
    }
    uses
}
