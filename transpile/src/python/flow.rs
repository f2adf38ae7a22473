//! Statements whose path is not known: both ways are tried and what differs becomes unknown.

use super::exec::Flow;
use super::host::Host;
use super::machine::{Eval, Machine, Stop};
use super::scan;
use super::syntax::ast;
use super::value::{Site, SymbolKind, Value};
use rustchain_grammar::Span;
use std::collections::HashMap;
use std::rc::Rc;

impl<H: Host> Machine<'_, H> {
    /// Runs `f` in doubt: changes of the host and of older objects are marked with `reason`.
    pub(super) fn in_doubt<T>(&mut self, reason: Rc<str>, f: impl FnOnce(&mut Self) -> Eval<T>) -> Eval<T> {
        let mark = self.uncertain.len();
        self.uncertain.push(reason);
        self.watermarks.push(self.heap.len());
        let result = f(self);
        self.uncertain.truncate(mark);
        self.watermarks.pop();
        result
    }

    /// `if test: yes else: no` with an unknown test.
    pub(super) fn exec_unknown_if(
        &mut self,
        test: &Value,
        span: Span,
        yes: &[ast::Stmt],
        no: &mut dyn FnMut(&mut Self) -> Eval<Flow>,
        no_body: &[&ast::Stmt],
    ) -> Eval<Flow> {
        let reason: Rc<str> = format!("depends on {}", self.describe(test)).into();
        let preferred = test.assumed().and_then(|v| self.truth(&v));
        let before = self.scope_ref(self.scope).vars.clone();
        self.work(before.len(), span)?;
        if let Some(way) = preferred {
            let other_matters =
                if way { scan::any_effect(no_body.iter().copied()) } else { scan::any_effect(yes) };
            if other_matters {
                H::unsure(self, &reason, self.site(span));
            }
            let flow = match self.in_doubt(reason.clone(), |m| if way { m.exec_block(yes) } else { no(m) }) {
                // A file that runs does not go there.
                Err(Stop::Raise(_)) => {
                    self.scope_mut(self.scope).vars = before;
                    return if way { no(self) } else { self.exec_block(yes) };
                }
                other => other?,
            };
            self.wrap_changes(&before, test, span);
            if let Flow::Return(value) = flow {
                // What follows in the function is the other way.
                H::unsure(self, &reason, self.site(span));
                return Ok(Flow::Return(value));
            }
            return Ok(self.settle(flow, Flow::Next, &reason));
        }
        let first = self.in_doubt(reason.clone(), |m| m.exec_block(yes));
        let after_first = std::mem::replace(&mut self.scope_mut(self.scope).vars, before.clone());
        let second = self.in_doubt(reason.clone(), |m| no(m));
        match (first, second) {
            (Err(Stop::Limit(a, b)), _) | (_, Err(Stop::Limit(a, b))) => Err(Stop::Limit(a, b)),
            (Err(_), Err(raised)) => Err(raised),
            (Err(Stop::Raise(_)), Ok(flow)) => Ok(flow),
            (Ok(flow), Err(Stop::Raise(_))) => {
                self.scope_mut(self.scope).vars = after_first;
                Ok(flow)
            }
            (Ok(a), Ok(b)) => {
                self.merge(after_first, test, span);
                Ok(self.settle(a, b, &reason))
            }
        }
    }

    /// The flow after two ways that may differ; the doubt stays until the loop or function ends.
    fn settle(&mut self, a: Flow, b: Flow, reason: &Rc<str>) -> Flow {
        match (a, b) {
            (Flow::Next, Flow::Next) => Flow::Next,
            (Flow::Break, Flow::Break) => Flow::Break,
            (Flow::Continue, Flow::Continue) => Flow::Continue,
            (Flow::Return(x), Flow::Return(y)) => {
                if self.same(&x, &y) {
                    return Flow::Return(x);
                }
                let site = self.site(Span::default());
                let either = H::either(self, &x, &y, reason, site);
                Flow::Return(either.unwrap_or_else(|| {
                    self.unknown(format!("one of two results, {reason}"), Span::default())
                }))
            }
            (Flow::Return(x), _) | (_, Flow::Return(x)) => {
                self.uncertain.push(reason.clone());
                self.maybe_returned.push(x);
                Flow::Next
            }
            _ => {
                self.uncertain.push(reason.clone());
                Flow::Next
            }
        }
    }

    /// One of two values, as `test` is.
    pub(super) fn one_of(
        &mut self,
        test: &Value,
        yes: Value,
        no: Value,
        assumed: Option<Value>,
        span: Span,
    ) -> Value {
        if assumed.is_none() {
            let reason = format!("depends on {}", self.describe(test));
            if let Some(value) = H::either(self, &yes, &no, &reason, self.site(span)) {
                return value;
            }
        }
        self.symbol(SymbolKind::Op("if", vec![test.clone(), yes, no]), assumed, span)
    }

    fn merge(&mut self, first: HashMap<Rc<str>, Value>, test: &Value, span: Span) {
        let second = self.scope_ref(self.scope).vars.clone();
        let mut names: Vec<Rc<str>> = first.keys().chain(second.keys()).cloned().collect();
        names.sort();
        names.dedup();
        for name in names {
            let (a, b) = (first.get(&name), second.get(&name));
            let value = match (a, b) {
                (Some(a), Some(b)) if self.same(a, b) => continue,
                (Some(a), Some(b)) => {
                    let (a, b) = (a.clone(), b.clone());
                    self.one_of(test, a, b, None, span)
                }
                (Some(one), None) | (None, Some(one)) => one.clone(),
                (None, None) => continue,
            };
            self.bind_in(self.scope, &name, value);
        }
    }

    /// After the assumed way alone: what it changed is known only under the assumption.
    pub(super) fn wrap_changes(&mut self, before: &HashMap<Rc<str>, Value>, test: &Value, span: Span) {
        let after = self.scope_ref(self.scope).vars.clone();
        let mut names: Vec<Rc<str>> = after.keys().cloned().collect();
        names.sort();
        for name in names {
            let Some(now) = after.get(&name) else { continue };
            if before.get(&name).is_some_and(|old| self.same(old, now)) {
                continue;
            }
            let plain = matches!(
                now,
                Value::None
                    | Value::Bool(_)
                    | Value::Int(_)
                    | Value::Float(_)
                    | Value::Str(_)
                    | Value::Delta(_)
            );
            if plain {
                let parts = vec![test.clone(), now.clone()];
                let wrapped = self.symbol(SymbolKind::Op("if", parts), Some(now.clone()), span);
                self.bind_in(self.scope, &name, wrapped);
            } else if let Value::Obj(id) = now {
                self.dirty.insert(*id);
            }
        }
    }

    /// No name of the scope holds another known value than before.
    pub(super) fn stands_still(&self, before: &HashMap<Rc<str>, Value>) -> bool {
        let now = &self.scope_ref(self.scope).vars;
        now.len() == before.len()
            && now.iter().all(|(name, value)| match (value, before.get(name)) {
                (Value::Symbol(_), Some(Value::Symbol(_))) => true,
                (value, Some(old)) => self.same(value, old),
                (_, None) => false,
            })
    }

    /// The same value as far as the evaluator can tell.
    pub(super) fn same(&self, a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Obj(x), Value::Obj(y)) => x == y,
            (Value::Symbol(x), Value::Symbol(y)) => Rc::ptr_eq(x, y),
            (Value::Symbol(_), _) | (_, Value::Symbol(_)) => false,
            _ => self.equal(a, b) == Some(true) && std::mem::discriminant(a) == std::mem::discriminant(b),
        }
    }

    /// A few words on an unknown value, for messages.
    pub fn describe(&self, value: &Value) -> String {
        let Value::Symbol(symbol) = value else {
            return self.text(value).unwrap_or_else(|| "a value".into());
        };
        match &symbol.kind {
            SymbolKind::Env(name) => format!("the environment variable `{name}`"),
            SymbolKind::Input(kind, name) => format!("the {kind} `{name}`"),
            SymbolKind::Call(path, _) => format!("the result of `{}`", path.trim_start_matches("builtins.")),
            SymbolKind::CallOf(callee, _) => format!("a call of {}", self.describe(callee)),
            SymbolKind::Attr(base, _) | SymbolKind::Item(base, _) | SymbolKind::Element(base) => {
                self.describe(base)
            }
            SymbolKind::Concat(parts) | SymbolKind::Op(_, parts) => parts
                .iter()
                .find(|p| p.is_symbol())
                .map_or_else(|| "an unknown value".into(), |p| self.describe(p)),
            SymbolKind::Unknown(reason) => reason.to_string(),
        }
    }

    /// The dotted path of an unknown callee, as far as it has one: `datetime.datetime.now.time`.
    pub fn callee_path(&self, value: &Value) -> String {
        let plain = || "builtins.value".to_owned();
        match value {
            Value::External(path) => path.to_string(),
            Value::Symbol(symbol) => match &symbol.kind {
                SymbolKind::Call(path, _) => path.to_string(),
                SymbolKind::Attr(base, name) => format!("{}.{name}", self.callee_path(base)),
                SymbolKind::CallOf(base, _) | SymbolKind::Item(base, _) | SymbolKind::Element(base) => {
                    self.callee_path(base)
                }
                SymbolKind::Unknown(reason) => reason.to_string(),
                SymbolKind::Op(_, parts) => {
                    parts.iter().find(|p| p.is_symbol()).map_or_else(plain, |p| self.callee_path(p))
                }
                _ => plain(),
            },
            _ => plain(),
        }
    }

    /// Where the deepest cause of an unknown value stands.
    pub fn cause(&self, value: &Value) -> Option<Site> {
        match value {
            Value::Symbol(s) => Some(s.site),
            _ => None,
        }
    }
}
