//! The expression language: sequences, parallel maps, branches, fallbacks, bindings.

use super::data::{code, data, kwargs, pairs, texts};
use super::model::{Bind, Configurable, Data, Effect, Lambda, Node, OpKind};
use super::names::{Name, last};
use super::state::{M, ThingClass, kind, make, node, op_of, push, thing, thing_of};
use crate::python::{Args, Eval, Native, Object, Site, Value};
use std::rc::Rc;

/// A call of a class or function of this family.
pub(super) fn call(m: &mut M<'_>, name: &Name<'_>, args: &Args, site: Site) -> Eval<Option<Value>> {
    Ok(Some(match (name.name, name.method) {
        ("RunnablePassthrough", "") => make(m, OpKind::Passthrough, site),
        ("RunnablePassthrough", "assign") => {
            let branches = branches(m, args, site);
            make(m, OpKind::Assign(branches), site)
        }
        ("RunnableAssign", "") => {
            let mapper = args.get(0, "mapper").map(|v| coerce(m, &v.clone(), site));
            let branches = match mapper.as_ref().map(|n| &n.kind) {
                Some(OpKind::Parallel(branches)) => branches.clone(),
                _ => Vec::new(),
            };
            make(m, OpKind::Assign(branches), site)
        }
        ("RunnableParallel" | "RunnableMap", "") => {
            let branches = branches(m, args, site);
            make(m, OpKind::Parallel(branches), site)
        }
        ("RunnableLambda" | "RunnableGenerator", "") => match args.get(0, "func").cloned() {
            Some(function) => {
                let op = coerce(m, &function, site);
                push(m, op)
            }
            None => return Ok(None),
        },
        ("chain", "") if name.module.contains("runnables") => match args.pos.first().cloned() {
            Some(function) => {
                let op = coerce(m, &function, site);
                push(m, op)
            }
            None => return Ok(None),
        },
        ("RunnableBranch", "") => branch(m, args, site),
        ("RunnableSequence", "") => {
            let steps = match (args.named("first"), args.named("last")) {
                (Some(first), Some(end)) => {
                    let middle = args.named("middle").and_then(|v| m.as_items(v)).unwrap_or_default();
                    [vec![first.clone()], middle, vec![end.clone()]].concat()
                }
                _ => args.pos.clone(),
            };
            let steps = steps.iter().map(|s| coerce(m, s, site)).collect();
            seq(m, steps, site)
        }
        ("RunnableEach", "") => match args.named("bound").cloned() {
            Some(bound) => {
                let bound = coerce(m, &bound, site);
                make(m, OpKind::Map(bound), site)
            }
            None => return Ok(None),
        },
        ("RunnablePick", "") => pick(m, args, site),
        // Without messages, these are steps of a chain.
        ("trim_messages" | "filter_messages" | "merge_message_runs", "")
            if args.get(0, "messages").is_none() =>
        {
            make(m, OpKind::Lambda(Lambda::Named(name.name.into())), site)
        }
        ("ConfigurableField" | "ConfigurableFieldSpec", "") => {
            thing(m, ThingClass::ConfigurableField, name.name, name.package, args, site)
        }
        _ => return Ok(None),
    }))
}

/// `itemgetter(…)`.
pub(super) fn item_getter(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let keys = args.pos.iter().map(|k| data(m, k)).collect();
    make(m, OpKind::Lambda(Lambda::ItemGetter(keys)), site)
}

/// Calls of an object itself.
pub(super) fn call_native(m: &mut M<'_>, callee: Native, args: &Args, site: Site) -> Eval<Option<Value>> {
    let Some(op) = op_of(m, &Value::Native(callee)) else { return Ok(None) };
    match (&op.kind, args.pos.as_slice()) {
        (OpKind::Lambda(Lambda::ItemGetter(keys)), [base]) => match keys.as_slice() {
            [Data::Str(key)] => {
                let found = m.as_dict(base).and_then(|d| d.get_str(key)).cloned();
                Ok(Some(found.unwrap_or_else(|| m.unknown(format!("the item `{key}`"), site.span))))
            }
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

/// Methods that every runnable has.
pub(super) fn method(m: &mut M<'_>, op: &Node, name: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
    let bound = op.clone();
    Ok(Some(match name {
        "pipe" => {
            let mut steps = vec![bound];
            steps.extend(args.pos.iter().map(|s| coerce(m, s, site)).collect::<Vec<_>>());
            seq(m, steps, site)
        }
        "assign" => {
            let branches = branches(m, args, site);
            let assign = node(m, OpKind::Assign(branches), site);
            then(m, bound, assign, site)
        }
        "pick" => {
            let value = pick(m, args, site);
            let Some(pick) = op_of(m, &value) else { return Ok(None) };
            then(m, bound, pick, site)
        }
        "map" => make(m, OpKind::Map(bound), site),
        "bind" => bind(m, bound, kwargs(m, args), Vec::new(), site),
        "with_config" => {
            let mut config = kwargs(m, args);
            if let Some(first) = args.get(0, "config").cloned() {
                config.retain(|(k, _)| k != "config");
                if let Some(given) = pairs(m, &first) {
                    let given = given.iter().map(|(k, v)| (k.to_string(), data(m, v)));
                    config = given.chain(config.clone()).collect();
                }
            }
            bind(m, bound, Vec::new(), config, site)
        }
        "with_types" | "with_listeners" | "with_alisteners" => bind(m, bound, Vec::new(), Vec::new(), site),
        "with_retry" => {
            let or = |v: Option<&Value>, default: Data| v.map_or(default, |v| data(m, v));
            let max_attempts = or(args.named("stop_after_attempt"), Data::Int(3));
            let jitter = or(args.named("wait_exponential_jitter"), Data::Bool(true));
            make(m, OpKind::Retry { bound, max_attempts, jitter }, site)
        }
        "with_fallbacks" => fallbacks(m, bound, args, site),
        "configurable_fields" => configurable_fields(m, bound, args, site),
        "configurable_alternatives" => configurable_alternatives(m, bound, args, site),
        "as_tool" => super::tools::from_runnable(m, &bound, args, site)?,
        "copy" | "model_copy" => push(m, bound),
        _ => return Ok(None),
    }))
}

/// `a | b`, where one side is a runnable.
pub(super) fn pipe(m: &mut M<'_>, left: &Value, right: &Value, site: Site) -> Option<Value> {
    let is_runnable = |v: &Value| held(m, v).is_some();
    if !is_runnable(left) && !is_runnable(right) {
        return None;
    }
    if matches!((left, right), (Value::None, _) | (_, Value::None)) {
        return None;
    }
    let steps = vec![coerce(m, left, site), coerce(m, right, site)];
    Some(seq(m, steps, site))
}

/// A sequence; sequences inside are joined in.
pub(super) fn seq(m: &mut M<'_>, steps: Vec<Node>, site: Site) -> Value {
    let mut flat: Vec<Node> = Vec::new();
    for step in steps {
        match &step.kind {
            OpKind::Seq(inner) => flat.extend(inner.iter().cloned()),
            _ => flat.push(step),
        }
    }
    make(m, OpKind::Seq(flat), site)
}

fn then(m: &mut M<'_>, first: Node, next: Node, site: Site) -> Value {
    seq(m, vec![first, next], site)
}

/// A binding.
pub(super) fn bind(
    m: &mut M<'_>,
    bound: Node,
    kwargs: Vec<(String, Data)>,
    config: Vec<(String, Data)>,
    site: Site,
) -> Value {
    // A binding of a binding is one binding.
    if let OpKind::Bind(inner) = &bound.kind {
        let mut merged = inner.clone();
        for (key, value) in kwargs {
            merged.kwargs.retain(|(k, _)| *k != key);
            merged.kwargs.push((key, value));
        }
        for (key, value) in config {
            merged.config.retain(|(k, _)| *k != key);
            merged.config.push((key, value));
        }
        return make(m, OpKind::Bind(merged), site);
    }
    make(m, OpKind::Bind(Bind { bound, kwargs, config, tools: Vec::new(), schema: None }), site)
}

fn branches(m: &mut M<'_>, args: &Args, site: Site) -> Vec<(String, Node)> {
    let mut all: Vec<(Rc<str>, Value)> = Vec::new();
    if let Some(first) = args.get(0, "steps__") {
        all.extend(pairs(m, first).unwrap_or_default());
    }
    all.extend(args.kw.iter().cloned());
    if args.unknown_kw.is_some() {
        m.host.lose(Effect::Structure, "the branches come from `**` of an unknown dict", site);
    }
    all.iter().map(|(k, v)| (k.to_string(), coerce(m, v, site))).collect()
}

fn branch(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let mut items = args.pos.clone();
    let default = items.pop().map(|d| coerce(m, &d, site));
    let mut cases = Vec::new();
    for item in items {
        match m.as_items(&item).as_deref() {
            Some([test, then]) => {
                let (test, then) = (test.clone(), then.clone());
                cases.push((coerce(m, &test, site), coerce(m, &then, site)));
            }
            _ => {
                m.host.lose(Effect::Structure, "a branch is no pair of a condition and a runnable", site);
            }
        }
    }
    let default =
        default.unwrap_or_else(|| node(m, OpKind::Unknown("a branch without a default".into()), site));
    make(m, OpKind::Branch { cases, default }, site)
}

fn pick(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let keys = args.get(0, "keys").cloned();
    let single = keys.as_ref().and_then(Value::as_str).map(str::to_owned);
    match (single, texts(m, keys.as_ref())) {
        (Some(key), _) => make(m, OpKind::Pick { keys: vec![key], single: true }, site),
        (None, Some(keys)) => make(m, OpKind::Pick { keys, single: false }, site),
        _ => {
            m.host.lose(Effect::Setting, "the keys that are picked are not known", site);
            make(m, OpKind::Unknown("picks unknown keys".into()), site)
        }
    }
}

fn fallbacks(m: &mut M<'_>, primary: Node, args: &Args, site: Site) -> Value {
    let list = args.get(0, "fallbacks").cloned();
    let items = list.as_ref().and_then(|v| m.as_items(v));
    if items.is_none() {
        m.host.lose(Effect::Structure, "the list of fallbacks is not known", site);
    }
    let fallbacks = items.unwrap_or_default().iter().map(|f| coerce(m, f, site)).collect();
    let exceptions = match args.named("exceptions_to_handle").and_then(|v| m.as_items(v)) {
        Some(classes) => classes.iter().map(|c| m.class_name(c)).collect(),
        None => vec!["Exception".to_owned()],
    };
    let exception_key = args.named("exception_key").map_or(Data::Null, |v| data(m, v));
    make(m, OpKind::Fallbacks { primary, fallbacks, exception_key, exceptions }, site)
}

/// The id of a `ConfigurableField`.
fn field_id(m: &M<'_>, value: &Value) -> Option<String> {
    let field = thing_of(m, value)?;
    field.args.get(0, "id").and_then(Value::as_str).map(str::to_owned)
}

fn configurable_fields(m: &mut M<'_>, default: Node, args: &Args, site: Site) -> Value {
    let fields = args
        .kw
        .iter()
        .map(|(k, v)| (k.to_string(), field_id(m, v).unwrap_or_else(|| k.to_string())))
        .collect();
    let configurable = Configurable { default, fields, alternatives: Vec::new(), which: None };
    make(m, OpKind::Configurable(configurable), site)
}

fn configurable_alternatives(m: &mut M<'_>, default: Node, args: &Args, site: Site) -> Value {
    let which = args.get(0, "which").and_then(|v| field_id(m, v));
    let skip = ["which", "default_key", "prefix_keys"];
    let given: Vec<(Rc<str>, Value)> =
        args.kw.iter().filter(|(k, _)| !skip.contains(&&**k)).cloned().collect();
    let alternatives = given.iter().map(|(k, v)| (k.to_string(), coerce(m, v, site))).collect();
    let configurable =
        Configurable { default, fields: Vec::new(), alternatives, which: Some(which.unwrap_or_default()) };
    make(m, OpKind::Configurable(configurable), site)
}

/// The object that a global name holds, where it holds one of the libraries' runnables.
pub(super) fn held(m: &M<'_>, value: &Value) -> Option<Node> {
    if let Some(op) = op_of(m, value) {
        return Some(op);
    }
    super::instances::instance_op(m, value)
}

/// What LangChain makes of a value where a runnable is wanted.
pub(super) fn coerce(m: &mut M<'_>, value: &Value, site: Site) -> Node {
    if let Some(op) = held(m, value) {
        return op;
    }
    if let Some(thing) = thing_of(m, value) {
        let (class, args) = (thing.name.clone(), thing.args.clone());
        let args = kwargs(m, &args);
        return node(m, OpKind::Opaque { class, args }, site);
    }
    if let Some(items) = m.as_dict(value).is_some().then(|| pairs(m, value)) {
        let Some(items) = items else {
            return unknown(m, "a dict whose keys are not text", site);
        };
        let branches = items.iter().map(|(k, v)| (k.to_string(), coerce(m, v, site))).collect();
        return node(m, OpKind::Parallel(branches), site);
    }
    if let Some(code) = code(m, value) {
        let site = function_site(m, value).unwrap_or(site);
        return node(m, OpKind::Lambda(Lambda::Function(code)), site);
    }
    match value {
        Value::External(path) => node(m, OpKind::Lambda(Lambda::Named(last(path).to_owned())), site),
        Value::Obj(_) => match m.object_of(value) {
            Some(Object::Instance(..)) => {
                let class = m.class_of(value).map(|c| m.class_name(&c)).unwrap_or_default();
                node(m, OpKind::Opaque { class, args: Vec::new() }, site)
            }
            Some(Object::Class(class)) => {
                let name = class.name.to_string();
                node(m, OpKind::Lambda(Lambda::Named(name)), site)
            }
            Some(Object::Method(receiver, name)) => {
                let (receiver, name) = (receiver.clone(), name.clone());
                let _ = receiver;
                node(m, OpKind::Lambda(Lambda::Named(name.to_string())), site)
            }
            _ => unknown(m, &m.describe(value), site),
        },
        _ => {
            let reason = m.describe(value);
            unknown(m, &reason, site)
        }
    }
}

fn function_site(m: &M<'_>, value: &Value) -> Option<Site> {
    match m.object_of(value)? {
        Object::Function(f) => Some(f.site),
        Object::Wrapped(_, inner) | Object::Bound(_, inner) | Object::Partial(inner, _) => {
            function_site(m, inner)
        }
        _ => None,
    }
}

/// An object that is not known, with the loss that says so.
pub(super) fn unknown(m: &mut M<'_>, reason: &str, site: Site) -> Node {
    m.host.lose(Effect::Structure, format!("this part is not known: {reason}"), site);
    node(m, OpKind::Unknown(reason.to_owned()), site)
}

/// Attributes that files read.
pub(super) fn attr(m: &mut M<'_>, base: &Value, name: &str) -> Option<Value> {
    let op = op_of(m, base)?;
    let text = |d: &Data| match d {
        Data::Str(s) => Some(Value::str(s.as_str())),
        _ => None,
    };
    match (&op.kind, name) {
        (OpKind::Tool(tool), "name") => text(&tool.name),
        (OpKind::Tool(tool), "description") => text(&tool.description),
        (OpKind::Model(model), "model_name" | "model") => text(&model.model),
        (OpKind::Prompt(_), _) => super::prompts::attr(m, &op, name),
        (OpKind::Seq(steps), "first") => steps.first().cloned().map(|s| push(m, s)),
        (OpKind::Seq(steps), "last") => steps.last().cloned().map(|s| push(m, s)),
        (OpKind::Bind(bind), "bound") => Some(push(m, bind.bound.clone())),
        (OpKind::Chain(chain), _) => {
            let found = chain.parts.iter().find(|(n, _)| n == name).map(|(_, p)| p.clone());
            match found {
                Some(super::model::Part::One(op)) => Some(push(m, op)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Settings that change nothing of what is sent.
const QUIET: &[&str] =
    &["verbose", "callbacks", "metadata", "tags", "handle_tool_error", "handle_tool_errors", "__doc__"];

/// Sets an attribute of an object; what already holds the object keeps what it held.
pub(super) fn set_attr(m: &mut M<'_>, base: &Value, name: &str, value: &Value) -> bool {
    let Value::Native(native) = base else { return false };
    if native.kind != kind::OP {
        return native.kind < kind::GRAPH;
    }
    let Some(op) = m.host.ops.get(native.id as usize).cloned() else { return true };
    let given = data(m, value);
    let changed = match (&op.kind, name) {
        (OpKind::Model(model), "model" | "model_name") => {
            let mut model = model.clone();
            model.model = given;
            Some(OpKind::Model(model))
        }
        (OpKind::Model(model), _) if !QUIET.contains(&name) => {
            let mut model = model.clone();
            super::models::set(&mut model, name, given);
            Some(OpKind::Model(model))
        }
        (OpKind::Tool(tool), "name") => {
            Some(OpKind::Tool(super::model::Tool { name: given, ..tool.clone() }))
        }
        (OpKind::Tool(tool), "description") => {
            Some(OpKind::Tool(super::model::Tool { description: given, ..tool.clone() }))
        }
        _ => None,
    };
    if let Some(kind) = changed {
        let changed = std::sync::Arc::new(super::model::Op { kind, origin: op.origin.clone() });
        if let Some(slot) = m.host.ops.get_mut(native.id as usize) {
            *slot = changed;
        }
        return true;
    }
    if !QUIET.contains(&name) {
        // The evaluator does not say where an assignment stands; the object's own place is near.
        let site = m.site(op.origin.span);
        m.host.lose(
            Effect::Setting,
            format!("the attribute `{name}` is set after the object was made"),
            site,
        );
    }
    true
}
