//! JSON text to [`Node`]s (RFC 8259): tabs, escapes and surrogate pairs as JSON has them.

use super::literal::can_be_key;
use super::node::{Entry, Kind, Node};
use super::read_yaml::{Document, KEY, SyntaxError};
use rustchain_grammar::Span;

/// How deep arrays and objects may nest.
const MAX_DEPTH: usize = 64;

/// Reads one JSON value.
pub(crate) fn read(text: &str) -> Result<Document, SyntaxError> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, duplicates: Vec::new() };
    if text.starts_with('\u{feff}') {
        reader.at = 3;
    }
    let root = reader.value(0)?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.error("text after the end of the JSON value"));
    }
    Ok(Document { root, duplicates: reader.duplicates })
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    duplicates: Vec<(String, Span, Span)>,
}

impl Reader<'_> {
    fn error(&self, message: &str) -> SyntaxError {
        let width = self.rest().chars().next().map_or(0, char::len_utf8);
        self.error_at(message, self.at, self.at + width)
    }

    fn error_at(&self, message: &str, start: usize, end: usize) -> SyntaxError {
        SyntaxError::new(format!("broken JSON: {message}"), Span::new(start as u32, end as u32))
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn value(&mut self, depth: usize) -> Result<Node, SyntaxError> {
        if depth > MAX_DEPTH {
            return Err(self.error("nested too deep"));
        }
        self.space();
        let start = self.at;
        let kind = match self.peek() {
            None => return Err(self.error("a value is missing at the end of the file")),
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Kind::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(_) => self.word()?,
        };
        Ok(Node { kind, span: Span::new(start as u32, self.at as u32) })
    }

    fn word(&mut self) -> Result<Kind, SyntaxError> {
        let words = [("true", Kind::Bool(true)), ("false", Kind::Bool(false)), ("null", Kind::Null)];
        for (word, kind) in words {
            if self.rest().starts_with(word) {
                self.at += word.len();
                return Ok(kind);
            }
        }
        Err(self.error("expected a value"))
    }

    fn object(&mut self, depth: usize) -> Result<Kind, SyntaxError> {
        let open = self.at;
        self.at += 1;
        let mut entries: Vec<Entry> = Vec::new();
        self.space();
        if self.eat(b'}') {
            return Ok(Kind::Map(entries));
        }
        loop {
            self.space();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.expected("a key in double quotes", open));
            }
            let key = self.string()?;
            let key_span = Span::new(start as u32, self.at as u32);
            if !can_be_key(&key) {
                return Err(SyntaxError::new(KEY, key_span));
            }
            self.space();
            if !self.eat(b':') {
                return Err(self.expected("`:` after the key", open));
            }
            let value = self.value(depth + 1)?;
            if let Some(first) = entries.iter().find(|e| e.key == key) {
                self.duplicates.push((key.clone(), key_span, first.key_span));
            }
            entries.push(Entry { key, key_span, value });
            self.space();
            if self.eat(b',') {
                continue;
            }
            if self.eat(b'}') {
                return Ok(Kind::Map(entries));
            }
            return Err(self.expected("`,` or `}`", open));
        }
    }

    fn array(&mut self, depth: usize) -> Result<Kind, SyntaxError> {
        let open = self.at;
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.eat(b']') {
            return Ok(Kind::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.eat(b',') {
                continue;
            }
            if self.eat(b']') {
                return Ok(Kind::List(items));
            }
            return Err(self.expected("`,` or `]`", open));
        }
    }

    /// What is missing; at the end of the file the bracket that was never closed is shown.
    fn expected(&self, what: &str, open: usize) -> SyntaxError {
        if self.at < self.text.len() {
            return self.error(&format!("expected {what}"));
        }
        self.error_at("this bracket is never closed", open, open + 1)
    }

    fn number(&mut self) -> Result<Kind, SyntaxError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) {
            self.at += 1;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        if let Ok(value) = text.parse::<i64>() {
            return Ok(Kind::Int(value));
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Kind::Float(value)),
            _ => Err(self.error_at("no number", start, self.at)),
        }
    }

    fn string(&mut self) -> Result<String, SyntaxError> {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let Some(next) = self.rest().chars().next() else {
                return Err(self.error_at("this text is never closed", start, start + 1));
            };
            match next {
                '"' => {
                    self.at += 1;
                    return Ok(out);
                }
                '\\' => out.push(self.escape()?),
                '\n' | '\r' => return Err(self.error_at("this text is never closed", start, self.at)),
                // A tab is not allowed by the letter of the RFC; what it means is plain.
                other => {
                    self.at += other.len_utf8();
                    out.push(other);
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, SyntaxError> {
        let start = self.at;
        self.at += 1;
        let Some(byte) = self.peek() else { return Err(self.error("the text ends in an escape")) };
        self.at += self.rest().chars().next().map_or(1, char::len_utf8);
        Ok(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(start),
            _ => return Err(self.error_at("no such escape", start, self.at)),
        })
    }

    fn unicode(&mut self, start: usize) -> Result<char, SyntaxError> {
        let first = self.hex(start)?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first)
                .ok_or_else(|| self.error_at("half a surrogate pair", start, self.at));
        }
        if !self.rest().starts_with("\\u") {
            return Err(self.error_at("half a surrogate pair", start, self.at));
        }
        self.at += 2;
        let second = self.hex(start)?;
        let low = second.checked_sub(0xDC00).filter(|low| *low < 0x400);
        low.and_then(|low| char::from_u32(0x10000 + ((first - 0xD800) << 10) + low))
            .ok_or_else(|| self.error_at("half a surrogate pair", start, self.at))
    }

    fn hex(&mut self, start: usize) -> Result<u32, SyntaxError> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let value = digits.and_then(|d| u32::from_str_radix(d, 16).ok());
        let end = self.at;
        self.at += 4;
        value.ok_or_else(|| self.error_at("`\\u` needs four hex digits", start, end))
    }
}
