//! YAML documents.

use saphyr::{LoadableYamlNode, Scalar, Yaml};

/// The first document of a YAML text; `None` where it is not plain data.
pub(super) fn yaml_to_json(text: &str) -> Option<serde_json::Value> {
    // Anchors can make a small text large, which the budget below would see too late.
    if text.contains("<<:") || text.matches('*').count() > 100 {
        return None;
    }
    let documents = Yaml::load_from_str(text).ok()?;
    let Some(first) = documents.first() else { return Some(serde_json::Value::Null) };
    convert(first, 0)
}

fn convert(node: &Yaml<'_>, depth: u32) -> Option<serde_json::Value> {
    if depth > 40 {
        return None;
    }
    Some(match node {
        Yaml::Value(Scalar::Null) => serde_json::Value::Null,
        Yaml::Value(Scalar::Boolean(b)) => (*b).into(),
        Yaml::Value(Scalar::Integer(i)) => (*i).into(),
        Yaml::Value(Scalar::FloatingPoint(f)) => serde_json::Number::from_f64(f.into_inner())?.into(),
        // Dates are the one plain scalar that YAML 1.1 reads and 1.2 does not: not known here.
        Yaml::Value(Scalar::String(s)) => s.to_string().into(),
        Yaml::Sequence(items) => {
            items.iter().map(|i| convert(i, depth + 1)).collect::<Option<Vec<_>>>()?.into()
        }
        Yaml::Mapping(map) => {
            let mut out = serde_json::Map::new();
            for (key, value) in map {
                let key = match convert(key, depth + 1)? {
                    serde_json::Value::String(s) => s,
                    other => other.to_string(),
                };
                out.insert(key, convert(value, depth + 1)?);
            }
            out.into()
        }
        _ => return None,
    })
}
