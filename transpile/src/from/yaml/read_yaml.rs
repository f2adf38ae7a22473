//! YAML text to [`Node`]s: one syntax error where the text is broken, never a panic, bounded aliases.

use super::literal::can_be_key;
use super::node::{Entry, Kind, Node};
use rustchain_grammar::Span;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Nodes that one document may have once its aliases are written out.
const MAX_NODES: usize = 1_000_000;
/// How deep lists and maps may nest.
const MAX_DEPTH: usize = 64;

/// Why a text could not be read, and where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SyntaxError {
    pub message: String,
    pub span: Span,
    pub help: Option<String>,
}

impl SyntaxError {
    pub fn new(message: impl Into<String>, span: Span) -> Self {
        Self { message: message.into(), span, help: None }
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// What was read: the document, and the keys that stand twice in one map (second place, first place).
pub(crate) struct Document {
    pub root: Node,
    pub duplicates: Vec<(String, Span, Span)>,
}

/// Reads one YAML document.
pub(crate) fn read(text: &str) -> Result<Document, SyntaxError> {
    let offsets = Offsets::new(text);
    let mut builder = Builder { text, ..Builder::default() };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|e| syntax_error(&e, &offsets, text))?;
        builder.event(event, offsets.span(span))?;
    }
    let end = Span::new(text.len() as u32, text.len() as u32);
    let root = builder.root.unwrap_or(Node { kind: Kind::Null, span: end });
    Ok(Document { root, duplicates: builder.duplicates })
}

fn syntax_error(error: &ScanError, offsets: &Offsets, text: &str) -> SyntaxError {
    let at = offsets.byte(error.marker().index());
    let end = text.get(at as usize..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8) as u32;
    let tab = text.get(..at as usize).is_some_and(|before| {
        let line = before.rsplit('\n').next().unwrap_or_default();
        line.contains('\t') || text.get(at as usize..).is_some_and(|rest| rest.starts_with('\t'))
    });
    let result = SyntaxError::new(format!("broken YAML: {}", error.info()), Span::new(at, at + end));
    if tab { result.help("YAML is indented with spaces; replace the tab") } else { result }
}

/// From the parser's character indices to bytes.
struct Offsets {
    /// Byte of each character; empty where all are ASCII.
    bytes: Vec<u32>,
    len: u32,
}

impl Offsets {
    fn new(text: &str) -> Self {
        let bytes =
            if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(i, _)| i as u32).collect() };
        Self { bytes, len: text.len() as u32 }
    }

    fn byte(&self, index: usize) -> u32 {
        if self.bytes.is_empty() {
            return (index as u32).min(self.len);
        }
        self.bytes.get(index).copied().unwrap_or(self.len)
    }

    fn span(&self, span: saphyr_parser::Span) -> Span {
        let start = self.byte(span.start.index());
        Span::new(start, self.byte(span.end.index()).max(start))
    }
}

#[derive(Default)]
struct Builder<'t> {
    text: &'t str,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    anchors: BTreeMap<usize, (Node, Size)>,
    nodes: usize,
    duplicates: Vec<(String, Span, Span)>,
}

/// How large a value is: an alias brings all of it again.
#[derive(Clone, Copy)]
struct Size {
    /// Values, itself included.
    nodes: usize,
    /// Lists and maps in one another, itself included.
    levels: usize,
}

/// A list or map whose end has not come yet.
struct Open {
    start: Span,
    anchor: usize,
    nodes_before: usize,
    /// Levels of the deepest value in it.
    levels: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<(String, Span)> },
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), SyntaxError> {
        match event {
            Event::DocumentStart(_) => self.document(span),
            Event::Scalar(text, style, anchor, tag) => {
                let kind = scalar(&text, style, tag.as_ref());
                let span = self.trimmed(span, style);
                self.finish(Node { kind, span }, anchor, Size { nodes: 1, levels: 0 })
            }
            Event::SequenceStart(anchor, _) => self.start(Content::List(Vec::new()), anchor, span),
            Event::MappingStart(anchor, _) => {
                self.start(Content::Map { entries: Vec::new(), key: None }, anchor, span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn document(&mut self, span: Span) -> Result<(), SyntaxError> {
        self.documents += 1;
        if self.documents < 2 {
            return Ok(());
        }
        Err(SyntaxError::new("a second YAML document starts here", span)
            .help("one file is one mission; put several under `missions:`"))
    }

    /// Scalars on a line end at their last character, not at the next token.
    fn trimmed(&self, span: Span, style: ScalarStyle) -> Span {
        let Some(slice) = self.text.get(span.range()) else { return span };
        if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            return span;
        }
        Span::new(span.start, span.start + slice.trim_end().len() as u32)
    }

    fn start(&mut self, content: Content, anchor: usize, span: Span) -> Result<(), SyntaxError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(span));
        }
        self.open.push(Open { start: span, anchor, nodes_before: self.nodes, levels: 0, content });
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<(), SyntaxError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let (kind, last) = match open.content {
            Content::List(items) => {
                let last = items.last().map(|n| n.span.end);
                (Kind::List(items), last)
            }
            Content::Map { entries, .. } => {
                let last = entries.last().map(|e| e.value.span.end.max(e.key_span.end));
                (Kind::Map(entries), last)
            }
        };
        let end = if span.is_empty() { last.unwrap_or(open.start.end) } else { span.end };
        let node = Node { kind, span: Span::new(open.start.start, end.max(open.start.start)) };
        let nodes = self.nodes - open.nodes_before + 1;
        self.finish(node, open.anchor, Size { nodes, levels: open.levels + 1 })
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), SyntaxError> {
        let Some((node, size)) = self.anchors.get(&anchor) else {
            return Err(SyntaxError::new("an alias inside of what it names", span));
        };
        if self.nodes + size.nodes > MAX_NODES {
            return Err(SyntaxError::new(format!("aliases make more than {MAX_NODES} values"), span));
        }
        if self.open.len() + size.levels > MAX_DEPTH {
            return Err(too_deep(span));
        }
        let (mut node, size) = (node.clone(), *size);
        node.span = span;
        self.nodes += size.nodes - 1;
        self.finish(node, 0, size)
    }

    /// Puts a whole node where it belongs.
    fn finish(&mut self, node: Node, anchor: usize, size: Size) -> Result<(), SyntaxError> {
        self.nodes += 1;
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return Ok(());
        };
        open.levels = open.levels.max(size.levels);
        match &mut open.content {
            Content::List(items) => items.push(node),
            Content::Map { entries, key } => match key.take() {
                None => *key = Some((key_text(&node)?, node.span)),
                Some((name, key_span)) if name == "<<" => merge(entries, &node, key_span),
                Some((name, key_span)) => {
                    entries.retain(|e| e.key != name || !e.key_span.is_empty());
                    if let Some(first) = entries.iter().find(|e| e.key == name) {
                        self.duplicates.push((name.clone(), key_span, first.key_span));
                    }
                    entries.push(Entry { key: name, key_span, value: node });
                }
            },
        }
        Ok(())
    }
}

fn too_deep(span: Span) -> SyntaxError {
    SyntaxError::new(format!("nested deeper than {MAX_DEPTH} levels"), span)
}

fn key_text(node: &Node) -> Result<String, SyntaxError> {
    if node.is_null() {
        return Ok("null".into());
    }
    let text = node.scalar_text();
    let text = text.ok_or_else(|| SyntaxError::new(format!("{} as a key", node.describe()), node.span))?;
    match can_be_key(&text) {
        true => Ok(text),
        false => Err(SyntaxError::new(KEY, node.span)),
    }
}

/// What is wrong with a key that no mission can have.
pub(super) const KEY: &str = "a key with a backquote or a line break, and with quotes or escapes";

/// `<<: *base`: entries that are not there yet, marked by an empty key span.
fn merge(entries: &mut Vec<Entry>, node: &Node, key_span: Span) {
    let place = Span::new(key_span.start, key_span.start);
    let sources = if node.items().is_empty() { std::slice::from_ref(node) } else { node.items() };
    for entry in sources.iter().flat_map(Node::entries) {
        if entries.iter().all(|e| e.key != entry.key) {
            entries.push(Entry { key: entry.key.clone(), key_span: place, value: entry.value.clone() });
        }
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Cow<'_, Tag>>) -> Kind {
    let tagged_text = tag.is_some_and(|t| t.suffix == "str");
    if tagged_text || !matches!(style, ScalarStyle::Plain) {
        return Kind::Text(text.into());
    }
    plain(text)
}

/// A plain scalar by the YAML 1.2 core schema.
fn plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" => return Kind::Bool(true),
        "false" | "False" | "FALSE" => return Kind::Bool(false),
        _ => {}
    }
    if let Some(value) = integer(text) {
        return Kind::Int(value);
    }
    let number_like = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b))
        && text.bytes().any(|b| b.is_ascii_digit());
    match text.parse::<f64>() {
        Ok(value) if number_like && value.is_finite() => Kind::Float(value),
        _ => Kind::Text(text.into()),
    }
}

fn integer(text: &str) -> Option<i64> {
    if let Some(hex) = text.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).ok().filter(|_| !hex.starts_with(['+', '-']));
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return i64::from_str_radix(octal, 8).ok().filter(|_| !octal.starts_with(['+', '-']));
    }
    text.parse().ok()
}
