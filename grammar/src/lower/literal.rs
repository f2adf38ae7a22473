//! Numbers, durations and strings.

use super::Lower;
use crate::ast::{ExprKind, TemplatePart};
use crate::flat::{Children, Node};
use crate::kind::SyntaxKind as K;
use crate::span::Span;
use smol_str::SmolStr;

/// Units of durations in nanoseconds, longest first.
const UNITS: [(&str, i64); 8] = [
    ("w", 604_800_000_000_000),
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

impl<'a> Lower<'a> {
    /// An int, a float or a duration; anything else is reported and is an `Error`.
    pub fn number(&mut self, node: Node<'a>) -> ExprKind {
        let text = self.slice(node.span());
        match number(text) {
            Ok(kind) => kind,
            Err(message) => {
                self.report("RC0004", node.span(), format!("{message}: `{text}`"));
                ExprKind::Error
            }
        }
    }

    /// The next string of a node, which must be plain.
    pub fn next_text(&mut self, children: &mut Children<'a>) -> (SmolStr, Span) {
        match children.find(|n| matches!(n.kind(), K::STRING | K::TEMPLATE)) {
            Some(node) => self.text_of(node),
            None => Default::default(),
        }
    }

    /// The text of a string that may have escapes, but no holes.
    pub fn text_of(&mut self, node: Node<'a>) -> (SmolStr, Span) {
        let mut text = String::new();
        for part in self.template(node) {
            match part {
                TemplatePart::Text(part, _) => text.push_str(&part),
                TemplatePart::Hole(_, span) => {
                    self.report("RC0007", span, "this text is fixed and may have no holes");
                }
            }
        }
        (text.into(), node.span())
    }

    /// The parts of a string: escapes decoded, the indent of `"""` stripped.
    pub fn template(&mut self, node: Node<'a>) -> Vec<TemplatePart> {
        let quotes = if self.slice(node.span()).starts_with("\"\"\"") { 3 } else { 1 };
        let span = node.span();
        let body = Span::new(span.start + quotes, span.end.saturating_sub(quotes).max(span.start + quotes));
        let holes: Vec<Node<'a>> = node.children().filter(|c| c.kind() == K::HOLE).collect();
        let mut layout = Layout::default();
        let mut body = body;
        if quotes == 3 {
            let last_text = holes.last().map_or(body.start, |hole| hole.span().end);
            (layout, body) = Layout::of(self.text, body, last_text);
        }
        let mut parts = Vec::with_capacity(holes.len() * 2 + 1);
        let mut at = body.start;
        for hole in holes {
            self.push_text(&mut parts, Span::new(at, hole.span().start), &mut layout);
            layout.at_line_start = false;
            let value = match hole.children().seek(K::EXPR) {
                Some(value) => self.expr(value),
                None => super::error_expr(hole.span()),
            };
            parts.push(TemplatePart::Hole(Box::new(value), hole.span()));
            at = hole.span().end;
        }
        self.push_text(&mut parts, Span::new(at, body.end.max(at)), &mut layout);
        parts
    }

    fn push_text(&mut self, parts: &mut Vec<TemplatePart>, span: Span, layout: &mut Layout<'a>) {
        if span.is_empty() {
            return;
        }
        let source = self.slice(span);
        let text = if layout.is_plain() && !source.contains(['\\', '\r']) {
            SmolStr::new(source)
        } else {
            let lines = layout.strip(source);
            SmolStr::new(self.unescape(&lines, span))
        };
        if !text.is_empty() {
            parts.push(TemplatePart::Text(text, span));
        }
    }

    fn unescape(&mut self, text: &str, span: Span) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('\\') {
            out.push_str(rest.get(..at).unwrap_or(""));
            rest = rest.get(at + 1..).unwrap_or("");
            let (decoded, used) = escape(rest);
            match decoded {
                Some(c) => out.push(c),
                None => self.report_escape(rest, span),
            }
            rest = rest.get(used..).unwrap_or("");
        }
        out.push_str(rest);
        out
    }

    fn report_escape(&mut self, after: &str, span: Span) {
        let shown = after.chars().next().map(String::from).unwrap_or_default();
        let found = self.source_of_escape(after, span);
        let diagnostic = self.report("RC0005", found, format!("unknown escape `\\{shown}`"));
        diagnostic.help =
            Some(r#"escapes are \n \t \r \0 \\ \" \$ and \u{1F600}; a raw string has none"#.to_owned());
    }

    /// Where an escape stands in the source: its text occurs there as it is, up to the end of its line.
    fn source_of_escape(&self, after: &str, span: Span) -> Span {
        let line = after.lines().next().unwrap_or("");
        let needle = format!("\\{line}");
        let within = self.slice(span).find(&needle).unwrap_or(0) as u32;
        let width = 1 + after.chars().next().map_or(0, char::len_utf8) as u32;
        Span::new(span.start + within, span.start + within + width)
    }

    /// The text of a raw string, its indent stripped.
    pub fn raw_text(&mut self, node: Node<'a>) -> SmolStr {
        let span = node.span();
        let body = Span::new(span.start + 3, span.end.saturating_sub(3).max(span.start + 3));
        let (mut layout, body) = Layout::of(self.text, body, body.start);
        let source = self.slice(body);
        if layout.is_plain() && !source.contains('\r') { source.into() } else { layout.strip(source).into() }
    }
}

/// How the lines of a `"""` string are indented.
#[derive(Default)]
pub(crate) struct Layout<'a> {
    /// What stands before the closing quotes.
    indent: &'a str,
    /// Does the next text begin a line?
    at_line_start: bool,
}

impl<'a> Layout<'a> {
    /// The indent and the body without its first and last line end. The text after the last hole begins at
    /// `last_text`.
    fn of(text: &'a str, body: Span, last_text: u32) -> (Self, Span) {
        let source = text.get(body.range()).unwrap_or("");
        let opening = if source.starts_with("\r\n") { 2 } else { u32::from(source.starts_with('\n')) };
        let start = body.start + opening;
        let tail_start = last_text.max(body.start);
        let tail = text.get(tail_start as usize..body.end as usize).unwrap_or("");
        let Some(indent) = Layout::indent_of(text, body, last_text) else {
            return (Layout { indent: "", at_line_start: opening > 0 }, Span::new(start, body.end));
        };
        let at = (indent.start - tail_start - 1) as usize;
        let indent = text.get(indent.range()).unwrap_or("");
        let before = tail.get(..at).unwrap_or("");
        let end = tail_start + before.strip_suffix('\r').unwrap_or(before).len() as u32;
        (Layout { indent, at_line_start: opening > 0 }, Span::new(start, end.max(start)))
    }

    /// Where the indent of a `"""` string stands, if its closing quotes are on a line of their own.
    pub(crate) fn indent_of(text: &str, body: Span, last_text: u32) -> Option<Span> {
        let from = last_text.max(body.start);
        let tail = text.get(from as usize..body.end as usize)?;
        let line = from + tail.rfind('\n')? as u32 + 1;
        let indent = text.get(line as usize..body.end as usize)?;
        indent.chars().all(|c| c == ' ' || c == '\t').then(|| Span::new(line, body.end))
    }

    fn is_plain(&self) -> bool {
        self.indent.is_empty()
    }

    /// The lines of a text without the indent; `\r\n` becomes `\n`.
    fn strip(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let line = if self.at_line_start { self.dedent(line) } else { line };
            match line.strip_suffix("\r\n") {
                Some(line) => {
                    out.push_str(line);
                    out.push('\n');
                }
                None => out.push_str(line),
            }
            self.at_line_start = line.ends_with('\n');
        }
        out
    }

    /// As much of the indent as a line has.
    fn dedent<'t>(&self, line: &'t str) -> &'t str {
        let shared = line.bytes().zip(self.indent.bytes()).take_while(|(a, b)| a == b).count();
        line.get(shared..).unwrap_or(line)
    }
}

/// The character of an escape and how many bytes after the backslash it takes.
fn escape(after: &str) -> (Option<char>, usize) {
    let Some(first) = after.chars().next() else { return (None, 0) };
    let decoded = match first {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '0' => '\0',
        '\\' | '"' | '$' => first,
        'u' => return unicode(after).unwrap_or((None, 1)),
        _ => return (None, first.len_utf8()),
    };
    (Some(decoded), 1)
}

fn unicode(after: &str) -> Option<(Option<char>, usize)> {
    let digits = after.strip_prefix("u{")?;
    let (digits, _) = digits.split_once('}')?;
    if digits.is_empty() || digits.len() > 6 {
        return None;
    }
    let code = u32::from_str_radix(digits, 16).ok()?;
    Some((Some(char::from_u32(code)?), digits.len() + 3))
}

fn number(text: &str) -> Result<ExprKind, &'static str> {
    if text.ends_with('_') || text.contains("__") || text.contains("_.") || text.contains("._") {
        return Err("`_` stands between digits only");
    }
    let bare;
    let digits = if text.contains('_') {
        bare = text.replace('_', "");
        bare.as_str()
    } else {
        text
    };
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        if digits.len() > 1 && digits.starts_with('0') {
            return Err("a number has no leading zeros");
        }
        return digits.parse().map(ExprKind::Int).map_err(|_| "this number is out of range");
    }
    let is_float =
        digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if is_float {
        let value: f64 = digits.parse().map_err(|_| "this is not a number")?;
        return if value.is_finite() {
            Ok(ExprKind::Float(value))
        } else {
            Err("this number is out of range")
        };
    }
    duration(digits).map(ExprKind::Duration)
}

/// `1h30m` in nanoseconds: each unit at most once, longer ones first.
fn duration(text: &str) -> Result<i64, &'static str> {
    let mut rest = text;
    let mut total: i64 = 0;
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (count, tail) = rest.split_at_checked(digits).unwrap_or(("", rest));
        let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, tail) = tail.split_at_checked(letters).unwrap_or(("", tail));
        if count.is_empty() || unit.is_empty() {
            return Err("this is neither a number nor a duration");
        }
        if !UNITS.iter().any(|(name, _)| *name == unit) {
            return Err("this is neither a number nor a duration; units are w d h m s ms us ns");
        }
        let Some((_, size)) = units.by_ref().find(|(name, _)| *name == unit) else {
            return Err("the units of a duration go from long to short, each once");
        };
        let count: i64 = count.parse().map_err(|_| "this duration is out of range")?;
        let part = count.checked_mul(*size).ok_or("this duration is out of range")?;
        total = total.checked_add(part).ok_or("this duration is out of range")?;
        rest = tail;
    }
    Ok(total)
}
