//! Layout of calls and clauses.

/// Longest line.
const WIDTH: usize = 100;

/// `name(a: x, b: y)`, on several lines where it is long. `indent` is that of the statement.
pub(super) fn call(name: &str, args: &[(String, String)], indent: usize, before: usize) -> String {
    let one = args.iter().map(|(n, v)| format!("{n}: {v}")).collect::<Vec<_>>().join(", ");
    let line = format!("{name}({one})");
    if !line.contains('\n') && indent + before + line.len() <= WIDTH {
        return line;
    }
    let pad = " ".repeat(indent + 2);
    let lines: Vec<String> = args.iter().map(|(n, v)| format!("{pad}{n}: {v},\n")).collect();
    format!("{name}(\n{}{})", lines.concat(), " ".repeat(indent))
}

/// ` with { … }`; nothing without clauses.
pub(super) fn with(clauses: &[String], indent: usize, before: usize) -> String {
    if clauses.is_empty() {
        return String::new();
    }
    let one = format!(" with {{ {} }}", clauses.join(", "));
    if clauses.len() <= 2 && !one.contains('\n') && indent + before + one.len() <= WIDTH {
        return one;
    }
    let pad = " ".repeat(indent + 2);
    let lines: Vec<String> = clauses.iter().map(|c| format!("{pad}{c}\n")).collect();
    format!(" with {{\n{}{}}}", lines.concat(), " ".repeat(indent))
}

/// `[a, b]`, on several lines where it is long.
pub(super) fn list(items: &[String], indent: usize, before: usize) -> String {
    let one = format!("[{}]", items.join(", "));
    if indent + before + one.len() <= WIDTH {
        return one;
    }
    let pad = " ".repeat(indent + 2);
    let lines: Vec<String> = items.iter().map(|i| format!("{pad}{i},\n")).collect();
    format!("[\n{}{}]", lines.concat(), " ".repeat(indent))
}
