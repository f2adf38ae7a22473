//! Schemas of the arguments of tools, in the form that vendors and libraries agree on.

use serde_json::{Map, Value as Json, json};

/// A schema as that of arguments: objects are not closed (a call is checked when it is made), a value that
/// may be null is an `anyOf`, and nothing is said where there is nothing to say.
pub fn as_arguments(schema: Json) -> Json {
    match schema {
        Json::Object(map) => Json::Object(object(map)),
        other => other,
    }
}

fn object(map: Map<String, Json>) -> Map<String, Json> {
    let mut out = Map::new();
    for (key, value) in map {
        match (key.as_str(), value) {
            ("additionalProperties", Json::Bool(false)) => {}
            ("required", Json::Array(names)) if names.is_empty() => {}
            ("properties" | "$defs", Json::Object(members)) => {
                let members = members.into_iter().map(|(name, member)| (name, as_arguments(member)));
                out.insert(key, Json::Object(members.collect()));
            }
            ("anyOf", Json::Array(members)) => {
                out.insert(key, members.into_iter().map(as_arguments).collect());
            }
            ("items" | "additionalProperties", value) => {
                out.insert(key, as_arguments(value));
            }
            (_, value) => {
                out.insert(key, value);
            }
        }
    }
    nullable(out)
}

/// `"type": ["string", "null"]` as a choice; what the schema says of the member stays outside.
fn nullable(mut map: Map<String, Json>) -> Map<String, Json> {
    let Some(Json::Array(types)) = map.get("type") else { return map };
    let [Json::String(ty), Json::String(null)] = types.as_slice() else { return map };
    if null != "null" {
        return map;
    }
    let ty = ty.clone();
    let mut out = Map::new();
    for outside in ["description", "default"] {
        out.extend(map.remove(outside).map(|value| (outside.to_owned(), value)));
    }
    map.insert("type".to_owned(), Json::from(ty));
    if let Some(Json::Array(members)) = map.get_mut("enum") {
        members.retain(|member| !member.is_null());
    }
    out.insert("anyOf".to_owned(), json!([map, { "type": "null" }]));
    out
}

#[cfg(test)]
mod tests {
    use super::as_arguments;
    use serde_json::json;

    #[test]
    fn objects_are_open_and_null_is_a_choice() {
        let closed = json!({
            "type": "object", "additionalProperties": false, "required": [],
            "properties": {
                "a": { "type": ["string", "null"], "default": null, "description": "first" },
                "b": { "type": "array", "items": { "type": "object", "properties": {}, "required": [], "additionalProperties": false } },
                "c": { "type": ["string", "null"], "enum": ["x", null] },
            },
        });
        let open = json!({
            "type": "object",
            "properties": {
                "a": { "anyOf": [{ "type": "string" }, { "type": "null" }], "default": null, "description": "first" },
                "b": { "type": "array", "items": { "type": "object", "properties": {} } },
                "c": { "anyOf": [{ "type": "string", "enum": ["x"] }, { "type": "null" }] },
            },
        });
        assert_eq!(as_arguments(closed), open);
    }

    #[test]
    fn a_map_keeps_the_schema_of_its_values() {
        let map = json!({ "type": "object", "additionalProperties": { "type": "integer" } });
        assert_eq!(as_arguments(map.clone()), map);
    }
}
