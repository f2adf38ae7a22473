//! `rustchain inspect`.

use super::{airflow, langchain};
use crate::args::{Importer, InspectArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::terminal::Terminal;
use rustchain_transpile::from::{Importer as Detected, by_imports};

pub(super) fn run(args: &InspectArgs, terminal: &Terminal) -> Result<Exit, Error> {
    if !args.file.is_file() {
        return Err(Error::NoInput(format!("`{}` is no file", args.file.display())));
    }
    match args.from.unwrap_or_else(|| detect(args)) {
        Importer::Airflow => airflow::inspect_file(args, terminal),
        Importer::Langchain => langchain::inspect_file(args, terminal),
    }
}

/// The importer that a file is for: what is no Python is LangChain's, and Python by what it imports:
/// a DAG may use LangChain inside its tasks.
fn detect(args: &InspectArgs) -> Importer {
    if args.file.extension().is_none_or(|e| e != "py") {
        return Importer::Langchain;
    }
    let text = std::fs::read_to_string(&args.file).unwrap_or_default();
    match by_imports(&text) {
        Some(Detected::LangChain) => Importer::Langchain,
        _ => Importer::Airflow,
    }
}
