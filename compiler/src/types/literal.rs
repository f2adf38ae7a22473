//! Literals and templates: they take the type that is expected of them.

use super::{Cx, Typed, assign, fold};
use rustchain_grammar::Span;
use rustchain_grammar::ast::{self, TemplatePart};
use rustchain_plan::expr::{ExprKind, Part, TemplateForm};
use rustchain_plan::{Type, Value};
use std::sync::Arc;

/// A constant as a value of another type, where the language allows that for literals.
/// The inner error says why this literal is no such value.
pub(crate) fn convert(value: &Value, from: &Type, to: &Type) -> Option<Result<Value, String>> {
    match (value, to) {
        (Value::Int(n), Type::Float) => Some(Ok(Value::Float(*n as f64))),
        (Value::String(text), Type::Path) => Some(path(text)),
        (Value::String(text), Type::Url) => Some(url(text)),
        (Value::String(text), Type::Timestamp) => Some(timestamp(text)),
        (_, Type::Json) if assign::is_plain(from) => None,
        (Value::List(items), Type::List(inner)) => {
            let Type::List(element) = from else { return None };
            let converted: Result<Vec<Value>, Option<String>> = items
                .iter()
                .map(|item| match convert(item, element, inner.non_null()) {
                    Some(Ok(value)) => Ok(value),
                    Some(Err(message)) => Err(Some(message)),
                    None => Err(None),
                })
                .collect();
            match converted {
                Ok(items) => Some(Ok(Value::List(Arc::new(items)))),
                Err(Some(message)) => Some(Err(message)),
                Err(None) => None,
            }
        }
        _ => None,
    }
}

fn path(text: &Arc<str>) -> Result<Value, String> {
    if text.contains('\0') {
        return Err("a path cannot contain a zero byte".into());
    }
    Ok(Value::Path(text.clone()))
}

fn url(text: &Arc<str>) -> Result<Value, String> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(format!("`{text}` is no url: it has no scheme such as `https://`"));
    };
    let valid = scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    if scheme.is_empty() || !valid {
        return Err(format!("`{scheme}` is no scheme of a url"));
    }
    if rest.is_empty() || text.contains(char::is_whitespace) {
        return Err(format!("`{text}` is no url"));
    }
    Ok(Value::Url(text.clone()))
}

/// The moment an RFC 3339 text or a date names.
fn timestamp(text: &str) -> Result<Value, String> {
    fold::timestamp(text).ok_or_else(|| {
        format!("`{text}` is no moment: expected a date and time such as `2026-01-31T08:00:00Z`")
    })
}

impl Cx<'_> {
    /// `@2026-01-01T00:00:00Z`.
    pub fn timestamp_literal(&mut self, text: &str, span: Span) -> Typed {
        match timestamp(text) {
            Ok(value) => self.value(span, value, Type::Timestamp),
            Err(message) => {
                let diagnostic = self.error("RC0215", span, message);
                self.report(diagnostic);
                Typed::error()
            }
        }
    }

    /// A template: text with holes.
    pub fn template(&mut self, parts: &[TemplatePart], span: Span, want: Option<&Type>) -> Typed {
        if let [] | [TemplatePart::Text(..)] = parts {
            let text = match parts {
                [TemplatePart::Text(text, _)] => text.as_str(),
                _ => "",
            };
            return self.value(span, Value::string(text), Type::String);
        }
        let (form, ty) = match want.map(Type::non_null) {
            Some(Type::Url) => (TemplateForm::Url, Type::Url),
            Some(Type::Path) => (TemplateForm::Path, Type::Path),
            _ => (TemplateForm::String, Type::String),
        };
        let mut lowered = Vec::with_capacity(parts.len());
        let mut broken = false;
        for part in parts {
            match part {
                TemplatePart::Text(text, _) => lowered.push(Part::Text(text.clone())),
                TemplatePart::Hole(e, _) => {
                    let typed = self.hole(e);
                    broken |= typed.ty == Type::Error;
                    lowered.push(Part::Hole(typed.expr));
                }
            }
        }
        if broken {
            return Typed { ty, ..Typed::error() };
        }
        let typed = self.typed(span, ExprKind::Template { form, parts: lowered }, ty);
        self.fold(typed)
    }

    fn hole(&mut self, e: &ast::Expr) -> Typed {
        let typed = self.elab(e, None);
        match &typed.ty {
            Type::Optional(inner) => {
                let diagnostic = self.maybe_null(&typed.ty, inner, e.span);
                self.report(diagnostic);
                Typed::error()
            }
            Type::Null | Type::Unit | Type::Bytes | Type::Provider | Type::Memory | Type::Tool => {
                let message = format!("a `{}` has no text form", typed.ty);
                let diagnostic = self.error("RC0201", e.span, message);
                self.report(diagnostic);
                Typed::error()
            }
            _ => typed,
        }
    }

    /// `bash"""…"""`: text without holes.
    pub fn raw(&mut self, text: &str, span: Span) -> Typed {
        self.value(span, Value::string(text), Type::String)
    }
}

/// Can this constant become a value of another type?
pub(crate) fn convert_possible(typed: &Typed, to: &Type) -> bool {
    let ExprKind::Const(value) = &typed.expr.kind else { return false };
    convert(value, &typed.ty, to).is_some()
}
