//! Formats the files it is given and prints what would change.

use rustchain_grammar::format;

fn main() {
    for path in std::env::args().skip(1) {
        let Ok(text) = std::fs::read_to_string(&path) else {
            println!("{path}: cannot be read");
            continue;
        };
        match format(&text) {
            Ok(formatted) if formatted.text == text => println!("{path}: formatted"),
            Ok(formatted) => print_first_change(&path, &text, &formatted.text),
            Err(diagnostics) => println!("{path}: {} syntax errors", diagnostics.len()),
        }
    }
}

fn print_first_change(path: &str, before: &str, after: &str) {
    println!("{path}: not formatted");
    let changed = before.lines().zip(after.lines()).enumerate().filter(|(_, (old, new))| old != new);
    for (index, (old, new)) in changed.take(3) {
        println!("  {}\n  - {old}\n  + {new}", index + 1);
    }
}
