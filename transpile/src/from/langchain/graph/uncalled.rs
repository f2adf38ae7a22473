//! Functions that build graphs and that the file itself does not call: an application server does.

use crate::from::langchain::model::{Effect, Op, OpKind};
use crate::from::langchain::state::M;
use crate::python::value::{Function, Object};
use crate::python::{Args, ModuleId, Site, Stop, Value};
use std::rc::Rc;

/// What shows that a function builds a graph.
const MARKS: &[&str] = &[
    "StateGraph(",
    "MessageGraph(",
    ".compile(",
    "create_react_agent(",
    "create_agent(",
    "create_supervisor(",
];

/// Most functions that are called.
const MOST: usize = 200;

/// Calls the functions and methods of the main file that build graphs, with unknown arguments.
pub(in crate::from::langchain) fn call_builders(m: &mut M<'_>) {
    if m.files().next().is_none() {
        return;
    }
    let globals = m.globals(ModuleId(0));
    let mut calls = 0;
    for (_, value) in globals {
        if calls >= MOST {
            return;
        }
        match m.object_of(&value) {
            Some(Object::Function(function)) => {
                let function = function.clone();
                if wanted(m, &function) {
                    calls += 1;
                    let _ = call(m, &value, function.site);
                }
            }
            Some(Object::Class(class)) => {
                let (site, class) = (class.site, class.clone());
                let methods: Vec<Rc<Function>> = methods(m, &class);
                if !methods.iter().any(|f| wanted(m, f)) {
                    continue;
                }
                calls += 1;
                let Ok(instance) = call(m, &value, site) else { continue };
                for method in methods {
                    // The first calls may have built it.
                    if wanted(m, &method) && &*method.name != "__init__" {
                        calls += 1;
                        let bound = m.alloc(Object::Function(method.clone()));
                        let bound = m.alloc(Object::Bound(instance.clone(), bound));
                        let _ = call(m, &bound, method.site);
                    }
                }
            }
            _ => {}
        }
    }
}

fn methods(m: &M<'_>, class: &crate::python::value::Class) -> Vec<Rc<Function>> {
    m.names_of(class)
        .into_iter()
        .filter_map(|value| match m.object_of(&value) {
            Some(Object::Function(f)) => Some(f.clone()),
            _ => None,
        })
        .collect()
}

/// It builds a graph, and none was built in it yet.
fn wanted(m: &M<'_>, function: &Function) -> bool {
    let text = m.source_of(function.site);
    let inside = |site: Site| {
        site.module == function.site.module
            && function.site.span.start <= site.span.start
            && site.span.end <= function.site.span.end
    };
    MARKS.iter().any(|mark| text.contains(mark))
        && !m.was_called(function)
        && !m.host.graph.builders.iter().any(|b| inside(b.site))
        && !m.host.ops.iter().any(|op| is_agent_of(m, op, function.site))
}

/// A graph that a library has built at a place inside this one.
fn is_agent_of(m: &M<'_>, op: &Op, site: Site) -> bool {
    let place = &op.origin;
    matches!(&op.kind, OpKind::Graph(graph) if graph.prebuilt.is_some())
        && site.span.start <= place.span.start
        && place.span.end <= site.span.end
        && place.file.split("#cell-").next() == Some(m.path_of(site.module))
}

fn call(m: &mut M<'_>, callee: &Value, site: Site) -> Result<Value, ()> {
    let unknown = m.unknown("an argument of a function that the file does not call", site.span);
    let args = Args { unknown_kw: Some(unknown), ..Args::default() };
    m.call(callee, args, site).map_err(|stop| {
        let (message, site) = match stop {
            Stop::Raise(raised) => {
                (format!("raises {}: {}", m.class_name(&raised.class), raised.message), raised.site)
            }
            Stop::Limit(message, site) => (message, site),
        };
        m.host.lose(
            Effect::Structure,
            format!("a call of this function, which the file does not call, {message}"),
            site,
        );
    })
}
