//! Numbers in plan files. Readers of JSON, canonical JSON among them, hold numbers as doubles: what a
//! double cannot hold exactly is written as text, so that no two plans share a canonical form.

/// The largest int up to which every int is a double.
const EXACT: u64 = 1 << 53;

/// An i64: a number where a double holds it, else its decimal digits in a string.
pub(crate) mod wide {
    use super::EXACT;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(number: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        if number.unsigned_abs() <= EXACT {
            return serializer.serialize_i64(*number);
        }
        serializer.collect_str(number)
    }

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Number(i64),
        Text(String),
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        match Form::deserialize(deserializer)? {
            Form::Number(number) => Ok(number),
            Form::Text(text) => text.parse().map_err(|_| D::Error::custom(format!("`{text}` is no int"))),
        }
    }
}

/// A JSON value: as it is where doubles hold its numbers, else `{"$text": "…"}` with its text.
pub(crate) mod exact_json {
    use super::EXACT;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
    use serde_json::{Value as Json, json};
    use std::sync::Arc;

    const KEY: &str = "$text";

    pub(crate) fn serialize<S: Serializer>(json: &Arc<Json>, serializer: S) -> Result<S::Ok, S::Error> {
        if is_exact(json) && json.get(KEY).is_none() {
            return json.serialize(serializer);
        }
        json!({ KEY: json.to_string() }).serialize(serializer)
    }

    fn is_exact(json: &Json) -> bool {
        match json {
            Json::Number(n) => match (n.as_i64(), n.as_u64()) {
                (Some(n), _) => n.unsigned_abs() <= EXACT,
                (None, Some(_)) => false,
                (None, None) => true,
            },
            Json::Array(items) => items.iter().all(is_exact),
            Json::Object(members) => members.values().all(is_exact),
            _ => true,
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Json>, D::Error> {
        let json = Json::deserialize(deserializer)?;
        let text = json.get(KEY).and_then(Json::as_str);
        match text {
            Some(text) => serde_json::from_str(text).map(Arc::new).map_err(D::Error::custom),
            None => Ok(Arc::new(json)),
        }
    }
}
