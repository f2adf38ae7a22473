//! Schemas that answers and arguments have, and instances of classes of the file.

use super::data::data;
use super::model::{Bind, Data, Effect, Lambda, Node, OpKind, Schema, Tool};
use super::names::{self, last};
use super::schema::{class_doc, of_class, of_function};
use super::state::{M, ThingClass, node, thing, thing_of};
use crate::python::value::ObjId;
use crate::python::{Args, Eval, Object, Site, Value};
use serde_json::Value as Json;

/// Calls that make classes: `create_model`, `TypedDict("X", {…})`.
pub(super) fn call(m: &mut M<'_>, path: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
    if matches!(path, "pydantic.create_model") {
        return Ok(Some(thing(m, ThingClass::MadeClass, "create_model", "pydantic", args, site)));
    }
    Ok(None)
}

/// The schema of a class, function, tool or dict.
pub(super) fn schema_of(m: &mut M<'_>, value: &Value, site: Site) -> Option<Schema> {
    if let Some(op) = super::state::op_of(m, value) {
        return match &op.kind {
            OpKind::Tool(Tool { name, args_schema, .. }) => Some(Schema {
                name: name.as_str().unwrap_or_default().to_owned(),
                json: args_schema.clone(),
                strict: false,
            }),
            _ => None,
        };
    }
    if let Some(args) = made_class(m, value) {
        return made_schema(m, &args, site);
    }
    match m.object_of(value)? {
        Object::Class(class) => {
            let class = class.clone();
            let mut json = of_class(m, value, &class, 1)?;
            if let Some(doc) = class_doc(m, &class) {
                json["description"] = doc.into();
            }
            Some(Schema { name: class.name.to_string(), json, strict: false })
        }
        Object::Dict(..) => {
            let json = m.to_json(value, 0)?;
            // An OpenAI function, or JSON Schema with a title.
            let inner = json.get("function").unwrap_or(&json);
            let name =
                ["name", "title"].iter().find_map(|k| inner.get(*k).and_then(Json::as_str))?.to_owned();
            let json = inner.get("parameters").or_else(|| inner.get("schema")).unwrap_or(inner).clone();
            Some(Schema { name, json: untitled(json), strict: false })
        }
        Object::Function(function) => {
            let function = function.clone();
            let (json, unknown) = of_function(m, &function, &[], false);
            for name in unknown {
                m.host.lose(Effect::Setting, format!("the type of the argument `{name}` is not known"), site);
            }
            Some(Schema { name: function.name.to_string(), json, strict: false })
        }
        _ => None,
    }
}

/// What `create_model` was given for this class.
fn made_class(m: &M<'_>, value: &Value) -> Option<Args> {
    thing_of(m, value).filter(|thing| thing.class == ThingClass::MadeClass).map(|thing| thing.args.clone())
}

/// The schema of a class made by `create_model("Name", field=(type, default))`; a type that is not known is told.
fn made_schema(m: &mut M<'_>, args: &Args, site: Site) -> Option<Schema> {
    let name = args.get(0, "model_name").and_then(Value::as_str)?.to_owned();
    if let Some(more) = &args.unknown_kw {
        let message = format!("some fields of the class `{name}` are not known: {}", m.describe(more));
        m.host.lose(Effect::Setting, message, site);
    }
    let mut json = match args.named("__base__") {
        Some(base) => schema_of(m, &base.clone(), site)?.json,
        None => serde_json::json!({ "type": "object", "properties": {} }),
    };
    for (field, value) in &args.kw {
        if field.starts_with("__") {
            continue;
        }
        if let Err(reason) = super::schema::add_field(m, &mut json, field, value) {
            let message = format!("the type of the field `{field}` of `{name}` is not known: {reason}");
            m.host.lose(Effect::Setting, message, site);
        }
    }
    if let Some(doc) = args.named("__doc__").and_then(Value::as_str) {
        json["description"] = doc.into();
    }
    Some(Schema { name, json, strict: false })
}

/// A schema without titles.
fn untitled(json: Json) -> Json {
    match json {
        Json::Object(map) => Json::Object(
            map.into_iter()
                .filter(|(k, v)| k != "title" || !v.is_string())
                .map(|(k, v)| (k, untitled(v)))
                .collect(),
        ),
        Json::Array(items) => Json::Array(items.into_iter().map(untitled).collect()),
        other => other,
    }
}

/// `model.with_structured_output(Schema)`: the model bound to a schema, then a parser.
pub(super) fn with_structured_output(m: &mut M<'_>, op: &Node, args: &Args, site: Site) -> Value {
    let wanted = args.get(0, "schema").cloned();
    let class = super::models::model_of(op).map(|model| model.class.clone()).unwrap_or_default();
    let default = match class.as_str() {
        "ChatOpenAI" | "AzureChatOpenAI" | "ChatOllama" | "ChatXAI" | "ChatGoogleGenerativeAI" => {
            "json_schema"
        }
        _ => "function_calling",
    };
    let method = args.named("method").and_then(Value::as_str).unwrap_or(default).to_owned();
    let is_class = wanted.as_ref().is_some_and(|v| is_pydantic(m, v) || made_class(m, v).is_some());
    let mut schema = wanted.as_ref().and_then(|v| schema_of(m, v, site));
    if let Some(schema) = schema.as_mut().filter(|_| is_class && method == "json_schema") {
        schema.strict = matches!(class.as_str(), "ChatOpenAI" | "AzureChatOpenAI" | "ChatXAI");
    }
    if schema.is_none() && method != "json_mode" {
        let reason = wanted.as_ref().map_or("it is not given".to_owned(), |v| m.describe(v));
        m.host.lose(
            Effect::Setting,
            format!("the schema of the structured answer is not known: {reason}"),
            site,
        );
    }
    let mut kwargs: Vec<(String, Data)> = Vec::new();
    let strict = args.named("strict").map(|v| data(m, v));
    match (method.as_str(), class.as_str()) {
        ("json_mode", _) => kwargs.push((
            "response_format".into(),
            Data::Dict(vec![("type".into(), Data::Str("json_object".into()))]),
        )),
        ("json_schema", "ChatOllama") => kwargs.push(("format".into(), Data::Type(name_of(&schema)))),
        ("json_schema", _) => kwargs.push(("response_format".into(), Data::Type(name_of(&schema)))),
        _ => kwargs.push(("tool_choice".into(), Data::Str(name_of(&schema)))),
    }
    if let Some(strict) = strict {
        kwargs.push(("strict".into(), strict));
    }
    let bound = node(
        m,
        OpKind::Bind(Bind {
            bound: op.clone(),
            kwargs,
            config: Vec::new(),
            tools: Vec::new(),
            schema: schema.clone(),
        }),
        site,
    );
    let parser = match (method.as_str(), class.as_str(), is_class) {
        ("json_schema", "ChatOpenAI" | "AzureChatOpenAI" | "ChatXAI", true) => {
            let function = node(m, OpKind::Lambda(Lambda::Named("partial".into())), site);
            OpKind::Bind(Bind {
                bound: function,
                kwargs: Vec::new(),
                config: Vec::new(),
                tools: Vec::new(),
                schema: None,
            })
        }
        ("json_schema" | "json_mode", _, true) => super::parsers::implied("PydanticOutputParser", schema),
        ("json_schema" | "json_mode", _, false) => super::parsers::implied("JsonOutputParser", None),
        (_, _, true) => super::parsers::implied("PydanticToolsParser", schema),
        (_, _, false) => super::parsers::implied("JsonOutputKeyToolsParser", None),
    };
    let parser = node(m, parser, site);
    if matches!(args.named("include_raw"), Some(Value::Bool(true))) {
        return with_raw(m, bound, parser, site);
    }
    super::runnables::seq(m, vec![bound, parser], site)
}

fn name_of(schema: &Option<Schema>) -> String {
    schema.as_ref().map(|s| s.name.clone()).unwrap_or_default()
}

/// `include_raw=True`: the raw answer beside the parsed one, and the error where parsing fails.
fn with_raw(m: &mut M<'_>, bound: Node, parser: Node, site: Site) -> Value {
    let raw = node(m, OpKind::Lambda(Lambda::ItemGetter(vec![Data::Str("raw".into())])), site);
    let parsed = node(m, OpKind::Seq(vec![raw, parser]), site);
    let no_error = |m: &M<'_>| node(m, OpKind::Lambda(Lambda::Named("<lambda>".into())), site);
    let error = no_error(m);
    let first =
        node(m, OpKind::Assign(vec![("parsed".into(), parsed), ("parsing_error".into(), error)]), site);
    let none = no_error(m);
    let fallback = node(m, OpKind::Assign(vec![("parsed".into(), none)]), site);
    let parse = node(
        m,
        OpKind::Fallbacks {
            primary: first,
            fallbacks: vec![fallback],
            exception_key: Data::Str("parsing_error".into()),
            exceptions: vec!["Exception".into()],
        },
        site,
    );
    let both = node(m, OpKind::Parallel(vec![("raw".into(), bound)]), site);
    super::runnables::seq(m, vec![both, parse], site)
}

/// A class that derives from Pydantic's `BaseModel`.
pub(super) fn is_pydantic(m: &M<'_>, value: &Value) -> bool {
    m.own_classes(value).iter().flat_map(|class| &class.bases).any(|base| match base {
        Value::External(path) => last(path) != "TypedDict" && super::schema::is_model_base(path),
        _ => false,
    })
}

/// Bases whose instances are something to LangChain.
fn family_base(base: &str) -> Option<&str> {
    names::parse(base).map(|n| n.name)
}

/// An instance of a class of the file is made.
pub(super) fn before_init(_m: &mut M<'_>, _instance: ObjId, _base: &str, _args: &mut Args, _site: Site) {}

/// The constructor of a Pydantic or LangChain base: keyword arguments become attributes.
pub(super) fn init_base(m: &mut M<'_>, instance: ObjId, base: &str, args: &Args, _site: Site) {
    if !super::schema::is_model_base(base) && family_base(base).is_none() {
        return;
    }
    for (name, value) in &args.kw {
        m.set_attribute(instance, name, value.clone());
    }
}
