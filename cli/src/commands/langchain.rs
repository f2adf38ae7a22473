//! `rustchain inspect --from langchain`.

use crate::args::InspectArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::terminal::Terminal;
use rustchain_transpile::from::langchain::{LangChainOptions, inspect, read};
use rustchain_transpile::vfs::DiskVfs;

pub(super) fn inspect_file(args: &InspectArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let options = LangChainOptions {
        roots: args.airflow.roots.iter().map(|p| p.display().to_string()).collect(),
        env: args.airflow.environment()?,
    };
    let seen = read(&DiskVfs::default(), &args.file.display().to_string(), &options);
    terminal.data(&format!("{:#}\n", inspect(&seen)))?;
    Ok(Exit::Ok)
}
