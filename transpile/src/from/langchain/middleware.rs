//! Middleware of `create_agent`.

use super::data::data;
use super::graph::{CallLimit, Middleware};
use super::model::{Data, Effect};
use super::state::{M, origin, thing_of};
use crate::python::{Args, Site, Value};

/// What the middleware of an agent adds to it, and the nodes that it makes.
#[derive(Debug, Default)]
pub(super) struct Hooks {
    /// What it does.
    pub adds: Middleware,
    /// Nodes before the model.
    pub before: Vec<String>,
    /// Nodes after the model.
    pub after: Vec<String>,
    /// There is some.
    pub is_any: bool,
}

/// Middleware that only wraps calls, which is not carried over.
const WRAPPERS: &[&str] = &["ModelRetryMiddleware", "ToolRetryMiddleware", "LLMToolSelectorMiddleware"];

/// Reads the `middleware` of an agent; what is not carried over is a loss.
pub(super) fn read(m: &mut M<'_>, args: &Args, site: Site) -> Hooks {
    let mut hooks = Hooks::default();
    let Some(given) = args.named("middleware").cloned() else { return hooks };
    let Some(items) = m.as_items(&given) else {
        m.host.lose(Effect::Structure, "the middleware of `create_agent` is not known", site);
        return hooks;
    };
    hooks.is_any = !items.is_empty();
    for item in items {
        if let Err(reason) = one(m, &item, &mut hooks) {
            let site = thing_of(m, &item).map_or(site, |thing| thing.site);
            m.host.lose(Effect::Structure, reason, site);
        }
    }
    hooks
}

fn one(m: &mut M<'_>, item: &Value, hooks: &mut Hooks) -> Result<(), String> {
    let Some(thing) = thing_of(m, item).cloned() else {
        return Err("middleware of `create_agent` may add nodes and tools that are not told".to_owned());
    };
    let name = thing.name.as_str();
    match name {
        "ModelFallbackMiddleware" => {
            let given = thing.args.pos.iter().chain(thing.args.named("first_model"));
            let models: Vec<Data> = given.map(|model| data(m, model)).collect();
            if !hooks.adds.fallbacks.is_empty() {
                return Err(format!("a second `{name}` is not carried over"));
            }
            hooks.adds.fallbacks = models;
            Ok(())
        }
        "ModelCallLimitMiddleware" => {
            hooks.before.push(format!("{name}.before_model"));
            hooks.after.push(format!("{name}.after_model"));
            let calls = match thing.args.named("run_limit") {
                Some(Value::Int(calls)) if *calls > 0 => *calls,
                _ => return Err(format!("`{name}` without a number of calls of a run is not carried over")),
            };
            if thing.args.named("thread_limit").is_some_and(|v| !matches!(v, Value::None)) {
                return Err(format!(
                    "the `thread_limit` of `{name}` is not carried over: nothing is kept between runs"
                ));
            }
            let ends = match thing.args.named("exit_behavior") {
                None => true,
                Some(Value::Str(text)) => &**text == "end",
                Some(_) => return Err(format!("what `{name}` does at its limit is not known")),
            };
            if hooks.adds.calls.is_some() {
                return Err(format!("a second `{name}` is not carried over"));
            }
            hooks.adds.calls = Some(CallLimit { calls, ends });
            Ok(())
        }
        "HumanInTheLoopMiddleware" => {
            hooks.after.push(format!("{name}.after_model"));
            let given = thing.args.get(0, "interrupt_on").cloned();
            let pairs = given.and_then(|v| super::data::pairs(m, &v));
            let pairs = pairs.ok_or_else(|| format!("the tools of `{name}` are not known"))?;
            for (tool, wanted) in pairs {
                match data(m, &wanted) {
                    Data::Bool(false) => {}
                    Data::Bool(true) => hooks.adds.approved.push(tool.to_string()),
                    Data::Dict(fields) if !fields.iter().any(|(key, _)| key == "when") => {
                        hooks.adds.approved.push(tool.to_string());
                    }
                    _ => return Err(format!("when `{name}` asks about the tool `{tool}` is not known")),
                }
            }
            hooks.adds.origin = Some(origin(m, thing.site));
            Ok(())
        }
        wrapper if WRAPPERS.contains(&wrapper) => Err(format!(
            "the middleware `{wrapper}` of `create_agent` is not carried over: the calls run without it"
        )),
        other => Err(format!(
            "the middleware `{other}` of `create_agent` is not carried over, and may add nodes and tools that are not told"
        )),
    }
}
