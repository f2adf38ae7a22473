//! Dependencies between tasks, groups, lists and labels.

use super::state::{AirflowHost, Effect, XCom, kind};
use crate::python::{Eval, Machine, Object, Site, Value};
use std::collections::BTreeSet;
use std::rc::Rc;

type M<'v> = Machine<'v, AirflowHost>;

/// Does the new side come after or before what is there?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Downstream,
    Upstream,
}

/// One side of a dependency.
#[derive(Clone)]
enum End {
    Task(usize),
    Group(usize),
    Label(usize),
}

/// True for what `>>` understands.
pub(super) fn is_node(m: &M<'_>, value: &Value) -> bool {
    match value {
        Value::Native(n) => matches!(n.kind, kind::GROUP | kind::XCOM | kind::LABEL),
        Value::Obj(id) => m.host.task_of.contains_key(id) || m.host.group_objects.contains_key(id),
        _ => false,
    }
}

/// `left >> right` (or `<<` with the sides changed): `None` where neither side is a node.
pub(super) fn shift(
    m: &mut M<'_>,
    left: &Value,
    right: &Value,
    direction: Direction,
    site: Site,
) -> Eval<Option<Value>> {
    let (left_is, right_is) = (is_node(m, left), is_node(m, right));
    if !left_is && !right_is {
        let either = [left, right].into_iter().any(|v| holds_node(m, v));
        if either {
            lose_edges(m, left, right, site);
        }
        return Ok(None);
    }
    connect(m, left, right, direction, site)?;
    Ok(Some(right.clone()))
}

fn holds_node(m: &M<'_>, value: &Value) -> bool {
    m.as_items(value).is_some_and(|items| items.iter().any(|i| is_node(m, i)))
}

/// Reports an edge to something unknown.
fn lose_edges(m: &mut M<'_>, left: &Value, right: &Value, site: Site) {
    let unknown = if is_node(m, left) || holds_node(m, left) { right } else { left };
    let known = if std::ptr::eq(unknown, left) { right } else { left };
    let message = format!("an edge to {} is not known", m.describe(unknown));
    let dag = ends(m, known).iter().find_map(|e| end_dag(m, e)).or(m.host.current_dag());
    m.host.lose(dag, None, Effect::Graph, message, site);
}

fn end_dag(m: &M<'_>, end: &End) -> Option<usize> {
    match end {
        End::Task(t) => m.host.tasks.get(*t)?.dag,
        End::Group(g) => m.host.groups.get(*g)?.dag,
        End::Label(_) => None,
    }
}

/// Makes the edges from `left` to `right` (downstream) or from `right` to `left` (upstream).
pub(super) fn connect(
    m: &mut M<'_>,
    left: &Value,
    right: &Value,
    direction: Direction,
    site: Site,
) -> Eval<()> {
    let (a, a_known) = all_ends(m, left);
    let (b, b_known) = all_ends(m, right);
    if !a_known || !b_known {
        lose_edges(m, left, right, site);
    }
    if let Some(doubt) = m.doubt() {
        let dag = a.iter().chain(&b).find_map(|e| end_dag(m, e));
        m.host.lose(dag, None, Effect::Graph, format!("an edge {doubt}"), site);
    }
    for x in &a {
        for y in &b {
            let (up, down) = if direction == Direction::Downstream { (x, y) } else { (y, x) };
            link(m, up, down, site)?;
        }
    }
    Ok(())
}

fn all_ends(m: &M<'_>, value: &Value) -> (Vec<End>, bool) {
    let found = ends(m, value);
    let items = m.as_items(value);
    let known = match items {
        Some(items) => {
            !m.is_dirty(value)
                && items.iter().all(|i| is_node(m, i) || m.as_items(i).is_some() || matches!(i, Value::None))
        }
        None => is_node(m, value),
    };
    (found, known)
}

fn ends(m: &M<'_>, value: &Value) -> Vec<End> {
    if let Some(group) = m.host.as_group(value) {
        return vec![End::Group(group)];
    }
    match value {
        Value::Native(n) => match n.kind {
            kind::LABEL => vec![End::Label(n.id as usize)],
            kind::XCOM => m.host.xcom_tasks(value).into_iter().map(End::Task).collect(),
            _ => Vec::new(),
        },
        Value::Obj(id) => match m.host.task_of.get(id) {
            Some(task) => vec![End::Task(*task)],
            None => m.as_items(value).unwrap_or_default().iter().flat_map(|v| ends(m, v)).collect(),
        },
        _ => Vec::new(),
    }
}

fn link(m: &mut M<'_>, up: &End, down: &End, site: Site) -> Eval<()> {
    if let End::Label(label) = down {
        let tasks = leaves(&m.host, up);
        if let Some(label) = m.host.labels.get_mut(*label) {
            label.upstream.extend(tasks);
        }
        return flush_label(m, *label, site);
    }
    if let End::Label(label) = up {
        let tasks = roots(&m.host, down);
        if let Some(label) = m.host.labels.get_mut(*label) {
            label.downstream.extend(tasks);
        }
        return flush_label(m, *label, site);
    }
    for a in leaves(&m.host, up) {
        for b in roots(&m.host, down) {
            add_edge(m, a, b, site)?;
        }
    }
    Ok(())
}

fn flush_label(m: &mut M<'_>, label: usize, site: Site) -> Eval<()> {
    let Some(edges) = m.host.labels.get(label).cloned() else { return Ok(()) };
    for a in &edges.upstream {
        for b in &edges.downstream {
            add_edge(m, *a, *b, site)?;
            m.host.edge_labels.insert((*a, *b), edges.text.clone());
        }
    }
    Ok(())
}

fn leaves(host: &AirflowHost, end: &End) -> Vec<usize> {
    match end {
        End::Task(task) => vec![*task],
        End::Group(group) => group_leaves(host, *group),
        End::Label(_) => Vec::new(),
    }
}

fn roots(host: &AirflowHost, end: &End) -> Vec<usize> {
    match end {
        End::Task(task) => vec![*task],
        End::Group(group) => group_roots(host, *group),
        End::Label(_) => Vec::new(),
    }
}

/// The tasks of a group that wait for no other task of it.
pub(super) fn group_roots(host: &AirflowHost, group: usize) -> Vec<usize> {
    let tasks = host.group_tasks(group);
    let inside: BTreeSet<usize> = tasks.iter().copied().collect();
    let is_root = |t: &usize| host.tasks.get(*t).is_some_and(|t| t.upstream.is_disjoint(&inside));
    tasks.into_iter().filter(is_root).collect()
}

/// The tasks of a group that no other task of it waits for; teardowns are left out.
pub(super) fn group_leaves(host: &AirflowHost, group: usize) -> Vec<usize> {
    let tasks = host.group_tasks(group);
    let inside: BTreeSet<usize> = tasks.iter().copied().collect();
    let mut out: Vec<usize> = Vec::new();
    for id in tasks {
        let Some(task) = host.tasks.get(id) else { continue };
        if !task.downstream.is_disjoint(&inside) {
            continue;
        }
        if task.is_teardown && !task.fail_on_teardown {
            before_teardown(host, id, &inside, &mut out, 0);
        } else if !out.contains(&id) {
            out.push(id);
        }
    }
    out
}

fn before_teardown(
    host: &AirflowHost,
    id: usize,
    inside: &BTreeSet<usize>,
    out: &mut Vec<usize>,
    depth: u32,
) {
    let Some(task) = host.tasks.get(id) else { return };
    for up in &task.upstream {
        let Some(upstream) = host.tasks.get(*up) else { continue };
        if !inside.contains(up) || depth > 100 {
            continue;
        }
        if upstream.is_teardown && !upstream.fail_on_teardown {
            before_teardown(host, *up, inside, out, depth + 1);
        } else if !(out.contains(up) || task.is_teardown && upstream.is_setup) {
            out.push(*up);
        }
    }
}

/// Bytes that one edge takes until the end, in all that is made of it.
const EDGE_BYTES: usize = 256;

/// One edge; a task without a DAG joins the DAG of the other.
pub(super) fn add_edge(m: &mut M<'_>, a: usize, b: usize, site: Site) -> Eval<()> {
    m.charge(EDGE_BYTES, site.span)?;
    let host = &mut m.host;
    let (dag_a, dag_b) = (host.tasks.get(a).and_then(|t| t.dag), host.tasks.get(b).and_then(|t| t.dag));
    match (dag_a, dag_b) {
        (Some(dag), None) => adopt(host, b, dag),
        (None, Some(dag)) => adopt(host, a, dag),
        (Some(x), Some(y)) if x != y => {
            host.lose(Some(x), None, Effect::Graph, "an edge joins tasks of two DAGs".into(), site);
            return Ok(());
        }
        _ => {}
    }
    if let Some(task) = host.tasks.get_mut(a) {
        task.downstream.insert(b);
    }
    if let Some(task) = host.tasks.get_mut(b) {
        task.upstream.insert(a);
    }
    Ok(())
}

pub(super) fn adopt(host: &mut AirflowHost, task: usize, dag: usize) {
    if let Some(entry) = host.dags.get_mut(dag) {
        entry.tasks.push(task);
        entry.ids.extend(host.tasks.get(task).map(|task| task.id.clone()));
    }
    if let Some(entry) = host.tasks.get_mut(task) {
        entry.dag = Some(dag);
    }
}

/// `chain(a, [b, c], d)`.
pub(super) fn chain(m: &mut M<'_>, items: &[Value], site: Site) -> Eval<()> {
    for pair in items.windows(2) {
        let [a, b] = pair else { continue };
        if is_node(m, a) || is_node(m, b) {
            connect(m, a, b, Direction::Downstream, site)?;
            continue;
        }
        match (m.as_items(a), m.as_items(b)) {
            (Some(x), Some(y)) if x.len() == y.len() && !m.is_dirty(a) && !m.is_dirty(b) => {
                for (x, y) in x.iter().zip(&y) {
                    connect(m, x, y, Direction::Downstream, site)?;
                }
            }
            (Some(x), Some(y)) if !m.is_dirty(a) && !m.is_dirty(b) => {
                let message = format!("chain() of lists of {} and {} tasks", x.len(), y.len());
                return Err(m.raise("ValueError", message, site.span));
            }
            _ => lose_edges(m, a, b, site),
        }
    }
    Ok(())
}

/// `chain_linear(a, [b, c], [d, e])`: every task of one with every task of the next.
pub(super) fn chain_linear(m: &mut M<'_>, items: &[Value], site: Site) -> Eval<()> {
    for pair in items.windows(2) {
        let [a, b] = pair else { continue };
        connect(m, a, b, Direction::Downstream, site)?;
    }
    Ok(())
}

/// Edges from every task that the values refer to.
pub(super) fn depend_on_values(m: &mut M<'_>, task: usize, values: &[Value], site: Site) -> Eval<()> {
    let mut sources = Vec::new();
    for value in values {
        find_xcoms(m, value, 0, &mut sources);
        note_attributes(m, task, value, 0, site)?;
    }
    sources
        .into_iter()
        .filter(|source| *source != task)
        .try_for_each(|source| add_edge(m, source, task, site))
}

/// An attribute of another task that is not known may be its result.
fn note_attributes(m: &mut M<'_>, task: usize, value: &Value, depth: u32, site: Site) -> Eval<()> {
    let Some(Object::Method(receiver, name)) = m.object_of(value) else {
        let items = match m.as_dict(value) {
            Some(dict) => dict.iter().map(|(_, v)| v.clone()).collect(),
            None => m.as_items(value).unwrap_or_default(),
        };
        let items = if depth < 20 { items } else { Vec::new() };
        return items.iter().try_for_each(|v| note_attributes(m, task, v, depth + 1, site));
    };
    let Some(source) = m.host.task_of(receiver) else { return Ok(()) };
    let name = name.clone();
    let Some(owner) = m.host.tasks.get(source) else { return Ok(()) };
    if RESULTS.contains(&(&*owner.operator, &*name)) {
        return add_edge(m, source, task, site);
    }
    let message = format!("`{name}` of the task `{}` is not known: it may be its result", owner.id);
    m.host.lose(owner.dag, None, Effect::Graph, message, site);
    Ok(())
}

/// Attributes of operators that stand for the result of the task.
const RESULTS: &[(&str, &str)] = &[("DataprocCreateClusterOperator", "cluster_id")];

/// The tasks whose results a value holds, at any depth.
pub(super) fn find_xcoms(m: &M<'_>, value: &Value, depth: u32, out: &mut Vec<usize>) {
    if depth > 20 {
        return;
    }
    match value {
        Value::Native(n) if n.kind == kind::XCOM => {
            if let Some(XCom::Plain { task, .. }) = m.host.xcoms.get(n.id as usize) {
                out.push(*task);
            } else {
                out.extend(m.host.xcom_tasks(value));
            }
        }
        Value::Obj(_) => {
            let items: Vec<Value> = match m.as_dict(value) {
                Some(dict) => dict.iter().map(|(_, v)| v.clone()).collect(),
                None => m.as_items(value).unwrap_or_default(),
            };
            for item in &items {
                find_xcoms(m, item, depth + 1, out);
            }
        }
        Value::Symbol(symbol) => {
            use crate::python::SymbolKind as K;
            match &symbol.kind {
                K::Concat(parts) | K::Op(_, parts) => {
                    parts.iter().for_each(|p| find_xcoms(m, p, depth + 1, out))
                }
                K::Call(_, args) => args
                    .pos
                    .iter()
                    .chain(args.kw.iter().map(|(_, v)| v))
                    .for_each(|p| find_xcoms(m, p, depth + 1, out)),
                _ => {}
            }
        }
        _ => {}
    }
}

/// A new label.
pub(super) fn new_label(m: &mut M<'_>, text: Rc<str>) -> Value {
    m.host.labels.push(super::state::LabelEdges { text, ..Default::default() });
    AirflowHost::native(kind::LABEL, m.host.labels.len())
}
