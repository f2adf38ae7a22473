//! `git.commit`, `git.branch`, `git.merge`, `git.tag`.

use super::program::{git, git_text, revision};
use crate::step::{StepCall, StepError};
use crate::steps::exec::outcome;
use rustchain_plan::Value;

/// `git.commit`: commits the given paths and nothing else; gives the commit's id.
pub async fn commit(call: StepCall<'_>) -> Result<Value, StepError> {
    let message = call.text("message")?;
    if message.trim().is_empty() {
        return Err(StepError::invalid("a commit needs a message"));
    }
    let message = format!("--message={message}");
    let paths: Vec<String> = call.texts("paths")?.iter().map(|path| format!(":(literal){path}")).collect();
    let with = |args: &[&'static str]| -> Vec<&str> {
        args.iter().copied().chain(paths.iter().map(String::as_str)).collect()
    };
    git_text(&call, &with(&["add", "--all", "--"])).await?;
    let staged = git(&call, &with(&["diff", "--cached", "--quiet", "--no-ext-diff", "--"])).await?;
    match staged.status {
        0 => return Err(StepError::invalid("there is nothing to commit")),
        1 => {}
        _ => outcome("git diff", &staged)?,
    }
    let mut args = vec!["commit", "--quiet", message.as_str(), "--"];
    args.extend(with(&[]));
    git_text(&call, &args).await?;
    head(&call).await
}

/// `git.branch`: gives the branch's name.
pub async fn branch(call: StepCall<'_>) -> Result<Value, StepError> {
    let name = revision("branch", call.text("name")?)?;
    let reference = format!("refs/heads/{name}");
    let there = git(&call, &["show-ref", "--verify", "--quiet", &reference]).await?.status == 0;
    let args: &[&str] =
        if there { &["switch", "--quiet", name] } else { &["switch", "--quiet", "--create", name] };
    git_text(&call, args).await?;
    Ok(Value::string(name))
}

/// `git.merge`: gives the id of the commit that the branch is at then.
pub async fn merge(call: StepCall<'_>) -> Result<Value, StepError> {
    let name = revision("branch", call.text("branch")?)?;
    let mut output = git(&call, &["merge", "--quiet", "--no-edit", name]).await?;
    if output.status != 0 {
        // Fails where there is no merge to undo, such as for an unknown branch.
        let _ = git(&call, &["merge", "--abort"]).await;
        if output.stderr.is_empty() {
            // Conflicts are told there.
            output.stderr.clone_from(&output.stdout);
        }
        outcome("git merge", &output)?;
    }
    head(&call).await
}

/// `git.tag`: gives the tag's name.
pub async fn tag(call: StepCall<'_>) -> Result<Value, StepError> {
    let name = revision("tag", call.text("name")?)?;
    let message = format!("--message={}", call.text("message")?);
    git_text(&call, &["tag", "--annotate", &message, name]).await?;
    Ok(Value::string(name))
}

async fn head(call: &StepCall<'_>) -> Result<Value, StepError> {
    Ok(Value::string(git_text(call, &["rev-parse", "HEAD"]).await?.trim()))
}
