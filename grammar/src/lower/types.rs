//! Types, fields and parameters.

use super::list::Context;
use super::{Lower, MAX_DEPTH};
use crate::ast::{FieldDecl, FnParam, TypeExpr, TypeExprKind};
use crate::flat::{Children, Node};
use crate::kind::SyntaxKind as K;
use crate::span::Span;

impl<'a> Lower<'a> {
    pub fn ty(&mut self, node: Node<'a>) -> TypeExpr {
        self.depth += 1;
        let ty =
            if self.depth > MAX_DEPTH { self.too_deep_type(node.span()) } else { self.shallow_type(node) };
        self.depth -= 1;
        ty
    }

    fn too_deep_type(&mut self, span: Span) -> TypeExpr {
        self.report_too_deep(span);
        error_type(span)
    }

    fn shallow_type(&mut self, node: Node<'a>) -> TypeExpr {
        let mut children = node.children();
        let mut labels = Vec::new();
        while let Some(label) = children.eat(K::LABEL) {
            labels.push(self.name(label));
        }
        let Some(core) = children.next() else { return error_type(node.span()) };
        let kind = match core.kind() {
            K::TYPE_RECORD => TypeExprKind::Record(self.fields(core, Context::Field)),
            _ => self.named_type(core),
        };
        // `T??` is `T?`.
        let Some(question) = children.eat(K::QUESTION) else {
            return TypeExpr { labels, kind, span: node.span() };
        };
        let inner = TypeExpr { labels: Vec::new(), kind, span: core.span() };
        let start = labels.first().map_or(core.span().start, |l| l.span.start);
        let end = children.last().map_or(question.span().end, |q| q.span().end);
        TypeExpr { labels, kind: TypeExprKind::Optional(Box::new(inner)), span: Span::new(start, end) }
    }

    fn named_type(&mut self, node: Node<'a>) -> TypeExprKind {
        let mut children = node.children();
        let path = self.next_path(&mut children);
        let args = children.eat(K::TYPE_ARGS).map(|args| self.type_args(args)).unwrap_or_default();
        TypeExprKind::Named(path, args)
    }

    pub fn type_args(&mut self, node: Node<'a>) -> Vec<TypeExpr> {
        self.check_commas(node, K::TYPE);
        node.children().filter(|c| c.kind() == K::TYPE).map(|c| self.ty(c)).collect()
    }

    /// `<T, U = json>`: names with their defaults.
    pub fn type_params(&mut self, children: &mut Children<'a>) -> Vec<(crate::ast::Name, Option<TypeExpr>)> {
        let Some(node) = children.eat(K::TYPE_PARAMS) else { return Vec::new() };
        self.check_commas(node, K::TYPE_PARAM);
        let params = node.children().filter(|c| c.kind() == K::TYPE_PARAM);
        params
            .map(|param| {
                let mut parts = param.children();
                let name = self.next_name(&mut parts);
                let default = parts.seek(K::TYPE).map(|ty| self.ty(ty));
                (name, default)
            })
            .collect()
    }

    /// Members between angles are separated by commas.
    fn check_commas(&mut self, list: Node<'a>, member: K) {
        let mut needs_comma = false;
        for node in list.children() {
            if node.kind() != member {
                needs_comma = false;
                continue;
            }
            if needs_comma {
                self.report("RC0001", Span::new(node.span().start, node.span().start), "expected `,` or `>`");
            }
            needs_comma = true;
        }
    }

    /// The type of a node, which must have one.
    pub fn next_type(&mut self, children: &mut Children<'a>) -> TypeExpr {
        match children.seek(K::TYPE) {
            Some(node) => self.ty(node),
            None => error_type(Span::default()),
        }
    }

    /// `: T`, if it comes next.
    pub fn stated_type(&mut self, children: &mut Children<'a>) -> Option<TypeExpr> {
        children.eat(K::COLON)?;
        Some(self.next_type(children))
    }

    /// The fields of a record, or the parameters of a callable.
    pub fn fields(&mut self, list: Node<'a>, context: Context) -> Vec<FieldDecl> {
        let mut fields = Vec::new();
        for param in self.fn_params(list, context) {
            if let Some(sink) = &param.sink {
                let message = "`sink` is only for the parameters of a `fn`";
                self.report("RC0001", sink.span, message);
            }
            fields.push(param.field);
        }
        fields
    }

    pub fn fn_params(&mut self, list: Node<'a>, context: Context) -> Vec<FnParam> {
        let mut params = Vec::new();
        self.list(list, context, |lower, _, node| {
            if node.kind() == K::FIELD {
                let param = lower.fn_param(node);
                params.push(param);
            }
        });
        params
    }

    fn fn_param(&mut self, node: Node<'a>) -> FnParam {
        let mut children = node.children();
        let docs = self.leading_docs(&mut children);
        let name = self.next_name(&mut children);
        let wire = self.eat_word(&mut children, "as").map(|_| self.next_text(&mut children));
        let ty = self.next_type(&mut children);
        let constraint = self.expr_after_word(&mut children, "where");
        let sink = self.eat_word(&mut children, "sink").map(|_| self.next_name(&mut children));
        let default = self.expr_after(&mut children, K::EQ);
        let span = Span::new(name.span.start, node.span().end);
        FnParam { field: FieldDecl { docs, name, wire, ty, constraint, default, span }, sink }
    }
}

/// A type that was not understood.
fn error_type(span: Span) -> TypeExpr {
    TypeExpr { labels: Vec::new(), kind: TypeExprKind::Error, span }
}
