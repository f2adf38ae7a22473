//! Which types go where: the implicit conversions, and joining the types of branches.

use super::{Cx, Typed, literal};
use rustchain_grammar::{Applicability, Diagnostic, Span, ast};
use rustchain_plan::expr::{Conversion, Expr, ExprKind};
use rustchain_plan::{Type, Value};

/// True where every value of `from` is a value of `to` as it is.
pub(crate) fn fits(from: &Type, to: &Type) -> bool {
    if from == to {
        return true;
    }
    match (from, to) {
        (Type::Error, _) | (_, Type::Error) => true,
        (Type::Null, Type::Optional(_) | Type::Unit | Type::Json) => true,
        (Type::Unit, Type::Null | Type::Optional(_)) => {
            matches!(to, Type::Null) || to.non_null() == &Type::Unit
        }
        (Type::Optional(a), Type::Optional(b)) => fits(a, b),
        (a, Type::Optional(b)) => fits(a, b),
        (Type::List(a), Type::List(b)) | (Type::Map(a), Type::Map(b)) => **a == Type::Null || fits(a, b),
        (Type::Record(a), Type::Record(b)) => {
            a.len() == b.len() && a.iter().all(|(name, ty)| b.get(name).is_some_and(|want| fits(ty, want)))
        }
        _ => false,
    }
}

/// The type that values of both have, where there is one without conversion but int to float.
pub(crate) fn join(a: &Type, b: &Type) -> Option<Type> {
    if a == b {
        return Some(a.clone());
    }
    Some(match (a, b) {
        (Type::Error, other) | (other, Type::Error) => other.clone(),
        (Type::Null, other) | (other, Type::Null) => other.clone().optional(),
        (Type::Int, Type::Float) | (Type::Float, Type::Int) => Type::Float,
        (Type::Json, other) | (other, Type::Json) if is_plain(other) => Type::Json,
        (Type::Optional(x), Type::Optional(y)) => join(x, y)?.optional(),
        (Type::Optional(x), y) | (y, Type::Optional(x)) => join(x, y)?.optional(),
        (Type::List(x), Type::List(y)) => join_elements(x, y)?.list(),
        (Type::Map(x), Type::Map(y)) => join_elements(x, y)?.map(),
        (Type::Record(x), Type::Record(y)) if x.keys().eq(y.keys()) => {
            let fields = x.iter().zip(y.values());
            let joined: Option<_> = fields.map(|((n, tx), ty)| Some((n.clone(), join(tx, ty)?))).collect();
            Type::Record(joined?)
        }
        _ => return None,
    })
}

fn join_elements(a: &Type, b: &Type) -> Option<Type> {
    match (a, b) {
        (Type::Null, other) | (other, Type::Null) => Some(other.clone()),
        _ => join(a, b),
    }
}

/// A type whose values can be written as JSON.
pub(crate) fn is_plain(ty: &Type) -> bool {
    match ty {
        Type::Provider | Type::Memory | Type::Tool | Type::Param(_) | Type::Applied(..) => false,
        Type::List(t) | Type::Map(t) | Type::Optional(t) => is_plain(t),
        Type::Record(fields) => fields.values().all(is_plain),
        _ => true,
    }
}

impl Cx<'_> {
    /// Makes an expression be of type `want`, or reports that it is not.
    pub fn coerce(&mut self, typed: Typed, want: &Type, source: &ast::Expr) -> Expr {
        self.coerce_at(typed, want, source.span, Some(source))
    }

    /// As [`Cx::coerce`]; `source` allows better fixes.
    pub fn coerce_at(&mut self, typed: Typed, want: &Type, span: Span, source: Option<&ast::Expr>) -> Expr {
        if fits(&typed.ty, want) {
            return typed.expr;
        }
        match self.convert(typed, want, span) {
            Ok(expr) => expr,
            Err(typed) => {
                let diagnostic = self.mismatch(&typed, want, span, source);
                self.report(diagnostic);
                typed.expr
            }
        }
    }

    /// The implicit conversions; gives the expression back where there is none.
    fn convert(&mut self, typed: Typed, want: &Type, span: Span) -> Result<Expr, Typed> {
        let target = want.non_null();
        if let ExprKind::Const(value) = &typed.expr.kind
            && let Some(converted) = literal::convert(value, &typed.ty, target)
        {
            return match converted {
                Ok(value) => Ok(self.at(span, ExprKind::Const(value))),
                Err(message) => {
                    let diagnostic = self.error("RC0215", span, message);
                    self.report(diagnostic);
                    Ok(typed.expr)
                }
            };
        }
        let optional = matches!(typed.ty, Type::Optional(_));
        let how = match (typed.ty.non_null(), target) {
            (Type::Int, Type::Float) if !optional || matches!(want, Type::Optional(_)) => Conversion::Widen,
            (from, Type::Json) if is_plain(from) => Conversion::Widen,
            (Type::String, Type::Path | Type::Url | Type::Timestamp) if is_template(&typed.expr) => {
                Conversion::Parse
            }
            _ => return Err(typed),
        };
        let value = Box::new(typed.expr);
        Ok(self.at(span, ExprKind::Convert { how, to: target.clone(), value }))
    }

    fn mismatch(&mut self, typed: &Typed, want: &Type, span: Span, source: Option<&ast::Expr>) -> Diagnostic {
        let found = &typed.ty;
        if matches!(found, Type::Optional(inner) if fits(inner, want)) {
            return self.maybe_null(found, want, span);
        }
        let message = format!("expected `{want}`, found `{found}`");
        let mut diagnostic = self.error("RC0201", span, message).label(format!("this is `{found}`"));
        let text = self.text(span).to_owned();
        match (found, want.non_null()) {
            (Type::String, Type::Path | Type::Url) | (Type::Path | Type::Url, Type::String) => {
                let wrapped = format!("\"${{{text}}}\"");
                diagnostic = diagnostic
                    .help(format!("a template takes the type that is wanted: `{wrapped}`"))
                    .fix("wrap it in a template", Applicability::Suggest, span, wrapped);
            }
            (Type::Int | Type::Float | Type::Bool | Type::Named(_), Type::String) => {
                let literal = source.is_some_and(is_literal);
                let wrapped = if literal { format!("\"{text}\"") } else { format!("\"${{{text}}}\"") };
                diagnostic = diagnostic.help(format!("write it into a template: `{wrapped}`")).fix(
                    "wrap it in a template",
                    Applicability::Suggest,
                    span,
                    wrapped,
                );
            }
            (Type::Json, target) => {
                let decoded = format!("decode<{target}>({text})");
                diagnostic = diagnostic
                    .help(format!("json is decoded explicitly, which checks it: `{decoded}`"))
                    .fix(format!("decode it as `{target}`"), Applicability::Suggest, span, decoded);
            }
            (Type::String, Type::Named(name)) => {
                if let Some(member) = self.enum_literal(name, typed) {
                    diagnostic = diagnostic.help(format!("did you mean `{member}`?")).fix(
                        format!("replace by `{member}`"),
                        Applicability::Suggest,
                        span,
                        member,
                    );
                }
            }
            (Type::Float, Type::Int) => {
                diagnostic = diagnostic.help("`round`, `floor` and `ceil` give an int");
            }
            (element, Type::List(inner)) if fits(element, inner) => {
                diagnostic = diagnostic.help(format!("a list of one is written `[{text}]`")).fix(
                    "make it a list",
                    Applicability::Suggest,
                    span,
                    format!("[{text}]"),
                );
            }
            _ => {}
        }
        diagnostic
    }

    /// A `T?` where a `T` is wanted.
    pub fn maybe_null(&mut self, found: &Type, want: &Type, span: Span) -> Diagnostic {
        let message = format!("this may be null: expected `{want}`, found `{found}`");
        let text = self.text(span);
        let default = match want {
            Type::String | Type::Path | Type::Url => "\"\"",
            Type::Int => "0",
            Type::Float => "0.0",
            Type::Bool => "false",
            Type::List(_) => "[]",
            Type::Map(_) | Type::Json => "{}",
            _ => {
                return self.error("RC0206", span, message).help(format!(
                    "give a value for that case: `{text} ?? …`, or run the step only `when {text} != null`"
                ));
            }
        };
        let tight = self.text(span).find(|c: char| c.is_whitespace()).is_none();
        let fixed = if tight { format!("{text} ?? {default}") } else { format!("({text}) ?? {default}") };
        self.error("RC0206", span, message)
            .help(format!("give a value for that case: `{text} ?? {default}`"))
            .fix(format!("add `?? {default}`"), Applicability::Suggest, span, fixed)
    }

    fn enum_literal(&self, key: &str, typed: &Typed) -> Option<String> {
        let ExprKind::Const(Value::String(text)) = &typed.expr.kind else { return None };
        let members = self.program.enum_members(key)?;
        let member = members.iter().find(|(name, wire)| name == text.as_ref() || wire == text.as_ref())?;
        Some(format!("{}.{}", self.type_name(key), member.0))
    }
}

fn is_literal(e: &ast::Expr) -> bool {
    matches!(e.kind, ast::ExprKind::Int(_) | ast::ExprKind::Float(_) | ast::ExprKind::Bool(_))
}

fn is_template(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Template { .. })
}
