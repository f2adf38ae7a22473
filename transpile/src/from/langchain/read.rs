//! Reading a Python file.

use super::finish::finish;
use super::model::{Effect, LangChainFile, Loss, Origin};
use super::options::LangChainOptions;
use super::state::{LangChainHost, M};
use crate::python::{Limits, Machine, ModuleId, Options, Site, Stop};
use crate::vfs::Vfs;

/// Stack of the thread that evaluates: deep files must not overflow it.
const STACK: usize = 512 << 20;

/// What LangChain would hold after a file has run. Never fails: what cannot be told is a loss.
pub fn read(vfs: &(dyn Vfs + Sync), path: &str, options: &LangChainOptions) -> LangChainFile {
    match vfs.read(path) {
        Ok(source) => read_python(vfs, path, &source, options),
        Err(message) => {
            let origin = Origin { file: path.to_owned(), ..Origin::default() };
            let losses = vec![Loss { effect: Effect::Structure, message, origin }];
            LangChainFile { losses, ..LangChainFile::default() }
        }
    }
}

/// What LangChain would hold after a Python file has run. Never fails: what cannot be told is a loss.
pub fn read_python(
    vfs: &(dyn Vfs + Sync),
    path: &str,
    source: &str,
    options: &LangChainOptions,
) -> LangChainFile {
    let run = || {
        let machine_options = Options {
            roots: roots(vfs, path, &options.roots),
            env: options.env.clone(),
            env_is_complete: false,
            keep_going: true,
            limits: Limits::default(),
        };
        let mut machine = Machine::new(LangChainHost::default(), vfs, machine_options);
        run_file(&mut machine, path, source);
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

fn run_file(m: &mut M<'_>, path: &str, source: &str) {
    let result = m.run_file(path, source, "__main__");
    super::graph::call_builders(m);
    let mut raised: Vec<_> = std::mem::take(&mut m.raised);
    match result {
        Ok(_) => {}
        Err(Stop::Raise(last)) => raised.push(last),
        Err(Stop::Limit(message, site)) => m.host.lose(Effect::Structure, message, site),
    }
    for raised in raised {
        let class = m.class_name(&raised.class);
        let message = format!("this raises {class}: {}", raised.message);
        m.host.lose(Effect::Structure, message, raised.site);
    }
    for (module, problem) in m.problems.clone() {
        let message = format!("syntax error: {}", problem.message);
        m.host.lose(Effect::Structure, message, Site { module, span: problem.span });
    }
    debug_assert!(m.files().next().is_none_or(|(id, _, _)| id == ModuleId(0)));
}

/// The file's folder, the folders above it as long as they are packages, then the given ones.
fn roots(vfs: &dyn Vfs, path: &str, given: &[String]) -> Vec<String> {
    let mut out = Vec::new();
    let mut folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
    out.push(if folder.is_empty() { ".".to_owned() } else { folder.clone() });
    while vfs.exists(&format!("{folder}/__init__.py")) {
        let Some((parent, _)) = folder.rsplit_once('/') else { break };
        folder = parent.to_owned();
        out.push(folder.clone());
    }
    for root in given {
        if !out.contains(root) {
            out.push(root.clone());
        }
    }
    out
}
