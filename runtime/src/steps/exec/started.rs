//! `exec.start`, `exec.kill`: programs that live until the run ends.

use super::program;
use crate::process::ProcessTree;
use crate::step::{StepCall, StepError};
use rustchain_plan::{ErrorKind, Value};
use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use tokio::process::Child;

/// The programs that the run started; dropped, and so killed, with it.
#[derive(Default)]
struct Started(Mutex<BTreeMap<u32, Running>>);

/// The tree stands first: it is killed before its leader is waited for.
struct Running {
    tree: ProcessTree,
    child: Child,
}

/// `exec.start`: gives the process id. What the program writes is dropped.
pub async fn start(call: StepCall<'_>) -> Result<Value, StepError> {
    let mut command = program(&call)?.command();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let name = call.text("program")?;
    let spawned = ProcessTree::spawn(&mut command);
    let (child, tree) = spawned.map_err(|e| StepError::io(&format!("starting `{name}`"), &e))?;
    let Some(pid) = child.id() else {
        return Err(StepError::new(ErrorKind::Io, format!("`{name}` has no process id")));
    };
    let started = call.context.shared(Started::default);
    started.0.lock().unwrap_or_else(PoisonError::into_inner).insert(pid, Running { tree, child });
    Ok(Value::Int(i64::from(pid)))
}

/// `exec.kill`: gives whether it was still there.
pub async fn kill(call: StepCall<'_>) -> Result<Value, StepError> {
    let pid = call.int("pid")?;
    let started = call.context.shared(Started::default);
    let running = u32::try_from(pid)
        .ok()
        .and_then(|pid| started.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&pid));
    let Some(mut running) = running else {
        let message = format!("no process {pid} was started by `exec.start` of this run");
        return Err(StepError::new(ErrorKind::Refused, message));
    };
    if let Ok(Some(_)) = running.child.try_wait() {
        running.tree.disarm();
        running.tree.kill_rest();
        return Ok(Value::Bool(false));
    }
    running.tree.kill();
    let _ = running.child.wait().await;
    running.tree.disarm();
    Ok(Value::Bool(true))
}
