//! The file of `--shims`: what stands for the holes of an imported mission.

use crate::error::Error;
use rustchain_compiler::shims::{Shim, Shims};
use std::collections::BTreeMap;
use std::path::Path;

/// Reads lines `"KIND" = "FILE#NAME"`; files are relative to the one that names them.
///
/// # Errors
/// Where it cannot be read or is not of this form.
pub fn read(path: &Path) -> Result<Shims, Error> {
    let text =
        std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let origin = path.display().to_string();
    let lines: BTreeMap<String, toml::Spanned<String>> = toml::from_str(&text).map_err(|e| {
        let line = line_of(&text, e.span().map_or(0, |s| s.start));
        wrong(format!("{origin}:{line}"), e.message().to_owned())
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut by_kind = BTreeMap::new();
    for (kind, target) in lines {
        let at = target.span().start;
        let Some((file, name)) =
            target.get_ref().rsplit_once('#').filter(|(f, n)| !f.is_empty() && !n.is_empty())
        else {
            let message = format!("`{}` names no chain or tool of a file", target.get_ref());
            return Err(wrong(format!("{origin}:{}", line_of(&text, at)), message));
        };
        by_kind.insert(kind, Shim { file: folder.join(file), name: name.to_owned() });
    }
    Ok(Shims { by_kind })
}

fn wrong(origin: String, message: String) -> Error {
    let help = "a line is `\"KIND\" = \"FILE.mission#NAME\"`: the kind of a hole, and the chain or tool that stands for it";
    Error::Config { origin, message, help: Some(help.to_owned()) }
}

fn line_of(text: &str, byte: usize) -> usize {
    text.get(..byte).map_or(1, |before| before.matches('\n').count() + 1)
}
