//! Any text as a LangChain file: it is inspected, losses have places in it, and mission text parses.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustchain_grammar::{FileId, parse};
use rustchain_transpile::from::langchain::{LangChainOptions, import, inspect, read};
use rustchain_transpile::vfs::MemoryVfs;

fuzz_target!(|data: &[u8]| {
    rustchain_fuzz::remember(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    let path = match text.trim_start() {
        text if text.starts_with('{') && text.contains("\"cells\"") => "app.ipynb",
        text if text.starts_with('{') => "app.json",
        text if text.starts_with("_type:") => "app.yaml",
        _ => "app.py",
    };
    let vfs = MemoryVfs { files: [(path.to_owned(), text.to_owned())].into() };
    let options = LangChainOptions::default();
    let _ = inspect(&read(&vfs, path, &options)).to_string();
    let made = import(&vfs, &[path.to_owned()], &options);
    for diagnostic in &made.diagnostics {
        assert!(text.get(diagnostic.primary.span.range()).is_some(), "{:?}", diagnostic.primary.span);
    }
    for mission in &made.missions {
        let parsed = parse(&mission.text, FileId(1));
        assert!(parsed.diagnostics.is_empty(), "{:?}\n{}", parsed.diagnostics, mission.text);
    }
});
