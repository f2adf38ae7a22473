//! From a path to an analysis: mission text, YAML and JSON missions.

use crate::error::Error;
use crate::project::{Target, root_of};
use rustchain_compiler::shims::Shims;
use rustchain_compiler::{Analysis, CompiledMission, DiskVfs, Options};
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_lsp::project::Foreign;
use rustchain_plan::Plan;
use std::path::Path;

/// An analysed file.
pub struct Loaded {
    /// What the compiler found.
    pub analysis: Analysis,
}

/// Compiles a file.
///
/// # Errors
/// Where the file cannot be read.
pub fn load(path: &Path) -> Result<Loaded, Error> {
    load_with(path, None)
}

/// As [`load`], with what stands for holes.
///
/// # Errors
/// Where the file cannot be read.
pub fn load_with(path: &Path, shims: Option<&Shims>) -> Result<Loaded, Error> {
    let root = root_of(path);
    let analysis = rustchain_compiler::analyse(
        &DiskVfs,
        path,
        Options { root: Some(&root), translate: Some(&Foreign), shims, ..Options::default() },
    )
    .map_err(|source| Error::Read { path: path.to_owned(), source })?;
    Ok(Loaded { analysis })
}

impl Loaded {
    /// Does anything keep the file from compiling?
    pub fn has_errors(&self) -> bool {
        self.errors().next().is_some()
    }

    /// What keeps the file from compiling.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.analysis.diagnostics.iter().filter(|d| d.severity == Severity::Error)
    }

    /// The mission a target means: the named one, or the only one, or the last of several (which may call
    /// the others).
    pub fn pick(self, target: &Target) -> Result<CompiledMission, Error> {
        let names: Vec<String> = self.analysis.missions.iter().map(|m| m.plan.mission.to_string()).collect();
        let index = match &target.mission {
            Some(name) => names.iter().position(|n| n == name),
            None if names.len() == 1 => Some(0),
            None => None,
        };
        let file = target.path.display();
        match index {
            Some(index) => Ok(self.analysis.missions.into_iter().nth(index).ok_or_else(|| {
                // `index` came from the same list.
                Error::Failed("the mission went away".to_owned())
            })?),
            None if names.is_empty() => Err(Error::NoInput(format!("`{file}` holds no mission"))),
            None => {
                let list = names.iter().map(|n| format!("{file}#{n}")).collect::<Vec<_>>().join(", ");
                let message = match &target.mission {
                    Some(name) => format!("`{file}` has no mission `{name}`"),
                    None => format!("`{file}` holds {} missions", names.len()),
                };
                Err(Error::usage(message, format!("name one of {list}")))
            }
        }
    }
}

/// Is this a compiled plan?
pub fn is_plan_file(path: &Path) -> bool {
    path.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.ends_with(".plan.json"))
}

/// Reads a compiled plan.
///
/// # Errors
/// Where it cannot be read or is no plan.
pub fn load_plan(path: &Path) -> Result<Plan, Error> {
    let text =
        std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    Plan::from_json(&text).map_err(|e| Error::Failed(format!("`{}` is no plan: {e}", path.display())))
}
