//! `git.log`.

use super::program::{git_text, revision};
use crate::step::{StepCall, StepError};
use crate::steps::convert;
use rustchain_plan::Value;

/// The fields of a commit, each ended by NUL.
const FORMAT: &str = "--format=%H%x00%an%x00%ae%x00%ct%x00%s%x00%b%x00";

/// Newest first; the time is that of the commit.
pub async fn log(call: StepCall<'_>) -> Result<Value, StepError> {
    let limit = call.int("limit")?;
    let Ok(limit) = u32::try_from(limit) else {
        return Err(StepError::invalid(format!("`limit` is {limit}")));
    };
    let range = revision("range", call.opt_text("range")?.unwrap_or("HEAD"))?;
    let count = format!("--max-count={limit}");
    let args = ["log", "--no-show-signature", &count, FORMAT, "--end-of-options", range, "--"];
    let text = git_text(&call, &args).await?;
    let fields: Vec<&str> = text.split('\0').collect();
    let commits = fields.chunks_exact(6).map(|fields| commit(&call, fields));
    Ok(Value::list(commits.collect()))
}

fn commit(call: &StepCall<'_>, fields: &[&str]) -> Value {
    let field = |at: usize| fields.get(at).copied().unwrap_or_default();
    let seconds: i64 = field(3).parse().unwrap_or(0);
    convert::record_of(
        call.result,
        [
            // A line break ends the commit before.
            ("id", Value::string(field(0).trim_start())),
            ("author", Value::string(field(1))),
            ("email", Value::string(field(2))),
            ("time", Value::Timestamp(seconds.saturating_mul(1_000_000_000))),
            ("subject", Value::string(field(4))),
            ("body", Value::string(field(5).trim_end())),
        ],
    )
}
