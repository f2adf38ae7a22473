//! Functions that the file defines and does not call: a server, a page or another file does. What they make belongs to
//! the inventory of the file.

use super::model::{Effect, Node, Op};
use super::state::M;
use crate::python::value::{Function, Object};
use crate::python::{Args, Eval, ModuleId, Site, Stop, Value};
use std::collections::HashSet;
use std::rc::Rc;

/// Most functions that are called.
const MOST: usize = 300;
/// How often it is looked for functions that others have defined.
const ROUNDS: u32 = 6;
/// Steps that all of them have together.
const STEPS: u64 = 500_000;

/// What the functions and methods of the main file make that were not called, with unknown arguments, except at places
/// where the file itself has made something.
pub(super) fn call_rest(m: &mut M<'_>) -> Vec<Node> {
    let (ops, losses) = (m.host.ops.len(), m.host.losses.len());
    m.allow_steps(STEPS);
    let mut tried: HashSet<u32> = HashSet::new();
    let mut cut: Option<Site> = None;
    // Those that are called define others.
    for _ in 0..ROUNDS {
        let rest = uncalled(m, &tried);
        if rest.is_empty() {
            break;
        }
        for (value, function) in rest {
            if tried.len() >= MOST {
                cut = cut.or(Some(function.site));
            } else if tried.insert(function.site.span.start)
                && !m.was_called(&function)
                && let Err(Stop::Limit(_, site)) = call(m, &value, &function)
            {
                cut = cut.or(Some(site));
            }
        }
    }
    let place = |op: &Op| (op.origin.file.clone(), op.origin.span.start, std::mem::discriminant(&op.kind));
    let made: HashSet<_> = m.host.ops.iter().take(ops).map(|op| place(op)).collect();
    // Whether such a function ends well depends on its caller; what it makes and is not known is told.
    let told = m.host.losses.split_off(losses);
    m.host.losses.extend(told.into_iter().filter(|loss| loss.effect == Effect::Setting));
    if let Some(site) = cut {
        let message = "not all of what uncalled functions make is listed: they ask for too much";
        m.host.lose(Effect::Setting, message, site);
    }
    let mut seen = HashSet::new();
    let new = m.host.ops.iter().skip(ops).filter(|op| !made.contains(&place(op)));
    new.filter(|op| seen.insert((place(op), super::inspect::op(op).to_string()))).cloned().collect()
}

/// The functions of the main file that were not called.
fn uncalled(m: &M<'_>, tried: &HashSet<u32>) -> Vec<(Value, Rc<Function>)> {
    let own = m.functions().filter(|(_, f)| f.site.module == ModuleId(0) && &*f.name != "<lambda>");
    let mut rest: Vec<(Value, Rc<Function>)> =
        own.filter(|(_, f)| !m.was_called(f) && !tried.contains(&f.site.span.start)).collect();
    // Functions know how their classes are used.
    rest.sort_by_key(|(_, f)| f.owner.borrow().is_some());
    rest
}

/// Calls it; a method, of the instance that the file has made, of a fresh one, or of one that is not known.
fn call(m: &mut M<'_>, value: &Value, function: &Function) -> Eval<Value> {
    let site = function.site;
    let unknown = m.unknown("an argument of a function that the file does not call", site.span);
    let args = |pos| Args { pos, unknown_kw: Some(unknown.clone()), ..Args::default() };
    let owner = function.owner.borrow().clone();
    let first = match owner {
        Some(class) if takes_instance(m, value, function) => {
            let made = m.instance_of(&class);
            let made = made.or_else(|| m.call(&class, args(Vec::new()), site).ok());
            vec![made.unwrap_or_else(|| unknown.clone())]
        }
        _ => Vec::new(),
    };
    if m.was_called(function) {
        return Ok(Value::None);
    }
    m.call(value, args(first), site)
}

fn takes_instance(m: &M<'_>, value: &Value, function: &Function) -> bool {
    let parameters = function.parameters();
    let first = parameters.and_then(|p| p.posonlyargs.first().or(p.args.first()));
    matches!(m.object_of(value), Some(Object::Function(_)))
        && first.is_some_and(|p| matches!(p.parameter.name.id.as_str(), "self" | "cls"))
}
