//! The call hierarchy as the graph: incoming are the steps a step needs, outgoing those that need it.

use super::analysed::{Analysed, with_site};
use super::{Location, Snapshot};
use rustchain_compiler::CompiledMission;
use rustchain_compiler::effects::scope::sites;
use rustchain_grammar::Span;
use rustchain_plan::Body;
use std::path::Path;

/// A step of the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepItem {
    /// Its id.
    pub name: String,
    /// What it does.
    pub detail: String,
    /// The whole statement.
    pub whole: Location,
    /// Its name.
    pub selection: Span,
}

/// The step named at a byte.
pub fn prepare(snapshot: &Snapshot, path: &Path, offset: u32) -> Option<StepItem> {
    let file = snapshot.analysed(path)?;
    let name = file.name_at(offset)?;
    let (mission, id) = file.step(name.declaration?)?;
    item(&file, mission, &id)
}

/// The steps that the step whose name stands at a byte needs.
pub fn incoming(snapshot: &Snapshot, path: &Path, offset: u32) -> Vec<StepItem> {
    neighbours(snapshot, path, offset, |mission, id| {
        let prefix = id.rfind('/').map_or("", |i| &id[..=i]);
        with_site(mission, id, |site| site.node.needs.iter().map(|n| format!("{prefix}{}", n.id)).collect())
            .unwrap_or_default()
    })
}

/// The steps that need the step whose name stands at a byte.
pub fn outgoing(snapshot: &Snapshot, path: &Path, offset: u32) -> Vec<StepItem> {
    neighbours(snapshot, path, offset, |mission, id| {
        let (prefix, own) = id.rfind('/').map_or(("", id), |i| id.split_at(i + 1));
        let near = |path: &str| path.strip_prefix(prefix).is_some_and(|rest| !rest.contains('/'));
        let needs =
            |site: &rustchain_compiler::effects::scope::Site<'_>| site.node.needs.iter().any(|n| n.id == own);
        sites(&mission.plan).iter().filter(|s| near(&s.path) && needs(s)).map(|s| s.path.clone()).collect()
    })
}

fn neighbours(
    snapshot: &Snapshot,
    path: &Path,
    offset: u32,
    of: impl Fn(&CompiledMission, &str) -> Vec<String>,
) -> Vec<StepItem> {
    let Some(file) = snapshot.analysed(path) else { return Vec::new() };
    let Some(declaration) = file.name_at(offset).and_then(|n| n.declaration) else { return Vec::new() };
    let Some((mission, id)) = file.step(declaration) else { return Vec::new() };
    of(mission, &id).iter().filter_map(|id| item(&file, mission, id)).collect()
}

fn item(file: &Analysed, mission: &CompiledMission, id: &str) -> Option<StepItem> {
    let places = mission.spans.nodes.get(id)?;
    let detail = with_site(mission, id, |site| what(&site.node.body)).unwrap_or_default();
    let whole = file.location(places.whole);
    let selection = file.location(places.name).span;
    let inside = whole.span.contains(selection.start) && whole.span.contains(selection.end);
    let selection = if inside { selection } else { whole.span };
    Some(StepItem { name: id.to_owned(), detail, whole, selection })
}

/// What a body does: `http.get`, `for`, `match`, `value`.
pub fn what(body: &Body) -> String {
    match body {
        Body::Value(_) => "value".to_owned(),
        Body::Call(call) => call.callee.to_string(),
        Body::Chain { name, .. } => format!("chain {name}"),
        Body::For { .. } => "for".to_owned(),
        Body::Loop { .. } => "loop".to_owned(),
        Body::Poll { .. } => "poll".to_owned(),
        Body::Match { .. } => "match".to_owned(),
    }
}
