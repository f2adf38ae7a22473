//! Walks an expression.

use super::access;
use super::compare;
use super::convert;
use super::env::Env;
use super::error::{EvalError, Missing};
use super::meter::Meter;
use super::operators;
use super::template;
use crate::error_kind::ErrorKind;
use crate::expr::{BinaryOp, CompClause, Expr, ExprId, ExprKind, MatchArm, Outcome, Part, TemplateForm};
use crate::types::{RecordSchema, Schema, Schemas};
use crate::value::Value;
use serde_json::Value as Json;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

type Eval = Result<Value, EvalError>;

/// One evaluation.
pub(super) struct Machine<'a, 'm> {
    env: &'a dyn Env,
    /// Regions between the start and where the present expression stands.
    shift: u32,
    locals: Vec<(SmolStr, Value)>,
    /// Locals before this one belong to another scope.
    floor: usize,
    /// Values of `let`s already evaluated.
    lets: Vec<(u32, SmolStr, Value)>,
    meter: &'m mut Meter,
    depth: u32,
}

impl<'a, 'm> Machine<'a, 'm> {
    pub(super) fn new(env: &'a dyn Env, meter: &'m mut Meter, depth: u32) -> Machine<'a, 'm> {
        Machine { env, shift: 0, locals: Vec::new(), floor: 0, lets: Vec::new(), meter, depth }
    }

    pub(super) fn run(mut self, expr: &'a Expr) -> Eval {
        let value = self.eval(expr)?;
        if makes_containers(&expr.kind) {
            compare::check_size(&value, self.meter)?;
        }
        Ok(value)
    }

    fn eval(&mut self, expr: &'a Expr) -> Eval {
        self.meter.steps(1)?;
        let value = match &expr.kind {
            ExprKind::Const(value) => return Ok(value.clone()),
            ExprKind::Local(name) => self.local(name),
            ExprKind::Param { up, name } => self.param(*up, name),
            ExprKind::Step { up, id } => self.step(*up, id),
            _ => self.nested(expr),
        };
        value.map_err(|e| located(e, expr.id))
    }

    fn nested(&mut self, expr: &'a Expr) -> Eval {
        self.enter()?;
        let value = self.node(expr);
        self.depth += 1;
        value
    }

    fn enter(&mut self) -> Result<(), EvalError> {
        match self.depth.checked_sub(1) {
            Some(left) => self.depth = left,
            None => return Err(EvalError::new(ErrorKind::Exhausted, "the expression is nested too deeply")),
        }
        Ok(())
    }

    fn node(&mut self, expr: &'a Expr) -> Eval {
        match &expr.kind {
            ExprKind::Const(value) => Ok(value.clone()),
            ExprKind::Local(name) => self.local(name),
            ExprKind::Param { up, name } => self.param(*up, name),
            ExprKind::Step { up, id } => self.step(*up, id),
            ExprKind::Let { up, name } => self.let_value(*up, name),
            ExprKind::Run(field) => {
                self.env.run(*field).ok_or_else(|| EvalError::absent(Missing::Run(*field)))
            }
            ExprKind::Ran { up, id } => self.ran(*up, id),
            ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => self.part(expr, base),
            ExprKind::Not(inner) => self.not(inner),
            ExprKind::Neg(inner) => self.eval(inner).and_then(|v| operators::negate(&v)),
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right),
            ExprKind::If { cond, then, otherwise } => {
                if self.condition(cond)? {
                    self.eval(then)
                } else {
                    self.eval(otherwise)
                }
            }
            ExprKind::Match { subject, arms } => self.match_arms(subject, arms),
            ExprKind::List(items) => self.list(items),
            ExprKind::Map(entries) => self.map(entries),
            ExprKind::Record { name, base, fields } => self.record(name.as_ref(), base.as_deref(), fields),
            ExprKind::Template { form, parts } => self.template(*form, parts),
            ExprKind::Comprehension { body, clauses } => {
                let mut out = Vec::new();
                self.comprehend(body, clauses, &mut out)?;
                Ok(Value::list(out))
            }
            ExprKind::Call { function, args } => self.call(function, args),
            ExprKind::Bind { name, value, body } => self.bind(name, value, body),
            ExprKind::Convert { how, to, value } => {
                let value = self.eval(value)?;
                convert::convert(*how, to, value, self.env.schemas(), self.meter, self.depth)
            }
            ExprKind::Lower { value, .. } => self.eval(value),
            ExprKind::Outcome(fact) => self.outcome(fact),
        }
    }

    fn up(&self, up: u32) -> Result<u32, EvalError> {
        self.shift.checked_add(up).ok_or_else(|| EvalError::invalid("a region that does not exist"))
    }

    fn param(&mut self, up: u32, name: &SmolStr) -> Eval {
        let up = self.up(up)?;
        self.env.param(up, name).ok_or_else(|| EvalError::absent(Missing::Param(up, name.clone())))
    }

    fn step(&mut self, up: u32, id: &SmolStr) -> Eval {
        let up = self.up(up)?;
        self.env.step(up, id).ok_or_else(|| EvalError::absent(Missing::Step(up, id.clone())))
    }

    fn ran(&mut self, up: u32, id: &SmolStr) -> Eval {
        let up = self.up(up)?;
        let ran = self.env.ran(up, id).ok_or_else(|| EvalError::absent(Missing::Step(up, id.clone())))?;
        Ok(Value::Bool(ran))
    }

    fn local(&mut self, name: &SmolStr) -> Eval {
        let bound = self.locals.get(self.floor..).unwrap_or_default();
        if let Some((_, value)) = bound.iter().rev().find(|(n, _)| n == name) {
            return Ok(value.clone());
        }
        let outer = if self.floor == 0 { self.env.local(name) } else { None };
        outer.ok_or_else(|| EvalError::absent(Missing::Local(name.clone())))
    }

    fn let_value(&mut self, up: u32, name: &SmolStr) -> Eval {
        let up = self.up(up)?;
        if let Some((.., value)) = self.lets.iter().find(|(u, n, _)| *u == up && n == name) {
            return Ok(value.clone());
        }
        let env = self.env;
        let expr = env.let_expr(up, name).ok_or_else(|| EvalError::absent(Missing::Let(up, name.clone())))?;
        let outside = (self.shift, self.floor);
        (self.shift, self.floor) = (up, self.locals.len());
        let value = self.eval(expr);
        (self.shift, self.floor) = outside;
        let value = value?;
        self.lets.push((up, name.clone(), value.clone()));
        Ok(value)
    }

    fn condition(&mut self, expr: &'a Expr) -> Result<bool, EvalError> {
        truth(&self.eval(expr)?).map_err(|e| located(e, expr.id))
    }

    fn not(&mut self, inner: &'a Expr) -> Eval {
        Ok(Value::Bool(!self.condition(inner)?))
    }

    /// A chain of fields and indices; inside json nothing is copied on the way.
    fn part(&mut self, last: &'a Expr, base: &'a Expr) -> Eval {
        let (mut steps, mut base) = (vec![last], base);
        while let ExprKind::Field { base: inner, .. } | ExprKind::Index { base: inner, .. } = &base.kind {
            self.meter.steps(1)?;
            steps.push(base);
            base = inner;
        }
        let mut value = self.eval(base)?;
        while let Some(step) = steps.pop() {
            if let Value::Json(json) = &value {
                let mut part = self.json_part(json, step)?;
                while let Some(step) = steps.pop() {
                    part = self.json_part(part, step)?;
                }
                return access::copied(part, self.meter);
            }
            value = match &step.kind {
                ExprKind::Field { name, optional, .. } => access::field(&value, name, *optional),
                ExprKind::Index { index, .. } => {
                    self.eval(index).and_then(|index| access::index(&value, &index, self.meter))
                }
                _ => Ok(value),
            }
            .map_err(|e| located(e, step.id))?;
        }
        Ok(value)
    }

    fn json_part<'j>(&mut self, json: &'j Json, step: &'a Expr) -> Result<&'j Json, EvalError> {
        match &step.kind {
            ExprKind::Field { name, optional, .. } => access::json_field(json, name, *optional),
            ExprKind::Index { index, .. } => {
                self.eval(index).and_then(|index| access::json_index(json, &index))
            }
            _ => Ok(json),
        }
        .map_err(|e| located(e, step.id))
    }

    /// Chains of operators lean to the left: their left spine is walked without recursion.
    fn binary(&mut self, op: BinaryOp, left: &'a Expr, right: &'a Expr) -> Eval {
        let ExprKind::Binary { .. } = left.kind else {
            let left = self.eval(left)?;
            return self.apply(op, left, right);
        };
        let mut spine = vec![(op, right, ExprId(0))];
        let mut cursor = left;
        while let ExprKind::Binary { op, left, right } = &cursor.kind {
            self.meter.steps(1)?;
            spine.push((*op, right, cursor.id));
            cursor = left;
        }
        let mut value = self.eval(cursor)?;
        while let Some((op, right, id)) = spine.pop() {
            value = self.apply(op, value, right).map_err(|e| located(e, id))?;
        }
        Ok(value)
    }

    fn apply(&mut self, op: BinaryOp, left: Value, right: &'a Expr) -> Eval {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let left = truth(&left)?;
                if left == (op == BinaryOp::Or) {
                    return Ok(Value::Bool(left));
                }
                self.condition(right).map(Value::Bool)
            }
            BinaryOp::Coalesce if compare::is_null(&left) => self.eval(right),
            BinaryOp::Coalesce => Ok(left),
            _ => {
                let right = self.eval(right)?;
                operators::apply(op, left, right, self.env.schemas(), self.meter)
            }
        }
    }

    fn match_arms(&mut self, subject: &'a Expr, arms: &'a [MatchArm]) -> Eval {
        let subject = self.eval(subject)?;
        for arm in arms {
            let mut hit = arm.patterns.is_empty();
            for pattern in &arm.patterns {
                hit = hit || compare::equal(&subject, pattern, self.meter)?;
            }
            if hit {
                return self.eval(&arm.value);
            }
        }
        Err(EvalError::invalid("no arm of `match` fits the value"))
    }

    fn list(&mut self, items: &'a [Expr]) -> Eval {
        self.meter.room_values(items.len())?;
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            out.push(self.eval(item)?);
        }
        Ok(Value::list(out))
    }

    fn map(&mut self, entries: &'a [(SmolStr, Expr)]) -> Eval {
        self.meter.room_values(entries.len().saturating_mul(2))?;
        let mut out = BTreeMap::new();
        for (key, value) in entries {
            out.insert(key.clone(), self.eval(value)?);
        }
        Ok(Value::Map(Arc::new(out)))
    }

    fn record(
        &mut self,
        name: Option<&SmolStr>,
        base: Option<&'a Expr>,
        fields: &'a [(SmolStr, Expr)],
    ) -> Eval {
        let mut out = match base {
            None => BTreeMap::new(),
            Some(base) => match self.eval(base)? {
                Value::Record(_, fields) => {
                    self.meter.room_values(fields.len().saturating_mul(2))?;
                    Arc::unwrap_or_clone(fields)
                }
                other => {
                    return Err(EvalError::invalid(format!("`..` needs a record, not {}", other.form())));
                }
            },
        };
        self.meter.room_values(fields.len().saturating_mul(2))?;
        let schema = name.and_then(|n| record_schema(n, self.env.schemas()));
        for (field, value) in fields {
            let made = self.eval(value)?;
            if let Some(schema) = schema {
                self.constrain(schema, field, &made).map_err(|e| located(e, value.id))?;
            }
            out.insert(field.clone(), made);
        }
        Ok(Value::Record(name.cloned(), Arc::new(out)))
    }

    /// Checks `where` of a field of a record that is being made.
    fn constrain(
        &mut self,
        schema: &'a RecordSchema,
        name: &SmolStr,
        value: &Value,
    ) -> Result<(), EvalError> {
        let field = schema.fields.iter().find(|f| f.name == *name);
        let Some(constraint) = field.and_then(|f| f.constraint.as_ref()) else {
            return Ok(());
        };
        if value.is_null() {
            return Ok(());
        }
        let outside = self.floor;
        self.floor = self.locals.len();
        self.locals.push((name.clone(), value.clone()));
        let holds = self.condition(constraint);
        self.locals.truncate(self.floor);
        self.floor = outside;
        if holds? {
            return Ok(());
        }
        let message = format!("the constraint of `{name}` does not hold");
        Err(EvalError::new(ErrorKind::Constraint, message))
    }

    fn template(&mut self, form: TemplateForm, parts: &'a [Part]) -> Eval {
        let mut text = template::Builder::new(form);
        for part in parts {
            match part {
                Part::Text(fixed) => text.fixed(fixed, self.meter)?,
                Part::Hole(hole) => {
                    let value = self.eval(hole)?;
                    text.hole(&value, self.env.schemas(), self.meter).map_err(|e| located(e, hole.id))?;
                }
            }
        }
        text.finish()
    }

    fn comprehend(
        &mut self,
        body: &'a Expr,
        clauses: &'a [CompClause],
        out: &mut Vec<Value>,
    ) -> Result<(), EvalError> {
        self.meter.steps(1)?;
        let Some((clause, rest)) = clauses.split_first() else {
            self.meter.room_values(1)?;
            out.push(self.eval(body)?);
            return Ok(());
        };
        self.enter()?;
        let done = match clause {
            CompClause::If(cond) => self.comprehend_if(cond, body, rest, out),
            CompClause::For(name, list) => self.comprehend_for(name, list, body, rest, out),
        };
        self.depth += 1;
        done
    }

    fn comprehend_if(
        &mut self,
        cond: &'a Expr,
        body: &'a Expr,
        rest: &'a [CompClause],
        out: &mut Vec<Value>,
    ) -> Result<(), EvalError> {
        if !self.condition(cond)? {
            return Ok(());
        }
        self.comprehend(body, rest, out)
    }

    fn comprehend_for(
        &mut self,
        name: &SmolStr,
        list: &'a Expr,
        body: &'a Expr,
        rest: &'a [CompClause],
        out: &mut Vec<Value>,
    ) -> Result<(), EvalError> {
        let list = self
            .eval(list)
            .and_then(|list| access::items(list, self.meter))
            .map_err(|e| located(e, list.id))?;
        let slot = self.locals.len();
        self.locals.push((name.clone(), Value::Null));
        let mut done = Ok(());
        for item in list.iter() {
            if let Some(local) = self.locals.get_mut(slot) {
                local.1 = item.clone();
            }
            done = self.comprehend(body, rest, out);
            if done.is_err() {
                break;
            }
        }
        self.locals.truncate(slot);
        done
    }

    fn call(&mut self, function: &str, args: &'a [Expr]) -> Eval {
        let mut values = Vec::with_capacity(args.len().min(8));
        for arg in args {
            values.push(self.eval(arg)?);
        }
        super::call::call(function, &values, self.env.schemas(), self.meter)
    }

    fn bind(&mut self, name: &SmolStr, value: &'a Expr, body: &'a Expr) -> Eval {
        let value = self.eval(value)?;
        let slot = self.locals.len();
        self.locals.push((name.clone(), value));
        let result = self.eval(body);
        self.locals.truncate(slot);
        result
    }

    fn outcome(&mut self, fact: &'a Outcome) -> Eval {
        let Outcome::File(path) = fact else {
            return self.env.outcome(fact).ok_or_else(|| EvalError::absent(Missing::Outcome));
        };
        let path = self.eval(path)?;
        let path = path.as_text().ok_or_else(|| EvalError::invalid("`file` needs a path"))?;
        match self.env.file(path) {
            Some(text) => Ok(Value::string(text)),
            None => Err(EvalError::new(ErrorKind::NotFound, format!("there is no file `{path}`"))),
        }
    }
}

fn located(mut error: EvalError, id: ExprId) -> EvalError {
    if error.at == ExprId(0) {
        error.at = id;
    }
    error
}

fn record_schema<'s>(name: &SmolStr, schemas: &'s Schemas) -> Option<&'s RecordSchema> {
    match schemas.get(name) {
        Some(Schema::Record(schema)) => Some(schema),
        _ => None,
    }
}

fn truth(value: &Value) -> Result<bool, EvalError> {
    match value {
        Value::Bool(b) => Ok(*b),
        other => Err(EvalError::invalid(format!("a condition must be a bool, not {}", other.form()))),
    }
}

/// Can the result be larger or deeper than what the environment gave?
fn makes_containers(kind: &ExprKind) -> bool {
    !matches!(
        kind,
        ExprKind::Const(_)
            | ExprKind::Param { .. }
            | ExprKind::Step { .. }
            | ExprKind::Local(_)
            | ExprKind::Run(_)
            | ExprKind::Ran { .. }
            | ExprKind::Not(_)
            | ExprKind::Neg(_)
            | ExprKind::Template { .. }
    )
}
