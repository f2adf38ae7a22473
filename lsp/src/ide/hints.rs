//! Inlay hints: types that are not written, and what a call does to the world.

use super::Snapshot;
use super::analysed::{Analysed, statements};
use rustchain_compiler::index::{Symbol, Use};
use rustchain_grammar::Span;
use rustchain_grammar::ast::{ExprKind, ItemKind, StmtKind};
use rustchain_plan::Body;
use std::collections::BTreeSet;
use std::path::Path;

/// Words beside the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Where, a byte.
    pub offset: u32,
    /// The words.
    pub label: String,
    /// A longer text.
    pub tooltip: Option<String>,
    /// A type (else: effects).
    pub is_type: bool,
}

const LONGEST: usize = 40;

/// The hints in a range.
pub fn hints(snapshot: &Snapshot, path: &Path, range: Span) -> Vec<Hint> {
    let Some(file) = snapshot.analysed(path) else { return Vec::new() };
    if file.is_foreign() {
        return Vec::new();
    }
    let typed = written_types(&file);
    let mut hints: Vec<Hint> = file
        .declarations()
        .filter(|u| range.contains(u.place.span.end) && !typed.contains(&u.place.span.start))
        .filter_map(type_hint)
        .collect();
    hints.extend(effect_hints(&file).filter(|h| range.contains(h.offset)));
    hints.sort_by_key(|h| h.offset);
    hints
}

/// Names whose type stands in the text.
fn written_types(file: &Analysed) -> BTreeSet<u32> {
    let mut typed = BTreeSet::new();
    for item in &file.analysis.syntax.items {
        if let ItemKind::Let(d) = &item.kind
            && d.ty.is_some()
        {
            typed.insert(d.name.span.start);
        }
        statements(super::analysed::body_of(item), &mut |stmt| match &stmt.kind {
            StmtKind::Let(d) | StmtKind::Output(d) if d.ty.is_some() => {
                typed.insert(d.name.span.start);
            }
            StmtKind::Step(d) if d.ty.is_some() || names_its_type(&d.value.kind) => {
                typed.insert(d.name.span.start);
            }
            _ => {}
        });
    }
    typed
}

/// `ask<T>(…)` says enough.
fn names_its_type(value: &ExprKind) -> bool {
    matches!(value, ExprKind::Call { type_args, .. } if !type_args.is_empty())
}

fn type_hint(name: &Use) -> Option<Hint> {
    if !matches!(name.symbol, Symbol::Step | Symbol::Let | Symbol::Variable | Symbol::Output) {
        return None;
    }
    let ty = name.ty.as_ref()?.to_string();
    let long = ty.chars().count() > LONGEST;
    let shown: String =
        if long { ty.chars().take(LONGEST).chain("…".chars()).collect() } else { ty.clone() };
    Some(Hint {
        offset: name.place.span.end,
        label: format!(": {shown}"),
        tooltip: long.then_some(ty),
        is_type: true,
    })
}

fn effect_hints(file: &Analysed) -> impl Iterator<Item = Hint> + '_ {
    file.analysis.missions.iter().flat_map(move |mission| {
        rustchain_compiler::effects::scope::sites(&mission.plan)
            .into_iter()
            .filter_map(|site| {
                let Body::Call(call) = &site.node.body else { return None };
                let place = mission.spans.nodes.get(&site.path)?;
                if call.effects.is_empty() || place.whole.file != file.analysis.entry {
                    return None;
                }
                let kinds: BTreeSet<&str> = call.effects.iter().map(|e| e.kind.name()).collect();
                let all: Vec<String> = call.effects.iter().map(ToString::to_string).collect();
                Some(Hint {
                    offset: first_line_end(file, place.whole.span),
                    label: format!("! {}", kinds.into_iter().collect::<Vec<_>>().join(", ")),
                    tooltip: Some(all.join("\n")),
                    is_type: false,
                })
            })
            .collect::<Vec<_>>()
    })
}

fn first_line_end(file: &Analysed, span: Span) -> u32 {
    let text = file.mission_text().get(span.range()).unwrap_or_default();
    span.start + text.find('\n').unwrap_or(text.len()) as u32
}
