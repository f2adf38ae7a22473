//! Lists that have several names: Python changes a list in place under all of them.

use super::body::{End, Expr};
use super::translate::{Env, Reason, Translator};
use crate::from::langchain::state::M;
use crate::python::syntax::ast;
use crate::python::value::{Code, Function};
use ruff_python_ast::visitor::{self, Visitor};

/// Methods that change a list or dict in place.
pub(super) const CHANGES: &[&str] =
    &["append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "update", "setdefault"];

/// What else a name's list is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shared {
    /// A field of the state.
    Field(String),
    /// Another name, or a part of another value.
    Elsewhere,
}

impl Translator<'_, '_> {
    /// The field of the state that an expression reads.
    pub(super) fn field_of(&self, expr: &ast::Expr) -> Option<String> {
        match expr {
            ast::Expr::Subscript(sub) if self.is_state(&sub.value) => match &*sub.slice {
                ast::Expr::StringLiteral(key) => Some(key.value.to_str().to_owned()),
                _ => None,
            },
            ast::Expr::Attribute(attr) if self.is_state(&attr.value) => Some(attr.attr.to_string()),
            ast::Expr::Call(call) => match (&*call.func, call.arguments.args.first()) {
                (ast::Expr::Attribute(attr), Some(ast::Expr::StringLiteral(key)))
                    if attr.attr.as_str() == "get" && self.is_state(&attr.value) =>
                {
                    Some(key.value.to_str().to_owned())
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// A target got a value: what else the value is called.
    pub(super) fn share(&self, target: &ast::Expr, value: &ast::Expr, env: &mut Env) {
        if let (ast::Expr::Tuple(targets), ast::Expr::Tuple(values)) = (target, value) {
            let both = targets.elts.iter().zip(&values.elts);
            return both.for_each(|(target, value)| self.share(target, value, env));
        }
        let name = match target {
            ast::Expr::Name(name) => name.id.as_str(),
            // A field now has the list of a name.
            field => {
                if let (Some(field), ast::Expr::Name(name)) = (self.field_of(field), value) {
                    env.shared.insert(name.id.to_string(), Shared::Field(field));
                }
                return;
            }
        };
        let shared = match value {
            ast::Expr::Name(other) if other.id.as_str() == name => return,
            ast::Expr::Name(other) => {
                let known = env.shared.get(other.id.as_str()).cloned();
                let shared = known.unwrap_or(Shared::Elsewhere);
                env.shared.insert(other.id.to_string(), shared.clone());
                Some(shared)
            }
            ast::Expr::If(_) | ast::Expr::BoolOp(_) | ast::Expr::Subscript(_) | ast::Expr::Attribute(_)
                if self.field_of(value).is_none() =>
            {
                held_by(value, env);
                Some(Shared::Elsewhere)
            }
            _ => {
                held_by(value, env);
                self.field_of(value).map(Shared::Field)
            }
        };
        match shared {
            Some(shared) => drop(env.shared.insert(name.to_owned(), shared)),
            None => drop(env.shared.remove(name)),
        }
    }

    /// A list is changed in place.
    ///
    /// # Errors
    /// It has other names.
    pub(super) fn grow(
        &mut self,
        target: &ast::Expr,
        old: Expr,
        more: Expr,
        env: &mut Env,
    ) -> Result<(), Reason> {
        let (name, shared) = match target {
            ast::Expr::Name(name) => (Some(name.id.as_str()), env.shared.get(name.id.as_str()).cloned()),
            other => (None, self.field_of(other).map(Shared::Field)),
        };
        let Some(shared) = shared else {
            return self.assign(target, Expr::Binary("+", Box::new(old), Box::new(more)), env);
        };
        let Shared::Field(field) = shared else {
            return Err("it changes a list that has another name too".to_owned());
        };
        let is_other = |(known, of): (&String, &Shared)| {
            Some(known.as_str()) != name && *of == Shared::Field(field.clone())
        };
        if env.shared.iter().any(is_other) {
            return Err("it changes a list that has another name too".to_owned());
        }
        if !self.frames.is_empty() {
            return Err(format!("it changes `{field}` of its state in place in a loop"));
        }
        let longer = Expr::Binary("+=", Box::new(old), Box::new(more));
        if name.is_some() {
            self.assign(target, longer.clone(), env)?;
        }
        env.set_field(&field, longer);
        if !env.grown.contains(&field) {
            env.grown.push(field);
        }
        Ok(())
    }
}

/// A field whose list was changed in place is changed for all that follows: here a node must give it.
///
/// # Errors
/// It does not.
pub(super) fn given_back(env: &Env, end: &End) -> Result<(), Reason> {
    let update = match end {
        End::Update(update) | End::Command { update, .. } => update.as_slice(),
        End::If(_, yes, no) => {
            given_back(env, &yes.end)?;
            return given_back(env, &no.end);
        }
        _ => &[],
    };
    let is_given = |field: &&String| !update.iter().any(|(name, value)| name == *field && value.is_grown());
    match env.grown.iter().find(is_given) {
        Some(field) => Err(format!("it changes `{field}` of its state in place and gives it in another way")),
        None => Ok(()),
    }
}

/// Is it written as a list?
pub(super) fn is_list(expr: &ast::Expr) -> bool {
    matches!(expr, ast::Expr::List(_) | ast::Expr::ListComp(_))
}

/// Is it certainly a list?
pub(super) fn is_made_list(expr: &Expr) -> bool {
    match expr {
        Expr::List(_) | Expr::For { .. } => true,
        Expr::Binary("+" | "+=", a, b) => is_made_list(a) || is_made_list(b),
        _ => false,
    }
}

/// The names whose values a value holds have another name from now on.
pub(super) fn held_by(value: &ast::Expr, env: &mut Env) {
    match value {
        ast::Expr::Name(name) => {
            env.shared.entry(name.id.to_string()).or_insert(Shared::Elsewhere);
        }
        ast::Expr::List(list) => list.elts.iter().for_each(|e| held_by(e, env)),
        ast::Expr::Tuple(tuple) => tuple.elts.iter().for_each(|e| held_by(e, env)),
        ast::Expr::Dict(dict) => dict.items.iter().for_each(|item| held_by(&item.value, env)),
        ast::Expr::If(choice) => {
            held_by(&choice.body, env);
            held_by(&choice.orelse, env);
        }
        ast::Expr::BoolOp(op) => op.values.iter().for_each(|e| held_by(e, env)),
        _ => {}
    }
}

/// Does a function of the files change the value that this is the name of?
pub(super) fn is_changed(m: &mut M<'_>, name: &str) -> bool {
    let seen = m.host.graph.changed.0;
    let new: Vec<String> = m.functions_since(seen).flat_map(|(_, function)| changed(&function)).collect();
    let objects = m.objects();
    let known = &mut m.host.graph.changed;
    known.0 = objects;
    known.1.extend(new);
    known.1.contains(name)
}

/// The names of the file's values that a function changes.
fn changed(function: &Function) -> Vec<String> {
    #[derive(Default)]
    struct Changes {
        global: Vec<String>,
        parts: Vec<String>,
        own: Vec<String>,
    }
    impl<'a> Visitor<'a> for Changes {
        fn visit_stmt(&mut self, stmt: &'a ast::Stmt) {
            let name = |expr: &ast::Expr| match expr {
                ast::Expr::Name(name) => Some(name.id.to_string()),
                _ => None,
            };
            let part = |expr: &ast::Expr| match expr {
                ast::Expr::Subscript(sub) => name(&sub.value),
                _ => None,
            };
            match stmt {
                ast::Stmt::Global(s) => self.global.extend(s.names.iter().map(ToString::to_string)),
                ast::Stmt::Assign(s) => {
                    self.own.extend(s.targets.iter().filter_map(name));
                    self.parts.extend(s.targets.iter().filter_map(part));
                }
                ast::Stmt::AnnAssign(s) => self.own.extend(name(&s.target)),
                ast::Stmt::AugAssign(s) => self.parts.extend(part(&s.target)),
                ast::Stmt::Expr(s) => {
                    if let ast::Expr::Call(call) = &*s.value
                        && let ast::Expr::Attribute(attr) = &*call.func
                        && CHANGES.contains(&attr.attr.as_str())
                    {
                        self.parts.extend(name(&attr.value));
                    }
                }
                _ => {}
            }
            visitor::walk_stmt(self, stmt);
        }
    }
    let Code::Def(def) = &function.code else { return Vec::new() };
    let mut changes = Changes::default();
    def.body.iter().for_each(|stmt| changes.visit_stmt(stmt));
    let is_parameter = |name: &str| function.parameters().is_some_and(|p| p.includes(name));
    changes.parts.retain(|name| !changes.own.contains(name) && !is_parameter(name));
    changes.global.extend(changes.parts);
    changes.global
}

/// The names whose values the rounds of a loop keep under other names: a later round changes them there too.
pub(super) fn held_in(body: &[ast::Stmt], env: &mut Env) {
    struct Held<'e>(&'e mut Env);
    impl<'a> Visitor<'a> for Held<'_> {
        fn visit_stmt(&mut self, stmt: &'a ast::Stmt) {
            match stmt {
                ast::Stmt::Assign(s) => held_by(&s.value, self.0),
                ast::Stmt::AnnAssign(s) => s.value.iter().for_each(|value| held_by(value, self.0)),
                ast::Stmt::Expr(s) => {
                    if let ast::Expr::Call(call) = &*s.value
                        && let ast::Expr::Attribute(attr) = &*call.func
                        && attr.attr.as_str() == "append"
                    {
                        call.arguments.args.iter().for_each(|given| held_by(given, self.0));
                    }
                }
                _ => {}
            }
            visitor::walk_stmt(self, stmt);
        }
    }
    let mut held = Held(env);
    body.iter().for_each(|stmt| held.visit_stmt(stmt));
}
