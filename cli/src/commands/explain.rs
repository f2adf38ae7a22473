//! `rustchain explain`.

use crate::args::ExplainArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::terminal::Terminal;
use rustchain_compiler::explain::{explain, pages};

pub(super) fn run(args: &ExplainArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let Some(code) = &args.code else {
        let list: String = pages().iter().map(|p| format!("{}  {}\n", p.code, p.title())).collect();
        terminal.data(&list)?;
        return Ok(Exit::Ok);
    };
    let Some(page) = explain(code) else {
        return Err(Error::usage(
            format!("there is no code `{code}`"),
            "`rustchain explain` without a code lists all of them",
        ));
    };
    terminal.data(page.text())?;
    Ok(Exit::Ok)
}
