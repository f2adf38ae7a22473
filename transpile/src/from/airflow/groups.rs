//! Task groups.

use super::edges;
use super::state::{AirflowHost, Child, Context, Decorated, Effect, Expand, Group, kind};
use super::tasks::{last, strip_suffix};
use crate::python::value::ObjId;
use crate::python::{Args, Eval, Machine, Native, Site, Value};
use std::rc::Rc;

type M<'v> = Machine<'v, AirflowHost>;

/// Groups around a group; the nesting of Airflow's own is bounded by Python's recursion.
const MAX_NESTED: usize = 200;
/// Bytes that one group takes until the end, in all that is made of it.
const GROUP_BYTES: usize = 1_024;

/// `TaskGroup(…)`.
pub(super) fn create(m: &mut M<'_>, args: &Args, rename: bool, site: Site) -> Eval<Option<Value>> {
    let parent = args.named("parent_group").and_then(|group| m.host.as_group(group));
    let given = args.named("dag").and_then(|dag| m.host.as_dag(dag));
    let around = || parent.and_then(|g| m.host.groups.get(g)).and_then(|g| g.dag).or(m.host.current_dag());
    let dag = given.or_else(around);
    let current = m.host.current_group().filter(|g| m.host.groups.get(*g).is_some_and(|g| g.dag == dag));
    let parent = parent.or(current);
    let id = args.get(0, "group_id").cloned();
    let label = match &id {
        Some(value) => value.assumed().and_then(|v| m.string(&v)),
        None => None,
    };
    if id.as_ref().is_none_or(Value::is_symbol) {
        m.host.lose(dag, None, Effect::Graph, "the id of a task group is not known".into(), site);
    }
    let Some(label) = label else { return Ok(None) };
    let prefix = args.get(1, "prefix_group_id").is_none_or(|p| m.truth(p) != Some(false));
    let mut label: Rc<str> = label.into();
    let mut full = m.host.child_id(parent, &label);
    if m.host.is_used(dag, &full) {
        let suffix =
            rename || args.named("add_suffix_on_collision").is_some_and(|v| m.truth(v) == Some(true));
        if !suffix {
            return Err(m.raise(
                "DuplicateTaskIdFound",
                format!("group id '{full}' is used twice"),
                site.span,
            ));
        }
        let used = m.host.used_ids(dag);
        let base = strip_suffix(&full);
        let highest = used
            .into_iter()
            .flatten()
            .filter_map(|id| id.strip_prefix(base)?.strip_prefix("__")?.parse::<u32>().ok())
            .max()
            .unwrap_or(0);
        label = format!("{}__{}", strip_suffix(&label), highest + 1).into();
        full = m.host.child_id(parent, &label);
    }
    if let Some(doubt) = m.doubt() {
        m.host.lose(dag, None, Effect::Graph, format!("the task group `{full}` {doubt}"), site);
    }
    let around = std::iter::successors(parent, |g| m.host.groups.get(*g)?.parent).take(MAX_NESTED).count();
    if around == MAX_NESTED {
        return Err(m.limit(format!("task groups are nested deeper than {MAX_NESTED}"), site.span));
    }
    m.charge(GROUP_BYTES + full.len() * 4, site.span)?;
    let index = m.host.groups.len();
    m.host.groups.push(Group {
        id: full.clone(),
        label,
        dag,
        parent,
        prefix,
        defaults: args.named("default_args").cloned(),
        children: Vec::new(),
        tooltip: args.named("tooltip").cloned(),
        expand: None,
        site,
    });
    if let Some(parent) = parent.and_then(|g| m.host.groups.get_mut(g)) {
        parent.children.push(Child::Group(index));
    }
    if let Some(dag) = dag.and_then(|d| m.host.dags.get_mut(d)) {
        dag.groups.push(index);
        dag.ids.insert(full.clone());
    }
    Ok(Some(Value::Native(Native { kind: kind::GROUP, id: index as u32 })))
}

/// The base constructor of an own class that derives from a task group: from here on the instance is one.
pub(super) fn create_own(m: &mut M<'_>, instance: ObjId, base: &str, args: &Args, site: Site) -> Eval<()> {
    if m.host.group_objects.contains_key(&instance) {
        return Ok(());
    }
    let site = m.host.made_at.get(&instance).copied().unwrap_or(site);
    let group = match last(base) {
        "TaskGroup" => create(m, args, false, site)?,
        _ => Some(create_foreign(m, base, args, site)?),
    };
    if let Some(group) = group.and_then(|group| m.host.as_group(&group)) {
        m.host.group_objects.insert(instance, group);
    }
    Ok(())
}

/// The task that a group of a provider makes at the end of its block: class, id.
const LAUNCHERS: &[(&str, &str, &str)] =
    &[("DatabricksWorkflowTaskGroup", "_CreateDatabricksWorkflowOperator", "launch")];

/// `SomethingTaskGroup(…)` of a library: a group that may hold tasks of its own.
pub(super) fn create_foreign(m: &mut M<'_>, path: &str, args: &Args, site: Site) -> Eval<Value> {
    let Some(group) = create(m, args, false, site)? else {
        return Ok(m.unknown("a task group whose id is not known", site.span));
    };
    let launcher = LAUNCHERS.iter().find(|(class, ..)| *class == last(path));
    match (&group, launcher) {
        (Value::Native(n), Some((_, operator, id))) => {
            m.host.launchers.insert(n.id as usize, (operator, id));
        }
        _ => {
            let message = format!("`{path}` is not known: the group may add tasks or edges of its own");
            m.host.lose(m.host.current_dag(), None, Effect::Graph, message, site);
        }
    }
    Ok(group)
}

/// The end of a group's block: every member reads the result of the task that launches it.
pub(super) fn launch(m: &mut M<'_>, group: usize, site: Site) -> Eval<()> {
    let Some((operator, id)) = m.host.launchers.get(&group).copied() else { return Ok(()) };
    let members = m.host.group_tasks(group);
    let mut args = Args::default();
    args.set("task_id", Value::str(id));
    let new = super::tasks::NewTask {
        operator: operator.into(),
        path: format!("airflow.providers.databricks.operators.databricks_workflow.{operator}").into(),
        decorator: None,
        args,
        callable: None,
        call_args: Args::default(),
        expand: None,
        object: None,
        site,
    };
    if let Some(launcher) = super::tasks::create(m, new)? {
        members.into_iter().try_for_each(|task| edges::add_edge(m, launcher, task, site))?;
    }
    Ok(())
}

/// A call of a function decorated with `@task_group`.
pub(super) fn call_function(
    m: &mut M<'_>,
    decorated: &Decorated,
    args: Args,
    expand: Option<Expand>,
    site: Site,
) -> Eval<Value> {
    let Some(function) = decorated.function.clone() else { return Ok(Value::None) };
    let mut group_args = decorated.args.clone();
    if group_args.get(0, "group_id").is_none() {
        let name = function_name(m, &function);
        group_args.set("group_id", Value::str(name));
    }
    if group_args.named("tooltip").is_none()
        && let Some(doc) = function_doc(m, &function)
    {
        group_args.set("tooltip", Value::Str(doc));
    }
    let group = create(m, &group_args, true, site)?;
    let Some(Value::Native(native)) = group else {
        return Ok(m.unknown("a task group whose id is not known", site.span));
    };
    let index = native.id as usize;
    let mut call = decorated.partial.clone();
    call.pos.extend(args.pos);
    for (name, value) in args.kw {
        call.set(&name, value);
    }
    call.unknown_kw = call.unknown_kw.or(args.unknown_kw);
    if let Some(expand) = &expand {
        let names: Vec<Rc<str>> = match expand {
            Expand::Product(pairs) => pairs.iter().map(|(n, _)| n.clone()).collect(),
            Expand::Kwargs(_) => {
                m.host.lose(
                    m.host.groups.get(index).and_then(|g| g.dag),
                    None,
                    Effect::Attribute,
                    "the arguments of a mapped group come from a list of keyword arguments".into(),
                    site,
                );
                parameter_names(m, &function)
            }
        };
        for name in names {
            m.host.mapped_args.push(name.clone());
            let value = AirflowHost::native(kind::MAPPED_ARG, m.host.mapped_args.len());
            call.set(&name, value);
        }
        if let Some(group) = m.host.groups.get_mut(index) {
            group.expand = Some(expand.clone());
        }
    }
    m.host.contexts.push(Context::Group(index));
    let result = m.call(&function, call, site);
    m.host.contexts.pop();
    let result = result?;
    if let Some(expand) = expand {
        let mut sources = Vec::new();
        match &expand {
            Expand::Product(pairs) => {
                pairs.iter().for_each(|(_, v)| edges::find_xcoms(m, v, 0, &mut sources))
            }
            Expand::Kwargs(value) => edges::find_xcoms(m, value, 0, &mut sources),
        }
        for source in sources {
            for root in edges::group_roots(&m.host, index) {
                edges::add_edge(m, source, root, site)?;
            }
        }
    }
    match result {
        Value::None => Ok(Value::Native(native)),
        other => Ok(other),
    }
}

fn parameter_names(m: &M<'_>, function: &Value) -> Vec<Rc<str>> {
    match m.object_of(function) {
        Some(crate::python::Object::Function(f)) => f
            .parameters()
            .map(|p| {
                p.posonlyargs.iter().chain(&p.args).map(|p| Rc::from(p.parameter.name.id.as_str())).collect()
            })
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The name of a function, for ids.
pub(super) fn function_name(m: &M<'_>, function: &Value) -> String {
    use crate::python::Object;
    match (function, m.object_of(function)) {
        (_, Some(Object::Function(f))) => f.name.to_string(),
        (_, Some(Object::Wrapped(_, inner) | Object::Partial(inner, _) | Object::Bound(_, inner))) => {
            let inner = inner.clone();
            function_name(m, &inner)
        }
        (Value::External(path), _) => last(path).to_owned(),
        _ => "unknown".into(),
    }
}

/// The docstring of a function.
pub(super) fn function_doc(m: &M<'_>, function: &Value) -> Option<Rc<str>> {
    match m.object_of(function)? {
        crate::python::Object::Function(f) => f.doc.clone(),
        _ => None,
    }
}
