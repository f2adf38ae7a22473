//! Setup and teardown.

use super::edges;
use super::state::{AirflowHost, Context};
use crate::python::{Args, Eval, Machine, Site, Value};

type M<'v> = Machine<'v, AirflowHost>;

/// The rule of every teardown.
pub(super) const TEARDOWN_RULE: &str = "all_done_setup_success";

pub(super) fn mark_setup(m: &mut M<'_>, task: usize) {
    if let Some(task) = m.host.tasks.get_mut(task) {
        task.is_setup = true;
    }
}

pub(super) fn mark_teardown(m: &mut M<'_>, task: usize, fail_dag_run: bool) {
    if let Some(task) = m.host.tasks.get_mut(task) {
        task.is_teardown = true;
        task.fail_on_teardown |= fail_dag_run;
    }
}

fn tasks_in(m: &M<'_>, value: &Value) -> Vec<usize> {
    match m.host.task_of(value) {
        Some(task) => vec![task],
        None => m.as_items(value).unwrap_or_default().iter().filter_map(|v| m.host.task_of(v)).collect(),
    }
}

/// `task.as_setup()`.
pub(super) fn as_setup(m: &mut M<'_>, receiver: &Value) -> Value {
    for task in tasks_in(m, receiver) {
        mark_setup(m, task);
    }
    receiver.clone()
}

/// `task.as_teardown(setups=…, on_failure_fail_dagrun=…)`.
pub(super) fn as_teardown(m: &mut M<'_>, receiver: &Value, args: &Args, site: Site) -> Eval<Value> {
    let fail = args.named("on_failure_fail_dagrun").is_some_and(|v| m.truth(v) == Some(true));
    let setups = args.named("setups").map(|s| tasks_in(m, s)).unwrap_or_default();
    for task in tasks_in(m, receiver) {
        mark_teardown(m, task, fail);
        for setup in &setups {
            mark_setup(m, *setup);
            edges::add_edge(m, *setup, task, site)?;
        }
    }
    Ok(receiver.clone())
}

/// `with teardown_task:` or `with setup_task:`; `None` where the value is neither.
pub(super) fn enter(m: &mut M<'_>, value: &Value) -> Eval<Option<Value>> {
    let tasks = tasks_in(m, value);
    let flags = |host: &AirflowHost, test: fn(&super::state::Task) -> bool| {
        !tasks.is_empty() && tasks.iter().all(|t| host.tasks.get(*t).is_some_and(test))
    };
    let (setups, teardowns) = if flags(&m.host, |t| t.is_teardown) {
        let mut setups: Vec<usize> = Vec::new();
        for task in &tasks {
            let upstream = m.host.tasks.get(*task).map(|t| t.upstream.clone()).unwrap_or_default();
            setups.extend(upstream.into_iter().filter(|t| m.host.tasks.get(*t).is_some_and(|t| t.is_setup)));
        }
        setups.dedup();
        (setups, tasks)
    } else if flags(&m.host, |t| t.is_setup) {
        let mut teardowns: Vec<usize> = Vec::new();
        for task in &tasks {
            let downstream = m.host.tasks.get(*task).map(|t| t.downstream.clone()).unwrap_or_default();
            teardowns.extend(
                downstream.into_iter().filter(|t| m.host.tasks.get(*t).is_some_and(|t| t.is_teardown)),
            );
        }
        teardowns.dedup();
        (tasks, teardowns)
    } else {
        return Ok(None);
    };
    m.host.contexts.push(Context::Setup { setups, teardowns, inside: Vec::new() });
    Ok(Some(value.clone()))
}

/// The end of such a block: the work inside stands between setup and teardown.
pub(super) fn exit(m: &mut M<'_>, site: Site) -> Eval<()> {
    let Some(at) = m.host.contexts.iter().rposition(|c| matches!(c, Context::Setup { .. })) else {
        return Ok(());
    };
    let Context::Setup { setups, teardowns, inside } = m.host.contexts.remove(at) else { return Ok(()) };
    let work: Vec<usize> = inside
        .into_iter()
        .filter(|t| m.host.tasks.get(*t).is_some_and(|t| !t.is_setup && !t.is_teardown))
        .filter(|t| !setups.contains(t) && !teardowns.contains(t))
        .collect();
    let bare = |m: &M<'_>, t: usize, up: bool| {
        m.host.tasks.get(t).is_some_and(|t| if up { t.upstream.is_empty() } else { t.downstream.is_empty() })
    };
    let roots: Vec<usize> = work.iter().copied().filter(|t| bare(m, *t, true)).collect();
    let leaves: Vec<usize> = work.iter().copied().filter(|t| bare(m, *t, false)).collect();
    for setup in &setups {
        for root in &roots {
            edges::add_edge(m, *setup, *root, site)?;
        }
    }
    for teardown in &teardowns {
        for leaf in &leaves {
            edges::add_edge(m, *leaf, *teardown, site)?;
        }
    }
    Ok(())
}

/// `context.add_task(task)` inside such a block.
pub(super) fn add_task(m: &mut M<'_>, args: &Args) {
    let tasks: Vec<usize> = args.pos.iter().flat_map(|v| tasks_in(m, v)).collect();
    if let Some(Context::Setup { inside, .. }) =
        m.host.contexts.iter_mut().rev().find(|c| matches!(c, Context::Setup { .. }))
    {
        inside.extend(tasks);
    }
}
