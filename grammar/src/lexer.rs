//! A tolerant lexer for what pest does not look at: trivia between tokens, text that was not understood, the depth
//! of brackets. Its tokens cover every byte.

use crate::kind::SyntaxKind as K;

/// A token and its length in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lexed {
    pub kind: K,
    pub len: u32,
    /// False for strings without an end.
    pub is_complete: bool,
}

/// The first token of a text that is not empty.
pub(crate) fn next(text: &str) -> Option<Lexed> {
    let first = text.chars().next()?;
    let is_trivia_before_doc = first.is_whitespace() || first < ' ' || first == '\u{feff}';
    if is_trivia_before_doc {
        return Some(token(K::WHITESPACE, run(text, |c| c.is_whitespace() || c < ' ' || c == '\u{feff}')));
    }
    if text.starts_with("//") {
        return Some(token(comment_kind(text), run(text, |c| c != '\n' && c != '\r')));
    }
    if first == '"' {
        return Some(string(text));
    }
    if first == '`' {
        return Some(quoted_name(text));
    }
    if is_id_start(first) {
        return Some(word(text));
    }
    if first.is_ascii_digit() {
        return Some(token(K::NUMBER, number_len(text)));
    }
    if first == '@' {
        let tail = text.get(1..).unwrap_or("");
        let len = run(tail, |c| is_id_char(c) || matches!(c, '-' | ':' | '+'));
        return Some(token(K::TIMESTAMP, len + 1));
    }
    Some(punctuation(text, first))
}

/// `//!` and `///` are docs, `////` is a comment.
fn comment_kind(text: &str) -> K {
    if text.starts_with("//!") {
        return K::FILE_DOC;
    }
    if text.starts_with("///") && !text.starts_with("////") { K::DOC } else { K::COMMENT }
}

fn token(kind: K, len: usize) -> Lexed {
    Lexed { kind, len: len as u32, is_complete: true }
}

fn run(text: &str, is_in: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_in(c)).unwrap_or(text.len())
}

fn is_id_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_id_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn word(text: &str) -> Lexed {
    let len = run(text, is_id_char);
    token(K::IDENT, len)
}

fn quoted_name(text: &str) -> Lexed {
    let tail = text.get(1..).unwrap_or("");
    let inner = run(tail, |c| !matches!(c, '`' | '\n' | '\r'));
    if inner > 0 && tail.get(inner..).is_some_and(|t| t.starts_with('`')) {
        return token(K::IDENT, inner + 2);
    }
    token(K::UNKNOWN, 1)
}

fn number_len(text: &str) -> usize {
    let whole = run(text, is_id_char);
    let tail = text.get(whole..).unwrap_or("");
    let fraction = tail.strip_prefix('.').filter(|t| t.starts_with(|c: char| c.is_ascii_digit()));
    whole + fraction.map_or(0, |t| run(t, is_id_char) + 1)
}

/// A string with its holes. A short one ends at the end of the line.
fn string(text: &str) -> Lexed {
    let is_long = text.starts_with("\"\"\"");
    let quotes = if is_long { "\"\"\"" } else { "\"" };
    let mut at = quotes.len();
    let mut holes = 0_usize;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if holes == 0 && rest.starts_with(quotes) {
            return token(K::STRING, at + quotes.len());
        }
        let Some(c) = rest.chars().next() else { break };
        if c == '\n' && !is_long {
            break;
        }
        let escaped = if c == '\\' { rest.chars().nth(1).filter(|c| *c != '\n') } else { None };
        if rest.starts_with("${") {
            holes += 1;
            at += 2;
            continue;
        }
        if c == '}' {
            holes = holes.saturating_sub(1);
        }
        if c == '{' && holes > 0 {
            holes += 1;
        }
        if c == '"' && holes > 0 && !is_long {
            // A string in a hole of a string on one line.
            at += inner_string(rest);
            continue;
        }
        at += c.len_utf8() + escaped.map_or(0, char::len_utf8);
    }
    let len = text.get(..at).map_or(text.len(), |t| t.trim_end_matches(['\r', '\n']).len().max(quotes.len()));
    Lexed { kind: K::STRING, len: len as u32, is_complete: false }
}

/// The length of a string without holes that begins a text, at most to the end of the line.
fn inner_string(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return at,
            '"' if !is_escaped => return at + 1,
            _ => is_escaped = c == '\\' && !is_escaped,
        }
    }
    text.len()
}

fn punctuation(text: &str, first: char) -> Lexed {
    let two = match text.get(..2).unwrap_or("") {
        "=>" => Some(K::FAT_ARROW),
        "->" => Some(K::ARROW),
        "?." => Some(K::QUESTION_DOT),
        ".." => Some(K::DOT_DOT),
        "==" | "!=" | "<=" | ">=" | "&&" | "||" | "??" => Some(K::INFIX_OPERATOR),
        _ => None,
    };
    if let Some(kind) = two {
        return token(kind, 2);
    }
    let kind = match first {
        '{' => K::L_BRACE,
        '}' => K::R_BRACE,
        '(' => K::L_PAREN,
        ')' => K::R_PAREN,
        '[' => K::L_BRACKET,
        ']' => K::R_BRACKET,
        '<' => K::L_ANGLE,
        '>' => K::R_ANGLE,
        ',' => K::COMMA,
        ':' => K::COLON,
        '=' => K::EQ,
        '.' => K::DOT,
        '|' => K::BAR,
        '?' => K::QUESTION,
        '+' | '-' | '*' | '/' | '%' => K::INFIX_OPERATOR,
        '!' => K::PREFIX_OPERATOR,
        _ => K::UNKNOWN,
    };
    token(kind, first.len_utf8())
}

/// Walks the tokens of a text with the offset of each.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = (u32, Lexed)> {
    let mut at = 0_u32;
    std::iter::from_fn(move || {
        let lexed = next(text.get(at as usize..)?)?;
        let start = at;
        at += lexed.len.max(1);
        Some((start, lexed))
    })
}

/// The place where a text first nests deeper than `limit`: in brackets, in expressions that begin with a word, or in
/// holes of a string without an end.
pub(crate) fn too_deep(text: &str, limit: usize) -> Option<u32> {
    if raw_depth(text) <= limit {
        return None;
    }
    let mut depth = Depth::default();
    for (at, lexed) in tokens(text) {
        let token = text.get(at as usize..(at + lexed.len) as usize).unwrap_or("");
        let is_open_string = lexed.kind == K::STRING && !lexed.is_complete;
        if is_open_string && token.matches("${").count() > limit {
            return Some(at);
        }
        depth.add(lexed.kind, token);
        if depth.open.len() + depth.words > limit {
            return Some(at);
        }
    }
    None
}

/// How deep the tokens so far nest.
#[derive(Default)]
struct Depth {
    /// For each open bracket: is it a brace, and how many words were open before it.
    open: Vec<(bool, usize)>,
    /// Expressions in the innermost bracket that began with a word and may not have ended.
    words: usize,
}

impl Depth {
    fn add(&mut self, kind: K, token: &str) {
        match kind {
            K::L_BRACE | K::L_PAREN | K::L_BRACKET => {
                self.open.push((kind == K::L_BRACE, self.words));
                self.words = 0;
            }
            K::R_BRACE | K::R_PAREN | K::R_BRACKET => {
                self.words = self.open.pop().map_or(0, |(_, words)| words)
            }
            K::COMMA if self.open.last().is_some_and(|(is_brace, _)| !is_brace) => self.words = 0,
            K::IDENT => match token {
                "if" | "for" | "loop" | "match" => self.words += 1,
                "else" => self.words = self.words.saturating_sub(1),
                "step" | "let" | "output" | "mission" => self.words = 0,
                _ => {}
            },
            _ => {}
        }
    }
}

/// How deep a text nests at most when strings and comments are taken for code: quick, and enough for nearly all.
fn raw_depth(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut words = 0_usize;
    let mut deepest = 0;
    let mut is_in_word = false;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'{' | b'(' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth + words);
            }
            b'}' | b')' | b']' => {
                depth = depth.saturating_sub(1);
                if *byte == b'}' {
                    words = 0;
                }
            }
            b'i' | b'f' | b'l' | b'm' if !is_in_word => {
                let rest = bytes.get(at..).unwrap_or(&[]);
                words += usize::from(
                    [&b"if"[..], b"for", b"loop", b"match"].iter().any(|word| rest.starts_with(word)),
                );
                deepest = deepest.max(depth + words);
            }
            _ => {}
        }
        is_in_word = byte.is_ascii_alphanumeric() || *byte == b'_';
    }
    deepest
}
