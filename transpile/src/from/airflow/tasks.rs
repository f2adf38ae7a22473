//! Making tasks.

use super::edges;
use super::state::{AirflowHost, Child, Context, Effect, Expand, Task};
use crate::python::{Args, Eval, Machine, Object, Site, Value};
use std::rc::Rc;

type M<'v> = Machine<'v, AirflowHost>;

/// What a new task is.
pub(super) struct NewTask {
    pub operator: Rc<str>,
    pub path: Rc<str>,
    pub decorator: Option<Rc<str>>,
    pub args: Args,
    pub callable: Option<Value>,
    pub call_args: Args,
    pub expand: Option<Expand>,
    /// The object that stands for the task; a fresh one is made without it.
    pub object: Option<Value>,
    pub site: Site,
}

/// The last part of a dotted path.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// True where a call of an external path makes an operator.
pub(super) fn looks_like_operator(path: &str, args: &Args) -> bool {
    let name = last(path);
    let class = name.starts_with(|c: char| c.is_ascii_uppercase()) || name.starts_with('_');
    let by_name = ["Operator", "Sensor", "OperatorAsync", "SensorAsync"].iter().any(|s| name.ends_with(s));
    class && (args.named("task_id").is_some() || (by_name && args.unknown_kw.is_some()))
}

/// The DAG an operator belongs to: its argument, its group's, or the open one.
fn dag_of(m: &M<'_>, args: &Args) -> Option<usize> {
    if let Some(dag) = args.named("dag").and_then(|dag| m.host.as_dag(dag)) {
        return Some(dag);
    }
    let group = args.named("task_group").and_then(|group| m.host.as_group(group));
    group.and_then(|g| m.host.groups.get(g)).and_then(|g| g.dag).or_else(|| m.host.current_dag())
}

fn group_of(m: &M<'_>, args: &Args, dag: Option<usize>) -> Option<usize> {
    let given = args.named("task_group").and_then(|group| m.host.as_group(group));
    given.or_else(|| m.host.current_group().filter(|g| m.host.groups.get(*g).is_some_and(|g| g.dag == dag)))
}

/// The arguments that `default_args` of the DAG and the groups give, nearest last wins.
pub(super) fn default_args(
    m: &M<'_>,
    dag: Option<usize>,
    group: Option<usize>,
    own: Option<&Value>,
) -> Vec<(Rc<str>, Value)> {
    let mut sources: Vec<Value> = Vec::new();
    if let Some(value) = dag.and_then(|d| m.host.dags.get(d)).and_then(|d| d.args.named("default_args")) {
        sources.push(value.clone());
    }
    let mut chain = Vec::new();
    let mut at = group;
    while let Some(g) = at.and_then(|g| m.host.groups.get(g)) {
        chain.extend(g.defaults.clone());
        at = g.parent;
    }
    sources.extend(chain.into_iter().rev());
    sources.extend(own.cloned());
    let mut out: Vec<(Rc<str>, Value)> = Vec::new();
    for source in sources {
        let known = source.assumed();
        let Some(dict) = known.as_ref().and_then(|v| m.as_dict(v)) else { continue };
        for (key, value) in dict.iter() {
            let Some(key) = key.as_str() else { continue };
            match out.iter_mut().find(|(k, _)| &**k == key) {
                Some(slot) => slot.1 = value.clone(),
                None => out.push((key.into(), value.clone())),
            }
        }
    }
    out
}

/// A task id in words of the file; reports where it is not certain.
fn id_text(m: &mut M<'_>, value: Option<&Value>, dag: Option<usize>, site: Site) -> Option<Rc<str>> {
    let known = match value {
        Some(v @ Value::Symbol(_)) => {
            let assumed = v.assumed().and_then(|a| m.string(&a));
            let message = match &assumed {
                Some(text) => format!("the id `{text}` depends on {}", m.describe(v)),
                None => format!("the id of a task depends on {}", m.describe(v)),
            };
            m.host.lose(dag, None, Effect::Graph, message, site);
            return assumed.map(Rc::from);
        }
        Some(v) => m.string(v),
        None => None,
    };
    if known.is_none() {
        m.host.lose(dag, None, Effect::Graph, "a task has no id that is known".into(), site);
    }
    known.map(Rc::from)
}

/// Bytes that one task takes until the end, in all that is made of it.
const TASK_BYTES: usize = 2_048;

/// Makes a task; `None` where its id is not known (reported).
pub(super) fn create(m: &mut M<'_>, new: NewTask) -> Eval<Option<usize>> {
    let site = new.site;
    let dag = dag_of(m, &new.args);
    let group = group_of(m, &new.args, dag);
    let Some(label) = id_text(m, new.args.named("task_id"), dag, site) else { return Ok(None) };
    let label: Rc<str> = if new.decorator.is_some() { unique(&m.host, dag, group, &label) } else { label };
    let id = m.host.child_id(group, &label);
    if let Some(doubt) = m.doubt() {
        m.host.lose(dag, None, Effect::Graph, format!("the task `{id}` {doubt}"), site);
    }
    if new.args.unknown_kw.is_some() {
        m.host.lose(
            dag,
            None,
            Effect::Attribute,
            format!("the task `{id}` has arguments that are not known"),
            site,
        );
    }
    if m.host.is_used(dag, &id) {
        return Err(m.raise("DuplicateTaskIdFound", format!("task id '{id}' is used twice"), site.span));
    }
    m.charge(TASK_BYTES + id.len() * 4, site.span)?;
    let own = new.args.named("default_args").cloned();
    let defaults = default_args(m, dag, group, own.as_ref());
    let object = match new.object {
        Some(object) => object,
        None => {
            let class = Value::External(new.path.clone());
            m.alloc(Object::Instance(class, Default::default()))
        }
    };
    let index = m.host.tasks.len();
    if let Value::Obj(object) = &object {
        m.host.task_of.insert(*object, index);
    }
    let task = Task {
        id,
        label,
        dag,
        group,
        object,
        operator: new.operator,
        path: new.path,
        decorator: new.decorator,
        args: new.args,
        defaults,
        callable: new.callable,
        call_args: new.call_args,
        expand: new.expand,
        upstream: Default::default(),
        downstream: Default::default(),
        is_setup: false,
        is_teardown: false,
        fail_on_teardown: false,
        overrides: Vec::new(),
        site,
    };
    let values: Vec<Value> = references(&task);
    let id = Some(task.id.clone());
    m.host.tasks.push(task);
    if let Some(dag) = dag.and_then(|d| m.host.dags.get_mut(d)) {
        dag.tasks.push(index);
        dag.ids.extend(id);
    }
    if let Some(group) = group.and_then(|g| m.host.groups.get_mut(g)) {
        group.children.push(Child::Task(index));
    }
    for context in &mut m.host.contexts {
        if let Context::Setup { inside, .. } = context {
            inside.push(index);
        }
    }
    edges::depend_on_values(m, index, &values, site)?;
    Ok(Some(index))
}

/// Arguments of every operator; none of them is a template, so that results in them make no edge.
#[rustfmt::skip]
const PLAIN_ARGUMENTS: &[&str] = &[
    "allow_nested_operators", "dag", "default_args", "depends_on_past", "do_xcom_push", "doc", "doc_json", "doc_md",
    "doc_rst", "doc_yaml", "email", "email_on_failure", "email_on_retry", "end_date", "execution_timeout", "executor",
    "executor_config", "ignore_first_depends_on_past", "inlets", "map_index_template", "max_active_tis_per_dag",
    "max_active_tis_per_dagrun", "max_retry_delay", "multiple_outputs", "on_execute_callback", "on_failure_callback",
    "on_retry_callback", "on_skipped_callback", "on_success_callback", "outlets", "owner", "params", "pool",
    "pool_slots", "post_execute", "pre_execute", "priority_weight", "python_callable", "queue", "resources", "retries",
    "retry_delay", "retry_exponential_backoff", "run_as_user", "sla", "start_date", "task_group", "task_id",
    "trigger_rule", "wait_for_downstream", "wait_for_past_depends_before_skipping", "weight_rule",
];

/// The values of a task that may refer to results of others.
fn references(task: &Task) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    out.extend(task.args.kw.iter().filter(|(k, _)| !PLAIN_ARGUMENTS.contains(&&**k)).map(|(_, v)| v.clone()));
    out.extend(task.args.pos.iter().cloned());
    out.extend(task.call_args.pos.iter().cloned());
    out.extend(task.call_args.kw.iter().map(|(_, v)| v.clone()));
    match &task.expand {
        Some(Expand::Product(pairs)) => out.extend(pairs.iter().map(|(_, v)| v.clone())),
        Some(Expand::Kwargs(value)) => out.push(value.clone()),
        None => {}
    }
    out
}

/// A second task of the same function gets `__1`, `__2` …
fn unique(host: &AirflowHost, dag: Option<usize>, group: Option<usize>, label: &Rc<str>) -> Rc<str> {
    let full = host.child_id(group, label);
    let Some(used) = host.used_ids(dag).filter(|used| used.contains(&full)) else {
        return label.clone();
    };
    let base = strip_suffix(&full);
    let highest = used
        .iter()
        .filter_map(|id| id.strip_prefix(base)?.strip_prefix("__")?.parse::<u32>().ok())
        .max()
        .unwrap_or(0);
    format!("{}__{}", strip_suffix(label), highest + 1).into()
}

/// An id without `__N` at its end.
pub(super) fn strip_suffix(id: &str) -> &str {
    match id.rsplit_once("__") {
        Some((base, number)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => base,
        _ => id,
    }
}

/// The object that stands for a task.
pub(super) fn object_of(m: &M<'_>, task: usize) -> Value {
    m.host.tasks.get(task).map_or(Value::None, |t| t.object.clone())
}

/// An argument of a task: set later, given, or by default.
pub(super) fn argument<'t>(task: &'t Task, name: &str) -> Option<&'t Value> {
    let later = task.overrides.iter().rev().find(|(k, _)| &**k == name).map(|(_, v)| v);
    later
        .or_else(|| task.args.named(name))
        .or_else(|| task.defaults.iter().find(|(k, _)| &**k == name).map(|(_, v)| v))
}

/// A classic operator: `Class(task_id=…)`.
pub(super) fn operator(
    m: &mut M<'_>,
    path: &str,
    args: &Args,
    object: Option<Value>,
    name: Rc<str>,
    site: Site,
) -> Eval<Option<usize>> {
    let callable = args.named("python_callable").cloned();
    let inner = args.named("subdag").and_then(|dag| m.host.as_dag(dag));
    if let (Some(dag), true) = (inner, last(path).starts_with("SubDag")) {
        super::dags::collect(m, dag);
    }
    let new = NewTask {
        operator: name,
        path: path.into(),
        decorator: None,
        args: args.clone(),
        callable,
        call_args: Args::default(),
        expand: None,
        object,
        site,
    };
    create(m, new)
}
