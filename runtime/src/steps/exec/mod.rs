//! `exec.*`: programs.

mod run;
mod started;

pub use run::{bash, outcome, run};
pub use started::{kill, start};

use crate::process::Program;
use crate::step::{StepCall, StepError};

/// The program, its environment and its folder, as the arguments of `exec.run` and `exec.start` say.
fn program(call: &StepCall<'_>) -> Result<Program, StepError> {
    let name = call.text("program")?;
    if name.is_empty() || name.contains('\0') {
        return Err(StepError::invalid("`program` is empty or holds a NUL"));
    }
    // A path is seen from the root, wherever the program is started.
    let name = if name.contains('/') { call.resolve(name).into_os_string() } else { name.into() };
    let mut program = Program::new(name, folder(call)?);
    program.args = arguments(call)?;
    program.env = environment(call)?;
    Ok(program)
}

fn folder(call: &StepCall<'_>) -> Result<std::path::PathBuf, StepError> {
    Ok(call.opt_text("cwd")?.map_or_else(|| call.context.root.clone(), |cwd| call.resolve(cwd)))
}

fn arguments(call: &StepCall<'_>) -> Result<Vec<std::ffi::OsString>, StepError> {
    let args = call.texts("args")?;
    if let Some(at) = args.iter().position(|arg| arg.contains('\0')) {
        return Err(StepError::invalid(format!("argument {at} holds a NUL")));
    }
    Ok(args.into_iter().map(Into::into).collect())
}

fn environment(call: &StepCall<'_>) -> Result<Vec<(String, String)>, StepError> {
    call.entries("env")?
        .into_iter()
        .map(|(name, value)| {
            let value = value.as_text().unwrap_or_default();
            if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
                return Err(StepError::invalid(format!("`{}` is no variable", name.escape_debug())));
            }
            Ok((name.to_owned(), value.to_owned()))
        })
        .collect()
}
