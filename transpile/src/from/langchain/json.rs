//! Inputs that are no Python: which of them a JSON or YAML file is.

use super::model::{Effect, LangChainFile, Loss, Origin};
use super::{json_graph, json_lc, json_legacy};
use crate::vfs::Vfs;
use serde_json::Value as Json;

/// Reads a JSON or YAML file; what it is shows in its keys.
pub(super) fn read(vfs: &dyn Vfs, path: &str, text: &str) -> LangChainFile {
    let json = match parse(path, text) {
        Ok(json) => json,
        Err(message) => return refused(path, message),
    };
    let mut file = of_value(vfs, path, &json);
    file.sources.push((path.to_owned(), text.to_owned()));
    file
}

fn of_value(vfs: &dyn Vfs, path: &str, json: &Json) -> LangChainFile {
    if json.get("lc").is_some() {
        return json_lc::read(path, json);
    }
    if json.get("nodes").is_some() && json.get("edges").is_some() {
        return json_graph::read(path, json).unwrap_or_else(|| {
            refused(path, "the nodes or edges of this graph are not as `to_json()` writes them".into())
        });
    }
    let is_legacy = json.get("_type").is_some()
        || json.get("chains").is_some()
        || json.get("template").is_some()
        || json.get("template_path").is_some();
    if is_legacy {
        return json_legacy::read(vfs, path, json);
    }
    refused(
        path,
        "this is none of the JSON forms of LangChain: `dumps()` has `lc`, `to_json()` has `nodes` and `edges`, old files have `_type`"
            .into(),
    )
}

/// A file of which nothing is told, and why.
pub(super) fn refused(path: &str, message: String) -> LangChainFile {
    let origin = Origin { file: path.to_owned(), line: 1, ..Origin::default() };
    LangChainFile {
        losses: vec![Loss { effect: Effect::Structure, message, origin }],
        ..LangChainFile::default()
    }
}

/// JSON or YAML as a value.
///
/// # Errors
/// The text is neither.
pub(super) fn parse(path: &str, text: &str) -> Result<Json, String> {
    if path.ends_with(".yaml") || path.ends_with(".yml") {
        let refused = || format!("`{path}` is no plain YAML: tags are not read");
        let first =
            crate::python::yaml_documents(text).and_then(|d| d.into_iter().next()).ok_or_else(refused)?;
        return serde_json::from_str(&first.to_json(None))
            .map_err(|e| format!("`{path}` is no plain data: {e}"));
    }
    serde_json::from_str(text).map_err(|e| format!("`{path}` is no JSON: {e}"))
}

/// The name of a file without its folder and endings.
pub(super) fn stem(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.').next().unwrap_or(name).to_owned()
}
