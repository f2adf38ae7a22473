//! Expressions of a function: over its state, its own names and what the file holds.

use super::body::{Ask, Expr};
use super::builder::node_id;
use super::prompt::role;
use super::shared;
use super::translate::{Env, Reason, Translator};
use crate::from::langchain::names::last;
use crate::from::langchain::state::{op_of, thing_of};
use crate::python::syntax::ast;
use crate::python::{Object, Value};

/// Functions of Python that have a counterpart.
const BUILTINS: &[&str] = &["len", "str", "list", "tuple", "bool", "dict", "max", "min"];

impl Translator<'_, '_> {
    pub(super) fn expr(
        &mut self,
        expr: &ast::Expr,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Expr, Reason> {
        self.depth += 1;
        if self.depth > 60 {
            return Err("it is nested too deeply".to_owned());
        }
        let result = self.inner(expr, env, asks);
        self.depth -= 1;
        result
    }

    pub(super) fn boxed(
        &mut self,
        expr: &ast::Expr,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Box<Expr>, Reason> {
        self.expr(expr, env, asks).map(Box::new)
    }

    fn inner(&mut self, expr: &ast::Expr, env: &mut Env, asks: &mut Vec<Ask>) -> Result<Expr, Reason> {
        Ok(match expr {
            ast::Expr::Name(name) => self.name(name.id.as_str(), env)?,
            ast::Expr::NoneLiteral(_) => Expr::Null,
            ast::Expr::BooleanLiteral(b) => Expr::Bool(b.value),
            ast::Expr::StringLiteral(s) => Expr::Text(s.value.to_str().to_owned()),
            ast::Expr::NumberLiteral(n) => match &n.value {
                ast::Number::Int(i) => Expr::Int(i.as_i64().ok_or("a number of more than 64 bits")?),
                ast::Number::Float(f) => Expr::Float(*f),
                ast::Number::Complex { .. } => return Err("a complex number".to_owned()),
            },
            ast::Expr::FString(f) => self.f_string(&f.value, env, asks)?,
            ast::Expr::List(list) => self.list(&list.elts, env, asks)?,
            ast::Expr::Tuple(tuple) => self.tuple(&tuple.elts, env, asks)?,
            ast::Expr::Dict(dict) => self.dict(dict, env, asks)?,
            ast::Expr::Await(a) => {
                let value = self.expr(&a.value, env, asks)?;
                self.wait(&value, env, asks);
                value
            }
            ast::Expr::BinOp(op) if op.op == ast::Operator::BitOr => {
                let (left, right) = (self.expr(&op.left, env, asks)?, self.expr(&op.right, env, asks)?);
                self.piped(left, right, expr)?
            }
            ast::Expr::BinOp(op) => {
                let (left, right) = (self.boxed(&op.left, env, asks)?, self.boxed(&op.right, env, asks)?);
                Expr::Binary(operator(op.op)?, left, right)
            }
            ast::Expr::BoolOp(op) => {
                let word = if op.op == ast::BoolOp::And { "and" } else { "or" };
                let (first, more) = op.values.split_first().ok_or("an empty condition")?;
                let first = self.expr(first, env, asks)?;
                let before = asks.len();
                let more = self.all(more, env, asks)?;
                if asks.len() > before {
                    return Err("it asks a model in one of two cases".to_owned());
                }
                more.into_iter().fold(first, |a, b| Expr::Binary(word, Box::new(a), Box::new(b)))
            }
            ast::Expr::UnaryOp(op) => match op.op {
                ast::UnaryOp::Not => Expr::Not(self.boxed(&op.operand, env, asks)?),
                ast::UnaryOp::USub => match self.expr(&op.operand, env, asks)? {
                    Expr::Int(i) => Expr::Int(i.checked_neg().ok_or("a number of more than 64 bits")?),
                    Expr::Float(f) => Expr::Float(-f),
                    other => Expr::Negative(Box::new(other)),
                },
                _ => return Err("an operator without a counterpart".to_owned()),
            },
            ast::Expr::Compare(c) => self.compare(c, env, asks)?,
            ast::Expr::If(c) => {
                let before = asks.len();
                let (test, yes, no) = (
                    self.boxed(&c.test, env, asks)?,
                    self.boxed(&c.body, env, asks)?,
                    self.boxed(&c.orelse, env, asks)?,
                );
                if asks.len() > before {
                    return Err("it asks a model in one of two cases".to_owned());
                }
                Expr::If(test, yes, no)
            }
            ast::Expr::Subscript(sub) => self.subscript(sub, env, asks)?,
            ast::Expr::Attribute(attr) => self.attribute(attr, env, asks)?,
            ast::Expr::Call(call) => self.call(call, env, asks)?,
            ast::Expr::ListComp(comp) => self.comprehension(&comp.elt, &comp.generators, env, asks)?,
            ast::Expr::Generator(comp) => self.comprehension(&comp.elt, &comp.generators, env, asks)?,
            _ => return Err("an expression without a counterpart".to_owned()),
        })
    }

    pub(super) fn all(
        &mut self,
        items: &[ast::Expr],
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Vec<Expr>, Reason> {
        items.iter().map(|item| self.expr(item, env, asks)).collect()
    }

    /// A pair of a role and a text is a message; another tuple is a list.
    fn tuple(&mut self, items: &[ast::Expr], env: &mut Env, asks: &mut Vec<Ask>) -> Result<Expr, Reason> {
        let items = self.all(items, env, asks)?;
        match items.as_slice() {
            [Expr::Text(word), content] if role(word).is_some() => {
                Ok(Expr::Message(role(word).unwrap_or("user"), Box::new(content.clone())))
            }
            _ => Ok(Expr::List(items)),
        }
    }

    /// `{**one, **other}`, neither of them the state.
    pub(super) fn is_merged(&self, dict: &ast::ExprDict) -> bool {
        let is_spread = |item: &ast::DictItem| item.key.is_none() && !self.is_state(&item.value);
        dict.items.len() == 2 && dict.items.iter().all(is_spread)
    }

    /// `{"role": …, "content": …}` is a message.
    pub(super) fn dict(
        &mut self,
        dict: &ast::ExprDict,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Expr, Reason> {
        if let (true, [first, second]) = (self.is_merged(dict), dict.items.as_slice()) {
            let both = vec![self.expr(&first.value, env, asks)?, self.expr(&second.value, env, asks)?];
            return Ok(Expr::Call("merge", both));
        }
        let fields = self.update(dict, env, asks)?;
        if let [(a, Expr::Text(word)), (b, content)] = fields.as_slice()
            && a == "role"
            && b == "content"
            && let Some(role) = role(word)
        {
            return Ok(Expr::Message(role, Box::new(content.clone())));
        }
        Ok(Expr::Dict(fields))
    }

    fn name(&mut self, name: &str, env: &Env) -> Result<Expr, Reason> {
        if name == self.state {
            return if env.set.is_empty() {
                Ok(Expr::State)
            } else {
                Err("it hands its changed state on".to_owned())
            };
        }
        if let Some(value) = env.locals.get(name) {
            return Ok(value.clone());
        }
        if env.unset.iter().any(|known| known == name) {
            return Err(format!("it reads `{name}`, which a round of a loop may not have set"));
        }
        let value =
            self.m.name_seen_by(self.place.scope, name).ok_or_else(|| format!("`{name}` is not known"))?;
        if let Some(op) = op_of(self.m, &value) {
            return Ok(Expr::Runnable(op));
        }
        if shared::is_changed(self.m, name) {
            return Err(format!("it reads `{name}`, which a function of the file changes"));
        }
        self.constant(&value).ok_or_else(|| format!("`{name}` is no constant"))
    }

    /// A known value as an expression.
    fn constant(&self, value: &Value) -> Option<Expr> {
        if self.m.is_dirty(value) {
            return None;
        }
        if let Some(thing) = thing_of(self.m, value) {
            let role = role_of_class(&thing.name)?;
            let content = self.constant(thing.args.get(0, "content")?)?;
            return Some(Expr::Message(role, Box::new(content)));
        }
        Some(match value {
            Value::None => Expr::Null,
            Value::Bool(b) => Expr::Bool(*b),
            Value::Int(i) => Expr::Int(*i),
            Value::Float(f) => Expr::Float(*f),
            Value::Str(s) => Expr::Text(s.to_string()),
            Value::External(_) | Value::Symbol(_) => Expr::Text(node_id(self.m, value)?),
            Value::Obj(_) => match self.m.object_of(value)? {
                Object::List(items) => {
                    Expr::List(items.iter().map(|v| self.constant(v)).collect::<Option<_>>()?)
                }
                Object::Tuple(items) => {
                    Expr::List(items.iter().map(|v| self.constant(v)).collect::<Option<_>>()?)
                }
                Object::Dict(dict, _) if !dict.open => {
                    let pair = |(k, v): (&Value, &Value)| Some((k.as_str()?.to_owned(), self.constant(v)?));
                    Expr::Dict(dict.iter().map(pair).collect::<Option<_>>()?)
                }
                Object::Instance(..) => Expr::Text(node_id(self.m, value)?),
                _ => return None,
            },
            _ => return None,
        })
    }

    fn f_string(
        &mut self,
        value: &ast::FStringValue,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Expr, Reason> {
        let mut parts = Vec::new();
        for part in value {
            match part {
                ast::FStringPart::Literal(text) => parts.push(Expr::Text(text.value.to_string())),
                ast::FStringPart::FString(f) => {
                    for element in &f.elements {
                        match element {
                            ast::InterpolatedStringElement::Literal(text) => {
                                parts.push(Expr::Text(text.value.to_string()));
                            }
                            ast::InterpolatedStringElement::Interpolation(hole) => {
                                let is_plain = matches!(
                                    hole.conversion,
                                    ast::ConversionFlag::None | ast::ConversionFlag::Str
                                );
                                if hole.format_spec.is_some() || hole.debug_text.is_some() || !is_plain {
                                    return Err("it formats a value".to_owned());
                                }
                                parts.push(self.expr(&hole.expression, env, asks)?);
                            }
                        }
                    }
                }
            }
        }
        Ok(Expr::Parts(parts))
    }

    fn compare(&mut self, c: &ast::ExprCompare, env: &mut Env, asks: &mut Vec<Ask>) -> Result<Expr, Reason> {
        let ([op], [right]) = (&*c.ops, &*c.comparators) else {
            return Err("it compares more than two values".to_owned());
        };
        let (left, right) = (self.boxed(&c.left, env, asks)?, self.boxed(right, env, asks)?);
        let word = match op {
            ast::CmpOp::Eq | ast::CmpOp::Is => "==",
            ast::CmpOp::NotEq | ast::CmpOp::IsNot => "!=",
            ast::CmpOp::Lt => "<",
            ast::CmpOp::LtE => "<=",
            ast::CmpOp::Gt => ">",
            ast::CmpOp::GtE => ">=",
            ast::CmpOp::In => "in",
            ast::CmpOp::NotIn => return Ok(Expr::Not(Box::new(Expr::Binary("in", left, right)))),
        };
        Ok(Expr::Binary(word, left, right))
    }

    fn subscript(
        &mut self,
        sub: &ast::ExprSubscript,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Expr, Reason> {
        if self.is_state(&sub.value) {
            let Expr::Text(name) = self.expr(&sub.slice, env, asks)? else {
                return Err("it reads a field whose name is not constant".to_owned());
            };
            return Ok(env.field(&name).cloned().unwrap_or(Expr::Field(name)));
        }
        if let Some(tools) = self.tools_by_name(&sub.value, env) {
            let name = self.boxed(&sub.slice, env, asks)?;
            return Ok(Expr::ToolNamed(tools, name));
        }
        let base = self.expr(&sub.value, env, asks)?;
        if let ast::Expr::Slice(slice) = &*sub.slice {
            if slice.step.is_some() {
                return Err("it takes every so many elements".to_owned());
            }
            let bound = |t: &mut Self, bound: &Option<Box<ast::Expr>>, env: &mut Env, asks: &mut Vec<Ask>| {
                match bound {
                    Some(bound) => match t.expr(bound, env, asks)? {
                        at @ Expr::Int(0..) => Ok(at),
                        _ => Err("it takes a slice whose bounds are no plain numbers".to_owned()),
                    },
                    None => Ok(Expr::Null),
                }
            };
            let lower = bound(self, &slice.lower, env, asks)?;
            let upper = bound(self, &slice.upper, env, asks)?;
            return Ok(Expr::Call("slice", vec![base, lower, upper]));
        }
        let index = self.expr(&sub.slice, env, asks)?;
        match (&base, &index) {
            (Expr::Dict(fields), Expr::Text(name)) => fields
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, v)| v.clone())
                .ok_or("a key that is not there".to_owned()),
            _ => Ok(Expr::Index(Box::new(base), Box::new(index))),
        }
    }

    fn attribute(
        &mut self,
        attr: &ast::ExprAttribute,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Expr, Reason> {
        let name = attr.attr.as_str();
        if self.is_state(&attr.value) {
            return Ok(env.field(name).cloned().unwrap_or(Expr::Field(name.to_owned())));
        }
        if let Some(value) = self.value(&ast::Expr::Attribute(attr.clone()), env) {
            return self.constant(&value).ok_or_else(|| format!("`.{name}` is no constant"));
        }
        let base = self.expr(&attr.value, env, asks)?;
        match name {
            "content" | "tool_calls" | "text" => {
                if let (Expr::Message(_, content), "content") = (&base, name) {
                    return Ok((**content).clone());
                }
                Ok(Expr::Member(Box::new(base), if name == "text" { "content" } else { name }.to_owned()))
            }
            _ => Ok(Expr::Member(Box::new(base), name.to_owned())),
        }
    }

    /// The value of names and attributes that are not the function's own.
    pub(super) fn value(&mut self, expr: &ast::Expr, env: &Env) -> Option<Value> {
        match expr {
            ast::Expr::Name(name)
                if name.id.as_str() == self.state
                    || env.locals.contains_key(name.id.as_str())
                    || env.unset.iter().any(|known| known == name.id.as_str()) =>
            {
                None
            }
            ast::Expr::Name(name) => {
                let name = name.id.as_str();
                let known = self.m.name_seen_by(self.place.scope, name);
                known.or_else(|| {
                    BUILTINS.contains(&name).then(|| Value::External(format!("builtins.{name}").into()))
                })
            }
            ast::Expr::Attribute(attr) => {
                self.value(&attr.value, env)?;
                let (module, scope) = (self.place.module, self.place.scope);
                self.m.eval_at(module, scope, expr).ok()
            }
            _ => None,
        }
    }

    /// The last part of the path of something of a library.
    pub(super) fn external_name(&mut self, expr: &ast::Expr) -> Option<String> {
        match self.value(expr, &Env::default())? {
            Value::External(path) => Some(last(&path).to_owned()),
            _ => None,
        }
    }
}

pub(super) fn role_of_class(class: &str) -> Option<&'static str> {
    Some(match class {
        "SystemMessage" => "system",
        "HumanMessage" => "user",
        "AIMessage" => "assistant",
        _ => return None,
    })
}

/// The operator of the mission language.
///
/// # Errors
/// It has none.
pub(super) fn operator(op: ast::Operator) -> Result<&'static str, Reason> {
    match op {
        ast::Operator::Add => Ok("+"),
        ast::Operator::Sub => Ok("-"),
        ast::Operator::Mult => Ok("*"),
        ast::Operator::Mod => Ok("%"),
        ast::Operator::FloorDiv => Ok("//"),
        ast::Operator::Div => Ok("/"),
        _ => Err("an operator without a counterpart".to_owned()),
    }
}
