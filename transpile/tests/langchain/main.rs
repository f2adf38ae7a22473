//! LangChain files, read without Python.

mod bounds;
mod graphs;
mod inputs;
mod missions;
mod scripts;

use rustchain_transpile::from::langchain::{LangChainFile, LangChainOptions, read};
use rustchain_transpile::vfs::{DiskVfs, MemoryVfs};

/// A fixture by name.
fn fixture(name: &str) -> LangChainFile {
    let path = format!("{}/tests/fixtures/langchain/{name}", env!("CARGO_MANIFEST_DIR"));
    read(&DiskVfs::default(), &path, &LangChainOptions::default())
}

/// A file of one text.
fn text(path: &str, source: &str) -> LangChainFile {
    files(path, &[(path, source)])
}

/// The first of several files.
fn files(main: &str, all: &[(&str, &str)]) -> LangChainFile {
    let files = all.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect();
    read(&MemoryVfs { files }, main, &LangChainOptions::default())
}

/// What was lost, a line each.
fn losses(file: &LangChainFile) -> String {
    file.losses.iter().map(|l| format!("{}: {}\n", l.origin.line, l.message)).collect()
}
