//! Schemas that a vendor can hold a model to exactly.

use serde_json::Value as Json;

/// Is every object closed, with every member required? A schema such as `{}` is not strict.
pub fn is_strict(schema: &Json) -> bool {
    let Json::Object(map) = schema else { return false };
    if map.is_empty()
        || map.get("additionalProperties").is_some_and(Json::is_object)
        || map.contains_key("default")
    {
        return false;
    }
    let members = map.get("properties").and_then(Json::as_object);
    let required = map.get("required").and_then(Json::as_array).map_or(0, Vec::len);
    let whole = members.is_none_or(|members| members.len() == required && members.values().all(is_strict));
    let parts = map.get("anyOf").and_then(Json::as_array);
    let defs = map.get("$defs").and_then(Json::as_object);
    whole
        && map.get("items").is_none_or(is_strict)
        && parts.is_none_or(|parts| parts.iter().all(is_strict))
        && defs.is_none_or(|defs| defs.values().all(is_strict))
}

#[cfg(test)]
mod tests {
    use super::is_strict;
    use serde_json::json;

    #[test]
    fn an_object_is_strict_when_every_member_is_required() {
        let object = |required: &[&str]| {
            json!({
                "type": "object", "properties": { "a": { "type": "integer" } }, "required": required, "additionalProperties": false,
            })
        };
        assert!(is_strict(&object(&["a"])));
        assert!(!is_strict(&object(&[])));
        assert!(!is_strict(&json!({ "type": "array", "items": {} })));
        assert!(!is_strict(&json!({ "type": "object", "additionalProperties": { "type": "string" } })));
    }
}
