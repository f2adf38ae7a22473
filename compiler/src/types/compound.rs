//! Fields, indices, lists, records, comprehensions.

use super::scope::Local;
use super::{Cx, Typed};
use crate::index::Symbol;
use crate::names;
use rustchain_grammar::ast::{self, CompClause, NamedArg};
use rustchain_grammar::{Applicability, Span};
use rustchain_plan::expr::{Conversion, Expr, ExprKind};
use rustchain_plan::{Type, Value};
use smol_str::SmolStr;
use std::collections::BTreeMap;

impl Cx<'_> {
    /// `base.name` and `base?.name`.
    pub fn field_of(
        &mut self,
        base: Typed,
        base_span: Span,
        name: &ast::Name,
        optional: bool,
        span: Span,
    ) -> Typed {
        let (inner, was_optional) = match &base.ty {
            Type::Error => return Typed::error(),
            Type::Optional(inner) => ((**inner).clone(), true),
            other => (other.clone(), false),
        };
        if was_optional && !optional && inner != Type::Json {
            let message = format!("this may be null, so `.{}` cannot be read from it", name.text);
            let dot = Span::new(base_span.end, name.span.start);
            let diagnostic = self
                .error("RC0206", base_span, message)
                .label(format!("this is `{}`", base.ty))
                .help(format!("`?.{}` gives null where it is null", name.text))
                .fix("use `?.`", Applicability::Suggest, dot, "?.");
            self.report(diagnostic);
            return Typed::error();
        }
        let Some(ty) = self.field_type(&inner, name) else { return Typed::error() };
        let ty = if was_optional && optional { ty.optional() } else { ty };
        let kind = ExprKind::Field { base: Box::new(base.expr), name: name.text.clone(), optional };
        let typed = self.typed(span, kind, ty);
        self.fold(typed)
    }

    fn field_type(&mut self, ty: &Type, name: &ast::Name) -> Option<Type> {
        let candidates: Vec<SmolStr> = match ty {
            Type::Json => return Some(Type::Json),
            Type::Record(fields) => {
                if let Some(ty) = fields.get(&name.text) {
                    return Some(ty.clone());
                }
                fields.keys().cloned().collect()
            }
            Type::Named(key) => match self.program.record_fields(key) {
                Some(fields) => {
                    if let Some(field) = fields.iter().find(|f| f.name == name.text) {
                        self.note_part(name.span, key, &name.text, Some(&field.ty));
                        return Some(field.ty.clone());
                    }
                    fields.iter().map(|f| f.name.clone()).collect()
                }
                None => Vec::new(),
            },
            _ => Vec::new(),
        };
        let diagnostic = if candidates.is_empty() {
            let mut d = self.error("RC0202", name.span, format!("a `{ty}` has no fields"));
            d.help = match ty {
                Type::Map(_) => {
                    Some(format!("an entry of a map is read by `[\"{0}\"]` or `.get(\"{0}\")`", name.text))
                }
                Type::List(_) => Some("an element of a list is read by `[0]` or `.get(0)`".into()),
                _ => None,
            };
            d
        } else {
            let d = self.error("RC0202", name.span, format!("`{ty}` has no field `{}`", name.text));
            names::did_you_mean(d, name.span, &name.text, candidates.iter().map(SmolStr::as_str))
        };
        self.report(diagnostic);
        None
    }

    /// `base[index]`.
    pub fn index(&mut self, base: &ast::Expr, index: &ast::Expr, span: Span) -> Typed {
        let typed = self.elab(base, None);
        let (element, by) = match &typed.ty {
            Type::Error => return Typed::error(),
            Type::List(t) => ((**t).clone(), Type::Int),
            Type::Map(t) => ((**t).clone(), Type::String),
            Type::String => (Type::String, Type::Int),
            Type::Json => return self.json_index(typed, index, span),
            Type::Optional(inner) => {
                let diagnostic = self.maybe_null(&typed.ty, inner, base.span);
                self.report(diagnostic);
                return Typed::error();
            }
            other => {
                let message = format!("a `{other}` cannot be indexed");
                let diagnostic = self.error("RC0201", base.span, message);
                self.report(diagnostic);
                return Typed::error();
            }
        };
        let index = self.check(index, &by);
        let kind = ExprKind::Index { base: Box::new(typed.expr), index: Box::new(index) };
        let typed = self.typed(span, kind, element);
        self.fold(typed)
    }

    fn json_index(&mut self, base: Typed, index: &ast::Expr, span: Span) -> Typed {
        let by = self.elab(index, None);
        let expr = match &by.ty {
            Type::Int | Type::String | Type::Error => by.expr,
            _ => self.coerce(by, &Type::String, index),
        };
        let kind = ExprKind::Index { base: Box::new(base.expr), index: Box::new(expr) };
        self.typed(span, kind, Type::Json)
    }

    /// `[a, b]`.
    pub fn list(&mut self, items: &[ast::Expr], span: Span, want: Option<&Type>) -> Typed {
        if let Some(Type::Json) = want.map(Type::non_null) {
            let items = items.iter().map(|e| self.check(e, &Type::Json)).collect();
            let list = self.typed(span, ExprKind::List(items), Type::Json.list());
            return self.json_of(list, span);
        }
        let element = match want.map(Type::non_null) {
            Some(Type::List(t)) => Some((**t).clone()),
            _ => None,
        };
        let mut typed = Vec::with_capacity(items.len());
        for item in items {
            typed.push((self.elab(item, element.as_ref()), item.span));
        }
        let broken = typed.iter().any(|(t, _)| t.ty == Type::Error);
        let (items, ty) = match &element {
            Some(element) => {
                let coerced = typed.into_iter().zip(items).map(|((t, _), e)| self.coerce(t, element, e));
                (coerced.collect(), element.clone())
            }
            None => self.unify(typed, None, "elements of this list"),
        };
        if broken || ty == Type::Error {
            return Typed { ty: Type::Error.list(), ..Typed::error() };
        }
        let typed = self.typed(span, ExprKind::List(items), ty.list());
        self.fold(typed)
    }

    /// Any value as json.
    pub fn json_of(&mut self, typed: Typed, span: Span) -> Typed {
        let value = Box::new(typed.expr);
        let kind = ExprKind::Convert { how: Conversion::Widen, to: Type::Json, value };
        let typed = self.typed(span, kind, Type::Json);
        self.fold(typed)
    }

    /// `N { a: 1, ..b }` and `{ a: 1 }`.
    pub fn record(
        &mut self,
        name: Option<&ast::Path>,
        base: Option<&ast::Expr>,
        fields: &[NamedArg],
        span: Span,
        want: Option<&Type>,
    ) -> Typed {
        self.duplicate_fields(fields);
        if let Some(path) = name {
            let segments = names::segments(path);
            let Some(key) = self.nominal_key(&segments) else {
                self.unknown_type(path);
                for field in fields {
                    self.elab(&field.value, None);
                }
                return Typed::error();
            };
            self.note_type(path.span, &segments);
            return self.nominal_record(key, path.span, base, fields, span);
        }
        match want.map(Type::non_null) {
            Some(Type::Named(key)) if self.program.record_fields(key).is_some() => {
                let key = key.clone();
                self.nominal_record(key, Span::new(span.start, span.start + 1), base, fields, span)
            }
            Some(Type::Map(element)) if base.is_none() => {
                let element = (**element).clone();
                let entries: Vec<(SmolStr, Expr)> =
                    fields.iter().map(|f| (f.name.text.clone(), self.check(&f.value, &element))).collect();
                let typed = self.typed(span, ExprKind::Map(entries), element.map());
                self.fold(typed)
            }
            Some(Type::Json) if base.is_none() => {
                let entries: Vec<(SmolStr, Expr)> =
                    fields.iter().map(|f| (f.name.text.clone(), self.check(&f.value, &Type::Json))).collect();
                let map = self.typed(span, ExprKind::Map(entries), Type::Json.map());
                self.json_of(map, span)
            }
            Some(Type::Record(wanted)) => {
                let wanted = wanted.clone();
                self.anonymous_record(Some(&wanted), base, fields, span)
            }
            _ => self.anonymous_record(None, base, fields, span),
        }
    }

    fn duplicate_fields(&mut self, fields: &[NamedArg]) {
        for (index, field) in fields.iter().enumerate() {
            if let Some(first) = fields[..index].iter().find(|f| f.name.text == field.name.text) {
                let diagnostic = names::duplicate(self.file(), &field.name, "field", first.name.span);
                self.report(diagnostic);
            }
        }
    }

    fn anonymous_record(
        &mut self,
        wanted: Option<&BTreeMap<SmolStr, Type>>,
        base: Option<&ast::Expr>,
        fields: &[NamedArg],
        span: Span,
    ) -> Typed {
        let mut types = BTreeMap::new();
        let mut lowered = Vec::with_capacity(fields.len());
        let base = base.map(|b| self.elab(b, None));
        if let Some(Typed { ty: Type::Record(inherited), .. }) = &base {
            types = inherited.clone();
        }
        for field in fields {
            let want = wanted.and_then(|w| w.get(&field.name.text));
            let (expr, ty) = match want {
                Some(want) => (self.check(&field.value, want), want.clone()),
                None => {
                    let typed = self.elab(&field.value, None);
                    (typed.expr, typed.ty)
                }
            };
            types.insert(field.name.text.clone(), ty);
            lowered.push((field.name.text.clone(), expr));
        }
        for (name, ty) in wanted.into_iter().flatten() {
            let missing = !types.contains_key(name);
            if missing && matches!(ty, Type::Optional(_)) {
                types.insert(name.clone(), ty.clone());
                lowered.push((name.clone(), Expr::constant(Value::Null)));
            }
        }
        let base = base.map(|b| Box::new(b.expr));
        let kind = ExprKind::Record { name: None, base, fields: lowered };
        let typed = self.typed(span, kind, Type::Record(types));
        self.fold(typed)
    }

    fn nominal_record(
        &mut self,
        key: SmolStr,
        name_span: Span,
        base: Option<&ast::Expr>,
        fields: &[NamedArg],
        span: Span,
    ) -> Typed {
        let Some(declared) = self.program.record_fields(&key) else {
            let message = format!("`{}` is an enum, not a record", self.type_name(&key));
            let diagnostic = self.error("RC0201", name_span, message);
            self.report(diagnostic);
            return Typed::error();
        };
        let ty = Type::Named(key.clone());
        self.use_key(&key);
        let before = self.diagnostics.len();
        let base = base.map(|b| Box::new(self.check(b, &ty)));
        let mut lowered = Vec::with_capacity(declared.len());
        for field in fields {
            let Some(info) = declared.iter().find(|f| f.name == field.name.text) else {
                let message = format!("`{}` has no field `{}`", self.type_name(&key), field.name.text);
                let d = self.error("RC0202", field.name.span, message);
                let names = declared.iter().map(|f| f.name.as_str());
                let d = names::did_you_mean(d, field.name.span, &field.name.text, names);
                self.report(d);
                self.elab(&field.value, None);
                continue;
            };
            self.note_part(field.name.span, &key, &field.name.text, Some(&info.ty));
            let expr = self.check(&field.value, &info.ty);
            lowered.push((field.name.text.clone(), expr));
        }
        if base.is_none() {
            // A misspelt field was told already; what it left out is the same cause.
            let told = self.diagnostics[before..].iter().any(|d| d.code == "RC0202");
            self.missing_fields(&key, &declared, fields, span, told, &mut lowered);
        }
        let kind = ExprKind::Record { name: Some(key.clone()), base, fields: lowered };
        let typed = self.typed(span, kind, ty);
        if self.diagnostics.len() == before {
            self.check_constraints(&key, &typed, span);
        }
        self.fold(typed)
    }

    fn missing_fields(
        &mut self,
        key: &SmolStr,
        declared: &[super::nominal::FieldInfo],
        given: &[NamedArg],
        span: Span,
        told: bool,
        lowered: &mut Vec<(SmolStr, Expr)>,
    ) {
        let mut missing: Vec<String> = Vec::new();
        for (index, info) in declared.iter().enumerate() {
            if given.iter().any(|f| f.name.text == info.name) {
                continue;
            }
            if info.has_default {
                let value = self.program.field_default(key, index).unwrap_or(Value::Null);
                lowered.push((info.name.clone(), Expr::constant(value)));
                continue;
            }
            if matches!(info.ty, Type::Optional(_)) {
                lowered.push((info.name.clone(), Expr::constant(Value::Null)));
                continue;
            }
            missing.push(format!("`{}: {}`", info.name, info.ty));
        }
        if missing.is_empty() || told {
            return;
        }
        let plural = if missing.len() == 1 { "field" } else { "fields" };
        let message = format!("`{}` lacks the {plural} {}", self.type_name(key), missing.join(", "));
        let diagnostic = self.error("RC0205", span, message);
        self.report(diagnostic);
    }

    /// `[e for x in xs if c]`.
    pub fn comprehension(
        &mut self,
        body: &ast::Expr,
        clauses: &[CompClause],
        span: Span,
        want: Option<&Type>,
    ) -> Typed {
        let element = match want.map(Type::non_null) {
            Some(Type::List(t)) => Some((**t).clone()),
            Some(Type::Json) => Some(Type::Json),
            _ => None,
        };
        let facts = self.facts.len();
        let mut lowered = Vec::with_capacity(clauses.len());
        let mut pushed = 0;
        for clause in clauses {
            match clause {
                CompClause::For(name, list) => {
                    let typed = self.elab(list, None);
                    let ty = self.element_of(&typed.ty, list);
                    lowered.push(rustchain_plan::expr::CompClause::For(name.text.clone(), typed.expr));
                    let at = self.place(name.span);
                    self.note(name.span, Symbol::Variable, &name.text, Some(&ty), Some(at));
                    let local = Local::bound(name.text.clone(), ty, at);
                    self.frames.push(super::scope::Frame::Locals(vec![local]));
                    pushed += 1;
                }
                CompClause::If(cond) => {
                    let expr = self.check(cond, &Type::Bool);
                    self.learn(cond);
                    lowered.push(rustchain_plan::expr::CompClause::If(expr));
                }
            }
        }
        let typed = self.elab(body, element.as_ref());
        let (expr, ty) = match element {
            Some(element) => (self.coerce(typed, &element, body), element),
            None => (typed.expr, typed.ty),
        };
        self.frames.truncate(self.frames.len() - pushed);
        self.facts.truncate(facts);
        let kind = ExprKind::Comprehension { body: Box::new(expr), clauses: lowered };
        let typed = self.typed(span, kind, ty.list());
        let typed = self.fold(typed);
        match want.map(Type::non_null) {
            Some(Type::Json) => self.json_of(typed, span),
            _ => typed,
        }
    }

    /// The type of what `for x in` a value of this type gives.
    pub fn element_of(&mut self, ty: &Type, source: &ast::Expr) -> Type {
        let diagnostic = match ty {
            Type::List(t) => return (**t).clone(),
            Type::Error => return Type::Error,
            Type::Optional(inner) if matches!(**inner, Type::List(_)) => {
                self.maybe_null(ty, inner, source.span)
            }
            Type::Json => {
                let text = self.text(source.span).to_owned();
                let decoded = format!("decode<list<json>>({text})");
                self.error("RC0201", source.span, "`for` needs a list, found `json`")
                    .help(format!("decode it, which checks it: `{decoded}`"))
                    .fix("decode it as a list", Applicability::Suggest, source.span, decoded)
            }
            Type::Map(_) => {
                let text = self.text(source.span).to_owned();
                self.error("RC0201", source.span, format!("`for` needs a list, found `{ty}`"))
                    .help(format!("go over its keys: `keys({text})`, or its values: `values({text})`"))
            }
            other => self.error("RC0201", source.span, format!("`for` needs a list, found `{other}`")),
        };
        self.report(diagnostic);
        Type::Error
    }
}
