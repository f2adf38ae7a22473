//! A mission as a drawing: what `rustchain/graph` answers.

use super::Snapshot;
use super::render;
use rustchain_compiler::CompiledMission;
use rustchain_grammar::Span;
use rustchain_plan::Verdict;
use rustchain_transpile::to::graph::{DrawnBox, draw};
use std::collections::BTreeMap;
use std::path::Path;

/// A drawing of one mission of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    /// Which one.
    pub mission: String,
    /// All of the file.
    pub missions: Vec<String>,
    /// Blocks before what stands in them.
    pub nodes: Vec<Node>,
    /// From, to, order only.
    pub edges: Vec<(String, String, bool)>,
}

/// A step or block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The static id path.
    pub id: String,
    /// The id in its region.
    pub title: String,
    /// What it does.
    pub what: String,
    /// The block it stands in.
    pub parent: Option<String>,
    /// As policy lines.
    pub effects: Vec<String>,
    /// The worst of what the policy says; `None` without effects.
    pub verdict: Option<Verdict>,
    /// Its text.
    pub span: Option<Span>,
}

/// Draws the mission of a name, or the file's first. `None` where nothing compiles.
pub fn graph(snapshot: &Snapshot, path: &Path, mission: Option<&str>) -> Option<Graph> {
    let file = snapshot.analysed(path)?;
    let missions = &file.analysis.missions;
    let shown = mission.and_then(|name| file.analysis.mission(name)).or(missions.first())?;
    let drawing = draw(&shown.plan);
    let verdicts = verdicts(shown);
    let mut nodes = Vec::new();
    let span = |path: &str| {
        let places = shown.spans.nodes.get(path)?;
        let location = file.location(places.whole);
        (location.path == file.path).then_some(location.span)
    };
    flatten(&drawing.boxes, None, &mut |shape, parent| {
        nodes.push(Node {
            id: shape.path.clone(),
            title: shape.title.clone(),
            what: shape.what.clone(),
            parent: parent.map(str::to_owned),
            effects: shape.effects.clone(),
            verdict: verdicts.get(&shape.path).copied(),
            span: span(&shape.path),
        });
    });
    Some(Graph {
        mission: shown.plan.mission.to_string(),
        missions: missions.iter().map(|m| m.plan.mission.to_string()).collect(),
        nodes,
        edges: drawing.arrows.into_iter().map(|a| (a.from, a.to, a.order_only)).collect(),
    })
}

fn flatten<'a>(
    boxes: &'a [DrawnBox],
    parent: Option<&'a str>,
    each: &mut dyn FnMut(&'a DrawnBox, Option<&'a str>),
) {
    for shape in boxes {
        each(shape, parent);
        flatten(&shape.inner, Some(&shape.path), each);
    }
}

fn verdicts(mission: &CompiledMission) -> BTreeMap<String, Verdict> {
    let mut found = BTreeMap::new();
    for site in rustchain_compiler::effects::scope::sites(&mission.plan) {
        let rustchain_plan::Body::Call(call) = &site.node.body else { continue };
        let words = call.effects.iter().map(|e| render::verdict(&mission.plan, e));
        let rank = |v: &Verdict| match v {
            Verdict::Allowed => 0,
            Verdict::Unproven => 1,
            Verdict::Refused => 2,
        };
        if let Some(worst) = words.max_by_key(rank) {
            found.insert(site.path.clone(), worst);
        }
    }
    found
}
