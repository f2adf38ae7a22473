//! Chains and ready-made agents that no global name holds: of functions, methods and attributes, and those that are run
//! where they are made.

use super::model::{Inner, LangChainFile, Node, Op, OpKind};
use super::state::M;
use super::walk::children;
use crate::python::ModuleId;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The chains of the main file among what was made that stand in nothing else.
pub(super) fn inner(m: &M<'_>, file: &LangChainFile, made: &[Node]) -> Vec<Inner> {
    let mut inside: HashSet<*const Op> = HashSet::new();
    // Sequences by their first step, to find those that are written in longer ones.
    let mut places: HashMap<*const Op, Vec<(&Node, &[Node])>> = HashMap::new();
    let held = file.objects.iter().map(|o| &o.op).chain(file.inner.iter().map(|i| &i.op));
    for root in held.clone().chain(made) {
        children(root, &mut |child| mark(child, &mut inside));
        if let OpKind::Seq(steps) = &root.kind {
            for (at, step) in steps.iter().enumerate() {
                let rest = steps.get(at..).unwrap_or_default();
                places.entry(Arc::as_ptr(step)).or_default().push((root, rest));
            }
        }
    }
    let is_joined = |op: &Node, steps: &[Node]| {
        let around = |(whole, rest): &(&Node, &[Node])| {
            let (inner, outer) = (op.origin.span, whole.origin.span);
            !Arc::ptr_eq(whole, op)
                && whole.origin.file == op.origin.file
                && outer != inner
                && outer.start <= inner.start
                && inner.end <= outer.end
                && rest.len() >= steps.len()
                && steps.iter().zip(*rest).all(|(a, b)| Arc::ptr_eq(a, b))
        };
        let first = steps.first().and_then(|step| places.get(&Arc::as_ptr(step)));
        first.is_some_and(|places| places.iter().any(around))
    };
    inside.extend(held.map(Arc::as_ptr));
    let mut out: Vec<Inner> = Vec::new();
    for op in made {
        let is_part = matches!(&op.kind, OpKind::Seq(steps) if is_joined(op, steps));
        if is_chain(op) && !is_part && is_own(m, op) && inside.insert(Arc::as_ptr(op)) {
            out.push(Inner { function: function_around(m, op), op: op.clone() });
        }
    }
    out
}

/// The agents of the main file that the libraries build as graphs, each as often as it was made.
pub(super) fn prebuilt(m: &M<'_>) -> Vec<Inner> {
    let is_prebuilt = |op: &&Node| matches!(&op.kind, OpKind::Graph(graph) if graph.prebuilt.is_some());
    let mut seen: HashSet<*const Op> = HashSet::new();
    let own = m.host.ops.iter().filter(is_prebuilt).filter(|op| is_own(m, op));
    own.filter(|op| seen.insert(Arc::as_ptr(op)))
        .map(|op| Inner { function: function_around(m, op), op: op.clone() })
        .collect()
}

fn mark(op: &Node, inside: &mut HashSet<*const Op>) {
    if inside.insert(Arc::as_ptr(op)) {
        children(op, &mut |child| mark(child, inside));
    }
}

/// Something that is made of several runnables.
fn is_chain(op: &Op) -> bool {
    match &op.kind {
        OpKind::Seq(_)
        | OpKind::Parallel(_)
        | OpKind::Branch { .. }
        | OpKind::Fallbacks { .. }
        | OpKind::History { .. }
        | OpKind::Chain(_)
        | OpKind::Executor(_) => true,
        OpKind::Bind(bind) => is_chain(&bind.bound),
        OpKind::Retry { bound, .. } | OpKind::Map(bound) => is_chain(bound),
        _ => false,
    }
}

/// Made in the main file.
fn is_own(m: &M<'_>, op: &Op) -> bool {
    let file = op.origin.file.split("#cell-").next().unwrap_or_default();
    file == m.path_of(ModuleId(0))
}

/// The innermost function of the main file that holds the place where it was made.
fn function_around(m: &M<'_>, op: &Op) -> Option<String> {
    let at = op.origin.span;
    let around = m.functions().filter(|(_, f)| {
        let site = f.site;
        site.module == ModuleId(0) && site.span.start <= at.start && at.end <= site.span.end
    });
    let innermost = around.min_by_key(|(_, f)| f.site.span.end - f.site.span.start);
    innermost.map(|(_, f)| f.name.to_string())
}
