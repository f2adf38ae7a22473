//! Parses the files it is given and prints what is wrong with them.

use rustchain_grammar::{FileId, parse};

fn main() {
    for path in std::env::args().skip(1) {
        let Ok(text) = std::fs::read_to_string(&path) else {
            println!("{path}: cannot be read");
            continue;
        };
        let parsed = parse(&text, FileId(0));
        let is_lossless = parsed.tree().to_string() == text;
        println!("{path}: {} diagnostics, lossless: {is_lossless}", parsed.diagnostics.len());
        for found in &parsed.diagnostics {
            let before = text.get(..found.primary.span.start as usize).unwrap_or("");
            let line = before.matches('\n').count() + 1;
            println!("  {line}: {} {}", found.code, found.message);
        }
    }
}
