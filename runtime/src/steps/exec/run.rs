//! `exec.run`, `exec.bash`: programs that end.

use super::{environment, folder, program};
use crate::process::{Program, ProgramOutput};
use crate::step::{StepCall, StepError};
use crate::steps::convert::{self, excerpt};
use rustchain_plan::{ErrorKind, Value};

/// How much of stdout and stderr an error's detail keeps, bytes from the end.
const TAIL: usize = 4096;

/// `exec.run`.
pub async fn run(call: StepCall<'_>) -> Result<Value, StepError> {
    let mut program = program(&call)?;
    program.stdin = stdin(&call)?;
    finish(&call, &program, call.text("program")?).await
}

/// `exec.bash`.
pub async fn bash(call: StepCall<'_>) -> Result<Value, StepError> {
    let script = call.text("script")?;
    if script.contains('\0') {
        return Err(StepError::invalid("`script` holds a NUL"));
    }
    let mut program = Program::new("bash", folder(&call)?);
    program.args = ["--noprofile", "--norc", "-o", "pipefail", "-c", script].map(Into::into).into();
    program.env = environment(&call)?;
    program.stdin = stdin(&call)?;
    finish(&call, &program, "bash").await
}

fn stdin(call: &StepCall<'_>) -> Result<Option<Vec<u8>>, StepError> {
    let text = call.opt_text("stdin")?.unwrap_or_default();
    Ok((!text.is_empty()).then(|| text.as_bytes().to_vec()))
}

async fn finish(call: &StepCall<'_>, program: &Program, name: &str) -> Result<Value, StepError> {
    let output = program.run().await?;
    if output.truncated {
        let message = format!("`{name}` wrote more than {} MiB; let it write to a file", program.limit >> 20);
        return Err(StepError::new(ErrorKind::Io, message));
    }
    let status = output.status;
    if call.bool("check")? {
        outcome(name, &output)?;
    }
    Ok(convert::record(
        call,
        [
            ("stdout", Value::string(String::from_utf8_lossy(&output.stdout))),
            ("stderr", Value::string(String::from_utf8_lossy(&output.stderr))),
            ("exit_code", Value::Int(i64::from(status))),
        ],
    ))
}

/// Fails where a program's status is not 0.
///
/// # Errors
/// Kind `exit(status)`; the last line of stderr in the message, the ends of both streams in the detail.
pub fn outcome(name: &str, output: &ProgramOutput) -> Result<(), StepError> {
    if output.status == 0 {
        return Ok(());
    }
    let (stdout, stderr) = (tail(&output.stdout), tail(&output.stderr));
    let mut message = match output.status {
        status @ 129..=192 => format!("`{name}` was ended by signal {}", status - 128),
        status => format!("`{name}` ended with exit status {status}"),
    };
    if let Some(line) = stderr.lines().rev().find(|line| !line.trim().is_empty()) {
        message.push_str(&format!(": {}", excerpt(line, 200)));
    }
    let detail = serde_json::json!({ "exit_code": output.status, "stdout": stdout, "stderr": stderr });
    Err(StepError::new(ErrorKind::Exit(output.status), message).with_detail(detail))
}

fn tail(bytes: &[u8]) -> String {
    let from = bytes.len().saturating_sub(TAIL);
    String::from_utf8_lossy(bytes.get(from..).unwrap_or_default()).into_owned()
}
