//! Literals of the mission language.

/// A string literal.
pub(in crate::from) fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' if chars.peek() == Some(&'{') => out.push_str("\\$"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A raw string with a tag where it reads better, else a plain literal. `indent` is that of the line.
pub(in crate::from) fn script(tag: &str, text: &str, indent: usize) -> String {
    let control = text.chars().any(|c| (c as u32) < 0x20 && c != '\n' && c != '\t');
    let plain = !text.contains(['"', '\n', '\\']) && !text.contains("${");
    if plain || control || text.contains("\"\"\"") {
        return string(text);
    }
    // Blanks after the last line end mean nothing to a shell; inside a here-document they might.
    let text = if text.contains("<<") { text } else { trim_last_line(text) };
    if !text.contains('\n') && !text.ends_with(['"', '\\']) {
        return format!("{tag}\"\"\"{text}\"\"\"");
    }
    let blank_with_spaces = text.split('\n').any(|l| !l.is_empty() && l.trim().is_empty());
    if blank_with_spaces {
        return string(text);
    }
    let pad = " ".repeat(indent + 2);
    let lines: Vec<String> =
        text.split('\n').map(|l| if l.is_empty() { String::new() } else { format!("{pad}{l}") }).collect();
    format!("{tag}\"\"\"\n{}\n{pad}\"\"\"", lines.join("\n"))
}

/// Without the blanks of a last line that has nothing else.
fn trim_last_line(text: &str) -> &str {
    match text.rfind('\n') {
        Some(at) if text.get(at + 1..).is_some_and(|l| l.trim().is_empty()) => {
            text.get(..=at).unwrap_or(text)
        }
        _ => text,
    }
}

/// A duration literal of microseconds; below zero is not a duration.
pub(in crate::from) fn duration(micros: i64) -> String {
    // A duration counts nanoseconds: 292 years at the most.
    let mut rest = micros.clamp(0, i64::MAX / 1_000);
    let mut out = String::new();
    for (unit, size) in [
        ("d", 86_400_000_000),
        ("h", 3_600_000_000),
        ("m", 60_000_000),
        ("s", 1_000_000),
        ("ms", 1_000),
        ("us", 1),
    ] {
        let n = rest / size;
        rest %= size;
        if n > 0 {
            out.push_str(&format!("{n}{unit}"));
        }
    }
    if out.is_empty() { "0s".into() } else { out }
}

/// A timestamp literal of an ISO time.
pub(in crate::from) fn timestamp(iso: &str) -> String {
    let full = if iso.contains('T') { iso.to_owned() } else { format!("{iso}T00:00:00") };
    let tail = full.get(19..).unwrap_or("");
    let zoned = tail.contains(['+', '-', 'Z']);
    let text = if zoned { full.replace("+00:00", "Z") } else { format!("{full}Z") };
    format!("@{text}")
}

/// Text as `///` lines.
pub(in crate::from) fn docs(text: &str, indent: usize) -> String {
    let pad = " ".repeat(indent);
    crate::python::dedent_doc(text)
        .lines()
        .map(|l| format!("{pad}/// {}", l.replace('\r', "")).trim_end().to_owned() + "\n")
        .collect()
}
