//! `match`: patterns, totality.

use super::{Cx, Typed};
use crate::names;
use rustchain_grammar::Span;
use rustchain_grammar::ast::{self, ExprKind as E};
use rustchain_plan::expr::{ExprKind, MatchArm};
use rustchain_plan::{Type, Value};
use smol_str::SmolStr;

impl Cx<'_> {
    /// `match` as an expression.
    pub fn match_expr(
        &mut self,
        subject: &ast::Expr,
        arms: &[ast::MatchArm],
        span: Span,
        want: Option<&Type>,
    ) -> Typed {
        let subject_typed = self.elab(subject, None);
        let patterns = self.patterns(&subject_typed.ty, arms, subject.span, span);
        let mut branches = Vec::with_capacity(arms.len());
        for arm in arms {
            branches.push((self.elab(&arm.value, want), arm.value.span));
        }
        let (values, ty) = self.unify(branches, want, "arms of `match`");
        let arms =
            patterns.into_iter().zip(values).map(|(patterns, value)| MatchArm { patterns, value }).collect();
        let kind = ExprKind::Match { subject: Box::new(subject_typed.expr), arms };
        let typed = self.typed(span, kind, ty);
        self.fold(typed)
    }

    /// The constants of each arm; reports what is no member, repeated, unreachable or not covered.
    pub fn patterns(
        &mut self,
        subject: &Type,
        arms: &[ast::MatchArm],
        subject_span: Span,
        whole: Span,
    ) -> Vec<Vec<Value>> {
        let mut seen: Vec<Value> = Vec::new();
        let mut rest = false;
        let mut broken = *subject == Type::Error;
        let mut all = Vec::with_capacity(arms.len());
        for arm in arms {
            if rest {
                let diagnostic = self
                    .error("RC0221", arm.span, "this arm is never reached")
                    .help("`_` before it takes everything: move `_` to the end");
                self.report(diagnostic);
            }
            let mut values = Vec::with_capacity(arm.patterns.len());
            for pattern in &arm.patterns {
                let Some(value) = self.pattern(subject, pattern) else {
                    broken = true;
                    continue;
                };
                if seen.contains(&value) {
                    let message = "this pattern was matched by an arm before";
                    let diagnostic = self.error("RC0221", pattern.span, message);
                    self.report(diagnostic);
                }
                seen.push(value.clone());
                values.push(value);
            }
            rest |= arm.patterns.is_empty();
            all.push(values);
        }
        if !rest && !broken {
            self.total(subject, &seen, subject_span, whole);
        }
        all
    }

    fn pattern(&mut self, subject: &Type, pattern: &ast::Expr) -> Option<Value> {
        if *subject == Type::Error {
            return None;
        }
        if let E::Null = pattern.kind
            && matches!(subject, Type::Optional(_))
        {
            return Some(Value::Null);
        }
        if let (Type::Named(key), E::Name(name)) = (subject.non_null(), &pattern.kind) {
            let members = self.program.enum_members(key)?;
            if members.iter().any(|(member, _)| *member == name.text) {
                self.note_part(name.span, key, &name.text, None);
                return Some(Value::Enum(key.clone(), name.text.clone()));
            }
            let message = format!("`{}` has no member `{}`", self.type_name(key), name.text);
            let diagnostic = self.error("RC0202", pattern.span, message);
            let names: Vec<SmolStr> = members.iter().map(|(m, _)| m.clone()).collect();
            let diagnostic =
                names::did_you_mean(diagnostic, pattern.span, &name.text, names.iter().map(SmolStr::as_str));
            self.report(diagnostic);
            return None;
        }
        if let E::Name(name) = &pattern.kind {
            let message = format!("`{}` is no literal: patterns bind nothing", name.text);
            let diagnostic = self
                .error("RC0201", pattern.span, message)
                .help("compare with a literal, or take the rest with `_`");
            self.report(diagnostic);
            return None;
        }
        let want = subject.non_null().clone();
        self.check_constant(pattern, &want, "a pattern")
    }

    fn total(&mut self, subject: &Type, seen: &[Value], subject_span: Span, whole: Span) {
        let mut missing: Vec<String> = match subject.non_null() {
            Type::Named(key) => match self.program.enum_members(key) {
                Some(members) => members
                    .iter()
                    .filter(|(m, _)| !seen.iter().any(|v| matches!(v, Value::Enum(_, s) if s == m)))
                    .map(|(m, _)| m.to_string())
                    .collect(),
                None => vec!["_".into()],
            },
            Type::Bool => [true, false]
                .iter()
                .filter(|b| !seen.contains(&Value::Bool(**b)))
                .map(|b| b.to_string())
                .collect(),
            _ => vec!["_".into()],
        };
        if matches!(subject, Type::Optional(_)) && !seen.contains(&Value::Null) {
            missing.push("null".into());
        }
        if missing.is_empty() {
            return;
        }
        let named: Vec<String> = missing.iter().map(|m| format!("`{m}`")).collect();
        let message = format!("this `match` does not cover {}", named.join(", "));
        let diagnostic = self
            .error("RC0208", Span::new(whole.start, subject_span.end), message)
            .help(format!("add `{} => …`, or `_ => …` for the rest", missing.join(" | ")));
        self.report(diagnostic);
    }
}
