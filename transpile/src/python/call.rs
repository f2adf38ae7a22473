//! Calls.

use super::exec::Flow;
use super::host::Host;
use super::machine::{Eval, Machine};
use super::value::{Args, Code, Function, Object, Site, SymbolKind, Value};
use rustchain_grammar::Span;
use std::rc::Rc;

impl<H: Host> Machine<'_, H> {
    /// The result of calling `callee`.
    ///
    /// # Errors
    /// The call raises or asks for too much.
    pub fn call(&mut self, callee: &Value, args: Args, site: Site) -> Eval<Value> {
        self.step(site.span)?;
        match callee {
            Value::External(path) => {
                let path = path.clone();
                self.call_external(&path, args, site)
            }
            Value::Native(native) => match H::call_native(self, *native, &args, site)? {
                Some(value) => Ok(value),
                None => self.call_unknown(callee, args, site),
            },
            Value::Symbol(symbol) => {
                let assumed = symbol.assumed.clone();
                match assumed {
                    Some(known) if !known.is_symbol() => {
                        let reason: Rc<str> = format!("depends on {}", self.describe(callee)).into();
                        self.in_doubt(reason, |m| m.call(&known, args, site))
                    }
                    _ => self.call_unknown(callee, args, site),
                }
            }
            Value::Obj(_) => self.call_object(callee, args, site),
            _ => Err(self.raise("TypeError", "the value is not callable", site.span)),
        }
    }

    fn call_unknown(&mut self, callee: &Value, args: Args, site: Site) -> Eval<Value> {
        let path = self.callee_path(callee);
        if path.ends_with(".run_until_complete") && args.pos.len() == 1 {
            return Ok(args.pos.into_iter().next().unwrap_or(Value::None));
        }
        H::unknown_call(self, &path, &args, site);
        Ok(self.symbol(SymbolKind::CallOf(callee.clone(), args), None, site.span))
    }

    pub(super) fn call_external(&mut self, path: &Rc<str>, args: Args, site: Site) -> Eval<Value> {
        if let Some(value) = self.variable_set(path, &args) {
            return Ok(value);
        }
        if let Some(value) = H::call(self, path, &args, site)? {
            return Ok(value);
        }
        if let Some(value) = self.call_builtin(path, &args, site)? {
            return Ok(value);
        }
        if let Some(value) = self.call_stdlib(path, &args, site)? {
            return Ok(value);
        }
        if let Some(value) = self.call_keeper(path, &args) {
            return Ok(value);
        }
        if !path.starts_with("builtins.") {
            H::unknown_call(self, path, &args, site);
        }
        Ok(self.symbol(SymbolKind::Call(path.clone(), args), None, site.span))
    }

    fn call_object(&mut self, callee: &Value, mut args: Args, site: Site) -> Eval<Value> {
        match self.object_of(callee) {
            Some(Object::Function(function)) => {
                let function = function.clone();
                self.deeper(site.span, |m| m.call_function(&function, args, site))
            }
            Some(Object::Class(_)) => self.deeper(site.span, |m| m.instantiate(callee, args, site)),
            Some(Object::Bound(receiver, function)) => {
                let function = function.clone();
                args.pos.insert(0, receiver.clone());
                self.call(&function, args, site)
            }
            Some(Object::Method(receiver, name)) => {
                let (receiver, name) = (receiver.clone(), name.clone());
                self.call_method(&receiver, &name, args, site)
            }
            Some(Object::Partial(function, first)) => {
                let function = function.clone();
                let mut all = first.clone();
                all.pos.append(&mut args.pos);
                for (name, value) in args.kw {
                    all.set(&name, value);
                }
                all.unknown_kw = all.unknown_kw.or(args.unknown_kw);
                all.unknown_pos = all.unknown_pos.or(args.unknown_pos);
                self.call(&function, all, site)
            }
            Some(Object::Wrapped("unknown decorator", function)) => {
                let function = function.clone();
                self.in_doubt("calls a function behind a decorator that is not known".into(), |m| {
                    m.call(&function, args, site)
                })
            }
            Some(Object::Wrapped(_, function)) => {
                let function = function.clone();
                self.call(&function, args, site)
            }
            Some(Object::Instance(..)) => {
                if let Some(value) = H::call_method(self, callee, "__call__", &args, site)? {
                    return Ok(value);
                }
                match self.attr_opt(callee, "__call__", site.span)? {
                    Some(method) => self.call(&method, args, site),
                    None => self.call_unknown(callee, args, site),
                }
            }
            _ => Err(self.raise("TypeError", "the value is not callable", site.span)),
        }
    }

    /// Calls a function of a file that was read.
    pub(super) fn call_function(&mut self, function: &Rc<Function>, args: Args, site: Site) -> Eval<Value> {
        self.called.insert(function.site);
        let scope = self.new_scope(function.scope, false);
        let saved = (self.module, self.scope);
        let bound = self.bind_arguments(function, args, scope, site);
        (self.module, self.scope) = (function.site.module, scope);
        let mark = self.uncertain.len();
        let returned = self.maybe_returned.len();
        let owner = function.owner.borrow().clone();
        let first = function
            .parameters()
            .and_then(|p| p.posonlyargs.first().or(p.args.first()))
            .and_then(|p| self.scope_ref(scope).vars.get(p.parameter.name.id.as_str()).cloned());
        let pushed = match (owner, first) {
            (Some(owner), Some(first)) => {
                self.self_stack.push((owner, first));
                true
            }
            _ => false,
        };
        let result = bound.and_then(|()| self.run_code(function));
        if pushed {
            self.self_stack.pop();
        }
        (self.module, self.scope) = saved;
        self.uncertain.truncate(mark);
        let value = result?;
        if self.maybe_returned.len() > returned {
            let earlier = self.maybe_returned.split_off(returned);
            let reason = format!("one of several results of `{}`", function.name);
            let one = earlier.iter().rev().try_fold(value, |later, first| {
                if self.same(first, &later) {
                    return Some(later);
                }
                H::either(self, first, &later, &reason, site)
            });
            return Ok(one.unwrap_or_else(|| self.unknown(reason, site.span)));
        }
        Ok(value)
    }

    fn run_code(&mut self, function: &Rc<Function>) -> Eval<Value> {
        match &function.code {
            Code::Lambda(lambda) => self.eval(&lambda.body),
            Code::Def(def) if function.is_generator => {
                self.yields.push(Vec::new());
                let flow = self.exec_block(&def.body);
                let items = self.yields.pop().unwrap_or_default();
                flow?;
                Ok(self.alloc(Object::Iterator(items, 0)))
            }
            Code::Def(def) => match self.exec_block(&def.body)? {
                Flow::Return(value) => Ok(value),
                _ => Ok(Value::None),
            },
        }
    }

    fn bind_arguments(
        &mut self,
        function: &Rc<Function>,
        args: Args,
        scope: super::value::ScopeId,
        site: Site,
    ) -> Eval<()> {
        let Some(parameters) = function.parameters() else { return Ok(()) };
        let Args { pos, mut kw, unknown_kw, unknown_pos } = args;
        let mut pos = pos.into_iter();
        let mut defaults = function.defaults.iter();
        let positional = parameters.posonlyargs.iter().chain(&parameters.args);
        for (index, p) in positional.chain(&parameters.kwonlyargs).enumerate() {
            let keyword_only = index >= parameters.posonlyargs.len() + parameters.args.len();
            let name = p.parameter.name.id.as_str();
            let default = defaults.next().cloned().flatten();
            let given = if keyword_only { None } else { pos.next() };
            let by_name = kw.iter().position(|(k, _)| &**k == name);
            let value = match (given, by_name) {
                (Some(value), _) => value,
                (None, Some(at)) => kw.remove(at).1,
                (None, None) => {
                    self.missing_argument(name, default, &unknown_kw, &unknown_pos, function, site)?
                }
            };
            self.bind_in(scope, name, value);
        }
        let rest: Vec<Value> = pos.collect();
        if let Some(vararg) = &parameters.vararg {
            let tuple = self.tuple(rest);
            if let (Some(_), Value::Obj(id)) = (&unknown_pos, &tuple) {
                self.dirty.insert(*id);
            }
            self.bind_in(scope, vararg.name.id.as_str(), tuple);
        } else if !rest.is_empty() {
            let message = format!("{}() takes fewer positional arguments", function.name);
            return Err(self.raise("TypeError", message, site.span));
        }
        if let Some(kwarg) = &parameters.kwarg {
            let dict = self.dict_of(kw);
            if let (Some(_), Value::Obj(id)) = (&unknown_kw, &dict)
                && let Some(Object::Dict(dict, _)) = self.object_mut_quiet(*id)
            {
                dict.open = true;
            }
            self.bind_in(scope, kwarg.name.id.as_str(), dict);
        } else if let Some((name, _)) = kw.first() {
            let message = format!("{}() got an unexpected keyword argument '{name}'", function.name);
            return Err(self.raise("TypeError", message, site.span));
        }
        Ok(())
    }

    fn missing_argument(
        &mut self,
        name: &str,
        default: Option<Value>,
        unknown_kw: &Option<Value>,
        unknown_pos: &Option<Value>,
        function: &Rc<Function>,
        site: Site,
    ) -> Eval<Value> {
        let source = unknown_kw.clone().or_else(|| unknown_pos.clone());
        match (source, default) {
            (None, Some(value)) => Ok(value),
            (Some(source), default) => {
                Ok(self.symbol(SymbolKind::Item(source, Value::str(name)), default, site.span))
            }
            (None, None) => {
                let message = format!("{}() misses the argument '{name}'", function.name);
                Err(self.raise("TypeError", message, site.span))
            }
        }
    }

    /// `super()` inside a method.
    pub(super) fn implicit_super(&mut self, span: Span) -> Value {
        match self.self_stack.last().cloned() {
            Some((owner, instance)) => self.alloc(Object::Super(owner, instance)),
            None => self.unknown("`super()` outside a class", span),
        }
    }

    /// A call of a method of a value that is not an instance of an own class.
    pub(super) fn call_method(
        &mut self,
        receiver: &Value,
        name: &str,
        args: Args,
        site: Site,
    ) -> Eval<Value> {
        if let Some(value) = H::call_method(self, receiver, name, &args, site)? {
            return Ok(value);
        }
        if let Some(value) = self.builtin_method(receiver, name, &args, site)? {
            return Ok(value);
        }
        if let Some(value) = self.parser_method(receiver, name, &args, site)? {
            return Ok(value);
        }
        if let Value::Symbol(symbol) = receiver
            && let Some(assumed) = symbol.assumed.clone().filter(|a| !a.is_symbol())
            && !matches!(assumed, Value::None)
        {
            let result = self.call_method(&assumed, name, args.clone(), site)?;
            let kind = SymbolKind::CallOf(
                self.symbol(SymbolKind::Attr(receiver.clone(), name.into()), None, site.span),
                args,
            );
            return Ok(self.symbol(kind, result.assumed(), site.span));
        }
        let path = format!("{}.{name}", self.callee_path(receiver));
        H::unknown_call(self, &path, &args, site);
        let attr = self.symbol(SymbolKind::Attr(receiver.clone(), name.into()), None, site.span);
        Ok(self.symbol(SymbolKind::CallOf(attr, args), None, site.span))
    }
}
