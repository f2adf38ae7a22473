//! Names and functions of tests: the outcome of a run.

use super::builtin::Form;
use super::scope::Frame;
use super::{Cx, Typed};
use crate::names::{self, refs};
use rustchain_grammar::Span;
use rustchain_grammar::ast::{self, Arg, ExprKind as E};
use rustchain_plan::Type;
use rustchain_plan::expr::{ExprKind, Outcome};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// What an `expect` can read: an output first, then a step, then an input.
#[derive(Clone, Debug, Default)]
pub(crate) struct TestScope {
    /// Outputs by name.
    pub outputs: BTreeMap<SmolStr, Type>,
    /// Steps by id path; nested ones by their whole path with `/`.
    pub steps: BTreeMap<SmolStr, Type>,
    /// Inputs by name.
    pub inputs: BTreeMap<SmolStr, Type>,
}

impl TestScope {
    /// Everything that can be named.
    pub fn names(&self) -> Vec<String> {
        let all = self.outputs.keys().chain(self.steps.keys()).chain(self.inputs.keys());
        all.map(|n| n.replace('/', ".")).collect()
    }

    /// The step of a dotted path: `g.x` of groups, `digest.short` inside a chain.
    pub fn step(&self, path: &str) -> Option<(SmolStr, Type)> {
        if let Some(ty) = self.steps.get(path) {
            return Some((path.into(), ty.clone()));
        }
        let found = self.steps.iter().find(|(id, _)| id.replace('/', ".") == path)?;
        Some((found.0.clone(), found.1.clone()))
    }
}

impl Cx<'_> {
    fn test_scope(&self) -> Option<&TestScope> {
        self.frames.iter().rev().find_map(|f| match f {
            Frame::Test(scope) => Some(scope),
            _ => None,
        })
    }

    /// Is this an expression of a test?
    pub fn in_test(&self) -> bool {
        self.test_scope().is_some()
    }

    /// A name in `expect`.
    pub fn test_name(&mut self, name: &str, span: Span) -> Option<Typed> {
        let scope = self.test_scope()?;
        if let Some(ty) = scope.outputs.get(name) {
            let ty = ty.clone();
            return Some(self.typed(span, ExprKind::Outcome(Outcome::Output(name.into())), ty));
        }
        if let Some((id, ty)) = scope.step(name) {
            return Some(self.typed(span, ExprKind::Outcome(Outcome::Step(id)), ty));
        }
        if let Some(ty) = scope.inputs.get(name) {
            let ty = ty.clone();
            return Some(self.typed(span, ExprKind::Outcome(Outcome::Input(name.into())), ty));
        }
        if name == "cost" {
            return Some(self.typed(span, ExprKind::Outcome(Outcome::Cost), Type::Float));
        }
        None
    }

    /// `group.step` in `expect`.
    pub fn test_path(&mut self, base: &str, name: &str, span: Span) -> Option<Typed> {
        let scope = self.test_scope()?;
        if scope.outputs.contains_key(base) || scope.inputs.contains_key(base) {
            return None;
        }
        let (id, ty) = scope.step(&format!("{base}.{name}"))?;
        Some(self.typed(span, ExprKind::Outcome(Outcome::Step(id)), ty))
    }

    /// `ran`, `failed`, `runs`, `skipped`, `file`.
    pub fn outcome_form(&mut self, form: Form, args: &[Arg], args_span: Span, span: Span) -> Typed {
        if !self.in_test() {
            let message = format!("`{}` looks at a finished run: it stands in `expect` only", form.name());
            let d = self.error("RC0218", span, message);
            self.report(d);
            return Typed::error();
        }
        if form == Form::File {
            let Some(arg) = self.single(form, args, args_span) else { return Typed::error() };
            let path = self.check(arg, &Type::Path);
            return self.typed(span, ExprKind::Outcome(Outcome::File(Box::new(path))), Type::String);
        }
        let (step, kind) = match args {
            [Arg { name: None, value }] => (value, None),
            [Arg { name: None, value }, Arg { name: None, value: kind }] if form == Form::Failed => {
                (value, Some(kind))
            }
            _ => {
                let d =
                    self.error("RC0204", args_span, format!("`{}` takes the name of a step", form.name()));
                self.report(d);
                return Typed::error();
            }
        };
        let Some(id) = self.test_step(step) else { return Typed::error() };
        let (outcome, ty) = match form {
            Form::Runs => (Outcome::Runs(id), Type::Int),
            Form::Skipped => (Outcome::Skipped(id), Type::Bool),
            Form::Failed => {
                let kind = match kind {
                    Some(kind) => match self.kind_expression(kind) {
                        Some(kind) => Some(kind),
                        None => return Typed { ty: Type::Bool, ..Typed::error() },
                    },
                    None => None,
                };
                (Outcome::Failed(id, kind), Type::Bool)
            }
            _ => (Outcome::Ran(id), Type::Bool),
        };
        self.typed(span, ExprKind::Outcome(outcome), ty)
    }

    /// The id path of a step named in a test.
    pub fn test_step(&mut self, step: &ast::Expr) -> Option<SmolStr> {
        let path = refs::dotted(step).unwrap_or_default();
        let scope = self.test_scope()?;
        if let Some((id, _)) = scope.step(&path) {
            return Some(id);
        }
        let mut names: Vec<String> = scope.steps.keys().map(|s| s.replace('/', ".")).collect();
        names.sort();
        let d =
            self.error("RC0111", step.span, format!("the mission has no step `{}`", self.text(step.span)));
        let d = names::did_you_mean(d, step.span, &path, names.iter().map(String::as_str));
        self.report(d);
        None
    }

    /// `timeout`, `exit(3)` written as an expression.
    fn kind_expression(&mut self, e: &ast::Expr) -> Option<rustchain_plan::KindPattern> {
        let (name, arg) = match &e.kind {
            E::Name(name) => (name, None),
            E::Call { callee, args, .. } => match (&callee.kind, args.as_slice()) {
                (E::Name(name), [arg]) => (name, Some(&arg.value)),
                _ => return None,
            },
            _ => {
                let d = self.error("RC0112", e.span, "expected an error kind such as `timeout`");
                self.report(d);
                return None;
            }
        };
        self.error_kind(name, arg)
    }
}
