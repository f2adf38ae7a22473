//! Any text as a YAML or JSON mission: mission text that parses, or diagnostics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustchain_grammar::{FileId, parse};

fuzz_target!(|data: &[u8]| {
    rustchain_fuzz::remember(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    let path = if text.trim_start().starts_with('{') { "m.json" } else { "m.yaml" };
    let imported = rustchain_transpile::from::yaml::import(FileId(0), path, text);
    for diagnostic in &imported.diagnostics {
        assert!(text.get(diagnostic.primary.span.range()).is_some());
    }
    if let Some(mission) = &imported.mission_text {
        let parsed = parse(mission, FileId(1));
        assert!(parsed.diagnostics.is_empty(), "{:?}\n{mission}", parsed.diagnostics);
    }
});
