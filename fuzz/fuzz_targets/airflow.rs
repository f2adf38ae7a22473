//! Any text as a DAG file or a serialised DAG: losses with places in the file, and mission text that parses.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustchain_grammar::{FileId, parse};
use rustchain_transpile::from::airflow::{AirflowOptions, import};
use rustchain_transpile::vfs::MemoryVfs;

fuzz_target!(|data: &[u8]| {
    rustchain_fuzz::remember(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    let path = if text.trim_start().starts_with('{') { "d.json" } else { "d.py" };
    let vfs = MemoryVfs { files: [(path.to_owned(), text.to_owned())].into() };
    let made = import(&vfs, &[path.to_owned()], &AirflowOptions::default());
    for diagnostic in &made.diagnostics {
        assert!(text.get(diagnostic.primary.span.range()).is_some(), "{:?}", diagnostic.primary.span);
    }
    for mission in &made.missions {
        let parsed = parse(&mission.text, FileId(1));
        assert!(parsed.diagnostics.is_empty(), "{:?}\n{}", parsed.diagnostics, mission.text);
    }
});
