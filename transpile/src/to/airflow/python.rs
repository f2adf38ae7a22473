//! Python source text: values and calls, laid out as a formatter would.

/// Longest line.
const WIDTH: usize = 88;

/// A Python expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Py {
    /// A name, a number, anything that is written as it is.
    Raw(String),
    Text(String),
    List(Vec<Py>),
    Dict(Vec<(Py, Py)>),
    Call(String, Vec<Arg>),
    /// `X(…).method(…)`.
    Then(Box<Py>, &'static str, Vec<Arg>),
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Arg {
    pub name: Option<String>,
    pub value: Py,
}

/// `name=value`.
pub(super) fn named(name: &str, value: Py) -> Arg {
    Arg { name: Some(name.to_owned()), value }
}

/// An argument by position.
pub(super) fn plain(value: Py) -> Arg {
    Arg { name: None, value }
}

impl Py {
    pub(super) fn raw(text: impl Into<String>) -> Py {
        Py::Raw(text.into())
    }

    pub(super) fn text(text: impl Into<String>) -> Py {
        Py::Text(text.into())
    }

    pub(super) fn texts(texts: impl IntoIterator<Item = impl Into<String>>) -> Py {
        Py::List(texts.into_iter().map(Py::text).collect())
    }

    pub(super) fn bool(yes: bool) -> Py {
        Py::raw(if yes { "True" } else { "False" })
    }

    /// A JSON value as a literal.
    pub(super) fn json(value: &serde_json::Value) -> Py {
        match value {
            serde_json::Value::Null => Py::raw("None"),
            serde_json::Value::Bool(yes) => Py::bool(*yes),
            serde_json::Value::Number(number) => Py::raw(number.to_string()),
            serde_json::Value::String(text) => Py::text(text.as_str()),
            serde_json::Value::Array(items) => Py::List(items.iter().map(Py::json).collect()),
            serde_json::Value::Object(members) => {
                Py::Dict(members.iter().map(|(k, v)| (Py::text(k.as_str()), Py::json(v))).collect())
            }
        }
    }

    /// Its text where the first line has `before` columns in front of it at an indent of `indent`, and `after`
    /// columns follow its last line.
    pub(super) fn write(&self, indent: usize, before: usize, after: usize) -> String {
        let flat = self.flat();
        if before + flat.chars().count() + after <= WIDTH {
            return flat;
        }
        let pad = " ".repeat(indent);
        let inner = indent + 4;
        match self {
            Py::Raw(text) => text.clone(),
            Py::Text(text) => text_lines(text, indent, &flat),
            Py::List(items) if items.is_empty() => flat,
            Py::Dict(items) if items.is_empty() => flat,
            Py::List(items) => {
                let lines = items.iter().map(|item| format!("{pad}    {},\n", item.write(inner, inner, 1)));
                format!("[\n{}{pad}]", lines.collect::<String>())
            }
            Py::Dict(items) => {
                let lines = items.iter().map(|(key, value)| {
                    let key = key.flat();
                    let before = inner + key.chars().count() + 2;
                    format!("{pad}    {key}: {},\n", value.write(inner, before, 1))
                });
                format!("{{\n{}{pad}}}", lines.collect::<String>())
            }
            Py::Call(_, args) if args.is_empty() => flat,
            Py::Call(name, args) => {
                let lines = args.iter().map(|arg| {
                    let head = arg.name.as_ref().map(|n| format!("{n}=")).unwrap_or_default();
                    let before = inner + head.chars().count();
                    format!("{pad}    {head}{},\n", arg.value.write(inner, before, 1))
                });
                format!("{name}(\n{}{pad})", lines.collect::<String>())
            }
            Py::Then(first, method, args) => {
                let first = first.write(indent, before, WIDTH);
                let last = first.rsplit('\n').next().map_or(0, |line| line.chars().count());
                let call = Py::Call(format!("{first}.{method}"), args.clone());
                let tail = Py::Call(format!(".{method}"), args.clone()).flat();
                match last + tail.chars().count() + after <= WIDTH {
                    true => format!("{first}{tail}"),
                    false => call.write(indent, WIDTH, after),
                }
            }
        }
    }

    fn flat(&self) -> String {
        match self {
            Py::Raw(text) => text.clone(),
            Py::Text(text) => quoted(text),
            Py::List(items) => format!("[{}]", join(items.iter().map(Py::flat))),
            Py::Dict(items) => {
                format!("{{{}}}", join(items.iter().map(|(k, v)| format!("{}: {}", k.flat(), v.flat()))))
            }
            Py::Call(name, args) => {
                let args = args.iter().map(|arg| match &arg.name {
                    Some(name) => format!("{name}={}", arg.value.flat()),
                    None => arg.value.flat(),
                });
                format!("{name}({})", join(args))
            }
            Py::Then(first, method, args) => {
                format!("{}{}", first.flat(), Py::Call(format!(".{method}"), args.clone()).flat())
            }
        }
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// A text of several lines as one literal a line, in parentheses.
fn text_lines(text: &str, indent: usize, flat: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    if lines.len() < 2 {
        return flat.to_owned();
    }
    let pad = " ".repeat(indent);
    let lines = lines.iter().map(|line| format!("{pad}    {}\n", quoted(line)));
    format!("(\n{}{pad})", lines.collect::<String>())
}

/// A string literal: double quotes, or single ones where that takes fewer escapes.
pub(super) fn quoted(text: &str) -> String {
    let double = text.matches('"').count();
    let quote = if double > text.matches('\'').count() { '\'' } else { '"' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() || invisible(c) => out.push_str(&escape(c)),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// Characters that a reader cannot see, among them those that change the direction of text.
fn invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn escape(c: char) -> String {
    let code = u32::from(c);
    match code {
        0..=0xff => format!("\\x{code:02x}"),
        0x100..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

/// The text of a docstring's inside, safe between `"""`.
pub(super) fn docstring(text: &str) -> String {
    let mut out = String::new();
    for c in text.trim().chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push('\n'),
            c if c.is_control() || invisible(c) => out.push_str(&escape(c)),
            c => out.push(c),
        }
    }
    let lines: Vec<&str> = out.lines().map(str::trim_end).collect();
    // Triple quotes would end it, and so would one at the very end.
    lines.join("\n").replace("\"\"\"", "\\\"\\\"\\\"")
}

/// Words that no variable may be called.
pub(super) const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];
