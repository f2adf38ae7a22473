//! Paths and bytes of `ide` to URIs and positions of the protocol, and back.

use crate::ide::{Encoding, LineIndex, Location, Snapshot};
use gen_lsp_types as lsp;
use rustchain_grammar::Span;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file of a `file:` URI.
pub fn path_of(uri: &lsp::Uri) -> Option<PathBuf> {
    let rest = uri.0.strip_prefix("file://")?;
    let path = &rest[rest.find('/')?..];
    let bytes = path.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(&byte) = bytes.get(i) {
        let hex = path.get(i + 1..i + 3).filter(|_| byte == b'%');
        match hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
            Some(value) => {
                out.push(value);
                i += 3;
            }
            None => {
                out.push(byte);
                i += 1;
            }
        }
    }
    Some(rustchain_compiler::source::normalise(Path::new(&String::from_utf8(out).ok()?)))
}

/// The URI of a file.
pub fn uri_of(path: &Path) -> lsp::Uri {
    use std::fmt::Write;
    let mut out = String::from("file://");
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                out.push(byte as char)
            }
            other => {
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
    lsp::Uri(out)
}

/// A text with its lines.
struct Indexed {
    text: Arc<str>,
    lines: LineIndex,
}

/// Conversions for one request: each file is indexed once.
pub struct Convert<'a> {
    snapshot: &'a Snapshot,
    encoding: Encoding,
    files: BTreeMap<PathBuf, Indexed>,
}

impl<'a> Convert<'a> {
    /// For one snapshot.
    pub fn new(snapshot: &'a Snapshot, encoding: Encoding) -> Convert<'a> {
        Convert { snapshot, encoding, files: BTreeMap::new() }
    }

    fn file(&mut self, path: &Path) -> &Indexed {
        if !self.files.contains_key(path) {
            let text = self.snapshot.text(path).unwrap_or_else(|| Arc::from(""));
            let lines = LineIndex::new(&text);
            self.files.insert(path.to_owned(), Indexed { text, lines });
        }
        &self.files[path]
    }

    /// A byte of a file.
    pub fn position(&mut self, path: &Path, offset: u32) -> lsp::Position {
        let encoding = self.encoding;
        let file = self.file(path);
        let (line, character) = file.lines.position(&file.text, offset, encoding);
        lsp::Position { line, character }
    }

    /// A span of a file.
    pub fn range(&mut self, path: &Path, span: Span) -> lsp::Range {
        lsp::Range { start: self.position(path, span.start), end: self.position(path, span.end) }
    }

    /// A place.
    pub fn location(&mut self, location: &Location) -> lsp::Location {
        lsp::Location { uri: uri_of(&location.path), range: self.range(&location.path, location.span) }
    }

    /// The byte of a position.
    pub fn offset(&mut self, path: &Path, position: lsp::Position) -> u32 {
        let encoding = self.encoding;
        let file = self.file(path);
        file.lines.offset(&file.text, position.line, position.character, encoding)
    }

    /// The span of a range; the ends may come in any order.
    pub fn span(&mut self, path: &Path, range: lsp::Range) -> Span {
        let (a, b) = (self.offset(path, range.start), self.offset(path, range.end));
        Span::new(a.min(b), a.max(b))
    }

    /// Length of a span in the client's unit.
    pub fn width(&mut self, path: &Path, span: Span) -> u32 {
        let (start, end) = (self.position(path, span.start), self.position(path, span.end));
        end.character.saturating_sub(start.character)
    }

    /// The last line, and where it ends.
    pub fn end(&mut self, path: &Path) -> lsp::Position {
        let length = self.file(path).text.len() as u32;
        self.position(path, length)
    }
}
