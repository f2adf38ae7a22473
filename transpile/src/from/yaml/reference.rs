//! References in texts, in every documented syntax: `{{x}}`, `${x.output}`, `{x}`.

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece<'t> {
    /// Literal text.
    Text(&'t str),
    /// A reference.
    Reference(Reference<'t>),
}

/// How a reference was marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `{{x}}`.
    Double,
    /// `${x}`.
    Dollar,
    /// `{x}`: a reference only where `x` is known.
    Single,
}

/// A reference as written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reference<'t> {
    /// With its marks.
    pub raw: &'t str,
    pub style: Style,
    /// `steps`, `x`, `output`, `0`.
    pub path: Vec<String>,
    /// `| default: "LOW"`, `| upper`: name and argument.
    pub filters: Vec<(String, Option<String>)>,
}

/// Splits a text into literal text and references.
pub(crate) fn scan(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(['{', '$'])) {
        let open = at + found;
        let Some(reference) = text.get(open..).and_then(reference_at) else {
            at = open + skip(text.get(open..).unwrap_or_default());
            continue;
        };
        if let Some(before) = text.get(start..open).filter(|t| !t.is_empty()) {
            pieces.push(Piece::Text(before));
        }
        at = open + reference.raw.len();
        start = at;
        pieces.push(Piece::Reference(reference));
    }
    if let Some(rest) = text.get(start..).filter(|t| !t.is_empty()) {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// Bytes of an opening that starts no reference: `{{` as a whole, so that `{{"a"}}` is not read from its second brace.
fn skip(text: &str) -> usize {
    let dollar = usize::from(text.starts_with('$'));
    let braces = text.bytes().skip(dollar).take_while(|b| *b == b'{').count();
    (dollar + braces).max(1)
}

fn reference_at(text: &str) -> Option<Reference<'_>> {
    let (style, open, close) = match text {
        t if t.starts_with("{{") => (Style::Double, 2, "}}"),
        t if t.starts_with("${{") => return None,
        t if t.starts_with("${") => (Style::Dollar, 2, "}"),
        t if t.starts_with('{') => (Style::Single, 1, "}"),
        _ => return None,
    };
    let rest = text.get(open..)?;
    let line_end = rest.find('\n').unwrap_or(rest.len());
    let body_end = rest.get(..line_end)?.find(close)?;
    let body = rest.get(..body_end)?;
    let raw = text.get(..open + body_end + close.len())?;
    let trimmed = if style == Style::Double { body.trim() } else { body };
    if let Some(source) = trimmed.strip_prefix("llm_output from ") {
        return Some(Reference { raw, style, path: path(source.trim())?, filters: Vec::new() });
    }
    let mut parts = if style == Style::Double { split_filters(trimmed) } else { vec![trimmed] }.into_iter();
    let path = path(parts.next()?.trim())?;
    let filters = parts.map(filter).collect::<Option<Vec<_>>>()?;
    Some(Reference { raw, style, path, filters })
}

/// At `|` outside of quotes.
fn split_filters(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quote) = (Vec::new(), 0, None);
    for (index, c) in text.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '|') => {
                parts.extend(text.get(start..index));
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..));
    parts
}

/// `default: "LOW"`, `default("LOW")`, `upper`.
fn filter(text: &str) -> Option<(String, Option<String>)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    if name.is_empty() {
        return None;
    }
    let rest = rest.trim().trim_start_matches(':').trim();
    let rest = rest.strip_prefix('(').and_then(|r| r.strip_suffix(')')).unwrap_or(rest).trim();
    let unquoted = ['"', '\''].iter().find_map(|q| rest.strip_prefix(*q)?.strip_suffix(*q)).unwrap_or(rest);
    Some((name.into(), (!rest.is_empty()).then(|| unquoted.into())))
}

/// `steps.x.output[0].name` in segments; `None` where it is no path.
fn path(text: &str) -> Option<Vec<String>> {
    let first = text.chars().next()?;
    if !(first.is_alphanumeric() || first == '_') {
        return None;
    }
    let plain = |c: char| c.is_alphanumeric() || "_-.[]".contains(c);
    if !text.chars().all(plain) || text.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let dotted = text.replace('[', ".").replace(']', "");
    let segments: Vec<String> = dotted.split('.').map(str::to_string).collect();
    segments.iter().all(|s| !s.is_empty()).then_some(segments)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        let pieces = scan(text).into_iter().filter_map(|piece| match piece {
            Piece::Reference(reference) => Some(reference.path.join("/")),
            Piece::Text(_) => None,
        });
        pieces.collect()
    }

    #[test]
    fn every_documented_syntax_is_found() {
        let text =
            "{{x}} {{ steps.a.output }} ${a.output.key} {a_response} {{env.HOME}} {{llm_output from a}}";
        assert_eq!(paths(text), ["x", "steps/a/output", "a/output/key", "a_response", "env/HOME", "a"]);
    }

    #[test]
    fn json_and_code_are_no_references() {
        assert!(paths(r#"{"a": 1} {{"b": {}}} { return 1; } {1} ${} $(date) $HOME {{ }}"#).is_empty());
    }

    #[test]
    fn filters_keep_their_argument() {
        let pieces = scan(r#"{{ risk | default: "LOW|HIGH" | upper }}"#);
        let [Piece::Reference(reference)] = pieces.as_slice() else { panic!("{pieces:?}") };
        let expected = [("default".to_string(), Some("LOW|HIGH".to_string())), ("upper".to_string(), None)];
        assert_eq!(reference.filters, expected);
    }

    #[test]
    fn pieces_joined_are_the_text() {
        for text in ["a {x} b", "{{x}}{{y}}", "{{{x}}}", "${", "{", "é{ü}é", "{{x\n}}"] {
            let joined: String = scan(text)
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => *text,
                    Piece::Reference(reference) => reference.raw,
                })
                .collect();
            assert_eq!(joined, text);
        }
    }
}
