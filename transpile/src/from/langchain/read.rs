//! Reading a file: Python, a notebook, or one of the JSON and YAML forms.

use super::finish::finish;
use super::json;
use super::model::{Effect, LangChainFile};
use super::options::LangChainOptions;
use super::state::{LangChainHost, M};
use super::{notebook, package};
use crate::python::roots::{named_by_imports, package as package_of, roots};
use crate::python::{Limits, Machine, ModuleId, Options, Site, Stop};
use crate::vfs::{ConfinedVfs, Vfs};
use rustchain_grammar::Span;

/// Stack of the thread that evaluates: deep files must not overflow it.
const STACK: usize = 512 << 20;

/// What LangChain would hold after a file has run. Never fails: what cannot be told is a loss.
///
/// Nothing of the file is executed, and nothing outside its folder, the folders of its package (also of one that only
/// its imports name) and [`LangChainOptions::roots`] is read.
pub fn read(vfs: &(dyn Vfs + Sync), path: &str, options: &LangChainOptions) -> LangChainFile {
    let mut folders = roots(vfs, path, &options.roots);
    folders.extend(options.library.clone());
    let text = match ConfinedVfs::new(vfs, &folders).read(path) {
        Ok(text) => text,
        Err(message) => return json::refused(path, message),
    };
    folders.extend(named_by_imports(path, &text).into_iter().map(str::to_owned));
    let confined = ConfinedVfs::new(vfs, &folders);
    match path.rsplit('.').next().unwrap_or_default() {
        "ipynb" => deep(path, || read_notebook(&confined, path, &text, options)),
        "json" | "yaml" | "yml" => deep(path, || read_data(&confined, path, &text, options)),
        _ => read_python(&confined, path, &text, options),
    }
}

fn read_data(vfs: &(dyn Vfs + Sync), path: &str, text: &str, options: &LangChainOptions) -> LangChainFile {
    if path.ends_with(".json")
        && let Ok(value) = json::parse(path, text)
        && package::is_package(&value)
    {
        return package::read(vfs, path, &value, options);
    }
    json::read(vfs, path, text)
}

fn read_notebook(vfs: &dyn Vfs, path: &str, text: &str, options: &LangChainOptions) -> LangChainFile {
    match notebook::parse(text) {
        Ok(notebook) => evaluate_cells(vfs, path, notebook, options),
        Err(message) => json::refused(path, message),
    }
}

fn evaluate_cells(
    vfs: &dyn Vfs,
    path: &str,
    notebook: notebook::Notebook,
    options: &LangChainOptions,
) -> LangChainFile {
    let notebook::Notebook { source, cells, broken } = notebook;
    let mut host = LangChainHost { cells, ..host_of(options) };
    for (at, problem) in broken {
        let site = Site { module: ModuleId(0), span: Span::new(at, at) };
        host.lose(
            Effect::Structure,
            format!("this cell does not parse, so it does not run: {problem}"),
            site,
        );
    }
    run(vfs, path, &source, host, options, &roots(vfs, path, &options.roots))
}

/// What LangChain would hold after a Python file has run.
pub fn read_python(
    vfs: &(dyn Vfs + Sync),
    path: &str,
    source: &str,
    options: &LangChainOptions,
) -> LangChainFile {
    deep(path, || evaluate(vfs, path, source, options, &roots(vfs, path, &options.roots)))
}

/// Runs `f` where deep files do not overflow the stack; `None` where no thread can be started.
pub(super) fn on_large_stack<T: Send>(f: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, f).ok()?;
        match thread.join() {
            Ok(value) => Some(value),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// A file that is read on a large stack.
fn deep(path: &str, f: impl FnOnce() -> LangChainFile + Send) -> LangChainFile {
    on_large_stack(f).unwrap_or_else(|| json::refused(path, "no thread can be started".into()))
}

/// As [`read_python`], on the stack of the caller and with modules looked for in `roots` alone.
pub(super) fn evaluate(
    vfs: &dyn Vfs,
    path: &str,
    source: &str,
    options: &LangChainOptions,
    roots: &[String],
) -> LangChainFile {
    run(vfs, path, source, host_of(options), options, roots)
}

fn host_of(options: &LangChainOptions) -> LangChainHost {
    LangChainHost { library: options.library.clone(), uncalled: options.uncalled, ..LangChainHost::default() }
}

fn run(
    vfs: &dyn Vfs,
    path: &str,
    source: &str,
    host: LangChainHost,
    options: &LangChainOptions,
    roots: &[String],
) -> LangChainFile {
    let machine_options = Options {
        roots: roots.to_vec(),
        package: package_of(vfs, path),
        env: options.env.clone(),
        env_is_complete: false,
        keep_going: true,
        limits: Limits::default(),
    };
    let mut machine = Machine::new(host, vfs, machine_options);
    run_file(&mut machine, path, source);
    finish(&mut machine)
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
}
