//! Reading a DAG file.

use super::finish::finish;
use super::model::AirflowFile;
use super::options::AirflowOptions;
use super::state::{AirflowHost, Effect};
use crate::python::roots::{package, roots};
use crate::python::{Limits, Machine, ModuleId, Options, Site, Stop};
use crate::vfs::Vfs;

/// Stack of the thread that evaluates: deep files must not overflow it.
const STACK: usize = 512 << 20;

/// What Airflow would build from a DAG file, or built and wrote as JSON. Never fails: what cannot be told is a loss.
pub fn read(vfs: &(dyn Vfs + Sync), path: &str, options: &AirflowOptions) -> AirflowFile {
    if path.ends_with(".json")
        && let Ok(text) = vfs.read(path)
    {
        return super::serialized::read(path, &text);
    }
    let run = || {
        let machine_options = Options {
            roots: roots(vfs, path, &options.roots),
            package: package(vfs, path),
            env: options.env.clone(),
            env_is_complete: false,
            keep_going: false,
            limits: Limits::default(),
        };
        let host = AirflowHost::new(options.version, options.variables.clone());
        let mut machine = Machine::new(host, vfs, machine_options);
        run_file(&mut machine, vfs, path);
        finish(&mut machine)
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(file)) => file,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => run(),
        }
    })
}

fn run_file(machine: &mut Machine<'_, AirflowHost>, vfs: &dyn Vfs, path: &str) {
    let start = Site::default();
    let source = match vfs.read(path) {
        Ok(source) => source,
        Err(message) => {
            machine.host.lose(None, None, Effect::Graph, message, start);
            return;
        }
    };
    let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".py").to_owned();
    let result = machine.run_file(path, &source, &name);
    match result {
        Ok(_) => {}
        Err(Stop::Raise(raised)) => {
            let class = machine.class_name(&raised.class);
            let message = format!("the file raises {class}: {}", raised.message);
            machine.host.lose(None, None, Effect::Graph, message, raised.site);
        }
        Err(Stop::Limit(message, site)) => machine.host.lose(None, None, Effect::Graph, message, site),
    }
    for (module, problem) in machine.problems.clone() {
        let message = format!("syntax error: {}", problem.message);
        machine.host.lose(None, None, Effect::Graph, message, Site { module, span: problem.span });
    }
    if machine.files().next().is_some() {
        collect_globals(machine);
    }
}

/// A DAG that stands in a global name belongs to the file.
fn collect_globals(machine: &mut Machine<'_, AirflowHost>) {
    for (_, value) in machine.globals(ModuleId(0)) {
        let value = value.assumed().unwrap_or(value);
        if let Some(dag) = machine.host.as_dag(&value) {
            super::dags::collect(machine, dag);
        }
    }
}
