//! What a step does.

use crate::types::Cx;
use crate::types::call::Target;
use crate::types::scope::{Entry, Frame, RegionFrame};
use rustchain_grammar::ast::{self, ExprKind as E, MatchArm, Stmt};
use rustchain_plan::expr::Expr;
use rustchain_plan::plan::{Arm, Body, RegionParam};
use rustchain_plan::{Labels, Region, Type, Value};
use smol_str::SmolStr;

impl Cx<'_> {
    /// Does this expression need a node: is it control, a call of a step, or a choice between such?
    pub fn is_step_like(&self, e: &ast::Expr) -> bool {
        match &e.kind {
            E::Paren(inner) => self.is_step_like(inner),
            E::Call { callee, .. } => match self.target(callee) {
                Target::Unlocked => true,
                _ => self.is_step_call(callee),
            },
            E::For { .. } | E::Loop { .. } | E::Poll { .. } => true,
            E::If { then, otherwise, .. } => self.is_step_like(then) || self.is_step_like(otherwise),
            E::Match { arms, .. } => arms.iter().any(|a| self.is_step_like(&a.value)),
            _ => false,
        }
    }

    /// Lowers a step's value. Gives the type of one evaluation: for `for` that of an element.
    pub fn body(&mut self, e: &ast::Expr, want: Option<&Type>, key: &str) -> (Body, Type) {
        if !self.is_step_like(e) {
            return match want {
                Some(want) => (Body::Value(self.check(e, want)), want.clone()),
                None => {
                    let typed = self.elab(e, None);
                    (Body::Value(typed.expr), typed.ty)
                }
            };
        }
        match &e.kind {
            E::Paren(inner) => self.body(inner, want, key),
            E::Call { callee, type_args, args, args_span } => {
                self.call_body(callee, type_args, args, *args_span, want, key)
            }
            E::If { cond, then, otherwise } => self.if_body(cond, then, otherwise, want),
            E::Match { subject, arms } => self.match_body(subject, arms, e, want),
            E::For { bindings, max, limit, body } => {
                self.for_body(bindings, max.as_deref(), limit.as_deref(), body, want)
            }
            E::Loop { var, init, until, max, body } => {
                self.loop_body(var, init, until, max.as_deref(), body, want, e)
            }
            E::Poll { until, every, duration, max, body } => {
                let poll = Poll {
                    until,
                    every: every.as_deref(),
                    duration: duration.as_deref(),
                    max: max.as_deref(),
                };
                self.poll_body(&poll, body, want)
            }
            _ => (Body::Value(Expr::constant(Value::Null)), Type::Error),
        }
    }

    fn if_body(
        &mut self,
        cond: &ast::Expr,
        then: &ast::Expr,
        otherwise: &ast::Expr,
        want: Option<&Type>,
    ) -> (Body, Type) {
        let subject = self.check(cond, &Type::Bool);
        let facts = self.facts.len();
        self.learn(cond);
        let (yes, yes_ty) = self.arm_region(then, "then", want);
        self.facts.truncate(facts);
        let (no, no_ty) = self.arm_region(otherwise, "else", want);
        let mut arms = vec![
            Arm { patterns: vec![Value::Bool(true)], region: yes },
            Arm { patterns: vec![Value::Bool(false)], region: no },
        ];
        let types = vec![(yes_ty, then), (no_ty, otherwise)];
        let ty = self.one_type(types, &mut arms, want, "branches of `if`");
        (Body::Match { subject, arms }, ty)
    }

    fn match_body(
        &mut self,
        subject: &ast::Expr,
        arms: &[MatchArm],
        whole: &ast::Expr,
        want: Option<&Type>,
    ) -> (Body, Type) {
        let typed = self.elab(subject, None);
        let patterns = self.patterns(&typed.ty, arms, subject.span, whole.span);
        let mut lowered = Vec::with_capacity(arms.len());
        let mut types = Vec::with_capacity(arms.len());
        for (arm, patterns) in arms.iter().zip(patterns) {
            let mut lowered_arm = Arm { patterns, region: Region::default() };
            let (region, ty) = self.arm_region(&arm.value, &lowered_arm.label(), want);
            lowered_arm.region = region;
            lowered.push(lowered_arm);
            types.push((ty, &arm.value));
        }
        let ty = self.one_type(types, &mut lowered, want, "arms of `match`");
        (Body::Match { subject: typed.expr, arms: lowered }, ty)
    }

    fn arm_region(&mut self, e: &ast::Expr, label: &str, want: Option<&Type>) -> (Region, Type) {
        let length = self.path.len();
        self.path.push_str(label);
        self.path.push('/');
        let result = self.value_region(e, want);
        self.path.truncate(length);
        result
    }

    /// Brings the arms of a step to one type.
    fn one_type(
        &mut self,
        types: Vec<(Type, &ast::Expr)>,
        arms: &mut [Arm],
        want: Option<&Type>,
        what: &str,
    ) -> Type {
        let mut joined: Option<Type> = None;
        for (ty, e) in &types {
            let next = match &joined {
                None => Some(ty.clone()),
                Some(sofar) => crate::types::assign::join(sofar, ty),
            };
            if let Some(next) = next {
                joined = Some(next);
                continue;
            }
            if want.is_some() {
                break;
            }
            let sofar = joined.unwrap_or(Type::Error);
            let message = format!("the {what} have different types: `{sofar}` and `{ty}`");
            let d = self.error("RC0201", e.span, message).label(format!("this is `{ty}`"));
            self.report(d);
            return Type::Error;
        }
        let joined = joined.unwrap_or(Type::Unit);
        let target = match want {
            Some(want) if !crate::types::assign::fits(&joined, want) => want.clone(),
            _ => joined,
        };
        for ((ty, e), arm) in types.into_iter().zip(arms) {
            if let Some(result) = arm.region.result.take() {
                let typed = crate::types::Typed { expr: result, ty };
                arm.region.result = Some(self.coerce(typed, &target, e));
            }
        }
        target
    }

    fn for_body(
        &mut self,
        bindings: &[(ast::Name, ast::Expr)],
        max: Option<&ast::Expr>,
        limit: Option<&ast::Expr>,
        body: &[Stmt],
        want: Option<&Type>,
    ) -> (Body, Type) {
        let mut lowered = Vec::with_capacity(bindings.len());
        let mut params: Vec<RegionParam> = Vec::with_capacity(bindings.len());
        for (name, list) in bindings {
            let typed = self.elab(list, None);
            let ty = self.element_of(&typed.ty, list);
            if let Some(first) = bindings.iter().find(|(n, _)| n.text == name.text && n.span != name.span)
                && first.0.span.start < name.span.start
            {
                let d = crate::names::duplicate(self.file(), name, "variable", first.0.span);
                self.report(d);
            }
            lowered.push((name.text.clone(), typed.expr));
            params.push(plain_param(name.text.clone(), ty));
        }
        let max = max.map(|e| self.check(e, &Type::Int));
        let limit = limit.map(|e| self.check(e, &Type::Int));
        let names: Vec<&ast::Name> = bindings.iter().map(|(n, _)| n).collect();
        let (region, ty) = self.block(body, params, &names, want);
        let region = self.coerce_result(region, &ty, want, body);
        let ty = want.cloned().unwrap_or(ty);
        (Body::For { bindings: lowered, max, limit, region }, ty)
    }

    /// Brings a region's result to the wanted type.
    fn coerce_result(&mut self, mut region: Region, ty: &Type, want: Option<&Type>, body: &[Stmt]) -> Region {
        let Some(want) = want else { return region };
        let Some(ast::StmtKind::Value(e)) = body.last().map(|s| &s.kind) else { return region };
        if let Some(expr) = region.result.take() {
            let typed = crate::types::Typed { expr, ty: ty.clone() };
            region.result = Some(self.coerce(typed, want, e));
        }
        region
    }

    #[allow(clippy::too_many_arguments)]
    fn loop_body(
        &mut self,
        var: &ast::Name,
        init: &ast::Expr,
        until: &ast::Expr,
        max: Option<&ast::Expr>,
        body: &[Stmt],
        want: Option<&Type>,
        whole: &ast::Expr,
    ) -> (Body, Type) {
        let (init_expr, state) = match want {
            Some(want) => (self.check(init, want), want.clone()),
            None => {
                let typed = self.elab(init, None);
                (typed.expr, typed.ty)
            }
        };
        let max = match max {
            Some(e) => self.check(e, &Type::Int),
            None => {
                let span = rustchain_grammar::Span::new(whole.span.start, until.span.end);
                let d = self
                    .error("RC0203", span, "a loop needs a bound")
                    .help("add `, max N`: reaching it fails with kind `exhausted`");
                self.report(d);
                Expr::constant(Value::Int(0))
            }
        };
        let param = plain_param(var.text.clone(), state.clone());
        self.frames.push(Cx::region_frame([(&param.name, &param.ty)]));
        self.param_place(var, &state);
        let until = self.check(until, &Type::Bool);
        self.frames.pop();
        let (region, ty) = self.block(body, vec![param], &[var], Some(&state));
        let region = self.coerce_result(region, &ty, Some(&state), body);
        let has_value = matches!(body.last().map(|s| &s.kind), Some(ast::StmtKind::Value(_)));
        if !has_value {
            let message = format!("the body of this loop has no value: it must give the next `{}`", var.text);
            let d = self.error("RC0201", var.span, message).help("end it with an expression");
            self.report(d);
        }
        (Body::Loop { var: var.text.clone(), init: init_expr, until, max, region }, state)
    }

    fn poll_body(&mut self, poll: &Poll<'_>, body: &[Stmt], want: Option<&Type>) -> (Body, Type) {
        let every = poll.every.map(|e| self.check(e, &Type::Duration));
        let duration = poll.duration.map(|e| self.check(e, &Type::Duration));
        let max = poll.max.map(|e| self.check(e, &Type::Int));
        if duration.is_none() && max.is_none() {
            let d = self
                .error("RC0203", poll.until.span, "a loop needs a bound")
                .help("add `, for 1h` or `, max N`: reaching it fails with kind `exhausted`");
            self.report(d);
        }
        let (region, ty) = self.block(body, Vec::new(), &[], want);
        let region = self.coerce_result(region, &ty, want, body);
        let ty = want.cloned().unwrap_or(ty);
        let mut frame = RegionFrame::default();
        if let Some(own) = &self.own {
            frame.names.insert(own.clone(), Entry::Param { plan: "it".into(), ty: ty.clone() });
        }
        self.frames.push(Frame::Region(frame));
        let until = self.check(poll.until, &Type::Bool);
        self.frames.pop();
        (Body::Poll { until, every, duration, max, region }, ty)
    }
}

struct Poll<'e> {
    until: &'e ast::Expr,
    every: Option<&'e ast::Expr>,
    duration: Option<&'e ast::Expr>,
    max: Option<&'e ast::Expr>,
}

/// A parameter without anything special.
pub(crate) fn plain_param(name: SmolStr, ty: Type) -> RegionParam {
    RegionParam { name, ty, constraint: None, labels: Labels::NONE, trusted: false }
}
