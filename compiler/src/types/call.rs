//! Calls: what is called, and how arguments meet parameters.

use super::builtin::Form;
use super::generic::Bindings;
use super::{Cx, Typed};
use crate::names::{self, DeclRef, Found, Space, refs};
use rustchain_grammar::ast::{self, Arg, ExprKind as E, ItemKind};
use rustchain_grammar::{Applicability, Span};
use rustchain_plan::expr::{Expr, ExprKind};
use rustchain_plan::{Signature, Type, Value};
use smol_str::SmolStr;

/// What a callee is.
pub(crate) enum Target<'e> {
    /// A function or step kind of the library.
    Library(&'static Signature),
    /// A chain, agent, tool or mission.
    Declared(DeclRef),
    /// A form of the language.
    Form(Form),
    /// A tool of an MCP server or a plugin that is not locked.
    Unlocked,
    /// `value.name(…)`.
    Method(&'e ast::Expr, &'e ast::Name),
    /// Part of a broken import; reported.
    Broken,
    /// Nothing of that name.
    Unknown,
}

/// A parameter, as far as matching arguments is concerned.
pub(crate) struct Slot {
    /// The name.
    pub name: SmolStr,
    /// The declared type.
    pub ty: Type,
    /// Must be given.
    pub required: bool,
}

impl<'p> Cx<'p> {
    /// Finds what a callee names.
    pub fn target<'e>(&self, callee: &'e ast::Expr) -> Target<'e> {
        match &callee.kind {
            E::Name(name) => self.plain_target(&name.text),
            E::Field { base, name, .. } => self.dotted_target(callee, base, name),
            E::Paren(inner) => self.target(inner),
            _ => Target::Unknown,
        }
    }

    fn plain_target(&self, name: &str) -> Target<'static> {
        if let Some(decl) = self.program.names.local(self.module, Space::Callable, name) {
            return Target::Declared(decl);
        }
        if let Some(form) = Form::named(name) {
            return Target::Form(form);
        }
        rustchain_stdlib::signature(name).map_or(Target::Unknown, Target::Library)
    }

    fn dotted_target<'e>(&self, callee: &ast::Expr, base: &'e ast::Expr, name: &'e ast::Name) -> Target<'e> {
        let Some(path) = refs::dotted(callee) else { return Target::Method(base, name) };
        let segments: Vec<&str> = path.split('.').collect();
        match self.program.names.path(&self.program.modules, self.module, Space::Callable, &segments) {
            Found::Decl(decl) => return Target::Declared(decl),
            Found::BrokenImport => return Target::Broken,
            Found::No => {}
        }
        if let Some(signature) = rustchain_stdlib::signature(&path) {
            return Target::Library(signature);
        }
        let head = segments.first().copied().unwrap_or_default();
        let local = self.program.names.local(self.module, Space::Callable, head);
        if let Some(decl) = local
            && matches!(&self.program.item(decl).kind, ItemKind::Tool(t) if t.params.is_none())
        {
            return Target::Unlocked;
        }
        let is_value = self.local(head).is_some()
            || self.region_hit(head).is_some()
            || self.program.names.local(self.module, Space::Value, head).is_some()
            || head == "run"
            || self.nominal_key(&[head]).is_some();
        if is_value { Target::Method(base, name) } else { Target::Unknown }
    }

    /// Is a dotted name before `(` a callable, rather than a method of a value?
    pub fn is_callable_path(&self, path: &str) -> bool {
        if rustchain_stdlib::signature(path).is_some() {
            return true;
        }
        let segments: Vec<&str> = path.split('.').collect();
        let found = self.program.names.path(&self.program.modules, self.module, Space::Callable, &segments);
        !matches!(found, Found::No)
    }

    /// Can this name be called?
    pub fn is_callable(&self, name: &str) -> bool {
        !matches!(self.plain_target(name), Target::Unknown)
    }

    /// Can this name be called with `()`?
    pub fn callable_without_arguments(&self, name: &str) -> bool {
        match self.plain_target(name) {
            Target::Library(s) => s.params.iter().all(|p| p.default.is_some()),
            Target::Declared(decl) => self.program.callable(decl).params.iter().all(|p| p.optional),
            _ => false,
        }
    }

    /// Is a callee one whose call is a step: no pure function, no form?
    pub fn is_step_call(&self, callee: &ast::Expr) -> bool {
        match self.target(callee) {
            Target::Library(signature) => !signature.pure,
            Target::Declared(_) | Target::Form(Form::Hole) => true,
            _ => false,
        }
    }

    /// A call inside an expression: only what is pure.
    pub fn call(
        &mut self,
        e: &ast::Expr,
        callee: &ast::Expr,
        type_args: &[ast::TypeExpr],
        args: &[Arg],
        args_span: Span,
        want: Option<&Type>,
    ) -> Typed {
        self.note_target(callee);
        match self.target(callee) {
            Target::Library(signature) if signature.pure => {
                self.pure_call(signature, callee.span, type_args, args, e.span, want)
            }
            Target::Library(signature) => {
                self.effect_in_expression(&signature.name, e.span);
                Typed::error()
            }
            Target::Declared(decl) => self.declared_in_expression(decl, callee, args, e.span),
            Target::Form(form) => self.form(form, callee, type_args, args, args_span, e.span, want),
            Target::Method(base, name) => self.method(base, name, args, e.span, args_span),
            Target::Unlocked => self.unlocked(),
            Target::Broken => {
                self.tainted = true;
                Typed::error()
            }
            Target::Unknown => {
                self.unknown_callable(callee);
                for arg in args {
                    // What it should be is unknown: its own names are looked up, its type is not judged.
                    self.elab(&arg.value, Some(&Type::Error));
                }
                Typed::error()
            }
        }
    }

    /// A step written inside an expression.
    pub fn effect_in_expression(&mut self, name: &str, span: Span) {
        let message = format!("`{name}` is a step: it cannot stand inside an expression");
        let diagnostic = self
            .error("RC0209", span, message)
            .help(format!("give it a step of its own, `step x = {name}(…)`, and read `x` here"));
        self.report(diagnostic);
    }

    fn declared_in_expression(
        &mut self,
        decl: DeclRef,
        callee: &ast::Expr,
        args: &[Arg],
        span: Span,
    ) -> Typed {
        let is_chain = matches!(self.program.item(decl).kind, ItemKind::Chain(_));
        if is_chain && self.program.is_pure(decl) {
            return self.inline_chain(decl, callee, args, span);
        }
        let name = self.text(callee.span).to_owned();
        self.effect_in_expression(&name, span);
        Typed::error()
    }

    /// A tool whose types are not known; its declaration says so.
    pub fn unlocked(&mut self) -> Typed {
        self.tainted = true;
        Typed::error()
    }

    /// Nothing of that name can be called.
    pub fn unknown_callable(&mut self, callee: &ast::Expr) {
        let text = self.text(callee.span).to_owned();
        let name = refs::dotted(callee).map_or(text, |d| d.to_string());
        let known_value = self.region_hit(&name).is_some() || self.local(&name).is_some();
        let message = match known_value {
            true => format!("`{name}` is a value: it cannot be called"),
            false => format!("nothing callable is named `{name}`"),
        };
        let d = self.error("RC0102", callee.span, message);
        let mut all = self.program.names.candidates(&self.program.modules, self.module, Space::Callable);
        all.extend(rustchain_stdlib::signatures().map(|s| s.name.to_string()));
        all.extend(Form::names().map(str::to_owned));
        let d = names::did_you_mean(d, callee.span, &name, all.iter().map(String::as_str));
        let d = self.missing_import(d, &name);
        self.report(d);
    }

    /// Matches arguments with parameters: one entry a slot. Reports what is unknown, missing, given twice,
    /// and positions where names are asked for.
    pub fn match_arguments<'e>(
        &mut self,
        name: &str,
        callee_span: Span,
        slots: &[Slot],
        args: &'e [Arg],
        positional: bool,
    ) -> Vec<Option<&'e ast::Expr>> {
        let mut given: Vec<Option<&ast::Expr>> = vec![None; slots.len()];
        let mut told = false;
        for (position, arg) in args.iter().enumerate() {
            let index = match &arg.name {
                Some(n) => slots.iter().position(|s| s.name == n.text),
                None => (position < slots.len()).then_some(position),
            };
            let Some(index) = index else {
                told = true;
                self.unknown_argument(name, slots, arg, args);
                self.elab(&arg.value, None);
                continue;
            };
            if arg.name.is_none() && !positional {
                let wanted = &slots[index].name;
                let message = format!("the arguments of `{name}` are named");
                let at = Span::new(arg.value.span.start, arg.value.span.start);
                let d = self
                    .error("RC0214", arg.value.span, message)
                    .help(format!("write `{wanted}: …`"))
                    .fix(format!("name it `{wanted}`"), Applicability::Suggest, at, format!("{wanted}: "));
                self.report(d);
            }
            if given[index].is_some() {
                let span = arg.name.as_ref().map_or(arg.value.span, |n| n.span);
                let message = format!("`{}` is given twice", slots[index].name);
                let d = self.error("RC0204", span, message);
                self.report(d);
                continue;
            }
            given[index] = Some(&arg.value);
        }
        let missing: Vec<String> = slots
            .iter()
            .zip(&given)
            .filter(|(slot, given)| slot.required && given.is_none())
            .map(|(slot, _)| format!("`{}: {}`", slot.name, slot.ty))
            .collect();
        if !missing.is_empty() && !told {
            let plural = if missing.len() == 1 { "argument" } else { "arguments" };
            let message = format!("`{name}` lacks the {plural} {}", missing.join(", "));
            let d = self.error("RC0203", callee_span, message);
            self.report(d);
        }
        given
    }

    fn unknown_argument(&mut self, name: &str, slots: &[Slot], arg: &Arg, args: &[Arg]) {
        let Some(given) = &arg.name else {
            let message = format!("`{name}` takes {} arguments, found {}", slots.len(), args.len());
            let d = self.error("RC0204", arg.value.span, message);
            self.report(d);
            return;
        };
        let message = format!("`{name}` has no parameter `{}`", given.text);
        let mut d = self.error("RC0204", given.span, message);
        let free = slots.iter().map(|s| s.name.as_str()).filter(|s| !args.iter().any(|a| named(a, s)));
        d = names::did_you_mean(d, given.span, &given.text, free);
        if d.help.is_none() {
            let all: Vec<String> = slots.iter().map(|s| format!("`{}`", s.name)).collect();
            d = match all.is_empty() {
                true => d.help("it takes none"),
                false => d.help(format!("it has {}", all.join(", "))),
            };
        }
        self.report(d);
    }

    /// A pure function of the library.
    fn pure_call(
        &mut self,
        signature: &'static Signature,
        callee_span: Span,
        type_args: &[ast::TypeExpr],
        args: &[Arg],
        span: Span,
        want: Option<&Type>,
    ) -> Typed {
        let before = self.diagnostics.len();
        let slots = slots_of(signature);
        let given = self.match_arguments(&signature.name, callee_span, &slots, args, true);
        let mut bindings = self.given_bindings(signature, type_args, callee_span);
        let exprs = self.typed_arguments(signature, &given, &mut bindings);
        let Some(result) = self.result_type(signature, &mut bindings, want, callee_span) else {
            return Typed::error();
        };
        if self.diagnostics.len() > before {
            return Typed { ty: result, ..Typed::error() };
        }
        self.check_bounds(signature, &bindings, &given);
        let filled = exprs.into_iter().zip(&signature.params).map(|(expr, param)| {
            expr.unwrap_or_else(|| Expr::constant(param.default.clone().unwrap_or(Value::Null)))
        });
        let kind = ExprKind::Call { function: signature.name.clone(), args: filled.collect() };
        let typed = self.typed(span, kind, result);
        self.fold(typed)
    }

    /// Type arguments as written.
    pub fn given_bindings(
        &mut self,
        signature: &Signature,
        type_args: &[ast::TypeExpr],
        callee_span: Span,
    ) -> Bindings {
        if !type_args.is_empty() && type_args.len() != signature.type_params.len() {
            let (name, wanted) = (&signature.name, signature.type_params.len());
            let message = format!("`{name}` takes {wanted} type arguments, found {}", type_args.len());
            let d = self.error("RC0211", callee_span, message);
            self.report(d);
        }
        let names = signature.type_params.iter().map(|(n, _)| n.clone());
        let types: Vec<Type> = type_args.iter().map(|t| self.resolve_type(t)).collect();
        Bindings::new(names.zip(types).collect())
    }

    /// Types the arguments of a library callable, learning its type parameters. Handles are left out.
    pub fn typed_arguments(
        &mut self,
        signature: &Signature,
        given: &[Option<&ast::Expr>],
        bindings: &mut Bindings,
    ) -> Vec<Option<Expr>> {
        let mut typed: Vec<Option<(Typed, &ast::Expr)>> = Vec::with_capacity(given.len());
        for (param, arg) in signature.params.iter().zip(given) {
            let Some(arg) = arg.filter(|_| !is_handle(&param.ty)) else {
                typed.push(None);
                continue;
            };
            let hint = bindings.apply(self.program, &param.ty);
            let found = self.elab(arg, hint.as_ref());
            bindings.infer(&param.ty, &found.ty);
            typed.push(Some((found, arg)));
        }
        typed
            .into_iter()
            .zip(&signature.params)
            .map(|(typed, param)| {
                let (typed, arg) = typed?;
                match bindings.apply(self.program, &param.ty) {
                    Some(want) => Some(self.coerce(typed, &want, arg)),
                    None => {
                        self.check_shape(&typed, &param.ty, arg);
                        Some(typed.expr)
                    }
                }
            })
            .collect()
    }

    /// The outer form of an argument whose type parameter is not known: `list<T>` needs a list.
    fn check_shape(&mut self, typed: &Typed, declared: &Type, arg: &ast::Expr) {
        let right = match (declared.non_null(), &typed.ty) {
            (_, Type::Error) => true,
            (Type::List(_), found) => matches!(found, Type::List(_)),
            (Type::Map(_), found) => matches!(found, Type::Map(_)),
            _ => true,
        };
        if !right {
            let message = match declared.non_null() {
                Type::List(_) => format!("expected a list, found `{}`", typed.ty),
                _ => format!("expected a map, found `{}`", typed.ty),
            };
            let d = self.error("RC0201", arg.span, message);
            self.report(d);
        }
    }

    /// The instantiated result; type parameters that nothing determines take their default.
    pub fn result_type(
        &mut self,
        signature: &Signature,
        bindings: &mut Bindings,
        want: Option<&Type>,
        callee_span: Span,
    ) -> Option<Type> {
        if let Some(want) = want {
            bindings.infer_missing(&signature.result, want);
        }
        for (name, default) in &signature.type_params {
            if bindings.get(name).is_some() {
                continue;
            }
            let fallback = default.clone().unwrap_or(Type::Null);
            bindings.infer_missing(&Type::Param(name.clone()), &fallback);
            if bindings.get(name).is_none() {
                let message =
                    format!("the type `{name}` of `{}` cannot be told from its arguments", signature.name);
                let d = self
                    .error("RC0212", callee_span, message)
                    .help(format!("state it: `{}<…>(…)`", signature.name));
                self.report(d);
                return None;
            }
        }
        bindings.apply(self.program, &signature.result)
    }

    /// What some pure functions ask of their type parameter beyond the signature.
    fn check_bounds(&mut self, signature: &Signature, bindings: &Bindings, given: &[Option<&ast::Expr>]) {
        let Some((param, _)) = signature.type_params.first() else { return };
        let (Some(ty), Some(Some(arg))) = (bindings.get(param), given.first()) else { return };
        let (right, wanted) = match signature.name.as_str() {
            "len" => (
                matches!(ty, Type::List(_) | Type::Map(_) | Type::String | Type::Bytes | Type::Json),
                "a list, map, string or bytes",
            ),
            "sum" | "abs" => {
                (matches!(ty, Type::Int | Type::Float | Type::Duration | Type::Null), "numbers or durations")
            }
            "min" | "max" | "sort" | "clamp" => (
                match ty {
                    Type::Int | Type::Float | Type::String | Type::Timestamp | Type::Duration => true,
                    Type::Bool | Type::Null => true,
                    Type::Named(key) => self.program.enum_members(key).is_some(),
                    _ => false,
                },
                "values that have an order",
            ),
            _ => return,
        };
        if right || *ty == Type::Error {
            return;
        }
        let message = format!("`{}` needs {wanted}, found `{ty}`", signature.name);
        let d = match ty {
            Type::Optional(inner) => self.maybe_null(ty, inner, arg.span),
            _ => self.error("RC0201", arg.span, message),
        };
        self.report(d);
    }

    /// `xs.get(i)`, `m.get(k)`.
    fn method(
        &mut self,
        base: &ast::Expr,
        name: &ast::Name,
        args: &[Arg],
        span: Span,
        args_span: Span,
    ) -> Typed {
        let typed = self.elab(base, None);
        if typed.ty == Type::Error {
            return Typed::error();
        }
        if name.text != "get" {
            return self.unknown_method(&typed, base, name, args_span);
        }
        let (function, by, result) = match &typed.ty {
            Type::List(t) => ("get", Type::Int, (**t).clone().optional()),
            Type::Map(t) => ("lookup", Type::String, (**t).clone().optional()),
            Type::Json => return self.json_get(typed, base, args, span, args_span),
            other => {
                let message = format!("a `{other}` has no `get`");
                let d = match other {
                    Type::Optional(inner) => self.maybe_null(other, inner, base.span),
                    _ => self.error("RC0202", name.span, message),
                };
                self.report(d);
                return Typed::error();
            }
        };
        let [Arg { name: None, value }] = args else {
            let d = self.error("RC0204", args_span, "`get` takes one index or key");
            self.report(d);
            return Typed::error();
        };
        let index = self.check(value, &by);
        let kind = ExprKind::Call { function: function.into(), args: vec![typed.expr, index] };
        let typed = self.typed(span, kind, result);
        self.fold(typed)
    }

    /// json has members by path: `j.get("items")` is null where there is none.
    fn json_get(
        &mut self,
        typed: Typed,
        base: &ast::Expr,
        args: &[Arg],
        span: Span,
        args_span: Span,
    ) -> Typed {
        let [Arg { name: None, value }] = args else {
            let d = self.error("RC0204", args_span, "`get` takes one key");
            self.report(d);
            return Typed::error();
        };
        let _ = base;
        let key = self.check(value, &Type::String);
        let kind = ExprKind::Call { function: "json.select".into(), args: vec![typed.expr, key] };
        let typed = self.typed(span, kind, Type::Json);
        self.fold(typed)
    }

    fn unknown_method(
        &mut self,
        typed: &Typed,
        base: &ast::Expr,
        name: &ast::Name,
        args_span: Span,
    ) -> Typed {
        let message = format!("a `{}` has no method `{}`", typed.ty, name.text);
        let mut d = self.error("RC0102", name.span, message);
        if rustchain_stdlib::signature(&name.text).is_some_and(|s| s.pure) {
            let receiver = self.text(base.span).to_owned();
            let inner = self.text(Span::new(args_span.start + 1, args_span.end.saturating_sub(1))).trim();
            let sep = if inner.is_empty() { "" } else { ", " };
            let call = format!("{}({receiver}{sep}{inner})", name.text);
            let whole = Span::new(base.span.start, args_span.end);
            d = d.help(format!("`{}` is a function: `{call}`", name.text)).fix(
                "call the function",
                Applicability::Suggest,
                whole,
                call,
            );
        }
        self.report(d);
        Typed::error()
    }
}

fn named(arg: &Arg, name: &str) -> bool {
    arg.name.as_ref().is_some_and(|n| n.text == name)
}

/// A parameter that takes a provider, a memory or tools.
pub(crate) fn is_handle(ty: &Type) -> bool {
    match ty {
        Type::Provider | Type::Memory | Type::Tool => true,
        Type::List(t) | Type::Optional(t) => is_handle(t),
        _ => false,
    }
}

/// The slots of a signature.
pub(crate) fn slots_of(signature: &Signature) -> Vec<Slot> {
    let slot = |p: &rustchain_plan::signature::Param| Slot {
        name: p.name.clone(),
        ty: p.ty.clone(),
        required: p.default.is_none(),
    };
    signature.params.iter().map(slot).collect()
}
