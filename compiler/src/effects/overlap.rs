//! Could two patterns stand for the same text?

use rustchain_plan::Pattern;
use rustchain_plan::effect::{Effect, PatternSyntax};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Char(char),
    /// `*`: no `/`.
    Segment,
    /// `**`.
    Any,
}

/// Could both effects be about the same thing?
pub fn effects_overlap(a: &Effect, b: &Effect) -> bool {
    if a.kind != b.kind {
        return false;
    }
    match a.kind.pattern_syntax() {
        PatternSyntax::Bare => true,
        PatternSyntax::Path => paths_overlap(&a.pattern, &b.pattern),
        PatternSyntax::Url => patterns_overlap(&without_query(&a.pattern), &without_query(&b.pattern)),
        PatternSyntax::Name => patterns_overlap(&a.pattern, &b.pattern),
    }
}

/// Could two path patterns stand for the same path? A leading `./` does not count.
pub fn paths_overlap(a: &Pattern, b: &Pattern) -> bool {
    patterns_overlap(&plain_path(a), &plain_path(b))
}

/// A path pattern without `./` at its start.
pub fn plain_path(pattern: &Pattern) -> Pattern {
    let mut text = pattern.0.as_str();
    while let Some(rest) = text.strip_prefix("./") {
        text = rest;
    }
    Pattern(text.into())
}

/// A url pattern without its query.
pub fn without_query(pattern: &Pattern) -> Pattern {
    let text = pattern.0.as_str();
    Pattern(text.split(['?', '#']).next().unwrap_or(text).into())
}

/// Is there a text that both stand for?
pub fn patterns_overlap(a: &Pattern, b: &Pattern) -> bool {
    let is_plain = |byte: u8| byte != b'*' && byte != b'\\';
    let differing = a.0.bytes().zip(b.0.bytes()).find(|(x, y)| x != y || !is_plain(*x));
    if differing.is_some_and(|(x, y)| is_plain(x) && is_plain(y)) {
        return false;
    }
    let (a, b) = (tokens(a), tokens(b));
    let width = b.len() + 1;
    let mut seen = vec![false; (a.len() + 1) * width];
    let mut todo = vec![(0, 0)];
    while let Some((i, j)) = todo.pop() {
        if std::mem::replace(&mut seen[i * width + j], true) {
            continue;
        }
        match (a.get(i), b.get(j)) {
            (None, None) => return true,
            (Some(Token::Segment | Token::Any), None) => todo.push((i + 1, j)),
            (None, Some(Token::Segment | Token::Any)) => todo.push((i, j + 1)),
            (None, Some(Token::Char(_))) | (Some(Token::Char(_)), None) => {}
            (Some(Token::Char(x)), Some(Token::Char(y))) => {
                if x == y {
                    todo.push((i + 1, j + 1));
                }
            }
            (Some(wild), Some(Token::Char(c))) => {
                todo.push((i + 1, j));
                if takes(*wild, *c) {
                    todo.push((i, j + 1));
                }
            }
            (Some(Token::Char(c)), Some(wild)) => {
                todo.push((i, j + 1));
                if takes(*wild, *c) {
                    todo.push((i + 1, j));
                }
            }
            (Some(_), Some(_)) => {
                todo.push((i + 1, j));
                todo.push((i, j + 1));
            }
        }
    }
    false
}

fn takes(wild: Token, c: char) -> bool {
    wild == Token::Any || c != '/'
}

fn tokens(pattern: &Pattern) -> Vec<Token> {
    let mut out = Vec::new();
    let mut chars = pattern.0.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next().map(Token::Char)),
            '*' if chars.peek() == Some(&'*') => {
                chars.next();
                out.push(Token::Any);
            }
            '*' => out.push(Token::Segment),
            c => out.push(Token::Char(c)),
        }
    }
    out
}
