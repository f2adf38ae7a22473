//! What the runtime does of an agent's middleware, and what it does not.

use crate::from::langchain::data::{data, pairs};
use crate::from::langchain::graph::{CallLimit, Middleware};
use crate::from::langchain::model::Data;
use crate::from::langchain::state::{M, Thing, origin};
use crate::python::Value;

/// Adds what one piece of the library's middleware does; what is not carried over is kept with the reason.
pub(super) fn add(m: &mut M<'_>, thing: &Thing, added: &mut Middleware) {
    let done = match thing.name.as_str() {
        "ModelFallbackMiddleware" => fallbacks(m, thing, added),
        "ModelCallLimitMiddleware" => call_limit(thing, added),
        "HumanInTheLoopMiddleware" => approvals(m, thing, added),
        _ => Err(None),
    };
    if let Err(reason) = done {
        let name = &thing.name;
        let message = reason
            .unwrap_or_else(|| format!("the middleware `{name}` of `create_agent` is not carried over"));
        added.dropped.push((message, origin(m, thing.site)));
    }
}

/// What is not carried over: a reason of its own, or none.
type Dropped = Result<(), Option<String>>;

fn fallbacks(m: &mut M<'_>, thing: &Thing, added: &mut Middleware) -> Dropped {
    if !added.fallbacks.is_empty() {
        return Err(Some(format!("a second `{}` is not carried over", thing.name)));
    }
    let given = thing.args.pos.iter().chain(thing.args.named("first_model"));
    added.fallbacks = given.map(|model| data(m, model)).collect();
    Ok(())
}

fn call_limit(thing: &Thing, added: &mut Middleware) -> Dropped {
    let name = &thing.name;
    let calls = match thing.args.named("run_limit") {
        Some(Value::Int(calls)) if *calls > 0 => *calls,
        _ => return Err(Some(format!("`{name}` without a number of calls of a run is not carried over"))),
    };
    if thing.args.named("thread_limit").is_some_and(|v| !matches!(v, Value::None)) {
        return Err(Some(format!(
            "the `thread_limit` of `{name}` is not carried over: nothing is kept between runs"
        )));
    }
    let ends = match thing.args.named("exit_behavior") {
        None => true,
        Some(Value::Str(text)) => &**text == "end",
        Some(_) => return Err(Some(format!("what `{name}` does at its limit is not known"))),
    };
    if added.calls.is_some() {
        return Err(Some(format!("a second `{name}` is not carried over")));
    }
    added.calls = Some(CallLimit { calls, ends });
    Ok(())
}

fn approvals(m: &mut M<'_>, thing: &Thing, added: &mut Middleware) -> Dropped {
    let name = &thing.name;
    let given = thing.args.get(0, "interrupt_on").cloned();
    let tools = given.and_then(|v| pairs(m, &v));
    let tools = tools.ok_or_else(|| Some(format!("the tools of `{name}` are not known")))?;
    for (tool, wanted) in tools {
        match data(m, &wanted) {
            Data::Bool(false) => {}
            Data::Bool(true) => added.approved.push(tool.to_string()),
            Data::Dict(fields) if !fields.iter().any(|(key, _)| key == "when") => {
                added.approved.push(tool.to_string());
            }
            _ => return Err(Some(format!("when `{name}` asks about the tool `{tool}` is not known"))),
        }
    }
    if let Some(subject) = thing.args.named("description_prefix") {
        let Value::Str(subject) = subject else {
            return Err(Some(format!("what `{name}` asks is not known")));
        };
        added.subject = Some(subject.to_string());
    }
    added.origin = Some(origin(m, thing.site));
    Ok(())
}
