//! The one place that knows the Python parser.

use ruff_text_size::{Ranged, TextRange};
use rustchain_grammar::Span;

pub use ruff_python_ast as ast;

/// Largest source that is parsed, in bytes.
pub const MAX_SOURCE: usize = 3 << 20;
/// Deepest nesting of brackets (CPython's own limit).
const MAX_BRACKETS: usize = 200;
/// Deepest indentation (CPython's own limit).
const MAX_INDENT: usize = 100;
/// Most tokens between two commas or line ends of one bracket level: bounds the depth of an expression.
const MAX_RUN: usize = 20_000;

/// Why a file is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxProblem {
    /// One sentence.
    pub message: String,
    /// Where.
    pub span: Span,
}

/// Parses a module, with recovery: broken statements are left out of the tree and reported.
///
/// # Errors
/// The file is larger or nested deeper than any real program.
pub fn parse(source: &str) -> Result<(ast::ModModule, Vec<SyntaxProblem>), SyntaxProblem> {
    check_bounds(source)?;
    let parsed = ruff_python_parser::parse_unchecked(
        source,
        ruff_python_parser::ParseOptions::from(ruff_python_parser::Mode::Module),
    );
    let problems = parsed
        .errors()
        .iter()
        .map(|e| SyntaxProblem { message: e.error.to_string(), span: to_span(e.location) })
        .collect();
    match parsed.into_syntax() {
        ast::Mod::Module(module) => Ok((module, problems)),
        ast::Mod::Expression(_) => {
            Err(SyntaxProblem { message: "not a module".into(), span: Span::default() })
        }
    }
}

/// The span of a node.
pub fn span_of(node: &impl Ranged) -> Span {
    to_span(node.range())
}

/// A parser's range as our span.
pub fn to_span(range: TextRange) -> Span {
    Span::new(range.start().into(), range.end().into())
}

fn refuse(message: String, at: usize) -> Result<(), SyntaxProblem> {
    let at = u32::try_from(at).unwrap_or(u32::MAX);
    Err(SyntaxProblem { message, span: Span::new(at, at) })
}

/// Refuses what would make any recursive reader of the tree overflow, without parsing.
fn check_bounds(source: &str) -> Result<(), SyntaxProblem> {
    if source.len() > MAX_SOURCE {
        return refuse(
            format!("the file has {} bytes, more than the limit of {MAX_SOURCE}", source.len()),
            0,
        );
    }
    let bytes = source.as_bytes();
    let byte = |i: usize| bytes.get(i).copied().unwrap_or(0);
    let mut runs = vec![0usize];
    let mut indents = vec![0usize];
    let mut at_line_start = true;
    let mut i = 0;
    while i < bytes.len() {
        if at_line_start && runs.len() == 1 {
            let mut width = 0;
            while matches!(byte(i), b' ' | b'\t' | b'\x0c') {
                width += 1;
                i += 1;
            }
            if !matches!(byte(i), b'\n' | b'\r' | b'#' | 0) {
                while indents.last().is_some_and(|w| *w > width) {
                    indents.pop();
                }
                if indents.last().is_some_and(|w| *w < width) {
                    indents.push(width);
                }
                if indents.len() > MAX_INDENT {
                    return refuse(format!("blocks are nested deeper than {MAX_INDENT}"), i);
                }
            }
        }
        at_line_start = false;
        match byte(i) {
            b'#' => {
                while i < bytes.len() && byte(i) != b'\n' {
                    i += 1;
                }
                continue;
            }
            quote @ (b'"' | b'\'') => {
                i = skip_string(bytes, i, quote);
                continue;
            }
            b'(' | b'[' | b'{' => {
                runs.push(0);
                if runs.len() > MAX_BRACKETS {
                    return refuse(format!("brackets are nested deeper than {MAX_BRACKETS}"), i);
                }
            }
            b')' | b']' | b'}' => {
                if runs.len() > 1 {
                    runs.pop();
                }
            }
            b'\n' => {
                at_line_start = true;
                if runs.len() == 1 && byte(i.wrapping_sub(1)) != b'\\' {
                    runs[0] = 0;
                }
            }
            b',' => {
                if let Some(run) = runs.last_mut() {
                    *run = 0;
                }
            }
            b' ' | b'\t' | b'\r' => {}
            c if c.is_ascii_alphanumeric() || c == b'_' || c >= 0x80 => {
                while byte(i + 1).is_ascii_alphanumeric() || byte(i + 1) == b'_' || byte(i + 1) >= 0x80 {
                    i += 1;
                }
                count_token(&mut runs, i)?;
            }
            _ => count_token(&mut runs, i)?,
        }
        i += 1;
    }
    Ok(())
}

fn count_token(runs: &mut [usize], at: usize) -> Result<(), SyntaxProblem> {
    let Some(run) = runs.last_mut() else { return Ok(()) };
    *run += 1;
    if *run > MAX_RUN {
        return refuse(format!("one expression has more than {MAX_RUN} tokens"), at);
    }
    Ok(())
}

/// The index after the string literal that starts at `start` with `quote`.
fn skip_string(bytes: &[u8], start: usize, quote: u8) -> usize {
    let at = |i: usize| bytes.get(i).copied();
    let triple = at(start + 1) == Some(quote) && at(start + 2) == Some(quote);
    let mut i = start + if triple { 3 } else { 1 };
    while let Some(c) = at(i) {
        match c {
            b'\\' => i += 1,
            b'\n' if !triple => return i,
            _ if c == quote && !triple => return i + 1,
            _ if c == quote && at(i + 1) == Some(quote) && at(i + 2) == Some(quote) => return i + 3,
            _ => {}
        }
        i += 1;
    }
    bytes.len()
}

/// The expression that a text consists of, where it is built of literals only.
pub fn literal(text: &str) -> Option<ast::Expr> {
    check_bounds(text).ok()?;
    let parsed = ruff_python_parser::parse_expression(text.trim()).ok()?;
    let expr = *parsed.into_syntax().body;
    is_literal(&expr).then_some(expr)
}

fn is_literal(expr: &ast::Expr) -> bool {
    match expr {
        ast::Expr::StringLiteral(_)
        | ast::Expr::BytesLiteral(_)
        | ast::Expr::NumberLiteral(_)
        | ast::Expr::BooleanLiteral(_)
        | ast::Expr::NoneLiteral(_)
        | ast::Expr::EllipsisLiteral(_) => true,
        ast::Expr::UnaryOp(u) => is_literal(&u.operand),
        ast::Expr::List(l) => l.elts.iter().all(is_literal),
        ast::Expr::Tuple(t) => t.elts.iter().all(is_literal),
        ast::Expr::Set(s) => s.elts.iter().all(is_literal),
        ast::Expr::Dict(d) => {
            d.items.iter().all(|i| i.key.as_ref().is_some_and(is_literal) && is_literal(&i.value))
        }
        _ => false,
    }
}
