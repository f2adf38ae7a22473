//! From a path to an analysis: mission text, YAML and JSON missions.

use crate::config::Config;
use crate::error::Error;
use crate::project::{Target, root_of};
use rustchain_compiler::shims::Shims;
use rustchain_compiler::{Analysis, CompiledMission, DiskVfs, NamedPolicy, Options};
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_lsp::project::Foreign;
use rustchain_plan::policy::Grant;
use rustchain_plan::{Plan, Policy};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

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
    let policies = policies_of(&root)?;
    let analysis = rustchain_compiler::analyse(
        &DiskVfs,
        path,
        Options {
            root: Some(&root),
            translate: Some(&Foreign),
            shims,
            policies: &policies,
            ..Options::default()
        },
    )
    .map_err(|source| Error::Read { path: path.to_owned(), source })?;
    Ok(Loaded { analysis })
}

/// The files of a project's organisation policies, as its settings name them. Each project is looked up once.
///
/// # Errors
/// Where the settings are wrong.
pub fn policies_of(root: &Path) -> Result<Arc<Vec<PathBuf>>, Error> {
    static KNOWN: Mutex<BTreeMap<PathBuf, Arc<Vec<PathBuf>>>> = Mutex::new(BTreeMap::new());
    if let Some(known) = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(root) {
        return Ok(Arc::clone(known));
    }
    let files = Config::load(root)?.texts("policies").into_iter().map(|file| root.join(file));
    let files: Arc<Vec<PathBuf>> = Arc::new(files.collect());
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(root.to_owned(), Arc::clone(&files));
    Ok(files)
}

/// The organisation policies of a project, each with its name: what a compiled plan is bound by before it runs.
///
/// # Errors
/// Where one cannot be read or does not compile.
pub fn organisation(root: &Path) -> Result<Vec<NamedPolicy>, Error> {
    let mut all = Vec::new();
    for file in policies_of(root)?.iter() {
        let analysis =
            rustchain_compiler::analyse(&DiskVfs, file, Options { root: Some(root), ..Options::default() })
                .map_err(|source| Error::Read { path: file.clone(), source })?;
        if analysis.has_errors() || analysis.policies.is_empty() {
            let message = format!("the organisation policy `{}` does not compile", file.display());
            return Err(Error::Failed(message));
        }
        all.extend(analysis.policies);
    }
    Ok(all)
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

/// Reads a compiled plan that is to run: it must be bound by the organisation policies of the project it lies in.
///
/// # Errors
/// As [`load_plan`]; refused where it was compiled without them.
pub fn load_bound_plan(path: &Path) -> Result<Plan, Error> {
    let plan = load_plan(path)?;
    for organisation in organisation(&root_of(path))? {
        if !is_bound(&plan.policy, &organisation.policy) {
            return Err(Error::Refused(format!(
                "`{}` was compiled without the organisation policy `{}`: compile it in this project",
                path.display(),
                organisation.name
            )));
        }
    }
    Ok(plan)
}

/// Does a policy have everything that an organisation policy adds? Places in files do not count.
fn is_bound(policy: &Policy, organisation: &Policy) -> bool {
    fn all_in<T: serde::Serialize>(wanted: &[T], list: &[T]) -> bool {
        let form = |item: &T| serde_json::to_value(item).ok();
        let list: Vec<_> = list.iter().map(form).collect();
        wanted.iter().all(|item| list.contains(&form(item)))
    }
    let form = |allow: &[Grant]| serde_json::to_value(allow).ok();
    let ceiling = organisation.allow.is_empty()
        || policy.ceilings.iter().any(|c| form(&c.allow) == form(&organisation.allow));
    ceiling
        && all_in(&organisation.deny, &policy.deny)
        && all_in(&organisation.approvals, &policy.approvals)
        && all_in(&organisation.sequences, &policy.sequences)
        && all_in(&organisation.flows, &policy.flows)
        && policy.budget == policy.budget.least(&organisation.budget)
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
