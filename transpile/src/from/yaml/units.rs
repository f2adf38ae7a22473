//! The steps of a mission as a tree: chains and conditionals have steps inside.

use super::decode::Decoder;
use super::model::{At, Mission, Step};
use super::names::{Names, identifier};
use super::node::{Kind, Node};
use super::reference::{Piece, scan};
use super::report::{Sink, closest, code};
use super::step_types::{self, StepType};
use rustchain_grammar::{Applicability, Severity, Span};
use std::collections::{BTreeMap, BTreeSet};

/// A step with its place in the mission.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub step: Step,
    pub ident: String,
    pub parent: Option<usize>,
    pub children: Vec<usize>,
    /// Condition of the conditional around it; true where it is the other branch.
    pub guard: Option<(Node, bool)>,
    pub kind: Option<&'static StepType>,
    /// Units that `depends_on` or the order of a chain names.
    pub after: Vec<(usize, Span)>,
    /// First parts of the result that references ask for.
    pub wants: BTreeSet<String>,
    /// The step before it in the file.
    pub before: Option<usize>,
}

impl Unit {
    /// May its value be missing although the run goes on?
    pub fn optional(&self) -> bool {
        let continues = self.step.continue_on_error.as_ref().is_some_and(|at| at.value);
        continues || self.step.condition.is_some() || self.guard.is_some()
    }
}

/// All units of a mission; those without a parent in order.
#[derive(Default)]
pub(crate) struct Units {
    pub all: Vec<Unit>,
    pub top: Vec<usize>,
    /// Names that steps give to parts of their result.
    pub aliases: BTreeMap<String, (usize, String)>,
    /// References that would close a cycle, already reported: they stay text.
    pub cut: BTreeSet<(usize, usize)>,
}

impl Units {
    /// Places every step, checks ids and dependencies.
    pub fn build(mission: &Mission, names: &mut Names, text: &str, sink: &mut Sink) -> Units {
        let mut units = Units::default();
        units.add_all(&mission.steps, None, names, text, sink);
        units.top = (0..units.all.len()).filter(|i| units.all[*i].parent.is_none()).collect();
        units.link(sink);
        units.gather_wants();
        units.cut_cycles(sink);
        units
    }

    pub fn get(&self, index: usize) -> Option<&Unit> {
        self.all.get(index)
    }

    fn add_all(
        &mut self,
        steps: &[Step],
        parent: Option<usize>,
        names: &mut Names,
        text: &str,
        sink: &mut Sink,
    ) -> Vec<usize> {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        let mut added = Vec::new();
        for step in steps {
            if let Some(first) = seen.get(step.id.value.as_str()) {
                let message = format!("two steps have the id `{}`", step.id.value);
                let diagnostic = sink
                    .new_at(code::DUPLICATE, Severity::Error, step.id.span, message)
                    .label("again here")
                    .also(sink.file, *first, "first here");
                sink.push(diagnostic);
            }
            seen.entry(&step.id.value).or_insert(step.id.span);
            let index = self.all.len();
            let before = added.last().copied();
            for (name, part) in &step.outputs {
                self.aliases.entry(name.value.clone()).or_insert((index, part.clone()));
            }
            self.all.push(Unit {
                ident: names.claim(&identifier(&step.id.value)),
                kind: step_types::find(&step.kind.value),
                step: step.clone(),
                parent,
                children: Vec::new(),
                guard: None,
                after: Vec::new(),
                wants: BTreeSet::new(),
                before,
            });
            added.push(index);
            if parent.is_none() || depth(&self.all, index) < 4 {
                self.add_inner(index, text, sink);
            }
        }
        added
    }

    fn add_inner(&mut self, index: usize, text: &str, sink: &mut Sink) {
        let Some(unit) = self.all.get(index) else { return };
        let params = unit.step.params.clone();
        let kind = unit.step.kind.value.clone();
        let branches: Vec<(&Node, Option<bool>)> = match kind.as_str() {
            "chain" => params.get("steps").map(|n| (n, None)).into_iter().collect(),
            "conditional" => {
                let find = |keys: [&str; 2]| keys.into_iter().find_map(|key| params.get(key));
                let yes = find(["if_true", "then"]).map(|n| (n, Some(false)));
                yes.into_iter().chain(find(["if_false", "else"]).map(|n| (n, Some(true)))).collect()
            }
            _ => return,
        };
        let condition = params.get("condition").or(unit.step.condition.as_ref()).cloned();
        let mut names = Names::of_values();
        let mut children = Vec::new();
        for (node, guard) in branches {
            let steps = inner_steps(node, guard, text, sink);
            let added = self.add_all(&steps, Some(index), &mut names, text, sink);
            for (position, child) in added.iter().enumerate() {
                let before = position.checked_sub(1).and_then(|p| added.get(p)).copied();
                let Some(unit) = self.all.get_mut(*child) else { continue };
                if let (Some(negated), Some(condition)) = (guard, &condition) {
                    unit.guard = Some((condition.clone(), negated));
                }
                if let Some(before) = before.filter(|_| unit.step.depends_on.is_empty()) {
                    unit.after.push((before, unit.step.id.span));
                }
            }
            children.extend(added);
        }
        if let Some(unit) = self.all.get_mut(index) {
            if kind == "conditional" {
                unit.step.condition = None;
            }
            unit.children = children;
        }
    }

    /// The unit of an id as seen from another unit: its own group first, then the top, then anywhere.
    pub fn find(&self, id: &str, from: usize) -> Option<usize> {
        let parent = self.all.get(from).and_then(|u| u.parent);
        let with = |wanted: Option<Option<usize>>| {
            self.all.iter().position(|u| u.step.id.value == id && wanted.is_none_or(|p| u.parent == p))
        };
        with(Some(parent)).or_else(|| with(Some(None))).or_else(|| with(None))
    }

    fn link(&mut self, sink: &mut Sink) {
        for index in 0..self.all.len() {
            let depends = self.all.get(index).map(|u| u.step.depends_on.clone()).unwrap_or_default();
            for wanted in depends {
                match self.find(&wanted.value, index) {
                    Some(found) => {
                        if let Some(unit) = self.all.get_mut(index) {
                            unit.after.push((found, wanted.span));
                        }
                    }
                    None => self.unknown_dependency(&wanted, index, sink),
                }
            }
        }
    }

    fn unknown_dependency(&self, wanted: &At<String>, index: usize, sink: &mut Sink) {
        let ids = self.all.iter().enumerate().filter(|(i, _)| *i != index);
        let close = closest(&wanted.value, ids.map(|(_, u)| u.step.id.value.as_str()));
        let message = format!("`{}` is no step of this mission", wanted.value);
        let mut diagnostic = sink.new_at(code::UNKNOWN_DEPENDENCY, Severity::Error, wanted.span, message);
        if let Some(close) = close {
            diagnostic = diagnostic.help(format!("did you mean `{close}`?")).fix(
                format!("write `{close}`"),
                Applicability::Suggest,
                wanted.span,
                format!("\"{close}\""),
            );
        }
        sink.push(diagnostic);
    }

    /// What references ask of each step, so that an HTTP step knows whether its status or its JSON is read.
    fn gather_wants(&mut self) {
        let mut wants = Vec::new();
        for index in 0..self.all.len() {
            self.references(index, &mut |target, rest| wants.push((target, rest.join("."))));
        }
        for (target, part) in wants {
            if let Some(unit) = self.all.get_mut(target) {
                unit.wants.insert(part);
            }
        }
    }

    /// Every reference of a unit to another: (unit, further path).
    fn references(&self, index: usize, give: &mut dyn FnMut(usize, &[String])) {
        let Some(unit) = self.all.get(index) else { return };
        if !unit.children.is_empty() {
            return;
        }
        let mut texts = Vec::new();
        collect_texts(&unit.step.params, &mut texts);
        let conditions = unit.step.condition.iter().chain(unit.guard.iter().map(|(node, _)| node));
        for node in conditions {
            collect_texts(node, &mut texts);
        }
        for text in texts {
            for piece in scan(text) {
                let Piece::Reference(reference) = piece else { continue };
                if let Some((target, used)) = self.target(&reference.path, index) {
                    give(target, reference.path.get(used..).unwrap_or_default());
                }
            }
        }
    }

    /// The unit that a path names, and how many segments that takes.
    pub fn target(&self, path: &[String], from: usize) -> Option<(usize, usize)> {
        let prefix = usize::from(
            path.len() > 1 && matches!(path.first().map(String::as_str), Some("steps" | "step" | "outputs")),
        );
        let rest = path.get(prefix..)?;
        for length in (1..=rest.len()).rev() {
            let name = rest.get(..length)?.join(".");
            if let Some(found) = self.find_name(&name, from) {
                return Some((found, prefix + length));
            }
        }
        None
    }

    fn find_name(&self, name: &str, from: usize) -> Option<usize> {
        if let Some(found) = self.find(name, from) {
            return Some(found);
        }
        if matches!(name, "previous_result" | "previous_output" | "previous_response" | "last_result") {
            return self.previous(from);
        }
        let suffixes = ["_response", "_result", "_context", "_output", "_content"];
        suffixes.iter().find_map(|suffix| self.find(name.strip_suffix(suffix)?, from))
    }

    /// What `previous_result` means: the only dependency, else the step before.
    fn previous(&self, from: usize) -> Option<usize> {
        let unit = self.all.get(from)?;
        match unit.after.as_slice() {
            [(only, _)] => Some(*only),
            _ => unit.before,
        }
    }

    /// Dependencies by `depends_on` and by reference; an edge that closes a cycle is reported and cut.
    fn cut_cycles(&mut self, sink: &mut Sink) {
        let mut state = vec![0u8; self.all.len()];
        for start in 0..self.all.len() {
            if state.get(start) == Some(&0) {
                self.visit(start, &mut state, sink);
            }
        }
    }

    fn edges(&self, index: usize) -> Vec<(usize, Span)> {
        let Some(unit) = self.all.get(index) else { return Vec::new() };
        let mut edges = unit.after.clone();
        edges.extend(unit.children.iter().map(|child| (*child, unit.step.id.span)));
        self.references(index, &mut |target, _| {
            if edges.iter().all(|(known, _)| *known != target) {
                edges.push((target, unit.step.id.span));
            }
        });
        edges
    }

    /// Depth first without recursion: a stack of (unit, its edges, next edge).
    fn visit(&mut self, start: usize, state: &mut [u8], sink: &mut Sink) {
        let mut stack = vec![(start, self.edges(start), 0usize)];
        if let Some(slot) = state.get_mut(start) {
            *slot = 1;
        }
        while let Some((unit, edges, next)) = stack.last_mut() {
            let (unit, edge) = (*unit, edges.get(*next).copied());
            *next += 1;
            let Some((target, span)) = edge else {
                if let Some(slot) = state.get_mut(unit) {
                    *slot = 2;
                }
                stack.pop();
                continue;
            };
            match state.get(target) {
                Some(0) => {
                    if let Some(slot) = state.get_mut(target) {
                        *slot = 1;
                    }
                    let edges = self.edges(target);
                    stack.push((target, edges, 0));
                }
                Some(1) => {
                    let path: Vec<usize> =
                        stack.iter().map(|(u, _, _)| *u).skip_while(|u| *u != target).collect();
                    self.report_cycle(&path, span, sink);
                    self.cut(unit, target);
                }
                _ => {}
            }
        }
    }

    fn report_cycle(&self, path: &[usize], span: Span, sink: &mut Sink) {
        let names: Vec<&str> =
            path.iter().filter_map(|i| self.all.get(*i)).map(|u| u.step.id.value.as_str()).collect();
        let (Some(first), Some(last)) = (names.first(), names.last()) else { return };
        let message = match names.len() {
            1 => format!("`{first}` depends on itself"),
            _ => {
                let way: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
                format!("steps wait for each other: {} → `{first}`", way.join(" → "))
            }
        };
        let mut diagnostic = sink
            .new_at(code::CYCLE, Severity::Error, span, message)
            .label(format!("`{last}` waits for `{first}`"));
        for (from, to) in path.iter().zip(path.iter().skip(1)) {
            let (Some(from), Some(to)) = (self.all.get(*from), self.all.get(*to)) else { continue };
            let edge = from.after.iter().find(|(t, _)| self.all.get(*t).is_some_and(|u| u.ident == to.ident));
            let place = edge.map_or(from.step.id.span, |(_, span)| *span);
            let note = format!("`{}` waits for `{}`", from.step.id.value, to.step.id.value);
            diagnostic = diagnostic.also(sink.file, place, note);
        }
        sink.push(diagnostic);
    }

    fn cut(&mut self, unit: usize, target: usize) {
        self.cut.insert((unit, target));
        if let Some(unit) = self.all.get_mut(unit) {
            unit.after.retain(|(t, _)| *t != target);
        }
    }
}

fn depth(all: &[Unit], index: usize) -> usize {
    let mut depth = 0;
    let mut at = all.get(index).and_then(|u| u.parent);
    while let Some(parent) = at {
        depth += 1;
        at = all.get(parent).and_then(|u| u.parent);
    }
    depth
}

/// The steps in a branch or chain: a list of steps, or one step.
fn inner_steps(node: &Node, guard: Option<bool>, text: &str, sink: &mut Sink) -> Vec<Step> {
    let mut decoder = Decoder { text, sink };
    let name = match guard {
        Some(false) => "if_true",
        Some(true) => "if_false",
        None => "step",
    };
    match &node.kind {
        Kind::List(items) => {
            items.iter().enumerate().filter_map(|(i, item)| decoder.inner_step(item, name, i)).collect()
        }
        Kind::Map(_) => decoder.inner_step(node, name, 0).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Every text inside of a value.
pub(crate) fn collect_texts<'n>(node: &'n Node, out: &mut Vec<&'n str>) {
    match &node.kind {
        Kind::Text(text) => out.push(text),
        Kind::List(items) => items.iter().for_each(|item| collect_texts(item, out)),
        Kind::Map(entries) => entries.iter().for_each(|entry| collect_texts(&entry.value, out)),
        _ => {}
    }
}
