//! Calls of `git`.

use crate::process::{Program, ProgramOutput};
use crate::step::{StepCall, StepError};
use crate::steps::exec::outcome;
use rustchain_plan::ErrorKind;

/// A repository names no program by its own settings.
const SETTINGS: [&str; 4] = ["-c", "core.fsmonitor=false", "-c", "core.quotePath=false"];

/// Git asks nobody and speaks English.
const VARIABLES: [(&str, &str); 4] =
    [("GIT_TERMINAL_PROMPT", "0"), ("GIT_OPTIONAL_LOCKS", "0"), ("GIT_EDITOR", "true"), ("LC_ALL", "C")];

/// Runs `git` in the repository of the call; any exit status.
///
/// # Errors
/// Kinds `not_found`, `permission`, `io`.
pub async fn git(call: &StepCall<'_>, args: &[&str]) -> Result<ProgramOutput, StepError> {
    if let Some(arg) = args.iter().find(|arg| arg.contains('\0')) {
        return Err(StepError::invalid(format!("`{}` holds a NUL", arg.escape_debug())));
    }
    let mut program = Program::new("git", call.resolve(call.text("repo")?));
    program.args = SETTINGS.iter().chain(args).map(Into::into).collect();
    program.env = VARIABLES.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let output = program.run().await?;
    if output.truncated {
        let message = format!("`git` wrote more than {} MiB", program.limit >> 20);
        return Err(StepError::new(ErrorKind::Io, message));
    }
    Ok(output)
}

/// Runs `git` to success; gives what it wrote.
///
/// # Errors
/// As `git`, and `exit(status)`.
pub async fn git_text(call: &StepCall<'_>, args: &[&str]) -> Result<String, StepError> {
    let output = git(call, args).await?;
    outcome(&format!("git {}", args.first().copied().unwrap_or_default()), &output)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A name of a branch, a tag, a range: never an option.
///
/// # Errors
/// Kind `invalid`.
pub fn revision<'c>(what: &str, text: &'c str) -> Result<&'c str, StepError> {
    if text.is_empty() || text.starts_with('-') {
        return Err(StepError::invalid(format!("`{}` is no {what}", text.escape_debug())));
    }
    Ok(text)
}
