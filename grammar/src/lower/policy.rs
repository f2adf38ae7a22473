//! Policies and effect patterns.

use super::Lower;
use super::list::Context;
use crate::ast::*;
use crate::flat::{Children, Node};
use crate::kind::SyntaxKind as K;

impl<'a> Lower<'a> {
    pub fn policy_decl(&mut self, node: Node<'a>) -> PolicyDecl {
        let mut children = node.children();
        let name = self.next_name(&mut children);
        let body = match children.eat(K::POLICY_BODY) {
            Some(body) => self.policy_body(body),
            None => PolicyBody { lines: Vec::new(), span: node.span() },
        };
        PolicyDecl { name, body }
    }

    pub fn policy_body(&mut self, node: Node<'a>) -> PolicyBody {
        let mut lines = Vec::new();
        self.list(node, Context::PolicyLine, |lower, _, line| {
            let kind = lower.policy_line(line);
            lines.push(PolicyLine { kind, span: line.span() });
        });
        PolicyBody { lines, span: node.span() }
    }

    fn policy_line(&mut self, line: Node<'a>) -> PolicyLineKind {
        let mut c = line.children();
        match line.kind() {
            K::ALLOW => PolicyLineKind::Allow(self.next_effect(&mut c)),
            K::DENY => PolicyLineKind::Deny(self.next_effect(&mut c)),
            K::BUDGET => PolicyLineKind::Budget(self.next_entries(&mut c)),
            K::REQUIRE => {
                let effect = self.next_effect(&mut c);
                PolicyLineKind::RequireApproval {
                    effect,
                    when_untrusted: self.eat_word(&mut c, "when").is_some(),
                }
            }
            K::NEVER_FLOW => {
                let label = self.next_name(&mut c);
                let to = self.next_effect(&mut c);
                let vendor = self.eat_word(&mut c, "vendor").map(|_| self.next_name(&mut c));
                PolicyLineKind::NeverFlow { label, to, vendor }
            }
            K::NEVER_AFTER => {
                let first = self.next_effect(&mut c);
                PolicyLineKind::NeverAfter(first, self.next_effect(&mut c))
            }
            K::ONLY_AFTER => {
                let first = self.next_effect(&mut c);
                PolicyLineKind::OnlyAfter(first, self.next_effect(&mut c))
            }
            K::AT_MOST => self.at_most(&mut c),
            K::SANDBOX => PolicyLineKind::Sandbox(self.next_name(&mut c)),
            K::PROMPT_UNTRUSTED => PolicyLineKind::PromptUntrusted(self.next_name(&mut c)),
            _ => PolicyLineKind::Error,
        }
    }

    fn at_most(&mut self, c: &mut Children<'a>) -> PolicyLineKind {
        let Some(number) = c.seek(K::NUMBER) else { return PolicyLineKind::Error };
        let count = self.number(number);
        let effect = self.next_effect(c);
        match count {
            ExprKind::Int(count) => PolicyLineKind::AtMost(count, effect),
            ExprKind::Error => PolicyLineKind::Error,
            _ => {
                self.report("RC0001", number.span(), "expected a whole number");
                PolicyLineKind::Error
            }
        }
    }

    pub fn next_effect(&mut self, children: &mut Children<'a>) -> EffectPattern {
        let Some(node) = children.seek(K::EFFECT) else {
            let path = Path { segments: Vec::new(), span: Default::default() };
            return EffectPattern { span: path.span, effect: path, args: Vec::new(), predicate: None };
        };
        let mut parts = node.children();
        let effect = self.next_path(&mut parts);
        let args = match parts.peek() {
            Some(arg) if arg.kind() == K::LIST => self.elements(arg),
            Some(arg) if matches!(arg.kind(), K::STRING | K::TEMPLATE) => {
                vec![Expr { kind: ExprKind::Template(self.template(arg)), span: arg.span() }]
            }
            Some(arg) if arg.kind() == K::PATH => vec![self.path_expr(arg)],
            _ => Vec::new(),
        };
        let predicate = parts.seek(K::EFFECT_WHERE).map(|clause| self.next_expr(&mut clause.children()));
        EffectPattern { effect, args, predicate, span: node.span() }
    }

    /// A dotted name as an expression.
    fn path_expr(&self, node: Node<'a>) -> Expr {
        let mut names = self.path(node).segments.into_iter();
        let Some(first) = names.next() else { return super::error_expr(node.span()) };
        let base = Expr { span: first.span, kind: ExprKind::Name(first) };
        names.fold(base, |base, name| Expr {
            span: base.span.to(name.span),
            kind: ExprKind::Field { base: Box::new(base), name, optional: false },
        })
    }
}
