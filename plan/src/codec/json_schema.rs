//! JSON Schemas of types.

use super::encode::{encode, record_schema};
use super::fold;
use crate::types::{EnumSchema, FieldSchema, RecordSchema, Schema, Schemas, Type};
use crate::value::Value;
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// The JSON Schema (draft 2020-12) of a type's JSON: wire names, descriptions from docs, constraints as
/// keywords where they have that form, closed objects, no titles. Types that contain themselves stand
/// under `$defs`, all others where they are used.
pub fn json_schema(ty: &Type, schemas: &Schemas) -> Json {
    let defined = recursive_types(ty, schemas);
    Writer { schemas, defined, strict: false, defs: BTreeMap::new() }.whole(|writer| writer.of(ty))
}

/// The JSON Schema of a record as OpenAI's own client sends it to a model that is held to it exactly: every field
/// is required, an absent one is null, records that fields hold stand under `$defs`, records and fields have titles.
/// That of [`json_schema`] where the type is no record.
///
/// Source: `openai.lib._pydantic.to_strict_json_schema` of the `openai` package.
pub fn strict_json_schema(ty: &Type, schemas: &Schemas) -> Json {
    let Type::Named(name) = ty else { return json_schema(ty, schemas) };
    let Some(schema) = record_schema(name, schemas) else { return json_schema(ty, schemas) };
    let defined = reachable([ty], schemas);
    Writer { schemas, defined, strict: true, defs: BTreeMap::new() }
        .whole(|writer| writer.record(name, schema))
}

type Object = Map<String, Json>;

struct Writer<'s> {
    schemas: &'s Schemas,
    /// Records that stand under `$defs`.
    defined: BTreeSet<SmolStr>,
    /// As OpenAI's client writes it.
    strict: bool,
    defs: BTreeMap<SmolStr, Json>,
}

impl Writer<'_> {
    fn whole(mut self, root: impl FnOnce(&mut Self) -> Object) -> Json {
        let mut schema = root(&mut self);
        if !self.defs.is_empty() {
            let defs = self.defs.into_iter().map(|(name, def)| (key(&name), def)).collect();
            schema.insert("$defs".to_owned(), Json::Object(defs));
        }
        Json::Object(schema)
    }

    fn of(&mut self, ty: &Type) -> Object {
        match ty {
            Type::Bool => object(json!({ "type": "boolean" })),
            Type::Int => object(json!({ "type": "integer" })),
            Type::Float => object(json!({ "type": "number" })),
            Type::String | Type::Path => object(json!({ "type": "string" })),
            Type::Bytes => object(json!({ "type": "string", "contentEncoding": "base64" })),
            Type::Timestamp => object(json!({ "type": "string", "format": "date-time" })),
            Type::Duration => object(json!({ "type": "string", "format": "duration" })),
            Type::Url => object(json!({ "type": "string", "format": "uri" })),
            Type::Unit | Type::Null => object(json!({ "type": "null" })),
            Type::List(element) => {
                let items = self.of(element);
                object(json!({ "type": "array", "items": items }))
            }
            Type::Map(element) => {
                let values = self.of(element);
                object(json!({ "type": "object", "additionalProperties": values }))
            }
            Type::Optional(inner) => {
                let schema = self.of(inner);
                self.nullable(schema)
            }
            Type::Named(name) => self.named(name),
            Type::Record(fields) => self.anonymous(fields),
            Type::Json
            | Type::Param(_)
            | Type::Applied(..)
            | Type::Provider
            | Type::Memory
            | Type::Tool
            | Type::Error => Object::new(),
        }
    }

    fn named(&mut self, name: &SmolStr) -> Object {
        let schemas = self.schemas;
        match schemas.get(name) {
            Some(Schema::Enum(schema)) => enumeration(schema),
            Some(Schema::Record(schema)) if self.defined.contains(name) => {
                if !self.defs.contains_key(name) {
                    self.defs.insert(name.clone(), Json::Null);
                    let def = self.record(name, schema);
                    self.defs.insert(name.clone(), Json::Object(def));
                }
                object(json!({ "$ref": format!("#/$defs/{}", key(name)) }))
            }
            Some(Schema::Record(schema)) => self.record(name, schema),
            None => Object::new(),
        }
    }

    fn record(&mut self, name: &str, schema: &RecordSchema) -> Object {
        let mut properties = Object::new();
        let mut required = Vec::new();
        for field in &schema.fields {
            let may_be_absent =
                field.default.is_some() || matches!(field.ty, Type::Optional(_) | Type::Null | Type::Unit);
            if self.strict || !may_be_absent {
                required.push(Json::from(field.wire.as_str()));
            }
            properties.insert(field.wire.to_string(), Json::Object(self.field(field)));
        }
        let mut out = closed(properties, required);
        describe(&mut out, &schema.doc);
        if self.strict {
            out.insert("title".to_owned(), Json::from(name));
        }
        out
    }

    fn field(&mut self, field: &FieldSchema) -> Object {
        let mut out = match &field.ty {
            // The constraint speaks of the value where there is one.
            Type::Optional(inner) => {
                let mut schema = self.of(inner);
                fold::constrain(&mut schema, field, inner, self.schemas);
                self.nullable(schema)
            }
            ty => {
                let mut schema = self.of(ty);
                fold::constrain(&mut schema, field, ty, self.schemas);
                schema
            }
        };
        describe(&mut out, &field.doc);
        if let Some(default) = field.default.as_ref().filter(|d| !self.strict || **d != Value::Null) {
            out.insert("default".to_owned(), encode(default, self.schemas));
        }
        // OpenAI's client allows nothing beside a reference.
        if let Some(Json::String(to)) = out.get("$ref").filter(|_| self.strict && out.len() > 1).cloned() {
            let def = self.defs.iter().find(|(name, _)| to == format!("#/$defs/{}", key(name)));
            if let Some((_, Json::Object(def))) = def {
                out.remove("$ref");
                for (name, part) in def {
                    out.entry(name).or_insert_with(|| part.clone());
                }
            }
        }
        if self.strict && !self.is_defined(&field.ty) {
            out.insert("title".to_owned(), Json::from(title(&field.wire)));
        }
        out
    }

    /// Is it a record under `$defs`, or one or null?
    fn is_defined(&self, ty: &Type) -> bool {
        matches!(ty.non_null(), Type::Named(name) if self.defined.contains(name))
    }

    /// The schema, or null.
    fn nullable(&self, mut schema: Object) -> Object {
        if schema.is_empty() {
            return schema;
        }
        if self.strict {
            return object(json!({ "anyOf": [schema, { "type": "null" }] }));
        }
        if let Some(Json::Array(members)) = schema.get_mut("enum") {
            members.push(Json::Null);
        }
        match schema.get("type").cloned() {
            Some(Json::String(ty)) if !schema.contains_key("const") => {
                schema.insert("type".to_owned(), json!([ty, "null"]));
                schema
            }
            _ => object(json!({ "anyOf": [schema, { "type": "null" }] })),
        }
    }

    fn anonymous(&mut self, fields: &BTreeMap<SmolStr, Type>) -> Object {
        let optional = |ty: &Type| matches!(ty, Type::Optional(_) | Type::Null | Type::Unit);
        let required = fields.iter().filter(|(_, ty)| !optional(ty));
        let required = required.map(|(name, _)| Json::from(name.as_str())).collect();
        let properties =
            fields.iter().map(|(name, ty)| (name.to_string(), Json::Object(self.of(ty)))).collect();
        closed(properties, required)
    }
}

fn object(json: Json) -> Object {
    match json {
        Json::Object(object) => object,
        _ => Object::new(),
    }
}

fn closed(properties: Object, required: Vec<Json>) -> Object {
    object(json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    }))
}

fn describe(schema: &mut Object, doc: &str) {
    if !doc.is_empty() {
        schema.insert("description".to_owned(), Json::from(doc));
    }
}

/// `full_name` as `Full Name`.
fn title(name: &str) -> String {
    let mut after_letter = false;
    let cased = name.chars().flat_map(|c| {
        let cased = if after_letter { c.to_lowercase().to_string() } else { c.to_uppercase().to_string() };
        after_letter = c.is_alphabetic();
        cased.chars().collect::<Vec<_>>()
    });
    cased.map(|c| if c == '_' { ' ' } else { c }).collect::<String>().trim().to_owned()
}

fn enumeration(schema: &EnumSchema) -> Object {
    let members: Vec<&str> = schema.members.iter().map(|m| m.wire.as_str()).collect();
    let mut out = object(json!({ "type": "string", "enum": members }));
    let documented = schema.members.iter().filter(|m| !m.doc.is_empty());
    let lines: Vec<String> = documented.map(|m| format!("{}: {}", m.wire, m.doc)).collect();
    let mut doc = schema.doc.clone();
    for line in lines {
        if !doc.is_empty() {
            doc.push('\n');
        }
        doc.push_str(&line);
    }
    describe(&mut out, &doc);
    out
}

/// A name as a key of `$defs` that needs no escape in a reference.
fn key(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect()
}

/// The records that contain themselves, among those that a type reaches.
fn recursive_types(ty: &Type, schemas: &Schemas) -> BTreeSet<SmolStr> {
    let reached = reachable([ty], schemas);
    let is_recursive = |name: &SmolStr| {
        let fields = record_schema(name, schemas).map(|s| s.fields.iter().map(|f| &f.ty));
        fields.is_some_and(|types| reachable(types, schemas).contains(name))
    };
    reached.iter().filter(|name| is_recursive(name)).cloned().collect()
}

fn reachable<'t>(types: impl IntoIterator<Item = &'t Type>, schemas: &'t Schemas) -> BTreeSet<SmolStr> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Type> = types.into_iter().collect();
    while let Some(ty) = open.pop() {
        match ty {
            Type::List(inner) | Type::Map(inner) | Type::Optional(inner) => open.push(inner),
            Type::Record(fields) => open.extend(fields.values()),
            Type::Named(name) => {
                if let (true, Some(schema)) = (found.insert(name.clone()), record_schema(name, schemas)) {
                    open.extend(schema.fields.iter().map(|f| &f.ty));
                }
            }
            _ => {}
        }
    }
    found
}
