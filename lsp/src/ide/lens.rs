//! Code lenses: run, dry run, test, the cost of a run, who depends on a step.

use super::Snapshot;
use super::analysed::body_of;
use super::hover::cost_line;
use rustchain_grammar::Span;
use rustchain_grammar::ast::{ItemKind, StmtKind};
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
            let Some(declaration) = file.declarations().find(|u| u.place.span == name) else { continue };
            let uses = file
                .names()
                .filter(|u| u.declaration == Some(declaration.place) && u.place != declaration.place);
            let places: Vec<super::Location> = uses.map(|u| file.location(u.place)).collect();
            let title = match places.len() {
                0 => continue,
                1 => "1 use".to_owned(),
                n => format!("{n} uses"),
            };
            lenses.push(Lens { span: name, title, action: LensAction::References(places) });
        }
    }
    lenses
}
