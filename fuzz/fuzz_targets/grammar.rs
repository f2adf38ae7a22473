//! Any text: no panic, a tree that covers every byte, a formatter that is a fixpoint.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustchain_grammar::{FileId, format, parse};

fuzz_target!(|data: &[u8]| {
    rustchain_fuzz::remember(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    let parsed = parse(text, FileId(0));
    assert_eq!(parsed.tree().to_string(), text);
    for diagnostic in &parsed.diagnostics {
        assert!(text.get(diagnostic.primary.span.range()).is_some());
    }
    if let Ok(formatted) = format(text) {
        let again = format(&formatted.text).expect("what was formatted parses");
        assert_eq!(again.text, formatted.text);
    }
});
