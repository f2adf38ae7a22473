//! DAGs: `DAG(…)`, `@dag`, `@asset`.

use super::groups::{function_doc, function_name};
use super::state::{AirflowHost, AssetDef, Context, Dag, Effect, kind};
use super::taskflow;
use super::tasks::{self, NewTask};
use crate::python::value::ObjId;
use crate::python::{Args, Eval, Machine, Native, Site, Value};
use std::rc::Rc;

type M<'v> = Machine<'v, AirflowHost>;

/// Bytes that one DAG takes until the end, in all that is made of it.
const DAG_BYTES: usize = 4_096;

/// `DAG(…)`; an unknown id is reported.
pub(super) fn create(m: &mut M<'_>, args: &Args, site: Site) -> Eval<Value> {
    let given = args.get(0, "dag_id").cloned();
    let id = match &given {
        Some(value) => value.assumed().and_then(|v| m.string(&v)),
        None => None,
    };
    let index = m.host.dags.len();
    let mut args = args.clone();
    let names: &[&str] = &["dag_id", "description", "schedule"];
    let pos = std::mem::take(&mut args.pos);
    for (name, value) in names.iter().zip(pos) {
        args.set(name, value);
    }
    let id: Rc<str> = match id {
        Some(id) => id.into(),
        None => format!("unknown_dag_{}", index + 1).into(),
    };
    if let Some(value) = given.as_ref().filter(|v| v.is_symbol()) {
        let message = format!("the DAG's id depends on {}", m.describe(value));
        let effect = if value.assumed().is_some() { Effect::Attribute } else { Effect::Graph };
        m.host.lose(Some(index), None, effect, message, site);
    } else if given.is_none() {
        m.host.lose(Some(index), None, Effect::Graph, "the DAG has no id that is known".into(), site);
    }
    if let Some(doubt) = m.doubt() {
        m.host.lose(Some(index), None, Effect::Graph, format!("the DAG `{id}` {doubt}"), site);
    }
    m.charge(DAG_BYTES + id.len() * 4, site.span)?;
    m.host.dags.push(Dag {
        id,
        args,
        site,
        tasks: Vec::new(),
        groups: Vec::new(),
        ids: Default::default(),
        collected: false,
        doc: None,
        overrides: Vec::new(),
    });
    Ok(AirflowHost::native(kind::DAG, m.host.dags.len()))
}

/// The base constructor of an own class that derives from `DAG`: from here on the instance is one.
pub(super) fn create_own(m: &mut M<'_>, instance: ObjId, args: &Args, site: Site) -> Eval<()> {
    if !m.host.dag_objects.contains_key(&instance) {
        let site = m.host.made_at.get(&instance).copied().unwrap_or(site);
        let made = create(m, args, site)?;
        if let Some(dag) = m.host.as_dag(&made) {
            m.host.dag_objects.insert(instance, dag);
        }
    }
    Ok(())
}

/// A call of a function decorated with `@dag`.
pub(super) fn call_function(m: &mut M<'_>, native: Native, args: &Args, site: Site) -> Eval<Value> {
    let Some(decorated) = m.host.decorated.get(native.id as usize).cloned() else { return Ok(Value::None) };
    let Some(function) = decorated.function else { return Ok(Value::None) };
    let mut dag_args = decorated.args;
    if dag_args.get(0, "dag_id").is_none() {
        let name = function_name(m, &function);
        dag_args.set("dag_id", Value::str(name));
    }
    let dag = create(m, &dag_args, decorated.site)?;
    let Value::Native(handle) = dag else { return Ok(dag) };
    let index = handle.id as usize;
    let doc = function_doc(m, &function);
    if let Some(dag) = m.host.dags.get_mut(index) {
        dag.doc = doc;
        dag.collected = true;
    }
    m.host.contexts.push(Context::Dag(index));
    let result = m.call(&function, args.clone(), site);
    m.host.contexts.pop();
    result?;
    Ok(dag)
}

/// `@asset(…)` with its function: a DAG of one task.
pub(super) fn make_asset(m: &mut M<'_>, args: Args, function: Value, multi: bool, site: Site) -> Eval<Value> {
    let name = match args.named("dag_id").or_else(|| if multi { args.named("name") } else { None }) {
        Some(value) => m.text(value).unwrap_or_default(),
        None => function_name(m, &function),
    };
    let mut dag_args = Args::default();
    dag_args.set("dag_id", Value::str(name.as_str()));
    for key in ["schedule", "display_name", "description", "params", "access_control", "owner_links", "tags"]
    {
        if let Some(value) = args.named(key) {
            dag_args.set(key, value.clone());
        }
    }
    let dag = create(m, &dag_args, site)?;
    let Value::Native(handle) = &dag else { return Ok(dag) };
    let index = handle.id as usize;
    let doc = function_doc(m, &function);
    if let Some(dag) = m.host.dags.get_mut(index) {
        dag.collected = true;
        dag.doc = doc;
    }
    m.host.assets.push(AssetDef { args: args.clone(), function: Some(function.clone()), dag: Some(index) });
    let asset = AirflowHost::native(kind::ASSET, m.host.assets.len());
    let outlets = match args.named("outlets") {
        Some(outlets) if multi => outlets.clone(),
        _ => m.list(vec![asset.clone()]),
    };
    let mut task_args = Args::default();
    task_args.set("task_id", Value::str(name));
    task_args.set("outlets", outlets);
    m.host.contexts.push(Context::Dag(index));
    let new = NewTask {
        operator: "_AssetMainOperator".into(),
        path: "airflow.sdk.definitions.asset.decorators._AssetMainOperator".into(),
        decorator: None,
        args: task_args,
        callable: Some(function),
        call_args: Args::default(),
        expand: None,
        object: None,
        site,
    };
    let made = tasks::create(m, new);
    m.host.contexts.pop();
    made?;
    Ok(asset)
}

/// `@asset(…)` or `@asset.multi(…)` before it has its function.
pub(super) fn asset_decorator(m: &mut M<'_>, decorator: Rc<str>, args: &Args, site: Site) -> Value {
    let decorated = super::state::Decorated {
        decorator,
        function: None,
        args: args.clone(),
        partial: Args::default(),
        is_setup: false,
        is_teardown: false,
        site,
    };
    taskflow::push(m, decorated, kind::TASK_DECORATOR)
}

/// An attribute of a DAG.
pub(super) fn attr(m: &mut M<'_>, index: usize, name: &str) -> Option<Value> {
    let dag = m.host.dags.get(index)?;
    let tasks: Vec<Value> = dag.tasks.iter().map(|t| tasks::object_of(m, *t)).collect();
    let ids: Vec<Value> =
        dag.tasks.iter().filter_map(|t| m.host.tasks.get(*t)).map(|t| Value::Str(t.id.clone())).collect();
    let pick = |test: fn(&super::state::Task) -> bool| -> Vec<Value> {
        dag.tasks
            .iter()
            .filter_map(|t| m.host.tasks.get(*t))
            .filter(|t| test(t))
            .map(|t| t.object.clone())
            .collect()
    };
    Some(match name {
        "dag_id" => Value::Str(dag.id.clone()),
        "tasks" | "topological_sort" => m.list(tasks),
        "roots" => {
            let roots = pick(|t| t.upstream.is_empty());
            m.list(roots)
        }
        "leaves" => {
            let leaves = pick(|t| t.downstream.is_empty());
            m.list(leaves)
        }
        "task_ids" => m.list(ids),
        "task_count" => Value::Int(tasks.len() as i64),
        "task_dict" => {
            let pairs: Vec<(Rc<str>, Value)> = ids
                .into_iter()
                .zip(tasks)
                .filter_map(|(id, task)| match id {
                    Value::Str(id) => Some((id, task)),
                    _ => None,
                })
                .collect();
            m.dict_of(pairs)
        }
        "default_args" | "params" | "user_defined_macros" => match dag.args.named(name).cloned() {
            Some(value) => value,
            None => m.dict_of([]),
        },
        "task" => {
            let mut args = Args::default();
            args.set("dag", Value::Native(Native { kind: kind::DAG, id: index as u32 }));
            m.alloc(crate::python::Object::Partial(Value::External("airflow.sdk.task".into()), args))
        }
        "test" | "cli" | "clear" | "run" | "validate" | "add_task" | "get_task" | "has_task"
        | "set_dependency" | "__enter__" | "__exit__" | "sub_dag" | "partial_subset" | "add_tasks" => {
            let receiver = Value::Native(Native { kind: kind::DAG, id: index as u32 });
            m.alloc(crate::python::Object::Method(receiver, name.into()))
        }
        other => {
            let later = dag.overrides.iter().rev().find(|(k, _)| &**k == other).map(|(_, v)| v.clone());
            later.or_else(|| dag.args.named(other).cloned())?
        }
    })
}

/// A method of a DAG.
pub(super) fn method(
    m: &mut M<'_>,
    index: usize,
    name: &str,
    args: &Args,
    site: Site,
) -> Eval<Option<Value>> {
    let find = |m: &M<'_>, value: Option<&Value>| {
        let id = value.and_then(|v| m.string(v))?;
        let dag = m.host.dags.get(index)?;
        dag.tasks.iter().copied().find(|t| m.host.tasks.get(*t).is_some_and(|t| *t.id == *id))
    };
    Ok(match name {
        "get_task" => match find(m, args.get(0, "task_id")) {
            Some(task) => Some(tasks::object_of(m, task)),
            None => return Err(m.raise("TaskNotFound", "no such task", site.span)),
        },
        "has_task" => Some(Value::Bool(find(m, args.get(0, "task_id")).is_some())),
        "add_task" | "add_tasks" => {
            let items: Vec<Value> =
                args.pos.iter().flat_map(|v| m.as_items(v).unwrap_or_else(|| vec![v.clone()])).collect();
            for item in &items {
                if let Some(task) = m.host.task_of(item)
                    && m.host.tasks.get(task).is_some_and(|t| t.dag.is_none())
                {
                    super::edges::adopt(&mut m.host, task, index);
                }
            }
            Some(Value::None)
        }
        "set_dependency" => {
            if let (Some(a), Some(b)) = (find(m, args.pos.first()), find(m, args.pos.get(1))) {
                super::edges::add_edge(m, a, b, site)?;
            }
            Some(Value::None)
        }
        "__enter__" => {
            m.host.contexts.push(Context::Dag(index));
            collect(m, index);
            Some(Value::Native(Native { kind: kind::DAG, id: index as u32 }))
        }
        "__exit__" => {
            m.host.contexts.pop();
            Some(Value::None)
        }
        "topological_sort" => attr(m, index, "tasks"),
        "test" | "cli" | "clear" | "run" | "validate" => Some(Value::None),
        _ => None,
    })
}

/// The DAG is one of the file's.
pub(super) fn collect(m: &mut M<'_>, index: usize) {
    if let Some(dag) = m.host.dags.get_mut(index) {
        dag.collected = true;
    }
}
