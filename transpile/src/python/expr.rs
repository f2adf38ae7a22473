//! Expressions.

use super::dict::Dict;
use super::host::Host;
use super::machine::{Eval, Machine};
use super::syntax::{ast, span_of};
use super::value::{Args, Code, Function, Object, SymbolKind, Value};
use rustchain_grammar::Span;
use std::rc::Rc;

impl<H: Host> Machine<'_, H> {
    /// The value of an expression.
    pub(super) fn eval(&mut self, expr: &ast::Expr) -> Eval<Value> {
        let span = span_of(expr);
        self.step(span)?;
        match expr {
            ast::Expr::StringLiteral(s) => {
                let text = s.value.to_str();
                self.charge(text.len(), span)?;
                Ok(Value::str(text))
            }
            ast::Expr::BytesLiteral(b) => {
                let bytes: Vec<u8> = b.value.bytes().collect();
                self.charge(bytes.len(), span)?;
                Ok(Value::Bytes(bytes.into()))
            }
            ast::Expr::NumberLiteral(n) => Ok(self.number(&n.value, span)),
            ast::Expr::BooleanLiteral(b) => Ok(Value::Bool(b.value)),
            ast::Expr::NoneLiteral(_) => Ok(Value::None),
            ast::Expr::EllipsisLiteral(_) => Ok(Value::Ellipsis),
            ast::Expr::Name(name) => Ok(self.name(&name.id, span)),
            _ => self.deeper(span, |m| m.eval_composite(expr, span)),
        }
    }

    fn number(&self, number: &ast::Number, span: Span) -> Value {
        match number {
            ast::Number::Int(i) => match i.as_i64() {
                Some(i) => Value::Int(i),
                None => self.unknown("an integer of more than 64 bits", span),
            },
            ast::Number::Float(f) => Value::Float(*f),
            ast::Number::Complex { .. } => self.unknown("a complex number", span),
        }
    }

    fn name(&mut self, name: &str, span: Span) -> Value {
        if let Some(value) = self.lookup(name) {
            return value;
        }
        if super::builtins::is_builtin(name) {
            return Value::External(format!("builtins.{name}").into());
        }
        match self.starred_name(name, span) {
            Some(value) => value,
            None => self.unknown(format!("the name `{name}`, which is not defined"), span),
        }
    }

    fn eval_composite(&mut self, expr: &ast::Expr, span: Span) -> Eval<Value> {
        match expr {
            ast::Expr::List(l) => {
                let (items, known) = self.eval_items(&l.elts)?;
                let list = self.list(items);
                self.mark_unless(known, &list);
                Ok(list)
            }
            ast::Expr::Tuple(t) => {
                let (items, known) = self.eval_items(&t.elts)?;
                let tuple = self.tuple(items);
                self.mark_unless(known, &tuple);
                Ok(tuple)
            }
            ast::Expr::Set(s) => {
                let (items, known) = self.eval_items(&s.elts)?;
                let set = self.set_of(items, span)?;
                self.mark_unless(known, &set);
                Ok(set)
            }
            ast::Expr::Dict(d) => self.eval_dict(d),
            ast::Expr::BinOp(b) => {
                let left = self.eval(&b.left)?;
                let right = self.eval(&b.right)?;
                self.binary(b.op, &left, &right, span)
            }
            ast::Expr::BoolOp(b) => self.eval_bool_op(b),
            ast::Expr::UnaryOp(u) => {
                let value = self.eval(&u.operand)?;
                self.unary(u.op, value, span)
            }
            ast::Expr::Compare(c) => self.eval_compare(c),
            ast::Expr::Call(c) => self.eval_call(c),
            ast::Expr::Attribute(a) => {
                let base = self.eval(&a.value)?;
                self.attr(&base, &a.attr.id, span)
            }
            ast::Expr::Subscript(s) => {
                let base = self.eval(&s.value)?;
                let key = self.eval(&s.slice)?;
                self.item(&base, &key, span)
            }
            ast::Expr::Slice(s) => {
                let mut part =
                    |e: &Option<Box<ast::Expr>>| e.as_ref().map_or(Ok(Value::None), |e| self.eval(e));
                let (a, b, c) = (part(&s.lower)?, part(&s.upper)?, part(&s.step)?);
                Ok(self.alloc(Object::Slice(a, b, c)))
            }
            ast::Expr::If(i) => self.eval_if(i, span),
            ast::Expr::FString(f) => self.eval_fstring(&f.value, span),
            ast::Expr::Lambda(l) => self.eval_lambda(l, span),
            ast::Expr::Named(n) => {
                let value = self.eval(&n.value)?;
                self.assign(&n.target, value.clone())?;
                Ok(value)
            }
            ast::Expr::ListComp(c) => self.eval_comprehension(&c.elt, None, &c.generators, 'l', span),
            ast::Expr::SetComp(c) => self.eval_comprehension(&c.elt, None, &c.generators, 's', span),
            ast::Expr::Generator(c) => self.eval_comprehension(&c.elt, None, &c.generators, 'g', span),
            ast::Expr::DictComp(c) => match &c.key {
                Some(key) => self.eval_comprehension(&c.value, Some(key), &c.generators, 'd', span),
                None => Ok(self.unknown("a dict comprehension", span)),
            },
            ast::Expr::Await(a) => self.eval(&a.value),
            ast::Expr::Yield(y) => {
                let value = y.value.as_ref().map_or(Ok(Value::None), |v| self.eval(v))?;
                self.charge(24, span)?;
                if let Some(out) = self.yields.last_mut() {
                    out.push(value);
                }
                Ok(Value::None)
            }
            ast::Expr::YieldFrom(y) => {
                let value = self.eval(&y.value)?;
                if let Some(items) = self.iterate(&value, span)?
                    && let Some(out) = self.yields.last_mut()
                {
                    out.extend(items);
                }
                Ok(Value::None)
            }
            ast::Expr::Starred(s) => self.eval(&s.value),
            _ => Ok(self.unknown("an expression that is not understood", span)),
        }
    }

    fn mark_unless(&mut self, known: bool, value: &Value) {
        if let (false, Value::Obj(id)) = (known, value) {
            self.dirty.insert(*id);
        }
    }

    /// Elements with stars; false where a starred value is not known.
    fn eval_items(&mut self, elts: &[ast::Expr]) -> Eval<(Vec<Value>, bool)> {
        let mut items = Vec::with_capacity(elts.len().min(1024));
        let mut known = true;
        for elt in elts {
            match elt {
                ast::Expr::Starred(s) => {
                    let value = self.eval(&s.value)?;
                    let span = span_of(elt);
                    match self.iterate(&value, span)? {
                        Some(more) => {
                            known &= !self.is_dirty(&value) && !value.is_symbol();
                            self.charge(more.len() * 24, span)?;
                            items.extend(more);
                        }
                        None => {
                            known = false;
                            items.push(self.element_of(&value, span));
                        }
                    }
                }
                other => {
                    let value = self.eval(other)?;
                    self.charge(24, span_of(other))?;
                    items.push(value);
                }
            }
        }
        Ok((items, known))
    }

    pub(super) fn set_of(&mut self, items: Vec<Value>, span: Span) -> Eval<Value> {
        let mut set = Dict::new();
        self.charge(items.len() * 96, span)?;
        for item in items {
            match self.key(&item) {
                Some(key) => set.insert(key, item, Value::None),
                None => set.open = true,
            }
        }
        Ok(self.alloc(Object::Set(set)))
    }

    fn eval_dict(&mut self, d: &ast::ExprDict) -> Eval<Value> {
        let mut dict = Dict::new();
        for item in &d.items {
            let span = span_of(&item.value);
            self.charge(96, span)?;
            let value = self.eval(&item.value)?;
            let Some(key) = &item.key else {
                self.merge_into(&mut dict, &value);
                continue;
            };
            let key = self.eval(key)?;
            match self.key(&key) {
                Some(hash) => dict.insert(hash, key, value),
                None => dict.open = true,
            }
        }
        Ok(self.alloc(Object::Dict(dict, None)))
    }

    /// `{**value}` and `dict.update(value)`.
    pub(super) fn merge_into(&self, dict: &mut Dict, value: &Value) {
        match self.as_dict(value) {
            Some(other) => {
                dict.open |= other.open || self.is_dirty(value);
                for (hash, key, value) in other.entries() {
                    dict.insert(hash.clone(), key.clone(), value.clone());
                }
            }
            None => dict.open = true,
        }
    }

    fn eval_bool_op(&mut self, b: &ast::ExprBoolOp) -> Eval<Value> {
        let is_and = b.op == ast::BoolOp::And;
        let span = span_of(b);
        let mut parts: Vec<Value> = Vec::new();
        for (i, operand) in b.values.iter().enumerate() {
            let value = self.eval(operand)?;
            let known = if value.is_symbol() { None } else { self.truth(&value) };
            let last = i + 1 == b.values.len();
            match known {
                Some(t) if t != is_and && parts.is_empty() => return Ok(value),
                Some(t) if t != is_and => {
                    parts.push(value);
                    break;
                }
                Some(_) if last && parts.is_empty() => return Ok(value),
                Some(_) if last => parts.push(value),
                Some(_) => {}
                None => parts.push(value),
            }
        }
        if parts.len() == 1 {
            return Ok(parts.remove(0));
        }
        let mut assumed = None;
        for part in &parts {
            let Some(value) = part.assumed() else {
                assumed = None;
                break;
            };
            let truth = self.truth(&value);
            assumed = Some(value);
            if truth != Some(is_and) {
                break;
            }
        }
        Ok(self.symbol(SymbolKind::Op(if is_and { "and" } else { "or" }, parts), assumed, span))
    }

    fn eval_if(&mut self, i: &ast::ExprIf, span: Span) -> Eval<Value> {
        let test = self.eval(&i.test)?;
        if !test.is_symbol() {
            match self.truth(&test) {
                Some(true) => return self.eval(&i.body),
                Some(false) => return self.eval(&i.orelse),
                None => {}
            }
        }
        let reason: Rc<str> = format!("depends on {}", self.describe(&test)).into();
        let preferred = test.assumed().and_then(|v| self.truth(&v));
        let yes = self.in_doubt(reason.clone(), |m| m.eval(&i.body));
        let no = self.in_doubt(reason, |m| m.eval(&i.orelse));
        let (yes, no) = match (yes, no) {
            (Ok(yes), Ok(no)) => (yes, no),
            (Ok(value), Err(super::machine::Stop::Raise(_)))
            | (Err(super::machine::Stop::Raise(_)), Ok(value)) => {
                return Ok(value);
            }
            (Err(stop), _) | (_, Err(stop)) => return Err(stop),
        };
        if self.same(&yes, &no) {
            return Ok(yes);
        }
        let assumed = match preferred {
            Some(true) => yes.assumed(),
            Some(false) => no.assumed(),
            None => None,
        };
        Ok(self.one_of(&test, yes, no, assumed, span))
    }

    fn eval_lambda(&mut self, l: &ast::ExprLambda, span: Span) -> Eval<Value> {
        let key = (self.module, span.start);
        let code = match self.lambdas.get(&key) {
            Some(code) => code.clone(),
            None => {
                self.charge(span.len() as usize * 4, span)?;
                let code = Rc::new(l.clone());
                self.lambdas.insert(key, code.clone());
                code
            }
        };
        let defaults = match &l.parameters {
            Some(parameters) => self.eval_defaults(parameters)?,
            None => Vec::new(),
        };
        let function = Function {
            name: "<lambda>".into(),
            code: Code::Lambda(code),
            scope: self.scope,
            defaults,
            site: self.site(span),
            doc: None,
            owner: Default::default(),
            is_generator: false,
        };
        Ok(self.alloc(Object::Function(Rc::new(function))))
    }

    fn eval_fstring(&mut self, value: &ast::FStringValue, span: Span) -> Eval<Value> {
        let mut parts = Vec::new();
        for part in value.iter() {
            match part {
                ast::FStringPart::Literal(s) => parts.push(Value::str(&*s.value)),
                ast::FStringPart::FString(f) => {
                    for element in &f.elements {
                        let part = self.eval_fstring_element(element)?;
                        parts.push(part);
                    }
                }
            }
        }
        self.concat(parts, span)
    }

    fn eval_fstring_element(&mut self, element: &ast::InterpolatedStringElement) -> Eval<Value> {
        match element {
            ast::InterpolatedStringElement::Literal(l) => Ok(Value::str(&*l.value)),
            ast::InterpolatedStringElement::Interpolation(i) => {
                let span = span_of(&*i.expression);
                let value = self.eval(&i.expression)?;
                let spec = match &i.format_spec {
                    None => String::new(),
                    Some(spec) => {
                        let mut text = String::new();
                        for e in &spec.elements {
                            let part = self.eval_fstring_element(e)?;
                            match self.text(&part) {
                                Some(part) => text.push_str(&part),
                                None => return Ok(self.unknown("a format that is not known", span)),
                            }
                        }
                        text
                    }
                };
                let conversion = match i.conversion {
                    ast::ConversionFlag::Repr | ast::ConversionFlag::Ascii => 'r',
                    ast::ConversionFlag::Str => 's',
                    ast::ConversionFlag::None if i.debug_text.is_some() && spec.is_empty() => 'r',
                    ast::ConversionFlag::None => ' ',
                };
                let site = self.site(span);
                let value = self.shown(&value, conversion == 'r', site)?;
                let shown = self.format_value(&value, conversion, &spec, span);
                match &i.debug_text {
                    None => Ok(shown),
                    Some(debug) => {
                        let head = format!(
                            "{}{}{}",
                            debug.leading(),
                            self.source_of(self.site(span)),
                            debug.trailing()
                        );
                        self.concat(vec![Value::str(head), shown], span)
                    }
                }
            }
        }
    }

    /// Text made of parts; symbolic where a part is not known.
    pub(super) fn concat(&mut self, parts: Vec<Value>, span: Span) -> Eval<Value> {
        let texts: Option<Vec<String>> =
            parts.iter().map(|p| if p.is_symbol() { None } else { self.text(p) }).collect();
        if let Some(texts) = texts {
            let text = texts.concat();
            self.charge(text.len(), span)?;
            return Ok(Value::str(text));
        }
        let assumed: Option<Vec<String>> = parts.iter().map(|p| self.text(&p.assumed()?)).collect();
        let assumed = assumed.map(|texts| Value::str(texts.concat()));
        Ok(self.symbol(SymbolKind::Concat(parts), assumed, span))
    }

    fn eval_call(&mut self, c: &ast::ExprCall) -> Eval<Value> {
        let span = span_of(c);
        let callee = match &*c.func {
            ast::Expr::Name(n) if n.id.as_str() == "super" && c.arguments.is_empty() => {
                return Ok(self.implicit_super(span));
            }
            ast::Expr::Name(n) if n.id.as_str() == "globals" && self.lookup("globals").is_none() => {
                return Ok(Value::External("builtins.globals()".into()));
            }
            other => self.eval(other)?,
        };
        let args = self.eval_args(&c.arguments)?;
        let site = self.site(span);
        self.deeper(span, |m| m.call(&callee, args, site))
    }

    pub(super) fn eval_args(&mut self, arguments: &ast::Arguments) -> Eval<Args> {
        let mut args = Args::default();
        for arg in &arguments.args {
            let ast::Expr::Starred(s) = arg else {
                args.pos.push(self.eval(arg)?);
                continue;
            };
            let value = self.eval(&s.value)?;
            let span = span_of(arg);
            match self.iterate(&value, span)? {
                Some(items) => {
                    if self.is_dirty(&value) || value.is_symbol() {
                        args.unknown_pos = Some(value);
                    }
                    args.pos.extend(items);
                }
                None => args.unknown_pos = Some(value),
            }
        }
        for keyword in &arguments.keywords {
            let value = self.eval(&keyword.value)?;
            let Some(name) = &keyword.arg else {
                self.spread_keywords(&mut args, value);
                continue;
            };
            args.kw.push((name.id.as_str().into(), value));
        }
        Ok(args)
    }

    fn spread_keywords(&mut self, args: &mut Args, value: Value) {
        let source = if let Value::Symbol(_) = value { value.assumed() } else { Some(value.clone()) };
        let dict = source.as_ref().and_then(|v| self.as_dict(v));
        let Some(dict) = dict else {
            args.unknown_kw = Some(value);
            return;
        };
        let open = dict.open || value.is_symbol() || self.is_dirty(&value);
        let pairs: Vec<(Rc<str>, Value)> = dict
            .iter()
            .filter_map(|(k, v)| if let Value::Str(k) = k { Some((k.clone(), v.clone())) } else { None })
            .collect();
        for (key, value) in pairs {
            args.set(&key, value);
        }
        if open {
            args.unknown_kw = Some(value);
        }
    }
}
