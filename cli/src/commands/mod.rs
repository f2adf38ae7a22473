//! One file a command.

mod config;
mod explain;
mod scaffold;
mod shell;

use crate::args::Command;
use crate::error::Error;
use crate::exit::Exit;
use crate::terminal::Terminal;

/// Runs a command.
pub fn run(command: Command, terminal: &Terminal) -> Result<Exit, Error> {
    match command {
        Command::Explain(args) => explain::run(&args, terminal),
        Command::New(args) => scaffold::new(&args, terminal),
        Command::Init(args) => scaffold::init(&args, terminal),
        Command::Config(command) => config::run(&command, terminal),
        Command::Completions(args) => shell::completions(&args, terminal),
        Command::Man => shell::man(terminal),
        _ => Err(Error::Failed("not part of this build".to_owned())),
    }
}
