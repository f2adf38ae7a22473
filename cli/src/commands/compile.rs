//! `rustchain compile`.

use crate::args::CompileArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::project::Target;
use crate::terminal::Terminal;
use std::path::{Path, PathBuf};

pub(super) fn run(args: &CompileArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let target = Target::parse(&args.file);
    let Some(compiled) = super::compiled(&target, args.shims.as_deref(), terminal)? else {
        return Ok(Exit::Failed);
    };
    let text = compiled.plan.to_json_pretty().map_err(|e| Error::Failed(e.to_string()))?;
    let path = args.output.clone().unwrap_or_else(|| default_path(&target.path, &compiled.plan.mission));
    if path == Path::new("-") {
        terminal.data(&text)?;
        return Ok(Exit::Ok);
    }
    std::fs::write(&path, text).map_err(|source| Error::Write { path: path.clone(), source })?;
    let hash = compiled.plan.hash_hex().map_err(|e| Error::Failed(e.to_string()))?;
    terminal.talk(&format!(
        "{}  sha256 {hash}\nnext: rustchain run --plan {}\n",
        path.display(),
        path.display()
    ));
    Ok(Exit::Ok)
}

fn default_path(source: &Path, mission: &str) -> PathBuf {
    source.with_file_name(format!("{mission}.plan.json"))
}
