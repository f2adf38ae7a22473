//! JSON Schema from annotations, as Pydantic and LangChain make it (without titles).

mod classes;
mod created;

pub(super) use classes::{class_body, class_doc, class_text, is_model_base, of_class};
pub(super) use created::add_field;

use super::data::data;
use super::inspect::data as json_of;
use super::names::last;
use super::state::{M, ThingClass, thing_of};
use crate::python::syntax::{self, ast};
use crate::python::value::ScopeId;
use crate::python::{Args, Object, SymbolKind, Value};
use serde_json::{Map, Value as Json, json};

/// Deepest type that is followed: classes may name themselves.
const MAX_DEPTH: u32 = 12;

/// Where names of an annotation are looked up.
#[derive(Clone, Copy)]
pub(super) struct Lookup {
    pub scope: ScopeId,
}

/// The schema of a type.
pub(super) struct TypeSchema {
    /// JSON Schema.
    pub json: Json,
    /// From `Annotated[…]`: a description and a default.
    pub field: FieldInfo,
    /// The value is put in by the framework and not by the model.
    pub injected: bool,
}

/// What `Field(…)` says.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldInfo {
    pub description: Option<String>,
    pub default: Option<Json>,
    pub has_default: bool,
    /// `ge`, `max_length` …
    pub constraints: Vec<(String, Json)>,
    pub alias: Option<String>,
}

/// Types that LangChain and LangGraph fill in by themselves.
const INJECTED: &[&str] = &[
    "InjectedToolArg",
    "InjectedState",
    "InjectedStore",
    "InjectedToolCallId",
    "RunnableConfig",
    "ToolRuntime",
    "CallbackManagerForToolRun",
    "AsyncCallbackManagerForToolRun",
    "Callbacks",
];

/// The schema of an annotation; `None` where it is not known.
pub(super) fn of_annotation(m: &M<'_>, at: Lookup, expr: &ast::Expr, depth: u32) -> Option<TypeSchema> {
    let plain = |json: Json| Some(TypeSchema { json, field: FieldInfo::default(), injected: false });
    if depth > MAX_DEPTH {
        return plain(json!({}));
    }
    match expr {
        ast::Expr::NoneLiteral(_) => plain(json!({ "type": "null" })),
        ast::Expr::StringLiteral(text) => {
            let text = text.value.to_str().to_owned();
            let (tree, problems) = syntax::parse(&text).ok()?;
            match (tree.body.first(), problems.is_empty()) {
                (Some(ast::Stmt::Expr(inner)), true) => of_annotation(m, at, &inner.value, depth + 1),
                _ => None,
            }
        }
        ast::Expr::BinOp(op) if op.op == ast::Operator::BitOr => {
            let mut members = Vec::new();
            flatten_union(expr, &mut members);
            union(m, at, &members, depth)
        }
        ast::Expr::Subscript(sub) => subscript(m, at, sub, depth),
        ast::Expr::Name(_) | ast::Expr::Attribute(_) => named(m, at, expr, depth),
        _ => None,
    }
}

fn flatten_union<'e>(expr: &'e ast::Expr, out: &mut Vec<&'e ast::Expr>) {
    match expr {
        ast::Expr::BinOp(op) if op.op == ast::Operator::BitOr => {
            flatten_union(&op.left, out);
            flatten_union(&op.right, out);
        }
        other => out.push(other),
    }
}

fn union(m: &M<'_>, at: Lookup, members: &[&ast::Expr], depth: u32) -> Option<TypeSchema> {
    let mut any = Vec::new();
    let mut injected = false;
    for member in members {
        let inner = of_annotation(m, at, member, depth + 1)?;
        injected |= inner.injected;
        match inner.json.get("anyOf").and_then(Json::as_array) {
            Some(more) if inner.json.as_object().is_some_and(|o| o.len() == 1) => {
                any.extend(more.iter().cloned())
            }
            _ => any.push(inner.json),
        }
    }
    let mut distinct: Vec<Json> = Vec::new();
    for item in any {
        if !distinct.contains(&item) {
            distinct.push(item);
        }
    }
    let json = match distinct.len() {
        1 => distinct.swap_remove(0),
        _ => json!({ "anyOf": distinct }),
    };
    Some(TypeSchema { json, field: FieldInfo::default(), injected })
}

/// The value behind a name or attribute of an annotation.
fn resolve(m: &M<'_>, at: Lookup, expr: &ast::Expr) -> Option<Value> {
    match expr {
        ast::Expr::Name(name) => {
            let name = name.id.as_str();
            m.name_seen_by(at.scope, name)
                .or_else(|| Some(Value::External(format!("builtins.{name}").into())))
        }
        ast::Expr::Attribute(attr) => match resolve(m, at, &attr.value)? {
            Value::External(path) => Some(Value::External(format!("{path}.{}", attr.attr.as_str()).into())),
            Value::Obj(id) => match m.object(id) {
                Some(Object::Module(module)) => {
                    m.globals(*module).into_iter().find(|(n, _)| &**n == attr.attr.as_str()).map(|(_, v)| v)
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn base_name(m: &M<'_>, at: Lookup, expr: &ast::Expr) -> Option<String> {
    match resolve(m, at, expr)? {
        Value::External(path) => Some(last(&path).to_owned()),
        _ => None,
    }
}

fn named(m: &M<'_>, at: Lookup, expr: &ast::Expr, depth: u32) -> Option<TypeSchema> {
    let plain = |json: Json| Some(TypeSchema { json, field: FieldInfo::default(), injected: false });
    let value = resolve(m, at, expr)?;
    match &value {
        Value::External(path) => {
            let name = last(path);
            if INJECTED.contains(&name) {
                return Some(TypeSchema { json: json!({}), field: FieldInfo::default(), injected: true });
            }
            plain(external(path)?)
        }
        Value::Obj(_) => match m.object_of(&value) {
            Some(Object::Class(class)) => plain(of_class(m, &value, &class.clone(), depth + 1)?),
            _ => None,
        },
        _ => None,
    }
}

/// The schema of a type of a library.
fn external(path: &str) -> Option<Json> {
    Some(match last(path) {
        "str" | "AnyStr" => json!({ "type": "string" }),
        "int" => json!({ "type": "integer" }),
        "float" => json!({ "type": "number" }),
        "bool" => json!({ "type": "boolean" }),
        "bytes" => json!({ "type": "string", "format": "binary" }),
        "list" | "List" | "Sequence" | "Iterable" => json!({ "type": "array", "items": {} }),
        "tuple" | "Tuple" => json!({ "type": "array", "items": {} }),
        "set" | "Set" | "frozenset" => json!({ "type": "array", "items": {}, "uniqueItems": true }),
        "dict" | "Dict" | "Mapping" | "MutableMapping" => {
            json!({ "type": "object", "additionalProperties": true })
        }
        "None" | "NoneType" => json!({ "type": "null" }),
        "Any" | "object" => json!({}),
        "datetime" => json!({ "type": "string", "format": "date-time" }),
        "date" => json!({ "type": "string", "format": "date" }),
        "time" => json!({ "type": "string", "format": "time" }),
        "timedelta" => json!({ "type": "string", "format": "duration" }),
        "UUID" => json!({ "type": "string", "format": "uuid" }),
        "Path" | "FilePath" | "DirectoryPath" => json!({ "type": "string", "format": "path" }),
        "HttpUrl" | "AnyUrl" | "AnyHttpUrl" => json!({ "type": "string", "format": "uri", "minLength": 1 }),
        "EmailStr" => json!({ "type": "string", "format": "email" }),
        _ => return None,
    })
}

fn elements(slice: &ast::Expr) -> Vec<&ast::Expr> {
    match slice {
        ast::Expr::Tuple(tuple) => tuple.elts.iter().collect(),
        one => vec![one],
    }
}

fn subscript(m: &M<'_>, at: Lookup, sub: &ast::ExprSubscript, depth: u32) -> Option<TypeSchema> {
    let plain = |json: Json| Some(TypeSchema { json, field: FieldInfo::default(), injected: false });
    let items = elements(&sub.slice);
    let name = base_name(m, at, &sub.value)?;
    let one =
        |index: usize| -> Option<Json> { of_annotation(m, at, items.get(index)?, depth + 1).map(|t| t.json) };
    match name.as_str() {
        "Optional" => {
            let inner = of_annotation(m, at, items.first()?, depth + 1)?;
            let mut any = match inner.json.get("anyOf").and_then(Json::as_array) {
                Some(more) => more.clone(),
                None => vec![inner.json],
            };
            let null = json!({ "type": "null" });
            if !any.contains(&null) {
                any.push(null);
            }
            Some(TypeSchema { json: json!({ "anyOf": any }), field: inner.field, injected: inner.injected })
        }
        "Union" => union(m, at, &items, depth),
        "list" | "List" | "Sequence" | "Iterable" | "Collection" | "MutableSequence" | "deque" => {
            plain(json!({ "type": "array", "items": one(0)? }))
        }
        "set" | "Set" | "frozenset" | "FrozenSet" => {
            plain(json!({ "type": "array", "items": one(0)?, "uniqueItems": true }))
        }
        "dict" | "Dict" | "Mapping" | "MutableMapping" | "defaultdict" => {
            let value = one(1)?;
            let more = if value == json!({}) { Json::Bool(true) } else { value };
            plain(json!({ "type": "object", "additionalProperties": more }))
        }
        "tuple" | "Tuple" => {
            if matches!(items.get(1), Some(ast::Expr::EllipsisLiteral(_))) {
                return plain(json!({ "type": "array", "items": one(0)? }));
            }
            let all: Option<Vec<Json>> = (0..items.len()).map(one).collect();
            let all = all?;
            plain(
                json!({ "type": "array", "minItems": all.len(), "maxItems": all.len(), "prefixItems": all }),
            )
        }
        "Literal" => plain(literal(m, at, &items)?),
        "Annotated" => annotated(m, at, &items, depth),
        "NotRequired" | "Required" | "Final" | "ClassVar" | "ReadOnly" => {
            of_annotation(m, at, items.first()?, depth + 1)
        }
        "ToolRuntime" => Some(TypeSchema { json: json!({}), field: FieldInfo::default(), injected: true }),
        _ => None,
    }
}

fn literal(m: &M<'_>, at: Lookup, items: &[&ast::Expr]) -> Option<Json> {
    literal_of(items.iter().map(|e| constant(m, at, e)).collect::<Option<Vec<_>>>()?)
}

fn literal_of(values: Vec<Json>) -> Option<Json> {
    let ty = match values.first()? {
        Json::String(_) => Some("string"),
        Json::Number(_) => Some("integer"),
        Json::Bool(_) => Some("boolean"),
        _ => None,
    };
    let same = values.iter().all(|v| std::mem::discriminant(v) == std::mem::discriminant(&values[0]));
    let mut out = match values.len() {
        1 => json!({ "const": values[0] }),
        _ => json!({ "enum": values }),
    };
    if let (Some(ty), true) = (ty, same) {
        out["type"] = ty.into();
    }
    Some(out)
}

/// A constant expression as JSON.
fn constant(m: &M<'_>, at: Lookup, expr: &ast::Expr) -> Option<Json> {
    Some(match expr {
        ast::Expr::StringLiteral(s) => s.value.to_str().into(),
        ast::Expr::NumberLiteral(n) => match &n.value {
            ast::Number::Int(i) => i.as_i64()?.into(),
            ast::Number::Float(f) => json!(f),
            ast::Number::Complex { .. } => return None,
        },
        ast::Expr::BooleanLiteral(b) => b.value.into(),
        ast::Expr::NoneLiteral(_) => Json::Null,
        ast::Expr::List(list) => {
            list.elts.iter().map(|e| constant(m, at, e)).collect::<Option<Vec<_>>>()?.into()
        }
        ast::Expr::Name(_) => m.to_json(&resolve(m, at, expr)?, 0)?,
        _ => return None,
    })
}

fn annotated(m: &M<'_>, at: Lookup, items: &[&ast::Expr], depth: u32) -> Option<TypeSchema> {
    let mut out = of_annotation(m, at, items.first()?, depth + 1)?;
    for (index, extra) in items.iter().enumerate().skip(1) {
        match extra {
            // LangChain reads `Annotated[str, "text"]` and, in typed dicts, `Annotated[str, default, "text"]`.
            ast::Expr::StringLiteral(text) => out.field.description = Some(text.value.to_str().to_owned()),
            ast::Expr::EllipsisLiteral(_) => {}
            ast::Expr::Call(call) => {
                let name = base_name(m, at, &call.func).unwrap_or_default();
                if INJECTED.contains(&name.as_str()) {
                    out.injected = true;
                } else if name == "Field" {
                    let info = field_of_call(m, at, call);
                    apply(&mut out, info);
                }
            }
            ast::Expr::Name(_) | ast::Expr::Attribute(_) => {
                let name = base_name(m, at, extra).unwrap_or_default();
                out.injected |= INJECTED.contains(&name.as_str());
            }
            other if index == 1 && items.len() > 2 => {
                if let Some(default) = constant(m, at, other) {
                    out.field.default = Some(default);
                    out.field.has_default = true;
                }
            }
            _ => {}
        }
    }
    Some(out)
}

fn field_of_call(m: &M<'_>, at: Lookup, call: &ast::ExprCall) -> FieldInfo {
    let mut info = FieldInfo::default();
    for keyword in &call.arguments.keywords {
        let Some(name) = &keyword.arg else { continue };
        if let Some(value) = constant(m, at, &keyword.value) {
            set_field(&mut info, name.as_str(), value);
        }
    }
    if let Some(first) = call.arguments.args.first()
        && let Some(value) = constant(m, at, first)
    {
        set_field(&mut info, "default", value);
    }
    info
}

fn set_field(info: &mut FieldInfo, name: &str, value: Json) {
    match name {
        "description" => info.description = value.as_str().map(str::to_owned),
        "default" => {
            info.default = Some(value);
            info.has_default = true;
        }
        "alias" => info.alias = value.as_str().map(str::to_owned),
        "ge" | "gt" | "le" | "lt" | "min_length" | "max_length" | "min_items" | "max_items" | "pattern"
        | "regex" | "multiple_of" | "examples" => info.constraints.push((name.to_owned(), value)),
        _ => {}
    }
}

/// Lays what a field says over a schema.
fn apply(out: &mut TypeSchema, info: FieldInfo) {
    for (name, value) in &info.constraints {
        constrain(&mut out.json, name, value);
    }
    if info.description.is_some() {
        out.field.description = info.description;
    }
    if info.has_default {
        out.field.default = info.default;
        out.field.has_default = true;
    }
}

fn constrain(json: &mut Json, name: &str, value: &Json) {
    if let Some(members) = json.get_mut("anyOf").and_then(Json::as_array_mut) {
        for member in members.iter_mut().filter(|m| m.get("type").is_some_and(|t| t != "null")) {
            constrain(member, name, value);
        }
        return;
    }
    let is_array = json.get("type").is_some_and(|t| t == "array");
    let key = match (name, is_array) {
        ("ge", _) => "minimum",
        ("gt", _) => "exclusiveMinimum",
        ("le", _) => "maximum",
        ("lt", _) => "exclusiveMaximum",
        ("min_length" | "min_items", true) => "minItems",
        ("max_length" | "max_items", true) => "maxItems",
        ("min_length", false) => "minLength",
        ("max_length", false) => "maxLength",
        ("pattern" | "regex", _) => "pattern",
        ("multiple_of", _) => "multipleOf",
        ("examples", _) => "examples",
        _ => return,
    };
    if let Some(map) = json.as_object_mut() {
        map.insert(key.into(), value.clone());
    }
}

/// What a value in a class body or a default says, where it is `Field(…)`.
fn field_of_value(m: &M<'_>, value: &Value) -> Option<FieldInfo> {
    let args: Args = match value {
        Value::Symbol(symbol) => match &symbol.kind {
            SymbolKind::Call(path, args) if matches!(last(path), "Field" | "field") => args.clone(),
            _ => return None,
        },
        Value::Native(_) => {
            let thing = thing_of(m, value)?;
            if thing.class != ThingClass::Other || thing.name != "Field" {
                return None;
            }
            thing.args.clone()
        }
        _ => match m.object_of(value)? {
            Object::Partial(Value::External(path), args) if &**path == "dataclasses.field" => args.clone(),
            _ => return None,
        },
    };
    let mut info = FieldInfo::default();
    if let Some(first) = args.pos.first()
        && !matches!(first, Value::Ellipsis)
    {
        info.default = m.to_json(first, 0);
        info.has_default = true;
    }
    for (name, value) in &args.kw {
        if &**name == "default" && matches!(value, Value::Ellipsis) {
            continue;
        }
        if &**name == "default_factory" {
            // The schema leaves the default of a factory out.
            info.has_default = true;
            continue;
        }
        if let Some(json) = m.to_json(value, 0) {
            set_field(&mut info, name, json);
        }
    }
    Some(info)
}

/// The member of an object's schema that names its properties in the order of the source.
const ORDER: &str = "x-order";

/// The member of the schema of a class of the file that names it.
const NAME: &str = "x-name";

/// The class that a schema is of.
pub(super) fn name_of(schema: &Json) -> Option<&str> {
    schema.get(NAME).and_then(Json::as_str)
}

/// The properties of an object's schema: in the order of the source where that is known, else those that must be given
/// first.
pub(super) fn properties(schema: &Json) -> Vec<(&String, &Json)> {
    let names = |key| schema.get(key).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
    let order: Vec<&str> = names(ORDER).chain(names("required")).collect();
    let mut out: Vec<(&String, &Json)> =
        schema.get("properties").and_then(Json::as_object).into_iter().flatten().collect();
    out.sort_by_key(|(name, _)| order.iter().position(|o| o == name).unwrap_or(usize::MAX));
    out
}

/// A schema as LangChain makes it, which knows no order and no classes.
pub(super) fn unordered(schema: &Json) -> Json {
    match schema {
        Json::Object(map) => map
            .iter()
            .filter(|(key, _)| *key != ORDER && *key != NAME)
            .map(|(key, value)| (key.clone(), unordered(value)))
            .collect(),
        Json::Array(items) => items.iter().map(unordered).collect(),
        other => other.clone(),
    }
}

fn property(schema: TypeSchema) -> Json {
    let mut json = schema.json;
    if let Some(map) = json.as_object_mut() {
        if let Some(description) = schema.field.description {
            map.insert("description".into(), description.into());
        }
        if let Some(default) = schema.field.default {
            map.insert("default".into(), default);
        }
    }
    json
}

/// The schema of the parameters of a function, and the names of those whose type is not known.
pub(super) fn of_function(
    m: &M<'_>,
    function: &crate::python::value::Function,
    descriptions: &[(String, String)],
    skip_first: bool,
) -> (Json, Vec<String>) {
    let at = Lookup { scope: function.scope };
    let mut properties = Map::new();
    let mut order: Vec<String> = Vec::new();
    let mut required: Vec<String> = Vec::new();
    let mut unknown = Vec::new();
    let Some(parameters) = function.parameters() else {
        return (json!({ "type": "object", "properties": {} }), unknown);
    };
    let all = parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs);
    for (index, p) in all.enumerate() {
        let name = p.parameter.name.id.as_str();
        if (skip_first && index == 0) || matches!(name, "run_manager" | "callbacks") {
            continue;
        }
        let schema = match p.parameter.annotation.as_deref() {
            None => Some(TypeSchema { json: json!({}), field: FieldInfo::default(), injected: false }),
            Some(annotation) => of_annotation(m, at, annotation, 0),
        };
        let mut schema = schema.unwrap_or_else(|| {
            unknown.push(name.to_owned());
            TypeSchema { json: json!({}), field: FieldInfo::default(), injected: false }
        });
        if schema.injected || (name == "runtime" && unknown.contains(&name.to_owned())) {
            unknown.retain(|u| u != name);
            continue;
        }
        if let Some(Some(default)) = function.defaults.get(index) {
            let info = field_of_value(m, default).unwrap_or_else(|| FieldInfo {
                default: Some(m.to_json(default, 0).unwrap_or_else(|| json_of(&data(m, default)))),
                has_default: true,
                ..FieldInfo::default()
            });
            apply(&mut schema, info);
        }
        if let Some((_, text)) = descriptions.iter().find(|(n, _)| n == name) {
            schema.field.description = Some(text.clone());
        }
        if !schema.field.has_default {
            required.push(name.to_owned());
        }
        order.push(name.to_owned());
        properties.insert(name.to_owned(), property(schema));
    }
    let mut out = json!({ "type": "object", "properties": properties, ORDER: order });
    if !required.is_empty() {
        out["required"] = required.into();
    }
    (out, unknown)
}
