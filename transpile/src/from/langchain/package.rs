//! `langgraph.json`: graphs by name, each in a file under the folder.

use super::files::inside;
use super::json::refused;
use super::model::{Effect, LangChainFile, Loss, Named, Origin};
use super::options::LangChainOptions;
use crate::vfs::Vfs;
use serde_json::Value as Json;

/// Is this the file of a LangGraph project?
pub(super) fn is_package(json: &Json) -> bool {
    json.get("graphs").is_some_and(Json::is_object)
}

/// Reads the graphs that a `langgraph.json` names.
pub(super) fn read(
    vfs: &(dyn Vfs + Sync),
    path: &str,
    json: &Json,
    options: &LangChainOptions,
) -> LangChainFile {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let Some(graphs) = json.get("graphs").and_then(Json::as_object) else {
        return refused(path, "`graphs` is no object".into());
    };
    let mut out = LangChainFile::default();
    let mut options = options.clone();
    for dependency in
        json.get("dependencies").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str)
    {
        if dependency.starts_with('.')
            && let Ok(root) = inside(folder, dependency)
        {
            let root = root.trim_end_matches("/.").trim_end_matches('.').trim_end_matches('/').to_owned();
            options.roots.push(if root.is_empty() { ".".into() } else { root });
        }
    }
    for (name, target) in graphs {
        let target =
            target.as_str().or_else(|| target.get("path").and_then(Json::as_str)).unwrap_or_default();
        if let Err(message) = add(vfs, folder, name, target, &options, &mut out) {
            let origin = Origin { file: path.to_owned(), line: 1, ..Origin::default() };
            out.losses.push(Loss {
                effect: Effect::Structure,
                message: format!("the graph `{name}`: {message}"),
                origin,
            });
        }
    }
    out
}

fn add(
    vfs: &(dyn Vfs + Sync),
    folder: &str,
    name: &str,
    target: &str,
    options: &LangChainOptions,
    out: &mut LangChainFile,
) -> Result<(), String> {
    let (file, variable) =
        target.rsplit_once(':').ok_or_else(|| format!("`{target}` is not written FILE:VARIABLE"))?;
    let full = inside(folder, file)?;
    let source = vfs.read(&full)?;
    let mut seen = super::read::read_python(vfs, &full, &source, options);
    let held = |o: &Named| o.name == variable || o.aliases.iter().any(|a| a == variable);
    match seen.objects.iter().position(held) {
        Some(at) => {
            let found = seen.objects.remove(at);
            out.objects.push(Named { name: name.to_owned(), aliases: vec![found.name], op: found.op });
        }
        None => {
            let message = format!(
                "`{variable}` of `{full}` holds no graph that is known; a function that builds it is not called"
            );
            let origin = Origin { file: full.clone(), line: 1, ..Origin::default() };
            out.losses.push(Loss { effect: Effect::Structure, message, origin });
        }
    }
    out.inner.append(&mut seen.inner);
    out.prompts.append(&mut seen.prompts);
    out.models.append(&mut seen.models);
    out.tools.append(&mut seen.tools);
    out.losses.append(&mut seen.losses);
    for source in seen.sources {
        if !out.sources.contains(&source) {
            out.sources.push(source);
        }
    }
    Ok(())
}
