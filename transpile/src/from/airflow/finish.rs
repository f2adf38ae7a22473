//! From the state after a file has run to plain data.

use super::model::{AirflowDag, AirflowFile, AirflowGroup, AirflowLoss, AirflowTask, Data, Mapping};
use super::setup::TEARDOWN_RULE;
use super::state::{AirflowHost, Child, Effect, Expand, Group, Task, XCom, kind};
use super::tasks::argument;
use crate::from::callable::{describe, origin};
use crate::python::{Args, Machine, Object, SymbolKind, Value};
use std::rc::Rc;

type M<'v> = Machine<'v, AirflowHost>;

/// Deepest value that is carried over.
const MAX_DEPTH: u32 = 24;

/// The DAGs of a file.
pub(super) fn finish(m: &mut M<'_>) -> AirflowFile {
    let collected: Vec<usize> =
        (0..m.host.dags.len()).filter(|d| m.host.dags.get(*d).is_some_and(|d| d.collected)).collect();
    for index in 0..m.host.tasks.len() {
        let Some(task) = m.host.tasks.get(index).filter(|t| t.dag.is_none()) else { continue };
        let (message, site) = (format!("the task `{}` belongs to no DAG that is known", task.id), task.site);
        m.host.lose(None, None, Effect::Graph, message, site);
    }
    let dags: Vec<AirflowDag> = collected.iter().map(|d| dag(m, *d)).collect();
    let losses = m
        .host
        .losses
        .iter()
        .filter(|l| l.dag.is_none_or(|d| collected.contains(&d)))
        .map(|l| AirflowLoss {
            dag_id: l.dag.and_then(|d| m.host.dags.get(d)).map(|d| d.id.to_string()),
            task_id: l.task.and_then(|t| m.host.tasks.get(t)).map(|t| t.id.to_string()),
            effect: l.effect,
            message: l.message.clone(),
            origin: origin(m, l.site),
        })
        .collect();
    let sources = m.files().map(|(_, path, text)| (path.to_owned(), text.to_owned())).collect();
    AirflowFile { dags, losses, sources }
}

fn dag(m: &mut M<'_>, index: usize) -> AirflowDag {
    // The index comes from the table itself.
    let entry = &m.host.dags[index];
    let mut args: Vec<(Rc<str>, Value)> = entry.args.kw.clone();
    for (name, value) in &entry.overrides {
        args.retain(|(n, _)| n != name);
        args.push((name.clone(), value.clone()));
    }
    let (id, site, doc) = (entry.id.to_string(), entry.site, entry.doc.clone());
    let (task_ids, group_ids) = (entry.tasks.clone(), entry.groups.clone());
    let doc = args
        .iter()
        .find(|(n, _)| &**n == "doc_md")
        .and_then(|(_, v)| v.assumed())
        .and_then(|v| m.text(&v))
        .or(doc.map(|d| d.to_string()));
    let args = args.iter().map(|(n, v)| (n.to_string(), data(m, v, 0))).collect();
    let tasks: Vec<AirflowTask> = task_ids.iter().map(|t| task(m, *t, index)).collect();
    let groups = group_ids.iter().filter_map(|g| m.host.groups.get(*g)).map(|g| group(m, g)).collect();
    let mut edges = Vec::new();
    for from in &task_ids {
        let Some(upstream) = m.host.tasks.get(*from) else { continue };
        for to in &upstream.downstream {
            if let Some(downstream) = m.host.tasks.get(*to) {
                let label = m.host.edge_labels.get(&(*from, *to)).map(|l| l.to_string());
                edges.push((upstream.id.to_string(), downstream.id.to_string(), label));
            }
        }
    }
    edges.sort();
    AirflowDag { dag_id: id, args, doc, tasks, groups, edges, origin: origin(m, site) }
}

fn group(m: &M<'_>, group: &Group) -> AirflowGroup {
    let id = |g: usize| m.host.groups.get(g).map(|g| g.id.to_string());
    AirflowGroup {
        group_id: group.id.to_string(),
        label: group.label.to_string(),
        parent: group.parent.and_then(id),
        tooltip: group.tooltip.as_ref().and_then(|t| m.text(t)).filter(|t| !t.is_empty()),
        mapping: group.expand.as_ref().map(|e| mapping(m, e)),
        children: group
            .children
            .iter()
            .filter_map(|c| match c {
                Child::Task(t) => m.host.tasks.get(*t).map(|t| (false, t.id.to_string())),
                Child::Group(g) => id(*g).map(|id| (true, id)),
            })
            .collect(),
        origin: origin(m, group.site),
    }
}

fn mapping(m: &M<'_>, expand: &Expand) -> Mapping {
    match expand {
        Expand::Product(pairs) => {
            Mapping::Product(pairs.iter().map(|(n, v)| (n.to_string(), data(m, v, 0))).collect())
        }
        Expand::Kwargs(value) => Mapping::Kwargs(data(m, value, 0)),
    }
}

fn task(m: &mut M<'_>, index: usize, dag: usize) -> AirflowTask {
    let trigger_rule = trigger_rule(m, index, dag);
    let retries = retries(m, index, dag);
    // The index comes from the DAG's own list.
    let task = &m.host.tasks[index];
    let mut args: Vec<(String, Data)> = Vec::new();
    let hidden = ["dag", "task_group", "default_args"];
    for (name, value) in task.args.kw.iter().chain(&task.overrides) {
        if hidden.contains(&&**name) {
            continue;
        }
        let value = data(m, value, 0);
        match args.iter_mut().find(|(n, _)| n == &**name) {
            Some(slot) => slot.1 = value,
            None => args.push((name.to_string(), value)),
        }
    }
    let defaults = task
        .defaults
        .iter()
        .filter(|(n, _)| !args.iter().any(|(a, _)| a == &**n) && !hidden.contains(&&**n))
        .map(|(n, v)| (n.to_string(), data(m, v, 0)))
        .collect();
    AirflowTask {
        task_id: task.id.to_string(),
        label: task.label.to_string(),
        operator: operator_name(task),
        path: task.path.to_string(),
        decorator: task.decorator.as_ref().map(|d| d.to_string()),
        trigger_rule,
        retries,
        group: task.group.and_then(|g| m.host.groups.get(g)).map(|g| g.id.to_string()),
        mapping: task.expand.as_ref().map(|e| mapping(m, e)),
        is_setup: task.is_setup,
        is_teardown: task.is_teardown,
        fails_dag_run: task.fail_on_teardown,
        args,
        defaults,
        callable: task.callable.as_ref().map(|c| describe(m, c)),
        call_pos: task.call_args.pos.iter().map(|v| data(m, v, 0)).collect(),
        call_kw: task.call_args.kw.iter().map(|(n, v)| (n.to_string(), data(m, v, 0))).collect(),
        origin: origin(m, task.site),
    }
}

/// Airflow 2 and 3 know `DummyOperator` as another name only.
fn operator_name(task: &Task) -> String {
    match (&*task.operator, task.path.starts_with("airflow.")) {
        ("DummyOperator", true) => "EmptyOperator".into(),
        (name, _) => name.to_owned(),
    }
}

fn trigger_rule(m: &mut M<'_>, index: usize, dag: usize) -> String {
    let Some(task) = m.host.tasks.get(index) else { return String::new() };
    if task.is_teardown {
        return TEARDOWN_RULE.into();
    }
    let Some(value) = argument(task, "trigger_rule").cloned() else { return "all_success".into() };
    let known = value.assumed().and_then(|v| m.text(&v));
    if value.is_symbol() || known.is_none() {
        let site = m.host.tasks.get(index).map(|t| t.site).unwrap_or_default();
        let message = format!("the trigger rule depends on {}", m.describe(&value));
        m.host.lose(Some(dag), Some(index), Effect::Attribute, message, site);
    }
    let rule = match known.as_deref() {
        Some("none_failed_or_skipped") => "none_failed_min_one_success".into(),
        Some("dummy") => "always".into(),
        Some(rule) => rule.strip_prefix("TriggerRule.").map_or(rule.to_owned(), str::to_lowercase),
        None => "all_success".into(),
    };
    if is_rule(&rule) {
        return rule;
    }
    let site = m.host.tasks.get(index).map(|t| t.site).unwrap_or_default();
    m.host.lose(Some(dag), Some(index), Effect::Attribute, format!("`{rule}` is no trigger rule"), site);
    "all_success".into()
}

/// Is there such a trigger rule?
pub(super) fn is_rule(name: &str) -> bool {
    RULES.contains(&name)
}

/// The trigger rules of Airflow.
const RULES: [&str; 13] = [
    "all_success",
    "all_failed",
    "all_done",
    "all_done_min_one_success",
    "all_done_setup_success",
    "all_skipped",
    "one_failed",
    "one_success",
    "one_done",
    "none_failed",
    "none_failed_min_one_success",
    "none_skipped",
    "always",
];

fn retries(m: &mut M<'_>, index: usize, dag: usize) -> i64 {
    let Some(value) = m.host.tasks.get(index).and_then(|t| argument(t, "retries")).cloned() else { return 0 };
    match value {
        Value::Int(n) => n,
        Value::Float(f) => f as i64,
        Value::None => 0,
        Value::Str(ref text) => text.trim().parse().unwrap_or(0),
        other => {
            let site = m.host.tasks.get(index).map(|t| t.site).unwrap_or_default();
            let message = format!("the number of retries depends on {}", m.describe(&other));
            m.host.lose(Some(dag), Some(index), Effect::Attribute, message, site);
            match other.assumed() {
                Some(Value::Int(n)) => n,
                Some(Value::Str(text)) => text.trim().parse().unwrap_or(0),
                _ => 0,
            }
        }
    }
}

/// A value as plain data.
pub(super) fn data(m: &M<'_>, value: &Value, depth: u32) -> Data {
    if depth > MAX_DEPTH {
        return Data::Unknown("a value nested too deep".into(), None);
    }
    let next = |v: &Value| data(m, v, depth + 1);
    match value {
        Value::None => Data::None,
        Value::Ellipsis => Data::External("builtins.Ellipsis".into()),
        Value::Bool(b) => Data::Bool(*b),
        Value::Int(i) => Data::Int(*i),
        Value::Float(f) => Data::Float(*f),
        Value::Str(s) => Data::Str(s.to_string()),
        Value::Bytes(b) => Data::Str(String::from_utf8_lossy(b).into_owned()),
        Value::Delta(d) => Data::Delta(*d),
        Value::DateTime(t) => Data::Time(t.iso(), t.zone.clone()),
        Value::External(path) => Data::External(path.to_string()),
        Value::Native(n) => match n.kind {
            kind::XCOM => xcom(m, value, depth),
            kind::MAPPED_ARG => Data::GroupArgument(
                m.host.mapped_args.get(n.id as usize).map(|n| n.to_string()).unwrap_or_default(),
            ),
            kind::DAG => Data::External("the DAG".into()),
            kind::TASK_FUNCTION => Data::Function(Box::new(describe(m, value))),
            kind::ASSET => asset(m, n.id as usize, depth),
            _ => Data::Unknown("an object of Airflow".into(), None),
        },
        Value::Obj(_) => object(m, value, depth),
        Value::Symbol(symbol) => {
            let assumed = symbol.assumed.as_ref().map(|a| Box::new(next(a)));
            match &symbol.kind {
                SymbolKind::Env(name) => Data::Env(name.to_string(), assumed),
                SymbolKind::Input(kind, name) => Data::Input((*kind).to_owned(), name.to_string(), assumed),
                SymbolKind::Call(path, args) => call(m, path.trim_start_matches("builtins."), args, depth),
                SymbolKind::Concat(parts) => Data::Concat(parts.iter().map(next).collect()),
                SymbolKind::Op(op @ ("&" | "|"), parts) => {
                    Data::Op((*op).to_owned(), parts.iter().map(next).collect())
                }
                SymbolKind::CallOf(callee, args) => match &*callee_parts(callee) {
                    "" => Data::Unknown(m.describe(value), assumed),
                    path => call(m, path, args, depth),
                },
                _ => Data::Unknown(m.describe(value), assumed),
            }
        }
    }
}

/// The path of a method of something external, e.g. `Asset.ref`.
fn callee_parts(callee: &Value) -> Rc<str> {
    match callee {
        Value::Symbol(s) => match &s.kind {
            SymbolKind::Attr(Value::External(path), name) => format!("{path}.{name}").into(),
            _ => "".into(),
        },
        Value::External(path) => path.clone(),
        _ => "".into(),
    }
}

fn call(m: &M<'_>, path: &str, args: &Args, depth: u32) -> Data {
    Data::Call {
        path: path.to_owned(),
        pos: args.pos.iter().map(|v| data(m, v, depth + 1)).collect(),
        kw: args.kw.iter().map(|(n, v)| (n.to_string(), data(m, v, depth + 1))).collect(),
    }
}

fn asset(m: &M<'_>, index: usize, depth: u32) -> Data {
    let Some(asset) = m.host.assets.get(index) else { return Data::None };
    let mut kw: Vec<(String, Data)> = Vec::new();
    for key in ["uri", "name", "group"] {
        if let Some(value) = asset.args.named(key) {
            kw.push((key.into(), data(m, value, depth + 1)));
        }
    }
    if !kw.iter().any(|(k, _)| k == "name")
        && let Some(dag) = asset.dag.and_then(|d| m.host.dags.get(d))
    {
        kw.push(("name".into(), Data::Str(dag.id.to_string())));
    }
    Data::Call { path: "airflow.sdk.Asset".into(), pos: Vec::new(), kw }
}

fn xcom(m: &M<'_>, value: &Value, depth: u32) -> Data {
    let Value::Native(n) = value else { return Data::None };
    if depth > MAX_DEPTH {
        return Data::Unknown("a value nested too deep".into(), None);
    }
    let next = |v: &Value| data(m, v, depth + 1);
    match m.host.xcoms.get(n.id as usize) {
        Some(XCom::Plain { task, key }) => Data::XCom {
            task: m.host.tasks.get(*task).map(|t| t.id.to_string()).unwrap_or_default(),
            key: key.as_ref().map(|k| k.to_string()),
        },
        Some(XCom::Map { base, function }) => Data::XComMap(Box::new(next(base)), Box::new(next(function))),
        Some(XCom::Zip(parts)) => Data::XComZip(parts.iter().map(next).collect()),
        Some(XCom::Concat(parts)) => Data::XComConcat(parts.iter().map(next).collect()),
        None => Data::None,
    }
}

fn object(m: &M<'_>, value: &Value, depth: u32) -> Data {
    let next = |v: &Value| data(m, v, depth + 1);
    if let Some(task) = m.host.task_of(value).and_then(|t| m.host.tasks.get(t)) {
        return Data::Unknown(format!("the task `{}`", task.id), None);
    }
    let unsure = m.is_dirty(value);
    let plain = match m.object_of(value) {
        Some(Object::List(items)) => Data::List(items.iter().map(next).collect()),
        Some(Object::Tuple(items)) => Data::List(items.iter().map(next).collect()),
        Some(Object::Set(items)) => Data::List(items.iter().map(|(k, _)| next(k)).collect()),
        Some(Object::Iterator(items, at)) => {
            Data::List(items.get(*at..).unwrap_or_default().iter().map(next).collect())
        }
        Some(Object::Dict(dict, _)) => {
            let pairs = dict.iter().map(|(k, v)| (next(k), next(v))).collect();
            if dict.open {
                return Data::Unknown(
                    "a dict with keys that are not known".into(),
                    Some(Box::new(Data::Dict(pairs))),
                );
            }
            Data::Dict(pairs)
        }
        Some(Object::Path(path)) => Data::Str(path.to_string()),
        Some(Object::Function(_) | Object::Bound(..) | Object::Partial(..) | Object::Wrapped(..)) => {
            Data::Function(Box::new(describe(m, value)))
        }
        Some(Object::Instance(class, attrs)) => {
            let path = match class {
                Value::External(path) => path.to_string(),
                own => m.class_name(own),
            };
            if let Some(text) = enum_text(m, value) {
                return Data::Str(text);
            }
            let kw = attrs.iter().filter_map(|(k, v)| k.as_str().map(|k| (k.to_owned(), next(v)))).collect();
            Data::Call { path, pos: Vec::new(), kw }
        }
        Some(Object::Class(_)) => Data::External(m.class_name(value)),
        _ => Data::Unknown("an object of Python".into(), None),
    };
    if unsure {
        Data::Unknown("a value that is filled under an unknown condition".into(), Some(Box::new(plain)))
    } else {
        plain
    }
}

/// The value of a member of an enum of text.
fn enum_text(m: &M<'_>, value: &Value) -> Option<String> {
    let class = m.class_of(value)?;
    let is_enum = matches!(m.object_of(&class), Some(Object::Class(c)) if c.is_enum);
    if !is_enum {
        return None;
    }
    m.plain_attr(value, "value").and_then(|v| v.as_str().map(str::to_owned))
}
