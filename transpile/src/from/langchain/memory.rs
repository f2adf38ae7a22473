//! Memories and histories.

use super::data::data;
use super::model::{Data, OpKind};
use super::names::Name;
use super::state::{M, ThingClass, make, thing, thing_of};
use crate::python::{Args, Eval, Site, Value};

/// A call of a class of this family.
pub(super) fn call(m: &mut M<'_>, name: &Name<'_>, args: &Args, site: Site) -> Eval<Option<Value>> {
    Ok(Some(match (name.name, name.method) {
        ("RunnableWithMessageHistory", "") => {
            let Some(bound) = args.get(0, "runnable").cloned() else { return Ok(None) };
            let bound = super::runnables::coerce(m, &bound, site);
            let key = |m: &M<'_>, name: &str| args.named(name).map_or(Data::Null, |v| data(m, v));
            let (input_key, history_key) = (key(m, "input_messages_key"), key(m, "history_messages_key"));
            let output_key = key(m, "output_messages_key");
            make(m, OpKind::History { bound, input_key, history_key, output_key }, site)
        }
        (class, _) if class.ends_with("Memory") && class != "InMemory" => {
            thing(m, ThingClass::Memory, class, name.package, args, site)
        }
        _ => return Ok(None),
    }))
}

/// The class of a memory.
pub(super) fn class_of(m: &M<'_>, value: Option<&Value>) -> Option<String> {
    thing_of(m, value?).map(|t| t.name.clone())
}
