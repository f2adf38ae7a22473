//! `fn` declarations of the standard library.

use super::Lower;
use super::list::Context;
use crate::ast::{Expr, ExprKind, FnCase, FnDecl, FnLine, Path};
use crate::flat::Node;
use crate::kind::SyntaxKind as K;

impl<'a> Lower<'a> {
    pub fn fn_decl(&mut self, node: Node<'a>) -> FnDecl {
        let mut children = node.children();
        let is_pure = self.eat_word(&mut children, "pure").is_some();
        let name = self.next_path(&mut children);
        let type_params = self.type_params(&mut children);
        let params = children.eat(K::PARAMS).map(|p| self.fn_params(p, Context::Param)).unwrap_or_default();
        let result = self.next_type(&mut children);
        let mut lines = Vec::new();
        if let Some(body) = children.eat(K::FN_BODY) {
            self.list(body, Context::FnLine, |lower, _, line| lower.fn_line(line, &mut lines));
        }
        FnDecl { name, type_params, params, result, is_pure, lines }
    }

    fn fn_line(&mut self, line: Node<'a>, out: &mut Vec<FnLine>) {
        if line.kind() == K::FN_RAISES {
            let kinds =
                line.children().seek(K::KIND_LIST).map(|list| self.kind_list(list)).unwrap_or_default();
            out.push(FnLine::Raises(kinds.into_iter().map(|kind| kind.name).collect()));
            return;
        }
        for child in line.children() {
            match child.kind() {
                K::FN_VALUE => self.fn_value(line.kind(), Vec::new(), child, out),
                K::FN_MATCH => self.fn_match(line.kind(), child, out),
                _ => {}
            }
        }
    }

    fn fn_match(&mut self, line: K, node: Node<'a>, out: &mut Vec<FnLine>) {
        let mut children = node.children();
        let param = self.next_name(&mut children);
        self.list(node, Context::FnArm, |lower, _, arm| {
            let mut values = Vec::new();
            let mut children = arm.children();
            while let Some(case) = children.eat(K::FN_CASE) {
                let mut parts = case.children();
                let is_text = matches!(parts.peek_kind(), Some(K::STRING | K::TEMPLATE));
                let value =
                    if is_text { lower.next_text(&mut parts).0 } else { lower.next_name(&mut parts).text };
                values.push(value);
                children.eat(K::BAR);
            }
            if values.iter().any(|v| v == "_") {
                values.clear();
            }
            let case = FnCase { param: param.clone(), values };
            if let Some(value) = children.seek(K::FN_VALUE) {
                lower.fn_value(line, vec![case], value, out);
            }
        });
    }

    /// One line of an `effect` or `replay`; `case` has at most one element.
    fn fn_value(&mut self, line: K, mut case: Vec<FnCase>, node: Node<'a>, out: &mut Vec<FnLine>) {
        let mut children = node.children();
        let effect = self.next_path(&mut children);
        children.eat(K::L_PAREN);
        let arg = children.next().and_then(|node| self.fn_arg(node));
        if line == K::FN_EFFECT {
            out.push(FnLine::Effect { case: case.pop(), effect, arg });
            return;
        }
        let Path { segments, span } = effect;
        match <[_; 1]>::try_from(segments) {
            Ok([kind]) if arg.is_none() => out.push(FnLine::Replay { case: case.pop(), kind }),
            _ => {
                self.report("RC0001", span, "expected `safe`, `key` or `never`");
            }
        }
    }

    fn fn_arg(&mut self, node: Node<'a>) -> Option<Expr> {
        let kind = match node.kind() {
            K::IDENT => ExprKind::Name(self.name(node)),
            K::STRING | K::TEMPLATE => ExprKind::Template(self.template(node)),
            _ => return None,
        };
        Some(Expr { kind, span: node.span() })
    }
}
