//! From a function's statements to a [`Block`].

use super::body::{Ask, Block, End, Expr, Sends};
use super::builder::node_id;
use super::prompt::role;
use super::rounds::{Frame, Way};
use super::targets::function_of;

use crate::from::langchain::model::Node;
use crate::from::langchain::names::last;
use crate::from::langchain::state::{M, op_of, thing_of};
use crate::python::syntax::ast;
use crate::python::value::{Code, Function};
use crate::python::{Object, Value};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Functions of Python that have a counterpart.
const BUILTINS: &[&str] = &["len", "str", "list", "tuple", "bool", "dict", "max", "min"];

/// Largest expression that a name holds: what uses it twice doubles it.
const MAX_SIZE: usize = 5_000;

/// Deepest nesting of conditions and inlined functions.
const MAX_DEPTH: usize = 12;

/// Why a function is not translated.
pub(super) type Reason = String;

/// What a function of a graph does.
///
/// # Errors
/// What stands in the way.
pub(super) fn block(m: &mut M<'_>, value: &Value) -> Result<Block, Reason> {
    let Some(function) = function_of(m, value) else {
        return Err("its function is not in the file".to_owned());
    };
    let is_bound = matches!(m.object_of(value), Some(Object::Bound(..) | Object::Instance(..)));
    let state = state_parameter(&function, is_bound).ok_or("it takes no state")?;
    Translator::new(m, function, state, false).whole(Env::default())
}

/// What a task or an entrypoint with such parameters does.
///
/// # Errors
/// What stands in the way.
pub(super) fn routine<'n>(
    m: &mut M<'_>,
    function: &Rc<Function>,
    parameters: impl Iterator<Item = &'n str>,
) -> Result<Block, Reason> {
    let locals = parameters.map(|name| (name.to_owned(), Expr::Variable(name.to_owned()))).collect();
    let env = Env { locals, ..Env::default() };
    let function = function.clone();
    Translator::new(m, function, String::new(), true).whole(env)
}

/// What a runnable does as a node: it is given the whole state.
///
/// # Errors
/// What stands in the way.
pub(super) fn runnable(m: &mut M<'_>, op: &Node) -> Result<Block, Reason> {
    if let Some(function) = super::runnable::behind(m, op) {
        return block(m, &function);
    }
    // A runnable has no place of its own for names: its functions have.
    let function = m.functions().next().map(|(_, function)| function);
    let function = function.ok_or("it runs a runnable in a file without functions")?;
    let mut translator = Translator::new(m, function, String::new(), false);
    let mut asks = Vec::new();
    let given = translator.ask(op, Expr::State, &mut Env::default(), &mut asks)?;
    match translator.ended(given) {
        End::Value(_) => Err("it gives something that is no dict of constant keys".to_owned()),
        end => Ok(Block { asks, end }),
    }
}

/// What `tools_condition` of the library does.
pub(super) fn tools_condition() -> Block {
    let last = Expr::Index(Box::new(Expr::Field("messages".to_owned())), Box::new(Expr::Int(-1)));
    let says = |label: &str| {
        let end = End::Value(Expr::Text(label.to_owned()));
        Box::new(Block { asks: Vec::new(), end })
    };
    let calls = Expr::Member(Box::new(last), "tool_calls".to_owned());
    Block { asks: Vec::new(), end: End::If(calls, says("tools"), says(super::builder::END)) }
}

pub(super) fn state_parameter(function: &Function, is_bound: bool) -> Option<String> {
    let parameters = function.parameters()?;
    let mut names =
        parameters.posonlyargs.iter().chain(&parameters.args).map(|p| p.parameter.name.id.as_str());
    if is_bound {
        names.next();
    }
    names.next().map(str::to_owned)
}

/// Local names, and fields of the state that were set.
#[derive(Clone, Debug, Default)]
pub(super) struct Env {
    pub(super) locals: BTreeMap<String, Expr>,
    set: Vec<(String, Expr)>,
    /// The questions of a task or an entrypoint whose answers were waited for; what follows begins after them.
    pub(super) waited: Vec<usize>,
    /// Names that a loop may not have set.
    pub(super) unset: Vec<String>,
}

impl Env {
    pub(super) fn field(&self, name: &str) -> Option<&Expr> {
        self.set.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(super) fn set_field(&mut self, name: &str, value: Expr) {
        match self.set.iter_mut().find(|(known, _)| known == name) {
            Some(slot) => slot.1 = value,
            None => self.set.push((name.to_owned(), value)),
        }
    }
}

pub(super) struct Translator<'t, 'v> {
    pub(super) m: &'t mut M<'v>,
    pub(super) function: Rc<Function>,
    pub(super) state: String,
    pub(super) asks: usize,
    pub(super) depth: usize,
    /// It is a task or an entrypoint: it may call tasks, and wait for a person.
    pub(super) functional: bool,
    /// The loops around what is translated.
    pub(super) frames: Vec<Frame>,
    /// How many loops there were.
    pub(super) loops: usize,
    /// The questions to tools: what follows one begins after it.
    pub(super) tools: Vec<usize>,
}

impl<'t, 'v> Translator<'t, 'v> {
    fn new(m: &'t mut M<'v>, function: Rc<Function>, state: String, functional: bool) -> Self {
        Translator {
            m,
            function,
            state,
            asks: 0,
            depth: 0,
            functional,
            frames: Vec::new(),
            loops: 0,
            tools: Vec::new(),
        }
    }
}

impl Translator<'_, '_> {
    fn whole(&mut self, env: Env) -> Result<Block, Reason> {
        let block = self.body(env)?;
        // Without a question Python itself runs it, without a bound.
        if self.loops > 0 && !block.has_questions() {
            return Err("it has a loop".to_owned());
        }
        Ok(block)
    }

    fn body(&mut self, mut env: Env) -> Result<Block, Reason> {
        let function = self.function.clone();
        match &function.code {
            Code::Lambda(lambda) => {
                let mut asks = Vec::new();
                let end = self.value_end(&lambda.body, &mut env, &mut asks)?;
                Ok(Block { asks, end })
            }
            Code::Def(def) => {
                let body: Vec<&ast::Stmt> = def.body.iter().collect();
                self.block(&body, &mut env)
            }
        }
    }

    pub(super) fn block(&mut self, stmts: &[&ast::Stmt], env: &mut Env) -> Result<Block, Reason> {
        let mut asks = Vec::new();
        for (at, stmt) in stmts.iter().enumerate() {
            match stmt {
                ast::Stmt::Return(r) if !self.frames.is_empty() => {
                    let end = self.round_end(env, Way::Return(r.clone()));
                    return Ok(Block { asks, end });
                }
                ast::Stmt::Break(_) => return Ok(Block { asks, end: self.round_end(env, Way::Break) }),
                ast::Stmt::Continue(_) => return Ok(Block { asks, end: self.round_end(env, Way::Next) }),
                ast::Stmt::While(_) | ast::Stmt::For(_) => {
                    let rounds = self.rounds(stmt, env, &mut asks)?;
                    if rounds.exits.is_empty() {
                        continue;
                    }
                    let rest = stmts.get(at + 1..).unwrap_or_default();
                    let after = self.after_rounds(&rounds, rest, env)?;
                    asks.extend(after.asks);
                    return Ok(Block { asks, end: after.end });
                }
                ast::Stmt::Return(r) => {
                    let end = match r.value.as_deref() {
                        Some(value) => self.value_end(value, env, &mut asks)?,
                        None => End::Update(Vec::new()),
                    };
                    return Ok(Block { asks, end });
                }
                ast::Stmt::If(s) => {
                    let rest = stmts.get(at + 1..).unwrap_or_default();
                    let end = self.if_end(s, rest, env, &mut asks)?;
                    return Ok(Block { asks, end });
                }
                other => self.statement(other, env, &mut asks)?,
            }
        }
        let end = match self.frames.is_empty() {
            true => End::Update(Vec::new()),
            false => self.round_end(env, Way::Next),
        };
        Ok(Block { asks, end })
    }

    /// Both ways to the end of the function.
    fn if_end(
        &mut self,
        s: &ast::StmtIf,
        rest: &[&ast::Stmt],
        env: &Env,
        asks: &mut Vec<Ask>,
    ) -> Result<End, Reason> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("its conditions are nested too deeply".to_owned());
        }
        let test = self.expr(&s.test, &mut env.clone(), asks)?;
        let with = |body: &'_ [ast::Stmt]| -> Vec<ast::Stmt> { body.to_vec() };
        let yes = with(&s.body);
        let yes: Vec<&ast::Stmt> = yes.iter().chain(rest.iter().copied()).collect();
        let yes = self.block(&yes, &mut env.clone())?;
        let no = self.else_block(&s.elif_else_clauses, rest, env)?;
        self.depth -= 1;
        Ok(End::If(test, Box::new(yes), Box::new(no)))
    }

    fn else_block(
        &mut self,
        clauses: &[ast::ElifElseClause],
        rest: &[&ast::Stmt],
        env: &Env,
    ) -> Result<Block, Reason> {
        let Some((clause, more)) = clauses.split_first() else { return self.block(rest, &mut env.clone()) };
        let body: Vec<&ast::Stmt> = clause.body.iter().chain(rest.iter().copied()).collect();
        let Some(test) = &clause.test else { return self.block(&body, &mut env.clone()) };
        let mut asks = Vec::new();
        let test = self.expr(test, &mut env.clone(), &mut asks)?;
        let yes = self.block(&body, &mut env.clone())?;
        let no = self.else_block(more, rest, env)?;
        Ok(Block { asks, end: End::If(test, Box::new(yes), Box::new(no)) })
    }

    fn statement(&mut self, stmt: &ast::Stmt, env: &mut Env, asks: &mut Vec<Ask>) -> Result<(), Reason> {
        match stmt {
            ast::Stmt::Pass(_) => Ok(()),
            ast::Stmt::Expr(s) => self.expression_statement(&s.value, env, asks),
            ast::Stmt::Assign(s) => {
                let value = self.expr(&s.value, env, asks)?;
                s.targets.iter().try_for_each(|target| self.assign(target, value.clone(), env))
            }
            ast::Stmt::AnnAssign(s) => match &s.value {
                Some(value) => {
                    let value = self.expr(value, env, asks)?;
                    self.assign(&s.target, value, env)
                }
                None => Ok(()),
            },
            ast::Stmt::AugAssign(s) => {
                let old = self.expr(&s.target, env, asks)?;
                let new = self.expr(&s.value, env, asks)?;
                let op = operator(s.op)?;
                self.assign(&s.target, Expr::Binary(op, Box::new(old), Box::new(new)), env)
            }
            ast::Stmt::Try(_) => Err("it handles exceptions".to_owned()),
            _ => Err("it has a statement that has no counterpart".to_owned()),
        }
    }

    pub(super) fn assign(&mut self, target: &ast::Expr, value: Expr, env: &mut Env) -> Result<(), Reason> {
        if value.size() > MAX_SIZE {
            return Err("it builds a value that is too large".to_owned());
        }
        match target {
            ast::Expr::Name(name) if name.id.as_str() == self.state => {
                Err("it replaces its state".to_owned())
            }
            ast::Expr::Name(name) => {
                env.unset.retain(|known| known != name.id.as_str());
                env.locals.insert(name.id.to_string(), value);
                Ok(())
            }
            ast::Expr::Subscript(sub) if self.is_state(&sub.value) => match &*sub.slice {
                ast::Expr::StringLiteral(key) => {
                    env.set_field(key.value.to_str(), value);
                    Ok(())
                }
                _ => Err("it sets a field whose name is not constant".to_owned()),
            },
            ast::Expr::Attribute(attr) if self.is_state(&attr.value) => {
                env.set_field(attr.attr.as_str(), value);
                Ok(())
            }
            ast::Expr::Tuple(targets) => match value {
                Expr::List(values) if values.len() == targets.elts.len() => {
                    targets.elts.iter().zip(values).try_for_each(|(t, v)| self.assign(t, v, env))
                }
                _ => Err("it takes a value apart".to_owned()),
            },
            _ => Err("it assigns to something that is no name".to_owned()),
        }
    }

    pub(super) fn is_state(&self, expr: &ast::Expr) -> bool {
        matches!(expr, ast::Expr::Name(name) if name.id.as_str() == self.state)
    }

    /// A docstring, something printed, `list.append(x)`.
    fn expression_statement(
        &mut self,
        expr: &ast::Expr,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<(), Reason> {
        let call = match expr {
            ast::Expr::StringLiteral(_) | ast::Expr::EllipsisLiteral(_) => return Ok(()),
            ast::Expr::Await(_) if self.functional => return self.unused(expr, env, asks),
            ast::Expr::Call(call) => call,
            _ => return Err("it has a statement without a counterpart".to_owned()),
        };
        match &*call.func {
            ast::Expr::Name(name) if name.id.as_str() == "print" => Ok(()),
            ast::Expr::Attribute(attr) if is_log(attr) => Ok(()),
            ast::Expr::Attribute(attr) if matches!(attr.attr.as_str(), "append" | "extend") => {
                let (ast::Expr::Name(name), [item]) = (&*attr.value, &*call.arguments.args) else {
                    return Err("it changes a list that is no local name".to_owned());
                };
                let Some(list) = env.locals.get(name.id.as_str()).cloned() else {
                    return Err("it changes a list that is no local name".to_owned());
                };
                let item = self.expr(item, env, asks)?;
                let more = if attr.attr.as_str() == "append" { Expr::List(vec![item]) } else { item };
                let longer = Expr::Binary("+", Box::new(list), Box::new(more));
                self.assign(&attr.value, longer, env)
            }
            _ if self.functional => self.unused(expr, env, asks),
            _ => Err("it calls something whose result it does not use".to_owned()),
        }
    }

    /// Something is asked for, and its answer is not used.
    fn unused(&mut self, expr: &ast::Expr, env: &mut Env, asks: &mut Vec<Ask>) -> Result<(), Reason> {
        let before = asks.len();
        self.expr(expr, env, asks)?;
        if asks.len() > before {
            return Ok(());
        }
        Err("it calls something whose result it does not use".to_owned())
    }

    // --- ends ---------------------------------------------------------------------------------

    fn value_end(&mut self, value: &ast::Expr, env: &mut Env, asks: &mut Vec<Ask>) -> Result<End, Reason> {
        if self.is_state(value) {
            return Ok(End::Update(env.set.clone()));
        }
        match value {
            ast::Expr::NoneLiteral(_) => Ok(End::Update(Vec::new())),
            ast::Expr::Dict(dict) if self.is_merged(dict) => self.dict(dict, env, asks).map(End::Value),
            ast::Expr::Dict(dict) => self.update(dict, env, asks).map(End::Update),
            ast::Expr::If(choice) if self.ends_in_update(&choice.body) => {
                let test = self.expr(&choice.test, env, asks)?;
                let mut one = |e: &ast::Expr| -> Result<Box<Block>, Reason> {
                    let mut asks = Vec::new();
                    let end = self.value_end(e, &mut env.clone(), &mut asks)?;
                    Ok(Box::new(Block { asks, end }))
                };
                Ok(End::If(test, one(&choice.body)?, one(&choice.orelse)?))
            }
            ast::Expr::Call(call) => match self.external_name(&call.func).as_deref() {
                Some("Command") => self.command(call, env, asks),
                _ => self.expr(value, env, asks).map(|e| self.ended(e)),
            },
            ast::Expr::ListComp(comp) => match self.sends(comp, env, asks)? {
                Some(sends) => Ok(End::Sends(Box::new(sends))),
                None => self.expr(value, env, asks).map(|e| self.ended(e)),
            },
            _ => self.expr(value, env, asks).map(|e| self.ended(e)),
        }
    }

    /// A dict that a name holds is an update too.
    fn ended(&self, value: Expr) -> End {
        match value {
            Expr::Dict(update) => End::Update(update),
            Expr::Null => End::Update(Vec::new()),
            other => End::Value(other),
        }
    }

    fn ends_in_update(&self, expr: &ast::Expr) -> bool {
        matches!(expr, ast::Expr::Dict(_) | ast::Expr::Call(_) | ast::Expr::ListComp(_))
    }

    pub(super) fn update(
        &mut self,
        dict: &ast::ExprDict,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Vec<(String, Expr)>, Reason> {
        let mut out: Vec<(String, Expr)> = Vec::new();
        for item in &dict.items {
            match &item.key {
                None if self.is_state(&item.value) => out.extend(env.set.clone()),
                None => return Err("it gives `**` of something that is not its state".to_owned()),
                Some(ast::Expr::StringLiteral(key)) => {
                    let value = self.expr(&item.value, env, asks)?;
                    out.retain(|(name, _)| name != key.value.to_str());
                    out.push((key.value.to_str().to_owned(), value));
                }
                Some(_) => return Err("it writes a field whose name is not constant".to_owned()),
            }
        }
        Ok(out)
    }

    fn command(&mut self, call: &ast::ExprCall, env: &mut Env, asks: &mut Vec<Ask>) -> Result<End, Reason> {
        let (mut goto, mut update) = (None, Vec::new());
        if !call.arguments.args.is_empty() {
            return Err("its `Command` has positional arguments".to_owned());
        }
        for keyword in &call.arguments.keywords {
            match keyword.arg.as_ref().map(|name| name.as_str()) {
                Some("goto") => goto = Some(self.expr(&keyword.value, env, asks)?),
                Some("update") => match &keyword.value {
                    ast::Expr::Dict(dict) => update = self.update(dict, env, asks)?,
                    other => match self.expr(other, env, asks)? {
                        Expr::Dict(fields) => update = fields,
                        _ => return Err("its `Command` writes something that is no dict".to_owned()),
                    },
                },
                Some("graph") => return Err("its `Command` goes to the graph around it".to_owned()),
                _ => return Err("its `Command` has an argument without a counterpart".to_owned()),
            }
        }
        Ok(End::Command { goto, update })
    }

    /// `[Send(node, {…}) for item in list]`.
    fn sends(
        &mut self,
        comp: &ast::ExprListComp,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Option<Sends>, Reason> {
        let ast::Expr::Call(call) = &*comp.elt else { return Ok(None) };
        if self.external_name(&call.func).as_deref() != Some("Send") {
            return Ok(None);
        }
        let [generator] = comp.generators.as_slice() else {
            return Err("it sends over several lists".to_owned());
        };
        if !generator.ifs.is_empty() {
            return Err("it sends to some elements only".to_owned());
        }
        let ast::Expr::Name(item) = &generator.target else { return Err("it sends pairs".to_owned()) };
        let list = self.expr(&generator.iter, env, asks)?;
        let mut inner = env.clone();
        inner.locals.insert(item.id.to_string(), Expr::Variable(item.id.to_string()));
        let [node, arg] = &*call.arguments.args else {
            return Err("its `Send` has no node and state".to_owned());
        };
        let Expr::Text(node) = self.expr(node, &mut inner, asks)? else {
            return Err("it sends to a node whose name is not constant".to_owned());
        };
        let ast::Expr::Dict(fields) = arg else {
            return Err("it sends something that is no dict".to_owned());
        };
        let fields = self.update(fields, &mut inner, asks)?;
        Ok(Some(Sends { node, item: item.id.to_string(), list, fields }))
    }

    // --- expressions --------------------------------------------------------------------------

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
                let mut values = self.all(&op.values, env, asks)?.into_iter();
                let first = values.next().ok_or("an empty condition")?;
                values.fold(first, |a, b| Expr::Binary(word, Box::new(a), Box::new(b)))
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
    fn is_merged(&self, dict: &ast::ExprDict) -> bool {
        let is_spread = |item: &ast::DictItem| item.key.is_none() && !self.is_state(&item.value);
        dict.items.len() == 2 && dict.items.iter().all(is_spread)
    }

    /// `{"role": …, "content": …}` is a message.
    fn dict(&mut self, dict: &ast::ExprDict, env: &mut Env, asks: &mut Vec<Ask>) -> Result<Expr, Reason> {
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
            self.m.name_seen_by(self.function.scope, name).ok_or_else(|| format!("`{name}` is not known"))?;
        if let Some(op) = op_of(self.m, &value) {
            return Ok(Expr::Runnable(op));
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
                                if hole.format_spec.is_some() || hole.debug_text.is_some() {
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
                let known = self.m.name_seen_by(self.function.scope, name);
                known.or_else(|| {
                    BUILTINS.contains(&name).then(|| Value::External(format!("builtins.{name}").into()))
                })
            }
            ast::Expr::Attribute(attr) => {
                self.value(&attr.value, env)?;
                let (module, scope) = (self.function.site.module, self.function.scope);
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

fn is_log(attr: &ast::ExprAttribute) -> bool {
    let is_logger =
        matches!(&*attr.value, ast::Expr::Name(n) if matches!(n.id.as_str(), "logger" | "logging" | "log"));
    is_logger && matches!(attr.attr.as_str(), "debug" | "info" | "warning" | "error" | "exception")
}

fn operator(op: ast::Operator) -> Result<&'static str, Reason> {
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
