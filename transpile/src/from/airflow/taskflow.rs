//! `@task` and its forms: decorating, calling, `override`, `partial`, `expand`.

use super::groups;
use super::setup;
use super::state::{AirflowHost, Decorated, Effect, Expand, XCom, kind};
use super::tasks::{self, NewTask};
use crate::python::{Args, Eval, Machine, Native, Site, Value};
use std::rc::Rc;

type M<'v> = Machine<'v, AirflowHost>;

/// The decorator that a path names: `task`, `task.branch`, `setup`, `teardown`, `dag`, `task_group`, `asset`.
pub(super) fn decorator_of(path: &str) -> Option<Rc<str>> {
    if !path.starts_with("airflow.") {
        return None;
    }
    let mut parts = path.split('.').rev();
    let name = parts.next()?;
    if parts.next() == Some("task") && !name.starts_with(|c: char| c.is_ascii_uppercase()) {
        return Some(format!("task.{name}").into());
    }
    match name {
        "task" | "setup" | "teardown" | "dag" | "task_group" | "asset" => Some(name.into()),
        "python_task" => Some("task".into()),
        "multi" if path.ends_with(".asset.multi") => Some("asset.multi".into()),
        _ => None,
    }
}

/// The operator class behind a decorator, as Airflow names it, and its module.
pub(super) fn operator_of(decorator: &str) -> (Rc<str>, Rc<str>) {
    let standard = "airflow.providers.standard.decorators";
    let (name, module) = match decorator {
        "task" | "task.python" | "setup" | "teardown" => {
            ("_PythonDecoratedOperator", format!("{standard}.python"))
        }
        "task.virtualenv" => ("_PythonVirtualenvDecoratedOperator", format!("{standard}.python_virtualenv")),
        "task.external_python" => ("_PythonExternalDecoratedOperator", format!("{standard}.external_python")),
        "task.branch" => ("_BranchPythonDecoratedOperator", format!("{standard}.branch_python")),
        "task.branch_virtualenv" => {
            ("_BranchPythonVirtualenvDecoratedOperator", format!("{standard}.branch_virtualenv"))
        }
        "task.branch_external_python" => {
            ("_BranchExternalPythonDecoratedOperator", format!("{standard}.branch_external_python"))
        }
        "task.short_circuit" => ("_ShortCircuitDecoratedOperator", format!("{standard}.short_circuit")),
        "task.sensor" => ("DecoratedSensorOperator", format!("{standard}.sensor")),
        "task.bash" => ("_BashDecoratedOperator", format!("{standard}.bash")),
        "task.stub" => ("_StubOperator", format!("{standard}.stub")),
        "task.docker" => ("_DockerDecoratedOperator", "airflow.providers.docker.decorators.docker".into()),
        "task.kubernetes" => {
            ("_KubernetesDecoratedOperator", "airflow.providers.cncf.kubernetes.decorators.kubernetes".into())
        }
        "task.kubernetes_cmd" => (
            "_KubernetesCmdDecoratedOperator",
            "airflow.providers.cncf.kubernetes.decorators.kubernetes_cmd".into(),
        ),
        "task.sftp_sensor" => {
            ("_DecoratedSFTPSensor", "airflow.providers.sftp.decorators.sensors.sftp".into())
        }
        "task.pyspark" => {
            ("_PySparkDecoratedOperator", "airflow.providers.apache.spark.decorators.pyspark".into())
        }
        "task.sql" => ("_SQLDecoratedOperator", "airflow.providers.common.sql.decorators.sql".into()),
        "task.analytics" => {
            ("_AnalyticsDecoratedOperator", "airflow.providers.common.sql.decorators.analytics".into())
        }
        "task.llm" => ("_LLMDecoratedOperator", "airflow.providers.common.ai.decorators.llm".into()),
        "task.agent" => ("_AgentDecoratedOperator", "airflow.providers.common.ai.decorators.agent".into()),
        other => {
            let kind = other.strip_prefix("task.").unwrap_or(other);
            let camel: String = kind
                .split('_')
                .map(|part| {
                    let mut chars = part.chars();
                    chars
                        .next()
                        .map(|c| c.to_uppercase().collect::<String>() + chars.as_str())
                        .unwrap_or_default()
                })
                .collect();
            return (format!("_{camel}DecoratedOperator").into(), "airflow.decorators".into());
        }
    };
    (name.into(), module.into())
}

/// `@task` on a function, or `@task(…)` before it has one.
pub(super) fn decorate(m: &mut M<'_>, decorator: Rc<str>, args: &Args, site: Site) -> Eval<Value> {
    let mut args = args.clone();
    let first = args.pos.first().cloned();
    let is_function =
        matches!(first, Some(Value::Obj(_)) | Some(Value::External(_)) | Some(Value::Native(_)));
    let function = if is_function && !args.pos.is_empty() { Some(args.pos.remove(0)) } else { None };
    let decorated = Decorated {
        is_setup: &*decorator == "setup",
        is_teardown: &*decorator == "teardown",
        decorator,
        function: None,
        args,
        partial: Args::default(),
        site,
    };
    match function {
        Some(function) => Ok(apply(m, decorated, function)),
        None => Ok(push(m, decorated, kind::TASK_DECORATOR)),
    }
}

/// Gives a decorator its function. `@setup` on a decorated function marks that one.
pub(super) fn apply(m: &mut M<'_>, mut decorated: Decorated, function: Value) -> Value {
    if let Value::Native(n) = &function
        && n.kind == kind::TASK_FUNCTION
        && let Some(inner) = m.host.decorated.get(n.id as usize).cloned()
    {
        if matches!(&*decorated.decorator, "task.run_if" | "task.skip_if") {
            let message = "the condition of `run_if` or `skip_if` is not carried over".into();
            m.host.lose(m.host.current_dag(), None, Effect::Body, message, decorated.site);
            return function;
        }
        let merged = Decorated {
            is_setup: inner.is_setup || decorated.is_setup,
            is_teardown: inner.is_teardown || decorated.is_teardown,
            args: if inner.args.kw.is_empty() { decorated.args } else { inner.args.clone() },
            ..inner
        };
        return push(m, merged, kind::TASK_FUNCTION);
    }
    let table = match &*decorated.decorator {
        "dag" => kind::DAG_FUNCTION,
        "task_group" => kind::GROUP_FUNCTION,
        _ => kind::TASK_FUNCTION,
    };
    decorated.function = Some(function);
    push(m, decorated, table)
}

pub(super) fn push(m: &mut M<'_>, decorated: Decorated, table: u16) -> Value {
    m.host.decorated.push(decorated);
    AirflowHost::native(table, m.host.decorated.len())
}

/// A call of a decorated function: makes a task and gives a reference to its result.
pub(super) fn call(
    m: &mut M<'_>,
    native: Native,
    args: &Args,
    expand: Option<Expand>,
    site: Site,
) -> Eval<Value> {
    let Some(decorated) = m.host.decorated.get(native.id as usize).cloned() else { return Ok(Value::None) };
    if native.kind == kind::GROUP_FUNCTION {
        return groups::call_function(m, &decorated, args.clone(), expand, site);
    }
    let Some(function) = decorated.function.clone() else { return Ok(Value::None) };
    let mut task_args = decorated.args.clone();
    if task_args.named("task_id").is_none() {
        let name = groups::function_name(m, &function);
        task_args.set("task_id", Value::str(name));
    }
    let mut call_args = decorated.partial.clone();
    call_args.pos.extend(args.pos.iter().cloned());
    for (name, value) in &args.kw {
        call_args.set(name, value.clone());
    }
    call_args.unknown_kw = args.unknown_kw.clone().or(call_args.unknown_kw);
    let (operator, module) = operator_of(&decorated.decorator);
    let new = NewTask {
        path: format!("{module}.{operator}").into(),
        operator,
        decorator: Some(decorated.decorator.clone()),
        args: task_args,
        callable: Some(function),
        call_args,
        expand,
        object: None,
        site,
    };
    let Some(task) = tasks::create(m, new)? else {
        return Ok(m.unknown("a task whose id is not known", site.span));
    };
    if decorated.is_setup {
        setup::mark_setup(m, task);
    }
    if decorated.is_teardown {
        let fail = decorated.args.named("on_failure_fail_dagrun").is_some_and(|v| m.truth(v) == Some(true));
        setup::mark_teardown(m, task, fail);
    }
    Ok(m.host.new_xcom(XCom::Plain { task, key: None }))
}

/// A method of a decorated function.
pub(super) fn method(
    m: &mut M<'_>,
    native: Native,
    name: &str,
    args: &Args,
    site: Site,
) -> Eval<Option<Value>> {
    let Some(decorated) = m.host.decorated.get(native.id as usize).cloned() else { return Ok(None) };
    Ok(match name {
        "override" => {
            let mut changed = decorated;
            for (key, value) in &args.kw {
                changed.args.set(key, value.clone());
            }
            Some(push(m, changed, native.kind))
        }
        "partial" => {
            let mut changed = decorated;
            for (key, value) in &args.kw {
                changed.partial.set(key, value.clone());
            }
            Some(push(m, changed, native.kind))
        }
        "expand" => {
            let pairs = args.kw.clone();
            Some(call(m, native, &Args::default(), Some(Expand::Product(pairs)), site)?)
        }
        "expand_kwargs" => {
            let value = args.pos.first().cloned().unwrap_or(Value::None);
            Some(call(m, native, &Args::default(), Some(Expand::Kwargs(value)), site)?)
        }
        "__call__" => Some(call(m, native, args, None, site)?),
        _ => None,
    })
}
