//! Providers and memory stores with their arguments evaluated.

use crate::context::{ResolvedMemory, ResolvedProvider};
use crate::options::EnvAccess;
use crate::redact::Redactor;
use crate::step::StepError;
use rustchain_plan::eval::{self, Closed, Limits};
use rustchain_plan::expr::{BinaryOp, Part};
use rustchain_plan::plan::{Plan, Provider};
use rustchain_plan::{Expr, ExprKind, Value};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::path::Path;

/// By name: ready, or why not.
pub(crate) type Resolved<T> = BTreeMap<SmolStr, Result<T, StepError>>;

/// Evaluates the arguments of constants and of the environment.
pub(crate) struct Arguments<'a> {
    pub plan: &'a Plan,
    pub env: &'a EnvAccess,
    pub redactor: &'a Redactor,
}

impl Arguments<'_> {
    pub(crate) fn providers(&self) -> Resolved<ResolvedProvider> {
        self.plan
            .providers
            .iter()
            .map(|(name, provider)| (name.clone(), self.provider(name, provider)))
            .collect()
    }

    pub(crate) fn memories(&self, root: &Path) -> Resolved<ResolvedMemory> {
        let memory = |(name, memory): (&SmolStr, &rustchain_plan::plan::Memory)| {
            let path = self.value(name, &memory.path).and_then(|value| match value.as_text() {
                Some(path) => Ok(root.join(path)),
                None => Err(StepError::invalid(format!("the path of memory `{name}` is no path"))),
            });
            let resolved = path.map(|path| ResolvedMemory {
                kind: memory.kind.clone(),
                path,
                embed: memory.embed.clone(),
            });
            (name.clone(), resolved)
        };
        self.plan.memories.iter().map(memory).collect()
    }

    fn provider(&self, name: &str, provider: &Provider) -> Result<ResolvedProvider, StepError> {
        match provider {
            Provider::FirstOf(names) => Ok(ResolvedProvider::FirstOf(names.clone())),
            Provider::Model { vendor, model, options } => {
                let model = match self.value(name, model)?.as_text() {
                    Some(model) => model.to_owned(),
                    None => {
                        return Err(StepError::invalid(format!("the model of provider `{name}` is no text")));
                    }
                };
                let options: Result<_, StepError> =
                    options.iter().map(|(key, expr)| Ok((key.clone(), self.value(name, expr)?))).collect();
                Ok(ResolvedProvider::Model { vendor: vendor.clone(), model, options: options? })
            }
        }
    }

    fn value(&self, owner: &str, expr: &Expr) -> Result<Value, StepError> {
        let expr = self.with_env(owner, expr)?;
        Ok(eval::eval(&expr, &Closed::new(&self.plan.schemas), &Limits::default())?)
    }

    /// The expression with each `env("X")` replaced by its value, which counts as a secret.
    fn with_env(&self, owner: &str, expr: &Expr) -> Result<Expr, StepError> {
        let again = |inner: &Expr| self.with_env(owner, inner);
        let boxed = |inner: &Expr| again(inner).map(Box::new);
        let kind = match &expr.kind {
            ExprKind::Call { function, args } if function == "env" => match args.as_slice() {
                [Expr { kind: ExprKind::Const(name), .. }] => self.variable(owner, name)?,
                _ => return Err(StepError::invalid(format!("`env` in `{owner}` needs one constant name"))),
            },
            ExprKind::Call { function, args } => {
                let args: Result<_, _> = args.iter().map(again).collect();
                ExprKind::Call { function: function.clone(), args: args? }
            }
            ExprKind::Template { form, parts } => {
                let part = |part: &Part| match part {
                    Part::Hole(hole) => again(hole).map(Part::Hole),
                    Part::Text(text) => Ok(Part::Text(text.clone())),
                };
                let parts: Result<_, _> = parts.iter().map(part).collect();
                ExprKind::Template { form: *form, parts: parts? }
            }
            // What is not set is null, where something stands for it.
            ExprKind::Binary { op: BinaryOp::Coalesce, left, right } if self.is_unset(left) => {
                return again(right);
            }
            ExprKind::Binary { op, left, right } => {
                ExprKind::Binary { op: *op, left: boxed(left)?, right: boxed(right)? }
            }
            ExprKind::Convert { how, to, value } => {
                ExprKind::Convert { how: *how, to: to.clone(), value: boxed(value)? }
            }
            ExprKind::Lower { labels, reason, value } => {
                ExprKind::Lower { labels: *labels, reason: reason.clone(), value: boxed(value)? }
            }
            other => other.clone(),
        };
        Ok(Expr { id: expr.id, kind })
    }

    fn is_unset(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Call { function, args } if function == "env" => match args.as_slice() {
                [Expr { kind: ExprKind::Const(name), .. }] => {
                    name.as_text().is_some_and(|name| (self.env)(name).is_none())
                }
                _ => false,
            },
            ExprKind::Convert { value, .. } | ExprKind::Lower { value, .. } => self.is_unset(value),
            ExprKind::Binary { op: BinaryOp::Coalesce, left, right } => {
                self.is_unset(left) && self.is_unset(right)
            }
            _ => false,
        }
    }

    fn variable(&self, owner: &str, name: &Value) -> Result<ExprKind, StepError> {
        let name = name.as_text().unwrap_or_default();
        let Some(text) = (self.env)(name) else {
            return Err(StepError::invalid(format!("`{name}`, which `{owner}` reads, is not set")));
        };
        self.redactor.add(name, &text);
        Ok(ExprKind::Const(Value::string(text)))
    }
}
