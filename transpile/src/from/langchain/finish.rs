//! From the state after a file has run to plain data.

use super::model::{Code, Inner, Lambda, LangChainFile, Loss, Named, Node, Op, OpKind};
use super::state::{M, origin};
use super::walk::each;
use crate::from::callable::{Callable, describe};
use crate::python::{ModuleId, Value};
use std::collections::HashSet;
use std::sync::Arc;

/// The objects of a file.
pub(super) fn finish(m: &mut M<'_>) -> LangChainFile {
    let mut file = LangChainFile::default();
    let globals = match m.files().next() {
        Some(_) => m.globals(ModuleId(0)),
        None => Vec::new(),
    };
    for (name, value) in globals {
        let known = value.assumed().filter(|v| !v.is_symbol()).unwrap_or(value);
        if let Some(op) = super::runnables::held(m, &known) {
            add(&mut file.objects, name.to_string(), op);
        }
    }
    let compiled = super::graph::inner(m).into_iter();
    file.inner = match m.host.uncalled {
        // An inventory also has the graphs that are made inside others.
        true => {
            let all = compiled.chain(super::chains::prebuilt(m));
            all.filter(|g| !file.objects.iter().any(|o| is_named(&o.op, &g.op))).collect()
        }
        false => compiled.filter(|g| !is_held(&file.objects, &g.op)).collect(),
    };
    let mut made = m.host.ops.clone();
    if m.host.uncalled {
        made.extend(super::uncalled::call_rest(m));
        file.inner_chains = super::chains::inner(m, &file, &made);
    }
    inventory(&mut file, made.into_iter());
    let inner: Vec<Node> = file.inner.iter().map(|g: &Inner| g.op.clone()).collect();
    inventory(&mut file, inner.into_iter());
    file.losses = m
        .host
        .losses
        .iter()
        .map(|l| Loss { effect: l.effect, message: l.message.clone(), origin: origin(m, l.site) })
        .collect();
    file.tasks = super::graph::tasks(m);
    file.functions = functions(m, &file);
    file.sources = m.files().map(|(_, path, text)| (path.to_owned(), text.to_owned())).collect();
    file
}

fn add(objects: &mut Vec<Named>, name: String, op: Node) {
    match objects.iter_mut().find(|o| Arc::ptr_eq(&o.op, &op)) {
        Some(known) => known.aliases.push(name),
        None => objects.push(Named { name, aliases: Vec::new(), op }),
    }
}

/// Is the object this graph, also with a configuration?
fn is_named(object: &Node, graph: &Node) -> bool {
    match &object.kind {
        OpKind::Bind(bind) => is_named(&bind.bound, graph),
        OpKind::Retry { bound, .. } => is_named(bound, graph),
        _ => Arc::ptr_eq(object, graph),
    }
}

fn is_held(objects: &[Named], op: &Node) -> bool {
    objects.iter().any(|o| {
        let mut found = false;
        each(&o.op, &mut |inner| found |= std::ptr::eq(inner, &**op));
        found
    })
}

/// Lists prompts, models and tools of the objects and of everything else that was made.
pub(super) fn inventory(file: &mut LangChainFile, made: impl Iterator<Item = Node>) {
    let mut seen: HashSet<*const Op> = HashSet::new();
    for list in [&file.prompts, &file.models, &file.tools] {
        seen.extend(list.iter().map(Arc::as_ptr));
    }
    let roots: Vec<Node> = file.objects.iter().map(|o| o.op.clone()).chain(made).collect();
    let mut found: Vec<Node> = Vec::new();
    for root in &roots {
        super::walk::each_node(root, &mut |op| {
            if seen.insert(Arc::as_ptr(op)) {
                found.push(op.clone());
            }
        });
    }
    for op in found {
        match &op.kind {
            OpKind::Prompt(_) => file.prompts.push(op),
            OpKind::Model(_) => file.models.push(op),
            OpKind::Tool(_) => file.tools.push(op),
            _ => {}
        }
    }
}

/// The code of an object that stands for a function of a file.
fn code_of(op: &Op) -> Option<&Code> {
    match &op.kind {
        OpKind::Tool(tool) => tool.code.as_ref(),
        OpKind::Lambda(Lambda::Function(code)) => Some(code),
        _ => None,
    }
}

/// The functions behind the lambdas and tools of a file.
fn functions(m: &M<'_>, file: &LangChainFile) -> Vec<Callable> {
    let place = |code: &Code| (code.origin.file.clone(), code.origin.span.start);
    let tasks = file.tasks.iter().flatten().filter_map(|task| task.code.as_ref());
    let mut wanted: HashSet<(String, u32)> = tasks.map(place).collect();
    let roots = file.objects.iter().map(|o| &o.op).chain(file.inner.iter().map(|i| &i.op)).chain(&file.tools);
    for root in roots {
        each(root, &mut |op| {
            let carried = match &op.kind {
                OpKind::Graph(graph) => graph.wiring.as_ref().map(|w| w.carried().map(|c| &c.code)),
                _ => None,
            };
            for code in code_of(op).into_iter().chain(carried.into_iter().flatten()) {
                wanted.insert(place(code));
            }
        });
    }
    let mut out: Vec<Callable> = Vec::new();
    for (value, function) in m.functions() {
        let place = origin(m, function.site);
        if wanted.remove(&(place.file.clone(), place.span.start)) {
            out.push(Callable { origin: place, ..describe(m, &value) });
        }
    }
    out
}

/// The function that a tool or runnable wraps.
pub(super) fn function_behind(m: &M<'_>, value: &Value) -> Option<Value> {
    let op = super::state::op_of(m, value)?;
    let wanted = &code_of(&op)?.origin;
    m.functions()
        .find(|(_, f)| f.site.span == wanted.span && m.path_of(f.site.module) == wanted.file)
        .map(|(v, _)| v)
}
