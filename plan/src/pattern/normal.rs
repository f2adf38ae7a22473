//! Normal forms of patterns, syntax by syntax.

use super::token::{self, Token};
use super::url;
use crate::effect::PatternSyntax;

/// A pattern in normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Normal {
    /// Any text at all: the pattern `**`, or one whose values cannot be told.
    Any,
    /// Text that has no normal form: only `Any` has it.
    Unreadable,
    /// A pattern of a path.
    Path(Vec<Token>),
    /// A pattern of a url.
    Url(UrlPattern),
    /// A pattern of a name.
    Name(Vec<Token>),
}

/// The parts of the pattern of a url.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UrlPattern {
    /// Lower case; wild in grants only.
    pub(super) scheme: Vec<Token>,
    /// User, host and port.
    pub(super) authority: Vec<Token>,
    /// Begins with `/`. `None`: the authority ends with a `**` that covers everything after it.
    pub(super) path: Option<Vec<Token>>,
    /// After `?`.
    pub(super) query: Option<Vec<Token>>,
}

/// Which side of the decision a pattern stands on; decides what becomes of one that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// What is asked for: rather too much.
    Request,
    /// Rather too little.
    Allow,
    /// Rather too much.
    Deny,
}

impl Role {
    fn unresolved(self) -> Normal {
        match self {
            Role::Request | Role::Deny => Normal::Any,
            Role::Allow => Normal::Unreadable,
        }
    }
}

pub(super) fn normal(text: &str, syntax: PatternSyntax, role: Role) -> Normal {
    let tokens = token::read(text);
    if tokens == [Token::Stars] {
        return Normal::Any;
    }
    match syntax {
        PatternSyntax::Bare => Normal::Any,
        PatternSyntax::Name => Normal::Name(tokens),
        PatternSyntax::Path => match path(&tokens) {
            Some(tokens) if role == Role::Request => Normal::Path(wide_start(tokens)),
            Some(tokens) => Normal::Path(tokens),
            None => role.unresolved(),
        },
        PatternSyntax::Url => match (role, token::literal(&tokens)) {
            (Role::Request, Some(text)) => literal_url(&text),
            _ => url_pattern(&tokens, role),
        },
    }
}

fn is_dots(segment: &[Token], count: usize) -> bool {
    segment.len() == count && segment.iter().all(|t| *t == Token::Char('.'))
}

/// Segments without empty ones and `.`; `..` takes the segment before it, which must not be wild.
fn path(tokens: &[Token]) -> Option<Vec<Token>> {
    let absolute = tokens.first() == Some(&Token::Char('/'));
    let mut kept: Vec<&[Token]> = Vec::new();
    for segment in tokens.split(|t| *t == Token::Char('/')) {
        if segment.is_empty() || is_dots(segment, 1) {
            continue;
        }
        if !is_dots(segment, 2) {
            kept.push(segment);
            continue;
        }
        match kept.last() {
            Some(last) if last.iter().any(|t| t.is_wild()) => return None,
            Some(last) if !is_dots(last, 2) => {
                kept.pop();
            }
            None if absolute => {}
            _ => kept.push(segment),
        }
    }
    let mut out = Vec::new();
    if absolute {
        out.push(Token::Char('/'));
    }
    out.extend(kept.join(&Token::Char('/')));
    if out.is_empty() {
        out.push(Token::Char('.'));
    }
    Some(out)
}

/// A `*` that is the whole first segment may be `..`: then it leads anywhere.
fn wide_start(mut tokens: Vec<Token>) -> Vec<Token> {
    if let [Token::Star] | [Token::Star, Token::Char('/'), ..] = tokens.as_slice() {
        tokens.splice(..1, [Token::Stars]);
    }
    tokens
}

fn literal_url(text: &str) -> Normal {
    let Some(normal) = url::normalise_url(text) else {
        return Normal::Unreadable;
    };
    let (scheme, rest) = normal.split_once("://").unwrap_or(("", &normal));
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    let (authority, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len())).unwrap_or((rest, ""));
    Normal::Url(UrlPattern {
        scheme: token::chars(scheme).collect(),
        authority: token::chars(authority).collect(),
        path: Some(token::chars(path).collect()),
        query: query.map(|q| token::chars(q).collect()),
    })
}

fn url_pattern(tokens: &[Token], role: Role) -> Normal {
    let separator = [':', '/', '/'].map(Token::Char);
    let Some(at) = tokens.windows(3).position(|w| w == separator) else {
        return role.unresolved();
    };
    let (scheme, rest) = (tokens.get(..at).unwrap_or_default(), tokens.get(at + 3..).unwrap_or_default());
    let wild = scheme.iter().any(|t| t.is_wild());
    if wild && role == Role::Request {
        return Normal::Any;
    }
    url_parts(&lower(scheme), rest).map_or_else(|| role.unresolved(), Normal::Url)
}

fn lower(tokens: &[Token]) -> Vec<Token> {
    let lower = |t: &Token| match t {
        Token::Char(c) => Token::Char(c.to_ascii_lowercase()),
        wild => *wild,
    };
    tokens.iter().map(lower).collect()
}

fn url_parts(scheme: &[Token], rest: &[Token]) -> Option<UrlPattern> {
    let name = token::literal(scheme).unwrap_or_default();
    let rest = rest.split(|t| *t == Token::Char('#')).next().unwrap_or_default();
    let mut rest = rest.to_vec();
    let query = rest.iter().position(|t| *t == Token::Char('?')).map(|at| rest.split_off(at));
    if url::is_web(&name) {
        rest.iter_mut().filter(|t| **t == Token::Char('\\')).for_each(|t| *t = Token::Char('/'));
    }
    let path_at = rest.iter().position(|t| *t == Token::Char('/'));
    let path = path_at.map(|at| rest.split_off(at));
    let open = path.is_none() && query.is_none() && rest.last() == Some(&Token::Stars);
    let path = match (path, open) {
        (_, true) => None,
        (Some(path), _) => Some(url_path(&percent(&path))?),
        (None, _) => Some(vec![Token::Char('/')]),
    };
    Some(UrlPattern {
        scheme: scheme.to_vec(),
        authority: authority(&name, &rest)?,
        path,
        query: query.map(|q| percent(q.get(1..).unwrap_or_default())),
    })
}

fn authority(scheme: &str, tokens: &[Token]) -> Option<Vec<Token>> {
    if let Some(text) = token::literal(tokens) {
        return url::normalise_authority(scheme, &text).map(|text| token::chars(&text).collect());
    }
    let mut out = lower(&percent(tokens));
    let port: Vec<Token> = token::chars(":").chain(token::chars(url::default_port(scheme))).collect();
    if port.len() > 1 && out.ends_with(&port) {
        out.truncate(out.len() - port.len());
    }
    if out.last() == Some(&Token::Char('.')) {
        out.pop();
    }
    Some(out)
}

/// Percent-encoding of the literal runs.
fn percent(tokens: &[Token]) -> Vec<Token> {
    let mut out = Vec::new();
    let mut run = String::new();
    for token in tokens {
        match token {
            Token::Char(c) => run.push(*c),
            wild => {
                out.extend(token::chars(&url::normalise_percent(&run)));
                run.clear();
                out.push(*wild);
            }
        }
    }
    out.extend(token::chars(&url::normalise_percent(&run)));
    out
}

/// Without dot segments; `..` must not follow a wild segment.
fn url_path(tokens: &[Token]) -> Option<Vec<Token>> {
    let mut kept: Vec<&[Token]> = Vec::new();
    let mut segments = tokens.split(|t| *t == Token::Char('/')).skip(1).peekable();
    while let Some(segment) = segments.next() {
        if !is_dots(segment, 1) && !is_dots(segment, 2) {
            kept.push(segment);
            continue;
        }
        if is_dots(segment, 2) {
            if kept.last().is_some_and(|last| last.iter().any(|t| t.is_wild())) {
                return None;
            }
            kept.pop();
        }
        if segments.peek().is_none() {
            kept.push(&[]);
        }
    }
    let mut out = vec![Token::Char('/')];
    out.extend(kept.join(&Token::Char('/')));
    Some(out)
}
