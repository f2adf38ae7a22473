//! From a function's statements to a [`Block`].

use super::body::{Ask, Block, End, Expr, Fields, Sends};
use super::expressions::operator;
use super::rounds::{Frame, Way};
use super::shared::{self, Shared};
use super::targets::function_of;

use crate::from::langchain::model::Node;
use crate::from::langchain::state::M;
use crate::python::syntax::ast;
use crate::python::value::{Code, Function, ScopeId};
use crate::python::{ModuleId, Object, Value};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Largest expression that a name holds: what uses it twice doubles it.
const MAX_SIZE: usize = 5_000;

/// Deepest nesting of conditions and inlined functions.
const MAX_DEPTH: usize = 12;

/// Why a function is not translated.
pub(super) type Reason = String;

/// A value that may stand in several places.
///
/// # Errors
/// It is too large for that.
pub(super) fn small(value: &Expr) -> Result<(), Reason> {
    match value.size() > MAX_SIZE {
        true => Err("it builds a value that is too large".to_owned()),
        false => Ok(()),
    }
}

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
    Translator::new(m, Place::of(&function), state, false).whole(&function, Env::default())
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
    Translator::new(m, Place::of(function), String::new(), true).whole(function, env)
}

/// What a runnable does as a node: it is given the whole state.
///
/// # Errors
/// What stands in the way.
pub(super) fn runnable(m: &mut M<'_>, op: &Node) -> Result<Block, Reason> {
    if let Some(function) = super::runnable::behind(m, op) {
        return block(m, &function);
    }
    let file = Place { module: ModuleId::default(), scope: m.scope_of(ModuleId::default()) };
    let mut translator = Translator::new(m, file, String::new(), false);
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
    pub(super) set: Vec<(String, Expr)>,
    /// The questions of a task or an entrypoint whose answers were waited for; what follows begins after them.
    pub(super) waited: Vec<usize>,
    /// Names that a loop may not have set.
    pub(super) unset: Vec<String>,
    /// Names whose value has another name too.
    pub(super) shared: BTreeMap<String, Shared>,
    /// Fields whose lists were changed in place.
    pub(super) grown: Vec<String>,
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

/// Where the names of what is translated are looked up.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) module: ModuleId,
    pub(super) scope: ScopeId,
}

impl Place {
    pub(super) fn of(function: &Function) -> Place {
        Place { module: function.site.module, scope: function.scope }
    }
}

pub(super) struct Translator<'t, 'v> {
    pub(super) m: &'t mut M<'v>,
    pub(super) place: Place,
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
    fn new(m: &'t mut M<'v>, place: Place, state: String, functional: bool) -> Self {
        Translator {
            m,
            place,
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
    fn whole(&mut self, function: &Function, env: Env) -> Result<Block, Reason> {
        let block = self.body(function, env)?;
        // Without a question Python itself runs it, without a bound.
        if self.loops > 0 && !block.has_questions() {
            return Err("it has a loop".to_owned());
        }
        Ok(block)
    }

    fn body(&mut self, function: &Function, mut env: Env) -> Result<Block, Reason> {
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
                    shared::given_back(env, &end)?;
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
        if self.frames.is_empty() {
            shared::given_back(env, &end)?;
        }
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
                s.targets.iter().try_for_each(|target| self.assign(target, value.clone(), env))?;
                s.targets.iter().for_each(|target| self.share(target, &s.value, env));
                if let [first, ..] = s.targets.as_slice()
                    && s.targets.len() > 1
                {
                    s.targets.iter().for_each(|target| self.share(target, first, env));
                }
                Ok(())
            }
            ast::Stmt::AnnAssign(s) => match &s.value {
                Some(value) => {
                    let given = self.expr(value, env, asks)?;
                    self.assign(&s.target, given, env)?;
                    self.share(&s.target, value, env);
                    Ok(())
                }
                None => Ok(()),
            },
            ast::Stmt::AugAssign(s) => {
                let old = self.expr(&s.target, env, asks)?;
                let new = self.expr(&s.value, env, asks)?;
                if s.op == ast::Operator::Add && (shared::is_list(&s.value) || shared::is_made_list(&new)) {
                    return self.grow(&s.target, old, new, env);
                }
                let op = operator(s.op)?;
                self.assign(&s.target, Expr::Binary(op, Box::new(old), Box::new(new)), env)
            }
            ast::Stmt::Try(_) => Err("it handles exceptions".to_owned()),
            _ => Err("it has a statement that has no counterpart".to_owned()),
        }
    }

    pub(super) fn assign(&mut self, target: &ast::Expr, value: Expr, env: &mut Env) -> Result<(), Reason> {
        small(&value)?;
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
                let [item] = &*call.arguments.args else {
                    return Err("it changes a list that is no local name".to_owned());
                };
                let list = match &*attr.value {
                    ast::Expr::Name(name) => env.locals.get(name.id.as_str()).cloned(),
                    field if self.field_of(field).is_some() => Some(self.expr(field, env, asks)?),
                    _ => None,
                };
                let list = list.ok_or("it changes a list that is no local name")?;
                let added = self.expr(item, env, asks)?;
                let more = match attr.attr.as_str() {
                    "append" => {
                        shared::held_by(item, env);
                        Expr::List(vec![added])
                    }
                    _ => added,
                };
                self.grow(&attr.value, list, more, env)
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
            return Ok(End::Update(whole(env.set.clone())));
        }
        match value {
            ast::Expr::NoneLiteral(_) => Ok(End::Update(Vec::new())),
            ast::Expr::Dict(dict) if self.is_merged(dict) => self.dict(dict, env, asks).map(End::Value),
            ast::Expr::Dict(dict) => {
                let is_whole = dict.items.iter().any(|i| i.key.is_none() && self.is_state(&i.value));
                let update = self.update(dict, env, asks)?;
                Ok(End::Update(if is_whole { whole(update) } else { update }))
            }
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
}

/// Marks an update that gives the whole state again.
const WHOLE: &str = "**";

fn whole(mut update: Fields) -> Fields {
    update.push((WHOLE.to_owned(), Expr::State));
    update
}

/// What gives the whole state again gives each field that a reducer joins once more.
pub(super) fn give_again(block: &mut Block, joined: &[String]) {
    block.each_update_mut(&mut |update| {
        let Some(at) = update.iter().position(|(name, _)| name == WHOLE) else { return };
        update.remove(at);
        for field in joined {
            if !update.iter().any(|(name, _)| name == field) {
                update.push((field.clone(), Expr::Field(field.clone())));
            }
        }
    });
}

fn is_log(attr: &ast::ExprAttribute) -> bool {
    let is_logger =
        matches!(&*attr.value, ast::Expr::Name(n) if matches!(n.id.as_str(), "logger" | "logging" | "log"));
    is_logger && matches!(attr.attr.as_str(), "debug" | "info" | "warning" | "error" | "exception")
}
