//! The forms of the language that look like calls.

use super::scope::{Entry, Frame, Local, add_need};
use super::{Cx, Typed};
use crate::names::refs;
use rustchain_grammar::Span;
use rustchain_grammar::ast::{self, Arg, ExprKind as E};
use rustchain_plan::expr::{BinaryOp, CompClause, Conversion, Expr, ExprKind};
use rustchain_plan::plan::NeedKind;
use rustchain_plan::{Labels, Type, Value};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// A form of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `decode<T>(json)`.
    Decode,
    /// `trust(x, reason: "…")`.
    Trust,
    /// `reveal(x, reason: "…")`.
    Reveal,
    /// `hole<T>(kind: …, source: …, args: …)`.
    Hole,
    /// `env("X")`.
    Env,
    /// `zip(a: xs, b: ys)`.
    Zip,
    /// `ran(step)`.
    Ran,
    /// `failed(step, kind)`.
    Failed,
    /// `runs(step)`.
    Runs,
    /// `skipped(step)`.
    Skipped,
    /// `file("path")`.
    File,
}

const FORMS: &[(&str, Form)] = &[
    ("decode", Form::Decode),
    ("trust", Form::Trust),
    ("reveal", Form::Reveal),
    ("hole", Form::Hole),
    ("env", Form::Env),
    ("zip", Form::Zip),
    ("ran", Form::Ran),
    ("failed", Form::Failed),
    ("runs", Form::Runs),
    ("skipped", Form::Skipped),
    ("file", Form::File),
];

impl Form {
    /// The form of a name.
    pub fn named(name: &str) -> Option<Form> {
        FORMS.iter().find(|(n, _)| *n == name).map(|(_, f)| *f)
    }

    /// All names.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FORMS.iter().map(|(n, _)| *n)
    }

    /// The name.
    pub fn name(self) -> &'static str {
        FORMS.iter().find(|(_, f)| *f == self).map_or("", |(n, _)| n)
    }
}

/// `X` of `env("X")`.
pub(crate) fn env_name(expr: &ast::Expr) -> Option<SmolStr> {
    let E::Call { callee, args, .. } = &expr.kind else { return None };
    let E::Name(name) = &callee.kind else { return None };
    let [Arg { name: None, value }] = args.as_slice() else { return None };
    if name.text != "env" {
        return None;
    }
    match &value.kind {
        E::Template(parts) => match parts.as_slice() {
            [ast::TemplatePart::Text(text, _)] => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

impl Cx<'_> {
    /// A form inside an expression.
    #[allow(clippy::too_many_arguments)]
    pub fn form(
        &mut self,
        form: Form,
        callee: &ast::Expr,
        type_args: &[ast::TypeExpr],
        args: &[Arg],
        args_span: Span,
        span: Span,
        want: Option<&Type>,
    ) -> Typed {
        match form {
            Form::Decode => self.decode(callee, type_args, args, args_span, span, want),
            Form::Trust => self.lower_labels(form, Labels::UNTRUSTED, args, args_span, span, want),
            Form::Reveal => {
                let labels = Labels::SECRET.join(Labels::PERSONAL);
                self.lower_labels(form, labels, args, args_span, span, want)
            }
            Form::Hole => {
                self.effect_in_expression("hole", span);
                Typed::error()
            }
            Form::Env => self.env(args, args_span, span),
            Form::Zip => self.zip(args, args_span, span),
            Form::Ran if !self.in_test() => self.ran(args, args_span, span),
            Form::Ran | Form::Failed | Form::Runs | Form::Skipped | Form::File => {
                self.outcome_form(form, args, args_span, span)
            }
        }
    }

    /// The one positional argument of a form.
    pub fn single<'e>(&mut self, form: Form, args: &'e [Arg], args_span: Span) -> Option<&'e ast::Expr> {
        if let [Arg { name: None, value }] = args {
            return Some(value);
        }
        let message = format!("`{}` takes one argument", form.name());
        let d = self.error("RC0204", args_span, message);
        self.report(d);
        None
    }

    fn decode(
        &mut self,
        callee: &ast::Expr,
        type_args: &[ast::TypeExpr],
        args: &[Arg],
        args_span: Span,
        span: Span,
        want: Option<&Type>,
    ) -> Typed {
        let to = match (type_args, want) {
            ([ty], _) => self.resolve_type(ty),
            ([], Some(want)) => want.clone(),
            ([], None) => {
                let d = self
                    .error("RC0212", callee.span, "`decode` needs the type to decode to")
                    .help("write `decode<T>(…)`");
                self.report(d);
                Type::Error
            }
            _ => {
                let d = self.error("RC0211", callee.span, "`decode` takes one type argument");
                self.report(d);
                Type::Error
            }
        };
        let Some(arg) = self.single(Form::Decode, args, args_span) else { return Typed::error() };
        let typed = self.elab(arg, Some(&Type::Json));
        if typed.ty == Type::String {
            let text = self.text(arg.span).to_owned();
            let parsed = format!("json.parse({text})");
            let d = self
                .error("RC0201", arg.span, "`decode` reads json, found `string`")
                .help(format!("parse the text first: `{parsed}`"))
                .fix("parse the text", rustchain_grammar::Applicability::Suggest, arg.span, parsed);
            self.report(d);
            return Typed::error();
        }
        let value = Box::new(self.coerce(typed, &Type::Json, arg));
        if to == Type::Error {
            return Typed::error();
        }
        self.use_type(&to);
        let typed =
            self.typed(span, ExprKind::Convert { how: Conversion::Decode, to: to.clone(), value }, to);
        self.fold(typed)
    }

    fn lower_labels(
        &mut self,
        form: Form,
        labels: Labels,
        args: &[Arg],
        args_span: Span,
        span: Span,
        want: Option<&Type>,
    ) -> Typed {
        let value = args.iter().find(|a| a.name.is_none());
        let reason = args.iter().find(|a| a.name.as_ref().is_some_and(|n| n.text == "reason"));
        let (Some(value), Some(reason), 2) = (value, reason, args.len()) else {
            let name = form.name();
            let message = format!("`{name}` takes a value and a reason");
            let code = if value.is_some() && reason.is_none() { "RC0412" } else { "RC0203" };
            let d = self.error(code, args_span, message).help(format!("`{name}(x, reason: \"…\")`"));
            self.report(d);
            for arg in args {
                self.elab(&arg.value, None);
            }
            return Typed::error();
        };
        let typed = self.elab(&value.value, want);
        let told = self.check_constant(&reason.value, &Type::String, "the reason");
        let Some(Value::String(told)) = told else { return Typed { ty: typed.ty, ..Typed::error() } };
        let kind = ExprKind::Lower { labels, reason: told.as_ref().into(), value: Box::new(typed.expr) };
        self.typed(span, kind, typed.ty)
    }

    /// `env("X")`: a call that the runtime answers from the environment.
    fn env(&mut self, args: &[Arg], args_span: Span, span: Span) -> Typed {
        if !self.env_allowed {
            let d = self
                .error("RC0209", span, "the environment is not read inside expressions")
                .help("declare `input x: string from env(\"X\")`, or `secret x: string from env(\"X\")`");
            self.report(d);
            return Typed::error();
        }
        let Some(arg) = self.single(Form::Env, args, args_span) else { return Typed::error() };
        let Some(Value::String(name)) = self.check_constant(arg, &Type::String, "the variable's name") else {
            return Typed::error();
        };
        let name = self.at(arg.span, ExprKind::Const(Value::String(name)));
        self.typed(span, ExprKind::Call { function: "env".into(), args: vec![name] }, Type::String.optional())
    }

    /// `zip(a: xs, b: ys)`: records of the elements at one index, as many as the shortest list has.
    fn zip(&mut self, args: &[Arg], args_span: Span, span: Span) -> Typed {
        let mut lists: Vec<(SmolStr, Expr)> = Vec::new();
        let mut fields = BTreeMap::new();
        for arg in args {
            let Some(name) = &arg.name else {
                let d = self.error("RC0214", arg.value.span, "the arguments of `zip` are named");
                self.report(d.help("`zip(a: xs, b: ys)` gives records `{ a, b }`"));
                return Typed::error();
            };
            let typed = self.elab(&arg.value, None);
            let element = self.element_of(&typed.ty, &arg.value);
            fields.insert(name.text.clone(), element);
            lists.push((name.text.clone(), typed.expr));
        }
        if lists.is_empty() {
            let d = self.error("RC0203", args_span, "`zip` needs at least one list");
            self.report(d);
            return Typed::error();
        }
        if fields.values().any(|t| *t == Type::Error) {
            return Typed::error();
        }
        let expr = self.zipped(&lists, span);
        self.typed(span, expr.kind, Type::Record(fields).list())
    }

    fn zipped(&mut self, lists: &[(SmolStr, Expr)], span: Span) -> Expr {
        let local = |name: &SmolStr| ExprKind::Local(format!("zip.{name}").into());
        let lengths: Vec<Expr> = lists
            .iter()
            .map(|(name, _)| {
                let list = self.at(span, local(name));
                self.at(span, ExprKind::Call { function: "len".into(), args: vec![list] })
            })
            .collect();
        let lengths = self.at(span, ExprKind::List(lengths));
        let shortest = self.at(span, ExprKind::Call { function: "min".into(), args: vec![lengths] });
        let zero = self.at(span, ExprKind::Const(Value::Int(0)));
        let none = self.at(span, ExprKind::Const(Value::Int(0)));
        let shortest = self.at(
            span,
            ExprKind::Binary { op: BinaryOp::Coalesce, left: Box::new(shortest), right: Box::new(none) },
        );
        let range = self.at(span, ExprKind::Call { function: "range".into(), args: vec![zero, shortest] });
        let fields = lists
            .iter()
            .map(|(name, _)| {
                let base = Box::new(self.at(span, local(name)));
                let index = Box::new(self.at(span, ExprKind::Local("zip#".into())));
                (name.clone(), self.at(span, ExprKind::Index { base, index }))
            })
            .collect();
        let body = self.at(span, ExprKind::Record { name: None, base: None, fields });
        let clauses = vec![CompClause::For("zip#".into(), range)];
        let mut expr = self.at(span, ExprKind::Comprehension { body: Box::new(body), clauses });
        for (name, list) in lists.iter().rev() {
            let value = Box::new(list.clone());
            let name = format!("zip.{name}").into();
            expr = self.at(span, ExprKind::Bind { name, value, body: Box::new(expr) });
        }
        expr
    }

    /// `ran(step)` in a mission.
    fn ran(&mut self, args: &[Arg], args_span: Span, span: Span) -> Typed {
        let Some(arg) = self.single(Form::Ran, args, args_span) else { return Typed::error() };
        let Some(path) = refs::dotted(arg) else {
            let d = self.error("RC0111", arg.span, "`ran` takes the name of a step");
            self.report(d);
            return Typed::error();
        };
        let Some((frame, up, id)) = self.step_path(&path) else {
            self.unknown_step(&path, arg.span);
            return Typed { ty: Type::Bool, ..Typed::error() };
        };
        if let Some(hit) = self.region_hit(path.split('.').next().unwrap_or_default()).filter(|h| h.id == id)
        {
            self.note_hit(&hit, arg.span);
        }
        if let Frame::Region(region) = &mut self.frames[frame] {
            add_need(&mut region.needs, id.clone(), NeedKind::Optional);
        }
        self.typed(span, ExprKind::Ran { up, id }, Type::Bool)
    }

    /// The step that a dotted path names: frame, regions outwards, id.
    pub fn step_path(&self, path: &str) -> Option<(usize, u32, SmolStr)> {
        let head = path.split('.').next()?;
        let hit = self.region_hit(head)?;
        let rest = path.get(head.len()..)?;
        let full: SmolStr = format!("{}{rest}", hit.id).into();
        let Frame::Region(region) = &self.frames[hit.frame] else { return None };
        match region.names.get(&full)? {
            Entry::Step { .. } | Entry::Broken => Some((hit.frame, hit.up, full)),
            _ => None,
        }
    }

    /// Reports a name that is no step here.
    pub fn unknown_step(&mut self, path: &str, span: Span) {
        let mut steps: Vec<String> = Vec::new();
        for frame in &self.frames {
            if let Frame::Region(region) = frame {
                let names = region.names.iter();
                steps.extend(
                    names
                        .filter(|(_, e)| matches!(e, Entry::Step { .. } | Entry::Group))
                        .map(|(n, _)| n.to_string()),
                );
            }
        }
        steps.sort();
        let d = self.error("RC0111", span, format!("there is no step `{path}` here"));
        let d = crate::names::did_you_mean(d, span, path, steps.iter().map(String::as_str));
        self.report(d);
    }

    /// Parameters of an inlined chain as local variables.
    pub fn chain_local(prefix: &str, name: &SmolStr, ty: Type) -> Local {
        Local { name: name.clone(), plan: format!("{prefix}.{name}").into(), ty, at: None }
    }
}
