//! The text of patterns.

/// A piece of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// This character.
    Char(char),
    /// `*`: any text without a separator.
    Star,
    /// `**`: any text.
    Stars,
}

impl Token {
    pub(super) fn is_wild(self) -> bool {
        !matches!(self, Token::Char(_))
    }
}

/// Reads a pattern; a `\` at its end stands for itself.
pub(super) fn read(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(Token::Char(chars.next().unwrap_or('\\'))),
            '*' => {
                let mut stars = 1;
                while chars.next_if_eq(&'*').is_some() {
                    stars += 1;
                }
                out.push(if stars > 1 { Token::Stars } else { Token::Star });
            }
            c => out.push(Token::Char(c)),
        }
    }
    out
}

/// The text of a pattern.
pub(super) fn write(tokens: &[Token]) -> String {
    let mut out = String::new();
    for token in tokens {
        match token {
            Token::Char(c @ ('*' | '\\')) => out.extend(['\\', *c]),
            Token::Char(c) => out.push(*c),
            Token::Star => out.push('*'),
            Token::Stars => out.push_str("**"),
        }
    }
    out
}

/// The only text that the tokens stand for.
pub(super) fn literal(tokens: &[Token]) -> Option<String> {
    tokens
        .iter()
        .map(|token| match token {
            Token::Char(c) => Some(*c),
            _ => None,
        })
        .collect()
}

/// The tokens of a text.
pub(super) fn chars(text: &str) -> impl Iterator<Item = Token> + '_ {
    text.chars().map(Token::Char)
}
