//! `rustchain completions` and `rustchain man`.

use crate::args::{Cli, CompletionsArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::terminal::Terminal;
use clap::CommandFactory;

pub(super) fn completions(args: &CompletionsArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let mut out = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "rustchain", &mut out);
    terminal.data(&String::from_utf8_lossy(&out))?;
    Ok(Exit::Ok)
}

pub(super) fn man(terminal: &Terminal) -> Result<Exit, Error> {
    let mut out = Vec::new();
    let page = clap_mangen::Man::new(Cli::command());
    page.render(&mut out).map_err(|e| Error::Failed(format!("cannot render the manual page: {e}")))?;
    terminal.data(&String::from_utf8_lossy(&out))?;
    Ok(Exit::Ok)
}
