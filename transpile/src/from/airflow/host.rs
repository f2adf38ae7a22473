//! The model as a host of the evaluator: which call or attribute means what.

use super::dags;
use super::edges::{self, Direction};
use super::groups;
use super::settings;
use super::setup;
use super::state::{AirflowHost, Context, Decorated, Effect, Expand, Partial, XCom, kind};
use super::taskflow;
use super::tasks::{self, last};
use crate::python::value::ObjId;
use crate::python::{Args, Eval, Host, ImportVerdict, Machine, Native, Object, Site, Stop, Value};
use std::rc::Rc;

type M<'v> = Machine<'v, AirflowHost>;

impl Host for AirflowHost {
    fn call(m: &mut M<'_>, path: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
        if let Some(value) = settings::call(m, path, args, site)? {
            return Ok(Some(value));
        }
        if let Some(decorator) = taskflow::decorator_of(path) {
            return call_decorator(m, decorator, args, site).map(Some);
        }
        if let Some(class) = path.strip_suffix(".partial") {
            let known = last(class).starts_with(|c: char| c.is_ascii_uppercase());
            if known && args.named("task_id").is_some() {
                return Ok(Some(partial(m, Value::External(class.into()), args, site)));
            }
        }
        if let Some(value) = call_airflow(m, path, args, site)? {
            return Ok(Some(value));
        }
        if last(path).ends_with("TaskGroup") && args.get(0, "group_id").is_some() {
            return groups::create_foreign(m, path, args, site).map(Some);
        }
        if tasks::looks_like_operator(path, args) {
            return make_operator(m, path, args, site).map(Some);
        }
        Ok(None)
    }

    fn call_native(m: &mut M<'_>, callee: Native, args: &Args, site: Site) -> Eval<Option<Value>> {
        Ok(match callee.kind {
            kind::TASK_DECORATOR => {
                let Some(decorated) = m.host.decorated.get(callee.id as usize).cloned() else {
                    return Ok(None);
                };
                let Some(function) = args.pos.first().cloned() else { return Ok(None) };
                if decorated.decorator.starts_with("asset") {
                    let multi = &*decorated.decorator == "asset.multi";
                    return dags::make_asset(m, decorated.args, function, multi, decorated.site).map(Some);
                }
                Some(taskflow::apply(m, decorated, function))
            }
            kind::TASK_FUNCTION => Some(taskflow::call(m, callee, args, None, site)?),
            kind::GROUP_FUNCTION => {
                let waiting = m.host.decorated.get(callee.id as usize).is_some_and(|d| d.function.is_none());
                match (waiting, args.pos.first()) {
                    (true, Some(function)) => give_function(m, callee, function.clone()),
                    _ => Some(taskflow::call(m, callee, args, None, site)?),
                }
            }
            kind::DAG_FUNCTION => {
                let waiting = m.host.decorated.get(callee.id as usize).is_some_and(|d| d.function.is_none());
                match (waiting, args.pos.first()) {
                    (true, Some(function)) => give_function(m, callee, function.clone()),
                    _ => Some(dags::call_function(m, callee, args, site)?),
                }
            }
            _ => None,
        })
    }

    fn call_method(
        m: &mut M<'_>,
        receiver: &Value,
        name: &str,
        args: &Args,
        site: Site,
    ) -> Eval<Option<Value>> {
        match receiver {
            Value::Native(native) => native_method(m, *native, receiver, name, args, site),
            Value::Obj(id) if m.host.task_of.contains_key(id) => task_method(m, receiver, name, args, site),
            Value::Obj(id) if m.host.group_objects.contains_key(id) => {
                group_method(m, receiver, name, args, site)
            }
            Value::Obj(id) if m.host.dag_objects.contains_key(id) => match m.host.as_dag(receiver) {
                Some(dag) => dags::method(m, dag, name, args, site),
                None => Ok(None),
            },
            Value::Obj(_) if name == "partial" && is_operator_class(m, receiver) => {
                Ok(Some(partial(m, receiver.clone(), args, site)))
            }
            _ => Ok(None),
        }
    }

    fn before_init(m: &mut M<'_>, instance: ObjId, base: &str, args: &mut Args, site: Site) -> Eval<()> {
        m.host.made_at.insert(instance, site);
        if !is_operator_base(base) {
            return Ok(());
        }
        // Airflow fills missing arguments of an operator's own `__init__` from default_args.
        let dag = args.named("dag").and_then(|dag| m.host.as_dag(dag)).or_else(|| m.host.current_dag());
        let defaults = tasks::default_args(m, dag, m.host.current_group(), args.named("default_args"));
        let instance = Value::Obj(instance);
        let Some(class) = m.class_of(&instance) else { return Ok(()) };
        let mut accepted: Vec<Rc<str>> = Vec::new();
        if let Some(init) = m.class_attr(&class, "__init__")
            && let Some(Object::Function(function)) = m.object_of(&init)
            && let Some(p) = function.parameters()
        {
            let all = p.posonlyargs.iter().chain(&p.args).chain(&p.kwonlyargs);
            accepted.extend(all.map(|p| Rc::from(p.parameter.name.id.as_str())));
        }
        for (name, value) in defaults {
            if accepted.contains(&name) && args.named(&name).is_none() {
                args.kw.push((name, value));
            }
        }
        Ok(())
    }

    fn init_base(m: &mut M<'_>, instance: ObjId, base: &str, args: &Args, site: Site) -> Eval<()> {
        let object = Value::Obj(instance);
        let Some(class) = m.class_of(&object) else { return Ok(()) };
        if last(base).ends_with("TaskGroup") {
            return groups::create_own(m, instance, base, args, site);
        }
        if last(base) == "DAG" {
            return dags::create_own(m, instance, args, site);
        }
        if !is_operator_base(base) && args.named("task_id").is_none() {
            return Ok(());
        }
        if m.host.task_of.contains_key(&instance) {
            return Ok(());
        }
        let name: Rc<str> = m.class_name(&class).into();
        let path = own_path(m, &class, &name);
        let site = m.host.made_at.get(&instance).copied().unwrap_or(site);
        let Some(task) = tasks::operator(m, &path, args, Some(object.clone()), name, site)? else {
            return Ok(());
        };
        for field in template_fields(m, &class) {
            if let Some(value) = m.plain_attr(&object, &field) {
                edges::depend_on_values(m, task, &[value], site)?;
            }
        }
        Ok(())
    }

    fn attr(m: &mut M<'_>, base: &Value, name: &str) -> Eval<Option<Value>> {
        match base {
            Value::External(path) => {
                let path = path.clone();
                Ok(settings::constant(m, &path, name))
            }
            Value::Native(native) => Ok(native_attr(m, *native, base, name)),
            Value::Obj(id) => match m.host.task_of.get(id).copied() {
                Some(task) => Ok(task_attr(m, task, base, name)),
                None if m.host.group_objects.contains_key(id) => {
                    let known = m.plain_attr(base, name).is_none();
                    Ok(m.host.as_group(base).filter(|_| known).and_then(|g| group_attr(m, g, base, name)))
                }
                None if m.host.dag_objects.contains_key(id) => {
                    let known = m.plain_attr(base, name).is_none();
                    Ok(m.host.as_dag(base).filter(|_| known).and_then(|dag| dags::attr(m, dag, name)))
                }
                None if name == "partial" && is_operator_class(m, base) => {
                    Ok(Some(m.alloc(Object::Method(base.clone(), "partial".into()))))
                }
                None => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn set_attr(m: &mut M<'_>, base: &Value, name: &str, value: &Value) -> Eval<bool> {
        match base {
            Value::Native(n) if n.kind == kind::DAG => {
                if let Some(dag) = m.host.dags.get_mut(n.id as usize) {
                    dag.overrides.push((name.into(), value.clone()));
                }
                Ok(true)
            }
            Value::Native(_) => Ok(true),
            Value::External(path) if &**path == "builtins.globals()" => {
                if let Some(dag) = m.host.as_dag(value) {
                    dags::collect(m, dag);
                }
                Ok(true)
            }
            Value::Obj(id) => {
                let Some(task) = m.host.task_of.get(id).copied() else { return Ok(false) };
                if name == "dag" {
                    if let (Value::Native(n), Some(None)) = (value, m.host.tasks.get(task).map(|t| t.dag)) {
                        edges::adopt(&mut m.host, task, n.id as usize);
                    }
                    return Ok(true);
                }
                let own = m.class_of(base).filter(|c| matches!(c, Value::Obj(_)));
                if own.is_some_and(|class| template_fields(m, &class).iter().any(|f| f == name)) {
                    let site = m.host.tasks.get(task).map(|t| t.site).unwrap_or_default();
                    edges::depend_on_values(m, task, std::slice::from_ref(value), site)?;
                }
                if let Some(task) = m.host.tasks.get_mut(task) {
                    task.overrides.push((name.into(), value.clone()));
                }
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    fn binary(m: &mut M<'_>, op: &str, left: &Value, right: &Value, site: Site) -> Eval<Option<Value>> {
        match op {
            ">>" => edges::shift(m, left, right, Direction::Downstream, site),
            "<<" => edges::shift(m, left, right, Direction::Upstream, site),
            _ => Ok(None),
        }
    }

    fn item(m: &mut M<'_>, base: &Value, key: &Value) -> Eval<Option<Value>> {
        let Value::Native(native) = base else { return Ok(None) };
        if native.kind != kind::XCOM {
            return Ok(None);
        }
        let Some(task) = m.host.xcom_tasks(base).first().copied() else { return Ok(None) };
        let key = m.text(key).map(Rc::from);
        Ok(Some(m.host.new_xcom(XCom::Plain { task, key })))
    }

    fn enter(m: &mut M<'_>, value: &Value, _site: Site) -> Eval<Option<Value>> {
        if let Some(dag) = m.host.as_dag(value) {
            m.host.contexts.push(Context::Dag(dag));
            dags::collect(m, dag);
            return Ok(Some(value.clone()));
        }
        match m.host.as_group(value) {
            Some(group) => {
                m.host.contexts.push(Context::Group(group));
                Ok(Some(value.clone()))
            }
            None => setup::enter(m, value),
        }
    }

    fn exit(m: &mut M<'_>, value: &Value) -> Eval<()> {
        if let Some(group) = m.host.as_group(value) {
            let site = m.host.groups.get(group).map(|g| g.site).unwrap_or_default();
            // What raises here was reported when the task was made.
            let launched = groups::launch(m, group, site);
            m.host.contexts.pop();
            return match launched {
                Err(Stop::Limit(message, site)) => Err(Stop::Limit(message, site)),
                _ => Ok(()),
            };
        }
        if m.host.as_dag(value).is_some() {
            m.host.contexts.pop();
            return Ok(());
        }
        setup::exit(m, Site::default())
    }

    fn iterate(m: &mut M<'_>, value: &Value) -> Eval<Option<Vec<Value>>> {
        let Some(group) = m.host.as_group(value) else { return Ok(None) };
        let tasks = m.host.group_tasks(group);
        Ok(Some(tasks.into_iter().map(|t| tasks::object_of(m, t)).collect()))
    }

    fn text(m: &M<'_>, value: &Value) -> Option<String> {
        match value {
            Value::Native(n) if n.kind == kind::DAG => {
                m.host.dags.get(n.id as usize).map(|d| format!("<DAG: {}>", d.id))
            }
            Value::Native(n) if n.kind == kind::XCOM => match m.host.xcoms.get(n.id as usize)? {
                XCom::Plain { task, key } => {
                    let task = m.host.tasks.get(*task)?;
                    let dag = task.dag.and_then(|d| m.host.dags.get(d))?;
                    let key = key.as_deref().map(|k| format!(", key='{k}'")).unwrap_or_default();
                    Some(format!(
                        "{{{{ task_instance.xcom_pull(task_ids='{}', dag_id='{}'{key}) }}}}",
                        task.id, dag.id
                    ))
                }
                _ => None,
            },
            Value::Obj(id) => {
                let task = m.host.tasks.get(*m.host.task_of.get(id)?)?;
                Some(format!("<Task({}): {}>", task.operator, task.id))
            }
            _ => None,
        }
    }

    fn function_behind(m: &M<'_>, value: &Value) -> Option<Value> {
        match value {
            Value::Native(n) if n.kind == kind::TASK_FUNCTION => {
                m.host.decorated.get(n.id as usize)?.function.clone()
            }
            _ => None,
        }
    }

    fn import(m: &M<'_>, module: &str) -> ImportVerdict {
        settings::import(&m.host, module)
    }

    fn unknown_call(m: &mut M<'_>, callee: &str, args: &Args, site: Site) {
        super::doubt::unknown_call(m, callee, args, site);
    }

    fn unsure(m: &mut M<'_>, reason: &str, site: Site) {
        let dag = m.host.current_dag();
        m.host.lose(dag, None, Effect::Graph, reason.to_owned(), site);
    }
}

fn call_decorator(m: &mut M<'_>, decorator: Rc<str>, args: &Args, site: Site) -> Eval<Value> {
    match &*decorator {
        "dag" | "task_group" => {
            let table = if &*decorator == "dag" { kind::DAG_FUNCTION } else { kind::GROUP_FUNCTION };
            let mut args = args.clone();
            let function = match args.pos.first() {
                Some(Value::Obj(_)) => Some(args.pos.remove(0)),
                _ => None,
            };
            let decorated = Decorated {
                decorator,
                function,
                args,
                partial: Args::default(),
                is_setup: false,
                is_teardown: false,
                site,
            };
            Ok(taskflow::push(m, decorated, table))
        }
        "asset" | "asset.multi" => Ok(dags::asset_decorator(m, decorator, args, site)),
        _ => taskflow::decorate(m, decorator, args, site),
    }
}

fn give_function(m: &mut M<'_>, native: Native, function: Value) -> Option<Value> {
    let mut decorated = m.host.decorated.get(native.id as usize)?.clone();
    decorated.function = Some(function);
    Some(taskflow::push(m, decorated, native.kind))
}

/// Functions and classes of Airflow itself that shape the graph.
fn call_airflow(m: &mut M<'_>, path: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
    if path.contains("tests_common") || path.starts_with("tests.system") || path.starts_with("dev.") {
        return test_fixture(m, path, args, site);
    }
    if !path.starts_with("airflow.") {
        return Ok(None);
    }
    Ok(match last(path) {
        "DAG" => Some(dags::create(m, args, site)?),
        "TaskGroup" => match groups::create(m, args, false, site)? {
            Some(group) => Some(group),
            None => Some(m.unknown("a task group whose id is not known", site.span)),
        },
        "Label" | "EdgeModifier" => {
            let text = args.get(0, "label").and_then(|v| m.text(v)).unwrap_or_default();
            Some(edges::new_label(m, text.into()))
        }
        "chain" => {
            note_unknown_items(m, args, site);
            edges::chain(m, &args.pos, site)?;
            Some(Value::None)
        }
        "chain_linear" => {
            note_unknown_items(m, args, site);
            edges::chain_linear(m, &args.pos, site)?;
            Some(Value::None)
        }
        "cross_downstream" => {
            if let (Some(from), Some(to)) = (args.get(0, "from_tasks"), args.get(1, "to_tasks")) {
                edges::connect(m, from, to, Direction::Downstream, site)?;
            }
            Some(Value::None)
        }
        "TriggerRule" | "WeightRule" => args.pos.first().cloned(),
        "XComArg" => {
            let task = args.get(0, "operator").and_then(|v| m.host.task_of(v));
            let key = args.get(1, "key").and_then(|v| m.text(v)).map(Rc::from);
            task.map(|task| m.host.new_xcom(XCom::Plain { task, key }))
        }
        _ => None,
    })
}

fn note_unknown_items(m: &mut M<'_>, args: &Args, site: Site) {
    if let Some(unknown) = &args.unknown_pos {
        let message = format!("a chain of {} is not known", m.describe(unknown));
        m.host.lose(m.host.current_dag(), None, Effect::Graph, message, site);
    }
}

/// The helpers that Airflow's own system tests import from folders outside the DAG's repository.
fn test_fixture(m: &mut M<'_>, path: &str, _args: &Args, site: Site) -> Eval<Option<Value>> {
    Ok(match last(path) {
        "watcher" => {
            let mut task_args = Args::default();
            task_args.set("task_id", Value::str("watcher"));
            task_args.set("trigger_rule", Value::str("one_failed"));
            task_args.set("retries", Value::Int(0));
            let (operator, module) = taskflow::operator_of("task");
            let new = tasks::NewTask {
                path: format!("{module}.{operator}").into(),
                operator,
                decorator: Some("task".into()),
                args: task_args,
                callable: None,
                call_args: Args::default(),
                expand: None,
                object: None,
                site,
            };
            match tasks::create(m, new)? {
                Some(task) => Some(m.host.new_xcom(XCom::Plain { task, key: None })),
                None => None,
            }
        }
        "get_test_run" | "get_test_env_id" => Some(m.unknown("a helper of the test suite", site.span)),
        _ => None,
    })
}

fn make_operator(m: &mut M<'_>, path: &str, args: &Args, site: Site) -> Eval<Value> {
    match tasks::operator(m, path, args, None, last(path).into(), site)? {
        Some(task) => Ok(tasks::object_of(m, task)),
        None => Ok(m.unknown("a task whose id is not known", site.span)),
    }
}

/// The path of a class of a file: the file's name and the class's.
fn own_path(m: &M<'_>, class: &Value, name: &str) -> String {
    let file = m.own_classes(class).first().map_or("", |c| m.path_of(c.site.module));
    let stem = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".py");
    format!("{stem}.{name}")
}

/// The fields of an own operator class that Airflow looks for results of other tasks in.
fn template_fields(m: &M<'_>, class: &Value) -> Vec<String> {
    let Some(fields) = m.class_attr(class, "template_fields") else { return Vec::new() };
    let items = m.as_items(&fields).unwrap_or_default();
    items.iter().filter_map(|f| f.as_str().map(str::to_owned)).collect()
}

fn is_operator_base(path: &str) -> bool {
    let name = last(path);
    ["Operator", "Sensor", "OperatorAsync", "SensorAsync", "Mixin", "Link"]
        .iter()
        .take(4)
        .any(|s| name.ends_with(s))
}

fn is_operator_class(m: &M<'_>, value: &Value) -> bool {
    matches!(m.object_of(value), Some(Object::Class(_)))
        && m.external_base(value).is_some_and(|b| is_operator_base(&b))
}

fn partial(m: &mut M<'_>, class: Value, args: &Args, site: Site) -> Value {
    m.host.partials.push(Partial { class, args: args.clone(), site });
    AirflowHost::native(kind::PARTIAL, m.host.partials.len())
}

fn expand_partial(m: &mut M<'_>, native: Native, expand: Expand, site: Site) -> Eval<Option<Value>> {
    let Some(partial) = m.host.partials.get(native.id as usize).cloned() else { return Ok(None) };
    let name: Rc<str> = m.class_name(&partial.class).into();
    let path: Rc<str> = match &partial.class {
        Value::External(path) => path.clone(),
        own => own_path(m, own, &name).into(),
    };
    let new = tasks::NewTask {
        operator: name,
        path,
        decorator: None,
        callable: partial.args.named("python_callable").cloned(),
        args: partial.args,
        call_args: Args::default(),
        expand: Some(expand),
        object: None,
        site: if partial.site.span.is_empty() {
            site
        } else {
            Site { span: partial.site.span.to(site.span), ..site }
        },
    };
    match tasks::create(m, new)? {
        Some(task) => Ok(Some(tasks::object_of(m, task))),
        None => Ok(Some(m.unknown("a task whose id is not known", site.span))),
    }
}

fn native_method(
    m: &mut M<'_>,
    native: Native,
    receiver: &Value,
    name: &str,
    args: &Args,
    site: Site,
) -> Eval<Option<Value>> {
    match native.kind {
        kind::DAG => dags::method(m, native.id as usize, name, args, site),
        kind::TASK_FUNCTION | kind::GROUP_FUNCTION => taskflow::method(m, native, name, args, site),
        kind::PARTIAL => match name {
            "expand" => expand_partial(m, native, Expand::Product(args.kw.clone()), site),
            "expand_kwargs" => {
                let value = args.pos.first().cloned().unwrap_or(Value::None);
                expand_partial(m, native, Expand::Kwargs(value), site)
            }
            _ => Ok(None),
        },
        kind::XCOM => match name {
            "map" => {
                let function = args.pos.first().cloned().unwrap_or(Value::None);
                Ok(Some(m.host.new_xcom(XCom::Map { base: receiver.clone(), function })))
            }
            "zip" | "concat" => {
                let mut parts = vec![receiver.clone()];
                parts.extend(args.pos.iter().cloned());
                let xcom = if name == "zip" { XCom::Zip(parts) } else { XCom::Concat(parts) };
                Ok(Some(m.host.new_xcom(xcom)))
            }
            _ => task_method(m, receiver, name, args, site),
        },
        kind::GROUP => group_method(m, receiver, name, args, site),
        _ => Ok(None),
    }
}

fn group_method(m: &mut M<'_>, receiver: &Value, name: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
    let group = m.host.as_group(receiver);
    match name {
        "set_upstream" | "set_downstream" => set_relative(m, receiver, name, args, site),
        "add" => {
            if let (Some(task), Some(group)) = (
                args.pos.first().and_then(|v| m.host.task_of(v)),
                group.and_then(|g| m.host.groups.get_mut(g)),
            ) {
                group.children.push(super::state::Child::Task(task));
            }
            Ok(Some(Value::None))
        }
        "child_id" => {
            let label = args.pos.first().and_then(|v| m.text(v)).unwrap_or_default();
            Ok(Some(Value::Str(m.host.child_id(group, &label))))
        }
        _ => Ok(None),
    }
}

fn set_relative(m: &mut M<'_>, receiver: &Value, name: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
    let other = args.get(0, "task_or_task_list").cloned().unwrap_or(Value::None);
    let direction = if name == "set_downstream" { Direction::Downstream } else { Direction::Upstream };
    if let Some(label) =
        args.get(1, "edge_modifier").filter(|l| matches!(l, Value::Native(n) if n.kind == kind::LABEL))
    {
        let label = label.clone();
        let (first, second) =
            if direction == Direction::Downstream { (receiver, &other) } else { (&other, receiver) };
        edges::connect(m, first, &label, Direction::Downstream, site)?;
        edges::connect(m, &label, second, Direction::Downstream, site)?;
        return Ok(Some(Value::None));
    }
    edges::connect(m, receiver, &other, direction, site)?;
    Ok(Some(Value::None))
}

fn task_method(m: &mut M<'_>, receiver: &Value, name: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
    Ok(match name {
        "set_upstream" | "set_downstream" => set_relative(m, receiver, name, args, site)?,
        "as_setup" => Some(setup::as_setup(m, receiver)),
        "as_teardown" => Some(setup::as_teardown(m, receiver, args, site)?),
        "add_task" => {
            setup::add_task(m, args);
            Some(Value::None)
        }
        "add_inlets" | "add_outlets" => Some(Value::None),
        "has_dag" => Some(Value::Bool(
            m.host.task_of(receiver).and_then(|t| m.host.tasks.get(t)).is_some_and(|t| t.dag.is_some()),
        )),
        "get_direct_relatives" | "get_flat_relatives" => {
            let upstream = args.pos.first().is_some_and(|v| m.truth(v) == Some(true));
            let name = if upstream { "upstream_list" } else { "downstream_list" };
            m.host.task_of(receiver).and_then(|t| task_attr(m, t, receiver, name))
        }
        _ => None,
    })
}

fn task_attr(m: &mut M<'_>, index: usize, base: &Value, name: &str) -> Option<Value> {
    let task = m.host.tasks.get(index)?;
    Some(match name {
        "task_id" => Value::Str(task.id.clone()),
        "label" => Value::Str(task.label.clone()),
        "output" => m.host.new_xcom(XCom::Plain { task: index, key: None }),
        "operator" => task.object.clone(),
        "dag" => Value::Native(Native { kind: kind::DAG, id: task.dag? as u32 }),
        "dag_id" => Value::Str(m.host.dags.get(task.dag?)?.id.clone()),
        "task_group" => Value::Native(Native { kind: kind::GROUP, id: task.group? as u32 }),
        "upstream_list" | "downstream_list" => {
            let ids = if name == "upstream_list" { &task.upstream } else { &task.downstream };
            let items: Vec<Value> = ids.iter().map(|t| tasks::object_of(m, *t)).collect();
            m.list(items)
        }
        "upstream_task_ids" | "downstream_task_ids" => {
            let ids = if name == "upstream_task_ids" { &task.upstream } else { &task.downstream };
            let items: Vec<Value> =
                ids.iter().filter_map(|t| m.host.tasks.get(*t)).map(|t| Value::Str(t.id.clone())).collect();
            m.list(items)
        }
        "is_setup" => Value::Bool(task.is_setup),
        "is_teardown" => Value::Bool(task.is_teardown),
        "roots" | "leaves" => m.list(vec![base.clone()]),
        "set_upstream"
        | "set_downstream"
        | "as_setup"
        | "as_teardown"
        | "add_task"
        | "has_dag"
        | "add_inlets"
        | "add_outlets"
        | "get_direct_relatives" => m.alloc(Object::Method(base.clone(), name.into())),
        "trigger_rule" | "retries" | "owner" | "pool" | "queue" | "params" | "bash_command"
        | "python_callable" | "doc_md" | "start_date" => tasks::argument(task, name).cloned()?,
        _ if m.plain_attr(base, name).is_none() && matches!(m.class_of(base), Some(Value::External(_))) => {
            tasks::argument(task, name).cloned()?
        }
        _ => return None,
    })
}

fn native_attr(m: &mut M<'_>, native: Native, base: &Value, name: &str) -> Option<Value> {
    match native.kind {
        kind::DAG => dags::attr(m, native.id as usize, name),
        kind::XCOM => match name {
            "operator" => m.host.xcom_tasks(base).first().map(|t| tasks::object_of(m, *t)),
            "map" | "zip" | "concat" => Some(m.alloc(Object::Method(base.clone(), name.into()))),
            "key" => None,
            _ => {
                let task = m.host.xcom_tasks(base).first().copied()?;
                task_attr(m, task, base, name)
            }
        },
        kind::GROUP => match group_attr(m, native.id as usize, base, name) {
            None => Some(m.alloc(Object::Method(base.clone(), name.into()))),
            known => known,
        },
        kind::TASK_FUNCTION | kind::GROUP_FUNCTION | kind::DAG_FUNCTION => {
            let decorated = m.host.decorated.get(native.id as usize)?;
            match name {
                "function" | "__wrapped__" => decorated.function.clone(),
                "__name__" => {
                    let function = decorated.function.clone()?;
                    Some(Value::str(groups::function_name(m, &function)))
                }
                _ => Some(m.alloc(Object::Method(base.clone(), name.into()))),
            }
        }
        kind::ASSET => {
            let asset = m.host.assets.get(native.id as usize)?;
            match name {
                "uri" | "name" | "group" => {
                    let fallback = asset.function.clone();
                    match asset.args.named(name).cloned() {
                        Some(value) => Some(value),
                        None => fallback.map(|f| Value::str(groups::function_name(m, &f))),
                    }
                }
                _ => None,
            }
        }
        _ => Some(m.alloc(Object::Method(base.clone(), name.into()))),
    }
}

fn group_attr(m: &mut M<'_>, index: usize, base: &Value, name: &str) -> Option<Value> {
    let group = m.host.groups.get(index)?;
    Some(match name {
        "group_id" => Value::Str(group.id.clone()),
        "label" => Value::Str(group.label.clone()),
        "dag" => Value::Native(Native { kind: kind::DAG, id: group.dag? as u32 }),
        "children" => {
            let pairs: Vec<(Rc<str>, Value)> = group
                .children
                .iter()
                .filter_map(|c| match c {
                    super::state::Child::Task(t) => {
                        m.host.tasks.get(*t).map(|task| (task.id.clone(), task.object.clone()))
                    }
                    super::state::Child::Group(g) => m.host.groups.get(*g).map(|group| {
                        (group.id.clone(), Value::Native(Native { kind: kind::GROUP, id: *g as u32 }))
                    }),
                })
                .collect();
            m.dict_of(pairs)
        }
        "roots" | "leaves" => {
            let tasks = match name {
                "roots" => edges::group_roots(&m.host, index),
                _ => edges::group_leaves(&m.host, index),
            };
            let items = tasks.into_iter().map(|t| tasks::object_of(m, t)).collect();
            m.list(items)
        }
        "set_upstream" | "set_downstream" | "add" | "child_id" => {
            m.alloc(Object::Method(base.clone(), name.into()))
        }
        _ => return None,
    })
}
