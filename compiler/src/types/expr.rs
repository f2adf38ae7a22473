//! Expressions.

use super::{Cx, Typed};
use crate::index::Symbol;
use crate::names::{self, DeclRef, Found, Space, refs};
use rustchain_grammar::ast::{self, BinaryOp, ExprKind as E, ItemKind};
use rustchain_grammar::{Applicability, Span};
use rustchain_plan::expr::{ExprKind, RunField};
use rustchain_plan::{Type, Value};
use smol_str::SmolStr;

/// With so many errors nobody reads suggestions; each costs a look at every name.
const MANY: usize = 100;

const RUN_FIELDS: &[(&str, RunField, Type)] = &[
    ("id", RunField::Id, Type::String),
    ("started", RunField::Started, Type::Timestamp),
    ("scheduled", RunField::Scheduled, Type::Timestamp),
    ("interval_start", RunField::IntervalStart, Type::Timestamp),
    ("interval_end", RunField::IntervalEnd, Type::Timestamp),
    ("attempt", RunField::Attempt, Type::Int),
    ("is_latest", RunField::IsLatest, Type::Bool),
];

impl<'p> Cx<'p> {
    /// Types an expression; `want` is what is hoped for, the caller coerces.
    pub fn elab(&mut self, e: &ast::Expr, want: Option<&Type>) -> Typed {
        let span = e.span;
        match &e.kind {
            E::Null => self.value(span, Value::Null, Type::Null),
            E::Bool(b) => self.value(span, Value::Bool(*b), Type::Bool),
            E::Int(n) => self.value(span, Value::Int(*n), Type::Int),
            E::Float(x) => self.value(span, Value::Float(*x), Type::Float),
            E::Duration(n) => self.value(span, Value::Duration(*n), Type::Duration),
            E::Timestamp(text) => self.timestamp_literal(text, span),
            E::Template(parts) => self.template(parts, span, want),
            E::Raw(_, text) => self.raw(text, span),
            E::Paren(inner) => self.elab(inner, want),
            E::Name(name) => {
                let typed = self.name(name);
                self.narrowed(e, typed)
            }
            E::Field { base, name, optional } => {
                let typed = self.field(e, base, name, *optional);
                self.narrowed(e, typed)
            }
            E::Index { base, index } => self.index(base, index, span),
            E::Call { callee, type_args, args, args_span } => {
                self.call(e, callee, type_args, args, *args_span, want)
            }
            E::Record { name, base, fields } => {
                self.record(name.as_ref(), base.as_deref(), fields, span, want)
            }
            E::List(items) => self.list(items, span, want),
            E::Comprehension { body, clauses } => self.comprehension(body, clauses, span, want),
            E::Unary(op, inner) => self.unary(*op, inner, span, want),
            E::Binary { op, op_span, left, right } => self.binary(*op, *op_span, left, right, span, want),
            E::If { cond, then, otherwise } => self.if_else(cond, then, otherwise, span, want),
            E::Match { subject, arms } => self.match_expr(subject, arms, span, want),
            E::For { .. } => {
                self.only_as_step(span, "for", "a list inside an expression is built by `[e for x in xs]`")
            }
            E::Loop { .. } | E::Poll { .. } => self.only_as_step(span, "loop", "make it a step of its own"),
            E::Error => Typed::error(),
        }
    }

    fn only_as_step(&mut self, span: Span, word: &str, help: &str) -> Typed {
        let message = format!("`{word}` is a step, not part of an expression");
        let diagnostic = self.error("RC0209", span, message).help(help);
        self.report(diagnostic);
        Typed::error()
    }

    /// A name before anything but `(`.
    fn name(&mut self, name: &ast::Name) -> Typed {
        let text = name.text.as_str();
        let span = name.span;
        if let Some(local) = self.local(text) {
            let (plan, ty, at) = (local.plan.clone(), local.ty.clone(), local.at);
            self.note(span, Symbol::Variable, text, Some(&ty), at);
            return self.typed(span, ExprKind::Local(plan), ty);
        }
        if let Some(hit) = self.region_hit(text) {
            let id = hit.id.clone();
            self.note_hit(&hit, span);
            return match self.read_hit(hit, span) {
                Some(typed) => typed,
                None => self.group_as_value(&id, span),
            };
        }
        if let Some(typed) = self.test_name(text, span) {
            return typed;
        }
        if let Some(decl) = self.program.names.local(self.module, Space::Value, text) {
            return self.global(decl, span);
        }
        if text == "run" {
            let message = "`run` is the run's context: read one of its fields";
            let diagnostic = self.error("RC0202", span, message).help("for example `run.started`");
            self.report(diagnostic);
            return Typed::error();
        }
        self.unknown_name(text, span)
    }

    fn group_as_value(&mut self, id: &str, span: Span) -> Typed {
        let message = format!("`{id}` is a group, which has no value");
        let diagnostic = self.error("RC0201", span, message).help(format!("read a step of it: `{id}.step`"));
        self.report(diagnostic);
        Typed::error()
    }

    /// A top-level `let`, provider or memory read as a value.
    pub fn global(&mut self, decl: DeclRef, span: Span) -> Typed {
        let item = self.program.item(decl);
        match &item.kind {
            ItemKind::Let(_) => {
                let (value, ty) = self.program.global_let(decl);
                match value {
                    Some(value) => {
                        self.note_decl(span, decl, Some(&ty));
                        self.value(span, value, ty)
                    }
                    None => {
                        self.tainted = true;
                        Typed::error()
                    }
                }
            }
            ItemKind::Provider(_) => Typed { ty: Type::Provider, ..Typed::error() },
            ItemKind::Memory(_) => Typed { ty: Type::Memory, ..Typed::error() },
            _ => Typed::error(),
        }
    }

    fn unknown_name(&mut self, text: &str, span: Span) -> Typed {
        let mut diagnostic = self.error("RC0101", span, format!("nothing is named `{text}` here"));
        if self.program.names.local(self.module, Space::Type, text).is_some()
            || rustchain_stdlib::library_type(text).is_some()
        {
            diagnostic = self.error("RC0101", span, format!("`{text}` is a type, not a value"));
        } else if self.is_callable(text) {
            diagnostic = self
                .error("RC0213", span, format!("`{text}` is called with arguments"))
                .help(format!("write `{text}(…)`"));
            if self.callable_without_arguments(text) {
                diagnostic =
                    diagnostic.fix("add `()`", Applicability::Suggest, Span::new(span.end, span.end), "()");
            }
        } else if self.diagnostics.len() < MANY {
            let mut names = self.visible_names();
            names.extend(self.program.names.candidates(&self.program.modules, self.module, Space::Value));
            diagnostic = names::did_you_mean(diagnostic, span, text, names.iter().map(String::as_str));
            diagnostic = self.missing_import(diagnostic, text);
        }
        self.report(diagnostic);
        Typed::error()
    }

    /// Offers to import the file that declares the name, where the analysis knows one.
    pub fn missing_import(
        &self,
        diagnostic: rustchain_grammar::Diagnostic,
        text: &str,
    ) -> rustchain_grammar::Diagnostic {
        if !diagnostic.fixes.is_empty() {
            return diagnostic;
        }
        let modules = &self.program.modules;
        let Some(other) = self.program.names.elsewhere(modules, self.module, text) else { return diagnostic };
        let path = &modules[other].path;
        let folder = modules[self.module].path.parent();
        let shown = folder.and_then(|f| path.strip_prefix(f).ok()).unwrap_or(path).display().to_string();
        let alias = path.file_stem().and_then(|s| s.to_str()).unwrap_or("other").to_owned();
        let at = modules[self.module].ast.head_end;
        diagnostic.help(format!("`{shown}` declares it: import that file and write `{alias}.{text}`")).fix(
            format!("import \"./{shown}\""),
            Applicability::Suggest,
            Span::new(at, at),
            format!("\nimport \"./{shown}\" as {alias}\n"),
        )
    }

    fn field(&mut self, e: &ast::Expr, base: &ast::Expr, name: &ast::Name, optional: bool) -> Typed {
        if let Some(typed) = self.qualified(e, base, name) {
            return typed;
        }
        let base_typed = self.elab(base, None);
        self.field_of(base_typed, base.span, name, optional, e.span)
    }

    /// `Enum.member`, `import.x`, `group.step`, `run.started`.
    fn qualified(&mut self, e: &ast::Expr, base: &ast::Expr, name: &ast::Name) -> Option<Typed> {
        let path = refs::dotted(base)?;
        let head = path.split('.').next().unwrap_or_default();
        if self.local(head).is_some() {
            return None;
        }
        if let Some(hit) = self.group_hit(&path, &name.text) {
            self.note_hit(&hit, name.span);
            return self.read_hit(hit, e.span).or_else(|| {
                let id = format!("{path}.{}", name.text);
                Some(self.group_as_value(&id, e.span))
            });
        }
        if self.region_hit(head).is_some_and(|h| matches!(h.entry, super::scope::Entry::Group)) {
            return self.unknown_in_group(&path, name);
        }
        if self.region_hit(head).is_some() {
            return None;
        }
        if let Some(typed) = self.test_path(&path, &name.text, e.span) {
            return Some(typed);
        }
        if self.program.names.local(self.module, Space::Value, head).is_some() && head == path {
            return None;
        }
        if path == "run" {
            return Some(self.run_field(name, e.span));
        }
        self.enum_member(base, &path, name, e.span).or_else(|| self.imported(&path, name, e.span))
    }

    fn group_hit(&self, path: &str, name: &str) -> Option<super::scope::Hit> {
        let head = path.split('.').next()?;
        let hit = self.region_hit(head)?;
        if !matches!(hit.entry, super::scope::Entry::Group) {
            return None;
        }
        let rest = path.get(head.len()..)?;
        let full = format!("{}{rest}.{name}", hit.id);
        let super::scope::Frame::Region(region) = &self.frames[hit.frame] else { return None };
        let entry = region.names.get(full.as_str())?.clone();
        Some(super::scope::Hit { id: full.into(), entry, ..hit })
    }

    fn unknown_in_group(&mut self, path: &str, name: &ast::Name) -> Option<Typed> {
        let hit = self.region_hit(path).or_else(|| self.region_hit(path.split('.').next()?))?;
        let super::scope::Frame::Region(region) = &self.frames[hit.frame] else { return None };
        let prefix = nested(path, &hit.id);
        if !matches!(region.names.get(prefix.as_str()), Some(super::scope::Entry::Group)) {
            return None;
        }
        let dotted = format!("{prefix}.");
        let names: Vec<String> =
            region.names.keys().filter_map(|k| k.strip_prefix(&dotted).map(str::to_owned)).collect();
        let message = format!("the group `{prefix}` has no step `{}`", name.text);
        let diagnostic = self.error("RC0101", name.span, message);
        let diagnostic =
            names::did_you_mean(diagnostic, name.span, &name.text, names.iter().map(String::as_str));
        self.report(diagnostic);
        Some(Typed::error())
    }

    fn run_field(&mut self, name: &ast::Name, span: Span) -> Typed {
        if let Some((_, field, ty)) = RUN_FIELDS.iter().find(|(n, _, _)| name.text == *n) {
            return self.typed(span, ExprKind::Run(*field), ty.clone());
        }
        let message = format!("`run` has no field `{}`", name.text);
        let diagnostic = self.error("RC0202", name.span, message);
        let names = RUN_FIELDS.iter().map(|(n, _, _)| *n);
        let diagnostic = names::did_you_mean(diagnostic, name.span, &name.text, names);
        self.report(diagnostic);
        Typed::error()
    }

    fn enum_member(&mut self, base: &ast::Expr, path: &str, name: &ast::Name, span: Span) -> Option<Typed> {
        let segments: Vec<&str> = path.split('.').collect();
        let key = self.nominal_key(&segments)?;
        self.note_type(base.span, &segments);
        let Some(members) = self.program.enum_members(&key) else {
            let message = format!("`{path}` is a record type, not a value");
            let diagnostic = self
                .error("RC0101", base.span, message)
                .help(format!("a value of it is written `{path} {{ … }}`"));
            self.report(diagnostic);
            return Some(Typed::error());
        };
        if members.iter().any(|(member, _)| *member == name.text) {
            self.note_part(name.span, &key, &name.text, None);
            self.use_key(&key);
            let value = Value::Enum(key.clone(), name.text.clone());
            return Some(self.value(span, value, Type::Named(key)));
        }
        let message = format!("`{path}` has no member `{}`", name.text);
        let diagnostic = self.error("RC0202", name.span, message);
        let names: Vec<SmolStr> = members.iter().map(|(m, _)| m.clone()).collect();
        let diagnostic =
            names::did_you_mean(diagnostic, name.span, &name.text, names.iter().map(SmolStr::as_str));
        self.report(diagnostic);
        Some(Typed::error())
    }

    fn imported(&mut self, path: &str, name: &ast::Name, span: Span) -> Option<Typed> {
        if path.contains('.') || !self.program.modules[self.module].imports.contains_key(path) {
            return None;
        }
        let modules = &self.program.modules;
        match self.program.names.path(modules, self.module, Space::Value, &[path, &name.text]) {
            Found::Decl(decl) => Some(self.global(decl, span)),
            Found::BrokenImport => {
                self.tainted = true;
                Some(Typed::error())
            }
            Found::No => {
                let message = format!("`{path}` declares no value `{}`", name.text);
                let candidates = self.program.names.candidates(modules, self.module, Space::Value);
                let prefix = format!("{path}.");
                let names = candidates.iter().filter_map(|c| c.strip_prefix(&prefix));
                let diagnostic = self.error("RC0101", name.span, message);
                let diagnostic = names::did_you_mean(diagnostic, name.span, &name.text, names);
                self.report(diagnostic);
                Some(Typed::error())
            }
        }
    }

    /// `T?` becomes `T` where a condition has shown that it is not null.
    fn narrowed(&mut self, e: &ast::Expr, typed: Typed) -> Typed {
        let Type::Optional(inner) = &typed.ty else { return typed };
        if self.facts.is_empty() {
            return typed;
        }
        let Some(path) = refs::dotted(e) else { return typed };
        let frame = self.frame_of(path.split('.').next().unwrap_or_default());
        if self.facts.iter().any(|(f, p)| *f == frame && *p == path) {
            return Typed { ty: (**inner).clone(), expr: typed.expr };
        }
        typed
    }

    /// Takes note of what a condition that holds says about null.
    pub fn learn(&mut self, condition: &ast::Expr) {
        match &condition.kind {
            E::Paren(inner) => self.learn(inner),
            E::Binary { op: BinaryOp::And, left, right, .. } => {
                self.learn(left);
                self.learn(right);
            }
            E::Binary { op: BinaryOp::Ne, left, right, .. } => {
                let tested = match (&left.kind, &right.kind) {
                    (_, E::Null) => left,
                    (E::Null, _) => right,
                    _ => return,
                };
                let Some(path) = refs::dotted(tested) else { return };
                let frame = self.frame_of(path.split('.').next().unwrap_or_default());
                self.facts.push((frame, path));
            }
            E::Call { callee, args, .. } => {
                // ran(x): it has a value.
                let (E::Name(name), [arg]) = (&callee.kind, args.as_slice()) else { return };
                let Some(path) = refs::dotted(&arg.value) else { return };
                if name.text == "ran" {
                    let frame = self.frame_of(path.split('.').next().unwrap_or_default());
                    self.facts.push((frame, path));
                }
            }
            _ => {}
        }
    }

    fn if_else(
        &mut self,
        cond: &ast::Expr,
        then: &ast::Expr,
        otherwise: &ast::Expr,
        span: Span,
        want: Option<&Type>,
    ) -> Typed {
        let cond_expr = self.check(cond, &Type::Bool);
        let facts = self.facts.len();
        self.learn(cond);
        let yes = self.elab(then, want);
        self.facts.truncate(facts);
        let no = self.elab(otherwise, want);
        let branches = vec![(yes, then.span), (no, otherwise.span)];
        let (mut branches, ty) = self.unify(branches, want, "branches of `if`");
        let (Some(no), Some(yes)) = (branches.pop(), branches.pop()) else { return Typed::error() };
        let kind = ExprKind::If { cond: Box::new(cond_expr), then: Box::new(yes), otherwise: Box::new(no) };
        let typed = self.typed(span, kind, ty);
        self.fold(typed)
    }

    /// Brings branches to one type: the wanted one, else the one they join in.
    pub fn unify(
        &mut self,
        branches: Vec<(Typed, Span)>,
        want: Option<&Type>,
        what: &str,
    ) -> (Vec<rustchain_plan::Expr>, Type) {
        let mut ty: Option<Type> = None;
        for (branch, span) in &branches {
            let joined = match &ty {
                None => Some(branch.ty.clone()),
                Some(sofar) => super::assign::join(sofar, &branch.ty),
            };
            if let Some(joined) = joined {
                ty = Some(joined);
                continue;
            }
            // With a wanted type each branch is told about itself.
            if want.is_some() {
                break;
            }
            let sofar = ty.clone().unwrap_or(Type::Error);
            let message = format!("the {what} have different types: `{sofar}` and `{}`", branch.ty);
            let diagnostic = self.error("RC0201", *span, message).label(format!("this is `{}`", branch.ty));
            self.report(diagnostic);
            let exprs = branches.into_iter().map(|(b, _)| b.expr).collect();
            return (exprs, Type::Error);
        }
        let target = match (want, ty) {
            (Some(want), Some(joined)) if !super::assign::fits(&joined, want) => want.clone(),
            (_, Some(joined)) => joined,
            (_, None) => Type::Null,
        };
        let exprs = branches.into_iter().map(|(b, span)| self.coerce_at(b, &target, span, None)).collect();
        (exprs, target)
    }
}

/// The full name of a dotted path whose head was found as `id`.
fn nested(path: &str, id: &str) -> String {
    let head = path.split('.').next().unwrap_or_default();
    match id.ends_with(head) && !id.ends_with(path) {
        true => format!("{id}{}", &path[head.len()..]),
        false => id.to_owned(),
    }
}
