//! `rustchain graph`.

use crate::args::{GraphArgs, GraphFormat};
use crate::error::Error;
use crate::exit::Exit;
use crate::terminal::Terminal;
use rustchain_transpile::to::{dot::dot, mermaid::mermaid};

pub(super) fn run(args: &GraphArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let Some(plan) = super::plan_of(&args.file, None, terminal)? else { return Ok(Exit::Failed) };
    terminal.data(&match args.format {
        GraphFormat::Mermaid => mermaid(&plan),
        GraphFormat::Dot => dot(&plan),
    })?;
    Ok(Exit::Ok)
}
