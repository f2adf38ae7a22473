//! From the flat tree to the AST. What was not understood becomes an `Error` variant and one diagnostic.

pub(crate) mod expr;
mod fns;
mod item;
pub(crate) mod list;
pub(crate) mod literal;
mod policy;
mod stmt;
mod types;

use crate::ast;
use crate::diagnostic::Diagnostic;
use crate::flat::{Children, Flat, Node};
use crate::kind::SyntaxKind as K;
use crate::span::{FileId, Span};
use list::Context;
use smol_str::SmolStr;

/// Expressions and types nest at most this deep, operators and suffixes of a chain counted: what walks the AST
/// recursively must not run out of stack.
pub(crate) const MAX_DEPTH: u32 = 256;

/// Makes the AST of a whole file.
pub(crate) fn file(text: &str, flat: &Flat, file: FileId) -> (ast::File, Vec<Diagnostic>) {
    let mut lower = Lower { text, file, depth: 0, diagnostics: Vec::new() };
    let ast = match Node::root(flat) {
        Some(root) => lower.file(root),
        None => ast::File::default(),
    };
    (ast, lower.diagnostics)
}

/// Makes the AST of a text that is one expression.
pub(crate) fn only_expr(text: &str, flat: &Flat, file: FileId) -> (ast::Expr, Vec<Diagnostic>) {
    let mut lower = Lower { text, file, depth: 0, diagnostics: Vec::new() };
    let ast = match Node::root(flat) {
        Some(root) => lower.expr(root),
        None => error_expr(Span::default()),
    };
    (ast, lower.diagnostics)
}

/// An expression that was not understood.
pub(crate) fn error_expr(span: Span) -> ast::Expr {
    ast::Expr { kind: ast::ExprKind::Error, span }
}

struct Lower<'a> {
    text: &'a str,
    file: FileId,
    depth: u32,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Lower<'a> {
    fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.range()).unwrap_or("")
    }

    fn report(&mut self, code: &'static str, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.diagnostics.push(Diagnostic::error(code, self.file, span, message));
        let last = self.diagnostics.len() - 1;
        &mut self.diagnostics[last] // just pushed
    }

    fn name(&self, node: Node<'a>) -> ast::Name {
        let text = self.slice(node.span());
        let bare = text.strip_prefix('`').and_then(|t| t.strip_suffix('`')).unwrap_or(text);
        ast::Name { text: SmolStr::new(bare), span: node.span() }
    }

    /// The next name of a node; an empty one where it is missing.
    fn next_name(&self, children: &mut Children<'a>) -> ast::Name {
        match children.seek(K::IDENT) {
            Some(node) => self.name(node),
            None => ast::Name { text: SmolStr::default(), span: Span::default() },
        }
    }

    fn path(&self, node: Node<'a>) -> ast::Path {
        let segments = node.children().filter(|c| c.kind() == K::IDENT).map(|c| self.name(c)).collect();
        ast::Path { segments, span: node.span() }
    }

    fn next_path(&self, children: &mut Children<'a>) -> ast::Path {
        match children.seek(K::PATH) {
            Some(node) => self.path(node),
            None => ast::Path { segments: Vec::new(), span: Span::default() },
        }
    }

    /// The next expression of a node; an `Error` where it is missing.
    fn next_expr(&mut self, children: &mut Children<'a>) -> ast::Expr {
        match children.seek(K::EXPR) {
            Some(node) => self.expr(node),
            None => error_expr(Span::default()),
        }
    }

    /// `= e`, `from e`: the expression after a token that is already taken.
    fn expr_after(&mut self, children: &mut Children<'a>, token: K) -> Option<ast::Expr> {
        children.eat(token)?;
        Some(self.next_expr(children))
    }

    /// The expression after a keyword, if the keyword comes next.
    fn expr_after_word(&mut self, children: &mut Children<'a>, word: &str) -> Option<ast::Expr> {
        self.eat_word(children, word)?;
        Some(self.next_expr(children))
    }

    fn eat_word(&self, children: &mut Children<'a>, word: &str) -> Option<Node<'a>> {
        let node = children.peek()?;
        if node.kind() != K::KEYWORD || self.slice(node.span()) != word {
            return None;
        }
        children.next()
    }

    /// The text of `///` lines: without the marks, the first blank and blanks at the end.
    fn docs(&self, node: Node<'a>) -> ast::Docs {
        let mut text = String::new();
        for (index, line) in node.children().enumerate() {
            if index > 0 {
                text.push('\n');
            }
            let line = self.slice(line.span());
            let line = line.get(3..).unwrap_or("");
            text.push_str(line.strip_prefix(' ').unwrap_or(line).trim_end());
        }
        ast::Docs { text, span: node.span() }
    }

    /// Takes the docs that a node begins with.
    fn leading_docs(&self, children: &mut Children<'a>) -> ast::Docs {
        children.eat(K::DOCS).map(|node| self.docs(node)).unwrap_or_default()
    }

    fn file(&mut self, root: Node<'a>) -> ast::File {
        let mut file = ast::File::default();
        self.list(root, Context::Item, |lower, docs, node| match node.kind() {
            K::FILE_DOCS => lower.file_docs(&mut file, node),
            K::EDITION => lower.edition(&mut file, node),
            K::IMPORT => {
                let import = lower.import(node);
                file.imports.push(import);
            }
            _ => {
                let item = lower.item(docs, node);
                file.items.push(item);
            }
        });
        file
    }

    fn file_docs(&mut self, file: &mut ast::File, node: Node<'a>) {
        let docs = self.docs(node);
        file.head_end = file.head_end.max(docs.span.end);
        if file.docs.text.is_empty() {
            file.docs = docs;
            return;
        }
        file.docs.text.push('\n');
        file.docs.text.push_str(&docs.text);
        file.docs.span = file.docs.span.to(docs.span);
    }

    fn edition(&mut self, file: &mut ast::File, node: Node<'a>) {
        if let Some((_, first)) = file.edition {
            let here = self.file;
            let diagnostic = self.report("RC0009", node.span(), "the edition is stated twice");
            *diagnostic = diagnostic.clone().also(here, first, "first stated here");
            return;
        }
        if !file.items.is_empty() || !file.imports.is_empty() {
            self.report("RC0009", node.span(), "`edition` must stand before imports and declarations");
        }
        let number = node.children().seek(K::NUMBER);
        let value = number.and_then(|n| self.slice(n.span()).parse::<i64>().ok());
        match value {
            Some(value) => file.edition = Some((value, node.span())),
            None => {
                self.report("RC0004", node.span(), "an edition is a year, like `2026`");
            }
        }
        file.head_end = file.head_end.max(node.span().end);
    }

    fn import(&mut self, node: Node<'a>) -> ast::Import {
        let mut children = node.children();
        children.next();
        let (path, path_span) = self.next_text(&mut children);
        let alias = self.eat_word(&mut children, "as").map(|_| self.next_name(&mut children));
        ast::Import { path, path_span, alias, span: node.span() }
    }
}
