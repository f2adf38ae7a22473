//! A function that stays Python: what it reads of the state, what it writes and where it goes, as far as its text shows.

use super::body::{Block, End};
use super::builder::END;
use super::shared;
use super::targets::function_of;
use super::translate::{Reason, state_parameter};
use crate::from::langchain::data;
use crate::from::langchain::model::Code;
use crate::from::langchain::schema::class_text;
use crate::from::langchain::state::M;
use crate::python::syntax::ast;
use crate::python::value::{self, Function};
use crate::python::{Object, Value};
use ruff_python_ast::visitor::{self, Visitor};

/// A function that stays Python.
#[derive(Clone, Debug)]
pub struct Carried {
    /// What runs it: a node, or the branch after one.
    pub owner: String,
    /// Where it stands.
    pub code: Code,
    /// Why it is not translated.
    pub reason: String,
    /// The fields that it reads, `true` where it has a default for want of one; `None`: it uses its whole state.
    pub reads: Option<Vec<(String, bool)>>,
    /// The fields that it writes.
    pub writes: Vec<String>,
    /// The texts that it goes to or gives, where all are constant.
    pub labels: Option<Vec<String>>,
    /// It gives a `Command` that goes somewhere.
    pub goes: bool,
    /// It reads fields as attributes.
    pub by_attribute: bool,
    /// `async def`.
    pub is_async: bool,
    /// The fields that it changes in place.
    pub changed: Vec<String>,
}

impl Carried {
    /// Does it read a field? `Some(true)`: with a default.
    pub fn reads(&self, name: &str) -> Option<bool> {
        match &self.reads {
            Some(reads) => {
                reads.iter().find(|(known, _)| known == name).map(|(_, with_default)| *with_default)
            }
            None => Some(true),
        }
    }
}

/// The state of a graph: its schema and the names of its fields.
#[derive(Clone, Copy)]
pub(super) struct Schema<'s> {
    pub class: Option<&'s Value>,
    pub fields: &'s [String],
    /// Those whose updates a reducer joins, but messages.
    pub joined: &'s [String],
}

impl Carried {
    /// The function behind a value, which is not translated for a reason.
    ///
    /// # Errors
    /// Why it cannot stay Python either.
    pub(super) fn of(
        m: &M<'_>,
        value: &Value,
        owner: String,
        schema: Schema<'_>,
        reason: Reason,
    ) -> Result<Carried, Reason> {
        let Some(function) = function_of(m, value) else { return Err(reason) };
        if matches!(m.object_of(value), Some(Object::Bound(..) | Object::Instance(..) | Object::Partial(..)))
        {
            return Err(format!("{reason}, and it is bound to an object, which a Python tool is not given"));
        }
        let mut facts = Facts::of(&function)?;
        let is_async = match &function.code {
            value::Code::Def(def) => {
                def.body.iter().for_each(|s| facts.visit_stmt(s));
                def.is_async
            }
            value::Code::Lambda(lambda) => {
                facts.visit_expr(&lambda.body);
                facts.ended(&lambda.body);
                false
            }
        };
        if let Some(obstacle) = facts.obstacle {
            return Err(format!("{reason}, and {obstacle}"));
        }
        if let Some(name) = facts.changed.iter().find(|name| schema.joined.contains(name)) {
            return Err(format!(
                "{reason}, and it changes `{name}` of its state in place, which a reducer joins"
            ));
        }
        let changed: Vec<String> =
            facts.changed.iter().filter(|name| schema.fields.contains(name)).cloned().collect();
        let mut writes = facts.written(schema.fields);
        changed.iter().for_each(|name| insert(&mut writes, name.clone()));
        let code = data::code(m, value).ok_or_else(|| reason.clone())?;
        Ok(Carried {
            owner,
            code,
            reason,
            by_attribute: facts.by_attribute
                || (facts.is_whole && schema.class.is_some_and(|s| is_object(m, s))),
            writes,
            changed,
            reads: (!facts.is_whole).then_some(facts.reads),
            labels: facts.labels.filter(|labels| !labels.is_empty()),
            goes: facts.goes,
            is_async,
        })
    }

    /// As a block.
    pub fn block(self) -> Block {
        Block { asks: Vec::new(), end: End::Python(Box::new(self)) }
    }
}

/// What the text of a function shows.
struct Facts {
    /// The parameter that holds the state.
    state: String,
    reads: Vec<(String, bool)>,
    /// It uses its state in another way than reading fields.
    is_whole: bool,
    by_attribute: bool,
    /// Fields of dicts that it gives; `None`: not all are known.
    writes: Option<Vec<String>>,
    /// Names that it gives, whose dicts are looked up.
    given: Vec<String>,
    /// Fields of dicts that names hold; `None`: not all are known.
    held: Vec<(String, Option<Vec<String>>)>,
    labels: Option<Vec<String>>,
    goes: bool,
    /// The fields that it changes in place.
    changed: Vec<String>,
    /// Names of what a field holds.
    aliases: Vec<(String, String)>,
    /// What keeps it from being a tool.
    obstacle: Option<String>,
}

impl Facts {
    fn of(function: &Function) -> Result<Facts, Reason> {
        let state = state_parameter(function, false).ok_or("it takes no state")?;
        let parameters = function.parameters().ok_or("it takes no state")?;
        let plain = parameters.posonlyargs.iter().chain(&parameters.args).skip(1);
        let more = plain.chain(&parameters.kwonlyargs).find(|p| p.default.is_none());
        let obstacle =
            more.map(|p| format!("it takes `{}`, which a Python tool is not given", p.parameter.name.id));
        Ok(Facts {
            state,
            reads: Vec::new(),
            is_whole: false,
            by_attribute: false,
            writes: Some(Vec::new()),
            given: Vec::new(),
            held: Vec::new(),
            labels: Some(Vec::new()),
            goes: false,
            changed: Vec::new(),
            aliases: Vec::new(),
            obstacle,
        })
    }

    /// The fields of the state that it writes.
    fn written(&mut self, fields: &[String]) -> Vec<String> {
        for name in std::mem::take(&mut self.given) {
            let held = self.held.iter().find(|(known, _)| *known == name);
            let keys = held.and_then(|(_, keys)| keys.clone());
            self.wrote(keys);
        }
        match &self.writes {
            Some(writes) => writes.iter().filter(|name| fields.contains(name)).cloned().collect(),
            None => fields.to_vec(),
        }
    }

    fn is_state(&self, expr: &ast::Expr) -> bool {
        matches!(expr, ast::Expr::Name(name) if name.id.as_str() == self.state)
    }

    /// The field whose value an expression is.
    fn field_of(&self, expr: &ast::Expr) -> Option<String> {
        match expr {
            ast::Expr::Subscript(sub) if self.is_state(&sub.value) => match &*sub.slice {
                ast::Expr::StringLiteral(key) => Some(key.value.to_str().to_owned()),
                _ => None,
            },
            ast::Expr::Subscript(sub) => self.field_of(&sub.value),
            ast::Expr::Attribute(attr) if self.is_state(&attr.value) => Some(attr.attr.to_string()),
            ast::Expr::Call(call) if self.is_get(call) => match call.arguments.args.first() {
                Some(ast::Expr::StringLiteral(key)) => Some(key.value.to_str().to_owned()),
                _ => None,
            },
            ast::Expr::Name(name) => {
                let known = self.aliases.iter().find(|(known, _)| known == name.id.as_str());
                known.map(|(_, field)| field.clone())
            }
            _ => None,
        }
    }

    /// What an expression holds is changed in place.
    fn changed(&mut self, expr: &ast::Expr) {
        if let Some(field) = self.field_of(expr) {
            insert(&mut self.changed, field);
        }
    }

    fn read(&mut self, name: &str, with_default: bool) {
        match self.reads.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known &= with_default,
            None => self.reads.push((name.to_owned(), with_default)),
        }
    }

    /// What a `return` gives.
    fn ended(&mut self, expr: &ast::Expr) {
        match expr {
            ast::Expr::If(choice) => {
                self.ended(&choice.body);
                self.ended(&choice.orelse);
            }
            ast::Expr::NoneLiteral(_) => self.labels = None,
            ast::Expr::Dict(dict) => {
                self.labels = if self.goes { self.labels.take() } else { None };
                self.wrote(keys_of(dict));
            }
            ast::Expr::Call(call) if called(call) == Some("Command") => self.command(call),
            ast::Expr::StringLiteral(text) => self.label(text.value.to_str()),
            ast::Expr::BooleanLiteral(yes) => self.label(if yes.value { "True" } else { "False" }),
            ast::Expr::Name(name) if name.id.as_str() == "END" => self.label(END),
            ast::Expr::Name(name) if !self.is_state(expr) => {
                self.labels = None;
                self.given.push(name.id.to_string());
            }
            _ => {
                self.labels = None;
                self.wrote(None);
            }
        }
    }

    fn wrote(&mut self, keys: Option<Vec<String>>) {
        self.writes = self.writes.take().zip(keys).map(|(mut writes, keys)| {
            keys.into_iter().for_each(|key| insert(&mut writes, key));
            writes
        });
    }

    fn label(&mut self, text: &str) {
        if let Some(labels) = &mut self.labels {
            insert(labels, text.to_owned());
        }
    }

    fn command(&mut self, call: &ast::ExprCall) {
        let named = |name: &str| {
            let of_name = |k: &&ast::Keyword| k.arg.as_ref().is_some_and(|a| a.as_str() == name);
            call.arguments.keywords.iter().find(of_name).map(|k| &k.value)
        };
        if named("graph").is_some() {
            self.obstacle = Some("its `Command` goes to the graph around it".to_owned());
        }
        match named("goto") {
            Some(ast::Expr::StringLiteral(text)) => self.label(text.value.to_str()),
            Some(ast::Expr::Name(name)) if name.id.as_str() == "END" => self.label(END),
            _ => self.labels = None,
        }
        self.goes = true;
        match named("update") {
            None => {}
            Some(ast::Expr::Dict(dict)) => self.wrote(keys_of(dict)),
            Some(ast::Expr::Name(name)) => self.given.push(name.id.to_string()),
            Some(_) => self.wrote(None),
        }
    }

    /// A name gets a value, or a field of it does.
    fn held(&mut self, name: &str, keys: Option<Vec<String>>) {
        match self.held.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => {
                *known = known.take().zip(keys).map(|(mut known, keys)| {
                    keys.into_iter().for_each(|key| insert(&mut known, key));
                    known
                });
            }
            None => self.held.push((name.to_owned(), keys)),
        }
    }

    fn assigned(&mut self, target: &ast::Expr, value: Option<&ast::Expr>) {
        match target {
            ast::Expr::Name(name) => {
                let field = value.and_then(|value| self.field_of(value));
                self.aliases.retain(|(known, _)| known != name.id.as_str());
                self.aliases.extend(field.map(|field| (name.id.to_string(), field)));
                let keys = match value {
                    Some(ast::Expr::Dict(dict)) => keys_of(dict),
                    _ => None,
                };
                self.held(name.id.as_str(), keys);
            }
            ast::Expr::Subscript(sub) => {
                if !self.is_state(&sub.value) {
                    self.changed(&sub.value);
                }
                let ast::Expr::Name(name) = &*sub.value else { return };
                let key = match &*sub.slice {
                    ast::Expr::StringLiteral(key) => Some(vec![key.value.to_str().to_owned()]),
                    _ => None,
                };
                self.held(name.id.as_str(), key);
            }
            ast::Expr::Tuple(items) => items.elts.iter().for_each(|t| self.assigned(t, None)),
            _ => {}
        }
    }
}

impl<'a> Visitor<'a> for Facts {
    fn visit_stmt(&mut self, stmt: &'a ast::Stmt) {
        match stmt {
            // What a function inside gives is not what this one gives.
            ast::Stmt::FunctionDef(def) => {
                let (writes, labels) = (self.writes.clone(), self.labels.clone());
                let (given, goes) = (self.given.clone(), self.goes);
                visitor::walk_stmt(self, stmt);
                (self.writes, self.labels, self.given, self.goes) = (writes, labels, given, goes);
                self.held(def.name.id.as_str(), None);
                return;
            }
            ast::Stmt::Return(r) => match r.value.as_deref() {
                Some(value) => self.ended(value),
                None => self.labels = None,
            },
            ast::Stmt::Assign(s) => s.targets.iter().for_each(|t| self.assigned(t, Some(&s.value))),
            ast::Stmt::AnnAssign(s) if s.value.is_some() => self.assigned(&s.target, s.value.as_deref()),
            ast::Stmt::AugAssign(s) => {
                let aliases = self.aliases.clone();
                if shared::is_list(&s.value) {
                    self.changed(&s.target);
                }
                match &*s.target {
                    target @ ast::Expr::Subscript(_) => self.assigned(target, None),
                    target => self.assigned(target, Some(&s.value)),
                }
                self.aliases = aliases;
            }
            ast::Stmt::For(s) => self.assigned(&s.target, None),
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_annotation(&mut self, _: &'a ast::Expr) {}

    fn visit_expr(&mut self, expr: &'a ast::Expr) {
        match expr {
            ast::Expr::Yield(_) | ast::Expr::YieldFrom(_) => {
                self.obstacle = Some("it gives several values".to_owned());
            }
            ast::Expr::Subscript(sub) if self.is_state(&sub.value) => match &*sub.slice {
                ast::Expr::StringLiteral(key) => self.read(key.value.to_str(), false),
                _ => {
                    self.is_whole = true;
                    self.visit_expr(&sub.slice);
                }
            },
            ast::Expr::Call(call) if self.is_get(call) => {
                match call.arguments.args.first() {
                    Some(ast::Expr::StringLiteral(key)) => self.read(key.value.to_str(), true),
                    _ => self.is_whole = true,
                }
                call.arguments.args.iter().skip(1).for_each(|a| self.visit_expr(a));
            }
            ast::Expr::Call(call) => {
                let is_message = called(call).is_some_and(|name| name.ends_with("Message"));
                if is_message
                    && call.arguments.keywords.iter().any(|k| k.arg.as_ref().is_some_and(|a| a == "id"))
                {
                    self.obstacle =
                        Some("its message has an `id`, by which LangGraph replaces one".to_owned());
                }
                if let ast::Expr::Attribute(attr) = &*call.func
                    && shared::CHANGES.contains(&attr.attr.as_str())
                    && !self.is_state(&attr.value)
                {
                    self.changed(&attr.value);
                }
                // `updates.update(…)` and the like.
                if let ast::Expr::Attribute(attr) = &*call.func
                    && let ast::Expr::Name(name) = &*attr.value
                    && !matches!(attr.attr.as_str(), "get" | "items" | "keys" | "values" | "copy")
                    && self.held.iter().any(|(known, _)| known == name.id.as_str())
                {
                    self.held(name.id.as_str(), None);
                }
                for given in &call.arguments.args {
                    if let ast::Expr::Name(name) = given {
                        self.held(name.id.as_str(), None);
                    }
                }
                visitor::walk_expr(self, expr);
            }
            ast::Expr::Attribute(attr) if self.is_state(&attr.value) => {
                match matches!(
                    attr.attr.as_str(),
                    "get" | "items" | "keys" | "values" | "copy" | "update" | "pop"
                ) {
                    true => self.is_whole = true,
                    false => {
                        self.by_attribute = true;
                        self.read(attr.attr.as_str(), false);
                    }
                }
            }
            _ if self.is_state(expr) => self.is_whole = true,
            _ => visitor::walk_expr(self, expr),
        }
    }
}

impl Facts {
    fn is_get(&self, call: &ast::ExprCall) -> bool {
        matches!(&*call.func, ast::Expr::Attribute(a) if a.attr.as_str() == "get" && self.is_state(&a.value))
    }
}

fn insert(list: &mut Vec<String>, item: String) {
    if !list.contains(&item) {
        list.push(item);
    }
}

fn called(call: &ast::ExprCall) -> Option<&str> {
    match &*call.func {
        ast::Expr::Name(name) => Some(name.id.as_str()),
        ast::Expr::Attribute(attr) => Some(attr.attr.as_str()),
        _ => None,
    }
}

/// The keys of a dict; `None`: not all are constant.
fn keys_of(dict: &ast::ExprDict) -> Option<Vec<String>> {
    let key = |item: &ast::DictItem| match &item.key {
        Some(ast::Expr::StringLiteral(key)) => Some(key.value.to_str().to_owned()),
        _ => None,
    };
    dict.items.iter().map(key).collect()
}

/// Are the fields of the state attributes: those of a model or dataclass?
fn is_object(m: &M<'_>, schema: &Value) -> bool {
    let Some(Object::Class(class)) = m.object_of(schema) else { return false };
    let is_model = |base: &Value| match base {
        Value::External(path) => path.ends_with("BaseModel"),
        other => is_object(m, other),
    };
    class_text(m, class).trim_start().starts_with("@dataclass") || class.bases.iter().any(is_model)
}
