//! The model as a host of the evaluator: which call or attribute means what.

use super::names;
use super::state::{LangChainHost, M, ThingClass, kind, thing};
use super::{
    agents, graph, legacy, memory, middleware, models, parsers, prompts, retrieval, runnables, structured,
    toolbox, tools,
};
use crate::python::value::ObjId;
use crate::python::{Args, Eval, Host, ImportVerdict, Machine, Native, Site, SymbolKind, Value, is_secret};

impl Host for LangChainHost {
    fn call(m: &mut M<'_>, path: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
        if let Some(value) = graph::call(m, path, args, site)? {
            return Ok(Some(value));
        }
        if let Some(value) = secret(m, path, args, site) {
            return Ok(Some(value));
        }
        if path == "operator.itemgetter" {
            return Ok(Some(runnables::item_getter(m, args, site)));
        }
        if let Some(value) = structured::call(m, path, args, site)? {
            return Ok(Some(value));
        }
        if let Some(value) = middleware::call(m, path, args, site) {
            return Ok(Some(value));
        }
        let Some(name) = names::parse(path) else { return Ok(None) };
        let families = [
            prompts::call,
            models::call,
            parsers::call,
            runnables::call,
            tools::call,
            memory::call,
            retrieval::call,
            agents::call,
            legacy::call,
        ];
        for family in families {
            if let Some(value) = family(m, &name, args, site)? {
                return Ok(Some(value));
            }
        }
        if name.name.starts_with(|c: char| c.is_ascii_uppercase()) {
            return Ok(Some(thing(m, ThingClass::Other, name.name, name.package, args, site)));
        }
        Ok(None)
    }

    fn call_native(m: &mut M<'_>, callee: Native, args: &Args, site: Site) -> Eval<Option<Value>> {
        if callee.kind >= kind::GRAPH {
            return graph::call_native(m, callee, args, site);
        }
        if let Some(value) = tools::apply_decorator(m, callee, args, site)? {
            return Ok(Some(value));
        }
        if let Some(value) = middleware::apply(m, callee, args, site)? {
            return Ok(Some(value));
        }
        runnables::call_native(m, callee, args, site)
    }

    fn call_method(
        m: &mut M<'_>,
        receiver: &Value,
        name: &str,
        args: &Args,
        site: Site,
    ) -> Eval<Option<Value>> {
        if let Value::Native(native) = receiver
            && native.kind >= kind::GRAPH
            && let Some(value) = graph::method(m, *native, name, args, site)?
        {
            return Ok(Some(value));
        }
        if let Some(op) = runnables::held(m, receiver) {
            for family in [prompts::method, models::method, retrieval::op_method] {
                if let Some(value) = family(m, &op, name, args, site)? {
                    return Ok(Some(value));
                }
            }
            return runnables::method(m, &op, name, args, site);
        }
        if let Some(tools) = toolbox::method(m, receiver, name, site) {
            return Ok(Some(tools));
        }
        retrieval::method(m, receiver, name, args, site)
    }

    fn before_init(m: &mut M<'_>, instance: ObjId, base: &str, args: &mut Args, site: Site) -> Eval<()> {
        structured::before_init(m, instance, base, args, site);
        Ok(())
    }

    fn init_base(m: &mut M<'_>, instance: ObjId, base: &str, args: &Args, site: Site) -> Eval<()> {
        structured::init_base(m, instance, base, args, site);
        Ok(())
    }

    fn attr(m: &mut M<'_>, base: &Value, name: &str) -> Eval<Option<Value>> {
        if let Value::Native(native) = base
            && native.kind >= kind::GRAPH
        {
            return graph::attr(m, *native, name);
        }
        if let Value::External(path) = base {
            return Ok(graph::constant(path, name));
        }
        Ok(runnables::attr(m, base, name))
    }

    fn set_attr(m: &mut M<'_>, base: &Value, name: &str, value: &Value) -> Eval<bool> {
        Ok(graph::set_attr(m, base, name, value) || runnables::set_attr(m, base, name, value))
    }

    fn binary(m: &mut M<'_>, op: &str, left: &Value, right: &Value, site: Site) -> Eval<Option<Value>> {
        match op {
            "|" => Ok(runnables::pipe(m, left, right, site)),
            "+" => prompts::plus(m, left, right, site),
            _ => Ok(None),
        }
    }

    fn item(m: &mut M<'_>, base: &Value, key: &Value) -> Eval<Option<Value>> {
        Ok(graph::item(m, base, key).or_else(|| prompts::item(m, base, key)))
    }

    fn enter(_: &mut M<'_>, _: &Value, _: Site) -> Eval<Option<Value>> {
        Ok(None)
    }

    fn exit(_: &mut M<'_>, _: &Value) -> Eval<()> {
        Ok(())
    }

    fn iterate(_: &mut M<'_>, _: &Value) -> Eval<Option<Vec<Value>>> {
        Ok(None)
    }

    fn text(_: &Machine<'_, Self>, _: &Value) -> Option<String> {
        None
    }

    fn function_behind(m: &M<'_>, value: &Value) -> Option<Value> {
        super::finish::function_behind(m, value)
    }

    fn made(m: &M<'_>) -> Option<usize> {
        Some(m.host.ops.len() + graph::size(m))
    }

    fn either(m: &mut M<'_>, first: &Value, second: &Value, reason: &str, site: Site) -> Option<Value> {
        super::doubt::either(m, first, second, reason, site)
    }

    fn import(_: &M<'_>, module: &str) -> ImportVerdict {
        match names::is_family(module.split('.').next().unwrap_or(module)) {
            true => ImportVerdict::Present,
            false => ImportVerdict::Unknown,
        }
    }

    fn exports(module: &str, name: &str) -> Option<bool> {
        super::exports::exports(module, name)
    }

    fn unknown_call(m: &mut M<'_>, callee: &str, args: &Args, site: Site) {
        super::doubt::unknown_call(m, callee, args, site);
    }

    fn unsure(m: &mut M<'_>, reason: &str, site: Site) {
        m.host.lose(super::model::Effect::Structure, reason.to_owned(), site);
    }
}

/// A key or token of the environment: a file that runs has it, so a test for its absence is not known to hold.
fn secret(m: &M<'_>, path: &str, args: &Args, site: Site) -> Option<Value> {
    if !matches!(path, "os.getenv" | "os.environ.get")
        || args.pos.len() > 1
        || args.named("default").is_some()
    {
        return None;
    }
    let name = args.pos.first()?.as_str()?;
    if !is_secret(name) || m.options.env.contains_key(name) {
        return None;
    }
    Some(m.symbol(SymbolKind::Env(name.into()), None, site.span))
}
