//! Statements.

use super::host::Host;
use super::machine::{Eval, Machine, Raised, Stop};
use super::scan;
use super::syntax::{ast, span_of};
use super::value::{Args, Code, Function, Object, Value};
use rustchain_grammar::Span;
use std::collections::HashMap;
use std::rc::Rc;

/// Every so many passes of `while True` it is looked whether they still change anything.
const WATCHED_PASS: u32 = 512;

/// Where control goes after a statement.
pub(super) enum Flow {
    /// To the next statement.
    Next,
    /// Out of the loop.
    Break,
    /// To the next turn of the loop.
    Continue,
    /// Out of the function.
    Return(Value),
}

/// The docstring of a body.
pub(super) fn docstring(body: &[ast::Stmt]) -> Option<Rc<str>> {
    let ast::Stmt::Expr(first) = body.first()? else { return None };
    let ast::Expr::StringLiteral(text) = &*first.value else { return None };
    Some(text.value.to_str().into())
}

impl<H: Host> Machine<'_, H> {
    pub(super) fn exec_block(&mut self, body: &[ast::Stmt]) -> Eval<Flow> {
        for stmt in body {
            match self.exec(stmt)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    /// As [`Machine::exec_block`], but a statement that raises does not end the block.
    pub(super) fn exec_each(&mut self, body: &[ast::Stmt]) -> Eval<Flow> {
        for stmt in body {
            match self.exec(stmt) {
                Ok(_) => {}
                Err(Stop::Raise(raised)) => self.raised.push(raised),
                Err(Stop::Limit(message, site)) if !self.is_extended => {
                    self.is_extended = true;
                    self.options.limits.steps = self.steps.saturating_add(self.options.limits.steps / 2);
                    H::unsure(self, &message, site);
                }
                Err(limit) => return Err(limit),
            }
        }
        Ok(Flow::Next)
    }

    fn exec(&mut self, stmt: &ast::Stmt) -> Eval<Flow> {
        let span = span_of(stmt);
        self.step(span)?;
        match stmt {
            ast::Stmt::Expr(s) => {
                self.eval(&s.value)?;
            }
            ast::Stmt::Assign(s) => {
                let value = self.eval(&s.value)?;
                for target in &s.targets {
                    self.assign(target, value.clone())?;
                }
            }
            ast::Stmt::AnnAssign(s) => {
                if let Some(value) = &s.value {
                    let value = self.eval(value)?;
                    self.assign(&s.target, value)?;
                } else if let ast::Expr::Name(name) = &*s.target {
                    self.note_annotation(&name.id);
                }
            }
            ast::Stmt::AugAssign(s) => self.exec_aug_assign(s)?,
            ast::Stmt::FunctionDef(def) => self.exec_def(def)?,
            ast::Stmt::ClassDef(def) => self.exec_class(def)?,
            ast::Stmt::Return(s) => {
                let value = s.value.as_ref().map_or(Ok(Value::None), |v| self.eval(v))?;
                return Ok(Flow::Return(value));
            }
            ast::Stmt::If(s) => return self.deeper(span, |m| m.exec_if(s)),
            ast::Stmt::For(s) => return self.deeper(span, |m| m.exec_for(s)),
            ast::Stmt::While(s) => return self.deeper(span, |m| m.exec_while(s)),
            ast::Stmt::With(s) => return self.deeper(span, |m| m.exec_with(&s.items, &s.body)),
            ast::Stmt::Try(s) => return self.deeper(span, |m| m.exec_try(s)),
            ast::Stmt::Match(s) => return self.deeper(span, |m| m.exec_match(s)),
            ast::Stmt::Raise(s) => return Err(self.exec_raise(s, span)?),
            ast::Stmt::Assert(s) => {
                let test = self.eval(&s.test)?;
                if !test.is_symbol() && self.truth(&test) == Some(false) {
                    let message = match &s.msg {
                        Some(message) => self.eval(message)?,
                        None => Value::str(""),
                    };
                    let message = self.text(&message).unwrap_or_default();
                    return Err(self.raise("AssertionError", message, span));
                }
            }
            ast::Stmt::Import(s) => {
                for alias in &s.names {
                    self.exec_import(alias, span)?;
                }
            }
            ast::Stmt::ImportFrom(s) => self.exec_import_from(s, span)?,
            ast::Stmt::Global(s) => {
                let target = self.module_ref(self.module).scope;
                let scope = self.scope;
                for name in &s.names {
                    self.scope_mut(scope).redirected.insert(name.id.as_str().into(), target);
                }
            }
            ast::Stmt::Nonlocal(s) => self.exec_nonlocal(s),
            ast::Stmt::Delete(s) => {
                for target in &s.targets {
                    self.delete(target)?;
                }
            }
            ast::Stmt::Break(_) => return Ok(Flow::Break),
            ast::Stmt::Continue(_) => return Ok(Flow::Continue),
            ast::Stmt::TypeAlias(s) => {
                let value = self.unknown("a type", span);
                self.assign(&s.name, value)?;
            }
            ast::Stmt::Pass(_) | ast::Stmt::IpyEscapeCommand(_) => {}
        }
        Ok(Flow::Next)
    }

    fn exec_nonlocal(&mut self, s: &ast::StmtNonlocal) {
        let here = self.scope;
        for name in &s.names {
            let mut at = self.scope_ref(here).parent;
            while let Some(id) = at {
                let scope = self.scope_ref(id);
                if !scope.is_class && scope.vars.contains_key(name.id.as_str()) {
                    self.scope_mut(here).redirected.insert(name.id.as_str().into(), id);
                    break;
                }
                at = scope.parent;
            }
        }
    }

    fn exec_aug_assign(&mut self, s: &ast::StmtAugAssign) -> Eval<()> {
        let span = span_of(s);
        let old = self.eval_target(&s.target)?;
        let new = self.eval(&s.value)?;
        if let (ast::Operator::Add, Value::Obj(id)) = (s.op, &old)
            && matches!(self.object(*id), Some(Object::List(_)))
        {
            if let Some(more) = self.iterate(&new, span)? {
                self.charge(more.len() * 24, span)?;
                if let Some(Object::List(items)) = self.object_mut(*id) {
                    items.extend(more);
                }
            } else {
                self.dirty.insert(*id);
            }
            return self.assign(&s.target, old);
        }
        let result = self.binary(s.op, &old, &new, span)?;
        self.assign(&s.target, result)
    }

    /// A function of this file; the tree is shared between evaluations of the same `def`.
    pub(super) fn make_function(&mut self, def: &ast::StmtFunctionDef) -> Eval<Value> {
        let span = span_of(def);
        let key = (self.module, span.start);
        let code = match self.functions.get(&key) {
            Some(code) => code.clone(),
            None => {
                self.charge(span.len() as usize * 4, span)?;
                let code = Rc::new(def.clone());
                self.functions.insert(key, code.clone());
                code
            }
        };
        let defaults = self.eval_defaults(&def.parameters)?;
        let function = Function {
            name: def.name.id.as_str().into(),
            scope: self.scope,
            defaults,
            site: self.site(span),
            doc: docstring(&def.body),
            owner: Default::default(),
            is_generator: super::scan::has_yield(&def.body),
            code: Code::Def(code),
        };
        Ok(self.alloc(Object::Function(Rc::new(function))))
    }

    pub(super) fn eval_defaults(&mut self, parameters: &ast::Parameters) -> Eval<Vec<Option<Value>>> {
        let mut defaults = Vec::new();
        for p in parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs) {
            defaults.push(p.default.as_deref().map(|d| self.eval(d)).transpose()?);
        }
        Ok(defaults)
    }

    fn exec_def(&mut self, def: &ast::StmtFunctionDef) -> Eval<()> {
        let mut value = self.make_function(def)?;
        for decorator in def.decorator_list.iter().rev() {
            let callee = self.eval(&decorator.expression)?;
            let site = self.site(span_of(def));
            value = self.decorate(&callee, value, site)?;
        }
        self.bind(&def.name.id, value);
        Ok(())
    }

    /// The result of a decorator; an unknown one leaves the function but in doubt.
    fn decorate(&mut self, callee: &Value, function: Value, site: super::value::Site) -> Eval<Value> {
        let is_unknown = matches!(callee, Value::Symbol(_));
        let result = match is_unknown {
            true => None,
            false => Some(self.call(callee, Args::of(vec![function.clone()]), site)?),
        };
        match result {
            Some(value) if !value.is_symbol() => Ok(value),
            _ => Ok(self.alloc(Object::Wrapped("unknown decorator", function))),
        }
    }

    fn exec_if(&mut self, s: &ast::StmtIf) -> Eval<Flow> {
        let test = self.eval(&s.test)?;
        self.exec_if_known(&test, &s.body, &s.elif_else_clauses, span_of(&*s.test))
    }

    fn exec_if_known(
        &mut self,
        test: &Value,
        body: &[ast::Stmt],
        rest: &[ast::ElifElseClause],
        span: Span,
    ) -> Eval<Flow> {
        if !test.is_symbol() {
            return match self.truth(test) {
                Some(true) => self.exec_block(body),
                Some(false) => self.exec_else(rest),
                None => {
                    let test = self.unknown("a condition that is not known", span);
                    self.exec_if_known(&test, body, rest, span)
                }
            };
        }
        let others: Vec<&ast::Stmt> = rest.iter().flat_map(|c| c.body.iter()).collect();
        self.exec_unknown_if(test, span, body, &mut |m| m.exec_else(rest), &others)
    }

    fn exec_else(&mut self, rest: &[ast::ElifElseClause]) -> Eval<Flow> {
        let Some((first, others)) = rest.split_first() else { return Ok(Flow::Next) };
        let Some(test) = &first.test else { return self.exec_block(&first.body) };
        let value = self.eval(test)?;
        self.deeper(span_of(test), |m| m.exec_if_known(&value, &first.body, others, span_of(test)))
    }

    fn exec_for(&mut self, s: &ast::StmtFor) -> Eval<Flow> {
        let iterable = self.eval(&s.iter)?;
        let span = span_of(&*s.iter);
        let Some(items) = self.iterate(&iterable, span)? else {
            return self.exec_unknown_for(s, &iterable, span);
        };
        let dirty = self.is_dirty(&iterable) || iterable.is_symbol();
        let mark = self.uncertain.len();
        if dirty {
            self.uncertain.push(format!("loops over {}", self.describe_items(&iterable)).into());
        }
        let flow = self.for_items(s, items);
        self.uncertain.truncate(mark);
        flow
    }

    fn describe_items(&self, iterable: &Value) -> String {
        match iterable {
            Value::Symbol(_) => self.describe(iterable),
            _ => "a list that is filled under an unknown condition".into(),
        }
    }

    fn for_items(&mut self, s: &ast::StmtFor, items: Vec<Value>) -> Eval<Flow> {
        for item in items {
            self.step(span_of(s))?;
            let mark = self.uncertain.len();
            self.assign(&s.target, item)?;
            let flow = self.exec_block(&s.body);
            self.uncertain.truncate(mark);
            match flow? {
                Flow::Break => return Ok(Flow::Next),
                Flow::Return(value) => return Ok(Flow::Return(value)),
                Flow::Next | Flow::Continue => {}
            }
        }
        self.exec_block(&s.orelse)
    }

    fn exec_unknown_for(&mut self, s: &ast::StmtFor, iterable: &Value, span: Span) -> Eval<Flow> {
        let element = self.element_of(iterable, span);
        let reason: Rc<str> = format!("loops over {}", self.describe(iterable)).into();
        let body = &s.body;
        let target = &s.target;
        let test = self.unknown(reason.clone(), span);
        let before = self.scope_ref(self.scope).vars.clone();
        self.work(before.len(), span)?;
        let flow = self.in_doubt(reason, |m| {
            m.assign(target, element)?;
            m.exec_block(body)
        });
        let after = std::mem::replace(&mut self.scope_mut(self.scope).vars, before);
        self.merge_after_loop(after, &test, span);
        match flow {
            Err(Stop::Limit(a, b)) => Err(Stop::Limit(a, b)),
            _ => Ok(Flow::Next),
        }
    }

    /// What the names of the scope hold.
    fn names_now(&mut self, span: Span) -> Eval<HashMap<Rc<str>, Value>> {
        let names = self.scope_ref(self.scope).vars.clone();
        self.work(names.len(), span)?;
        Ok(names)
    }

    fn exec_while(&mut self, s: &ast::StmtWhile) -> Eval<Flow> {
        let span = span_of(&*s.test);
        let is_constant = matches!(&*s.test, ast::Expr::BooleanLiteral(_) | ast::Expr::NumberLiteral(_));
        let made = H::made(self);
        let before = self.names_now(span)?;
        for pass in 1_u32.. {
            self.step(span)?;
            let test = self.eval(&s.test)?;
            match if test.is_symbol() { None } else { self.truth(&test) } {
                Some(false) => return self.exec_block(&s.orelse),
                Some(true) => {}
                None => {
                    let test = self.unknown(format!("repeats while {}", self.describe(&test)), span);
                    return self
                        .exec_unknown_if(&test, span, &s.body, &mut |_| Ok(Flow::Next), &[])
                        .map(|_| Flow::Next);
                }
            }
            let watched = match pass % WATCHED_PASS {
                0 if is_constant => Some(self.names_now(span)?),
                _ => None,
            };
            let mark = self.uncertain.len();
            let flow = self.exec_block(&s.body);
            let undecided = self.uncertain.len() > mark;
            self.uncertain.truncate(mark);
            match flow? {
                Flow::Break => return Ok(Flow::Next),
                Flow::Return(value) => return Ok(Flow::Return(value)),
                Flow::Next | Flow::Continue if undecided => {
                    // One pass stands for a number of passes that is not known.
                    let again = self.unknown("how often a loop repeats", span);
                    let is_idle = made.is_some() && made == H::made(self);
                    if scan::any_effect(&s.body) && !is_idle {
                        H::unsure(self, &format!("depends on {}", self.describe(&again)), self.site(span));
                    }
                    self.wrap_changes(&before, &again, span);
                    return Ok(Flow::Next);
                }
                Flow::Next | Flow::Continue
                    if watched.as_ref().is_some_and(|names| self.stands_still(names)) =>
                {
                    H::unsure(self, "a loop that nothing in the file ends", self.site(span));
                    return Ok(Flow::Next);
                }
                Flow::Next | Flow::Continue => {}
            }
        }
        Ok(Flow::Next)
    }

    fn exec_with(&mut self, items: &[ast::WithItem], body: &[ast::Stmt]) -> Eval<Flow> {
        let Some((first, rest)) = items.split_first() else { return self.exec_block(body) };
        let context = self.eval(&first.context_expr)?;
        let span = span_of(&first.context_expr);
        let site = self.site(span);
        if let Some(entered) = H::enter(self, &context, site)? {
            if let Some(target) = &first.optional_vars {
                self.assign(target, entered)?;
            }
            let flow = self.exec_with(rest, body);
            H::exit(self, &context)?;
            return flow;
        }
        let own = match self.object_of(&context) {
            Some(Object::Instance(Value::Obj(_), _)) => self.attr_opt(&context, "__enter__", span)?,
            _ => None,
        };
        let entered = match &own {
            Some(enter) => self.call(enter, Args::default(), site)?,
            None if self
                .object_of(&context)
                .is_some_and(|o| matches!(o, Object::Iterator(items, _) if items.len() == 1)) =>
            {
                H::unsure(self, "a context manager written as a generator is entered", site);
                match self.object_of(&context) {
                    Some(Object::Iterator(items, _)) => items.first().cloned().unwrap_or(Value::None),
                    _ => Value::None,
                }
            }
            None => match &context {
                Value::Symbol(_) => context.clone(),
                _ if matches!(self.object_of(&context), Some(Object::Instance(..) | Object::Method(..))) => {
                    context.clone()
                }
                _ => self.unknown("what a context manager gives", span),
            },
        };
        if let Some(target) = &first.optional_vars {
            self.assign(target, entered)?;
        }
        let flow = self.exec_with(rest, body);
        if own.is_some()
            && let Some(exit) = self.attr_opt(&context, "__exit__", span)?
        {
            self.call(&exit, Args::of(vec![Value::None, Value::None, Value::None]), site)?;
        }
        flow
    }

    fn exec_try(&mut self, s: &ast::StmtTry) -> Eval<Flow> {
        let guarded = u32::from(!s.handlers.is_empty());
        self.guards += guarded;
        let body = self.exec_block(&s.body);
        self.guards -= guarded;
        let result = match body {
            Ok(Flow::Next) => self.exec_block(&s.orelse),
            Err(Stop::Raise(raised)) => self.exec_handlers(s, raised),
            other => other,
        };
        match self.exec_block(&s.finalbody)? {
            Flow::Next => result,
            other => Ok(other),
        }
    }

    fn exec_handlers(&mut self, s: &ast::StmtTry, raised: Raised) -> Eval<Flow> {
        for handler in &s.handlers {
            let ast::ExceptHandler::ExceptHandler(handler) = handler;
            let matches = match &handler.type_ {
                None => true,
                Some(class) => {
                    let class = self.eval(class)?;
                    self.catches(&class, &raised)
                }
            };
            if !matches {
                continue;
            }
            if let Some(name) = &handler.name {
                let mut attrs = super::dict::Dict::new();
                let message = Value::str(raised.message.clone());
                let args = self.tuple(vec![message.clone()]);
                attrs.insert_str("args", args);
                attrs.insert_str("__message__", message);
                let value = self.alloc(Object::Instance(raised.class.clone(), attrs));
                self.bind(&name.id, value);
            }
            self.handling.push(raised);
            let flow = self.exec_block(&handler.body);
            self.handling.pop();
            return flow;
        }
        Err(Stop::Raise(raised))
    }

    fn exec_raise(&mut self, s: &ast::StmtRaise, span: Span) -> Eval<Stop> {
        let site = self.site(span);
        let Some(exc) = &s.exc else {
            let last = self.handling.last().cloned();
            return Ok(Stop::Raise(last.unwrap_or(Raised {
                class: Value::External("builtins.RuntimeError".into()),
                message: "nothing to raise again".into(),
                site,
            })));
        };
        let value = self.eval(exc)?;
        let (class, message) = match (&value, self.object_of(&value)) {
            (_, Some(Object::Instance(class, attrs))) => {
                let message = attrs.get_str("__message__").and_then(|m| self.text(m));
                (class.clone(), message.unwrap_or_default())
            }
            (Value::Symbol(symbol), _) => match &symbol.kind {
                super::value::SymbolKind::Call(path, args) => (
                    Value::External(path.clone()),
                    args.pos.first().and_then(|a| self.text(a)).unwrap_or_default(),
                ),
                _ => (value.clone(), String::new()),
            },
            _ => (value.clone(), String::new()),
        };
        Ok(Stop::Raise(Raised { class, message, site }))
    }

    fn exec_match(&mut self, s: &ast::StmtMatch) -> Eval<Flow> {
        let subject = self.eval(&s.subject)?;
        let span = span_of(&*s.subject);
        for case in &s.cases {
            let matched = self.match_pattern(&case.pattern, &subject)?;
            let guard = match (&case.guard, matched) {
                (Some(guard), Some(true)) => {
                    let value = self.eval(guard)?;
                    if value.is_symbol() { None } else { self.truth(&value) }
                }
                _ => Some(true),
            };
            match (matched, guard) {
                (Some(true), Some(true)) => return self.exec_block(&case.body),
                (Some(false), _) | (_, Some(false)) => {}
                _ => {
                    let reason: Rc<str> = format!("depends on {}", self.describe(&subject)).into();
                    let site = self.site(span);
                    H::unsure(self, &reason, site);
                    return self.in_doubt(reason, |m| m.exec_block(&case.body));
                }
            }
        }
        Ok(Flow::Next)
    }

    pub(super) fn merge_after_loop(
        &mut self,
        after: std::collections::HashMap<Rc<str>, Value>,
        test: &Value,
        span: Span,
    ) {
        let mut names: Vec<Rc<str>> = after.keys().cloned().collect();
        names.sort();
        for name in names {
            let Some(new) = after.get(&name) else { continue };
            let old = self.scope_ref(self.scope).vars.get(&name).cloned();
            let value = match old {
                Some(old) if self.same(&old, new) => continue,
                Some(old) => {
                    let new = new.clone();
                    self.one_of(test, new, old, None, span)
                }
                None => new.clone(),
            };
            self.bind_in(self.scope, &name, value);
        }
    }
}
