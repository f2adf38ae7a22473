//! Runnables and tools that functions of a graph use, and runnables as nodes.

use super::body::{Ask, Asked, Expr, Fields};
use super::translate::{Env, Place, Reason, Translator};
use crate::from::langchain::model::{Data, Lambda, Node, OpKind, Tool};
use crate::from::langchain::schema::properties;
use crate::from::langchain::state::{M, node, op_of, origin};
use crate::python::syntax::{ast, span_of};
use crate::python::value::Function;
use crate::python::{Site, Value};
use ruff_python_ast::visitor::{self, Visitor};
use std::rc::Rc;

/// Methods and classes that give runnables.
const MAKERS: &[&str] = &[
    "bind",
    "bind_tools",
    "with_structured_output",
    "with_config",
    "from_template",
    "from_messages",
    "PromptTemplate",
    "ChatPromptTemplate",
    "StrOutputParser",
];

/// The function that a `RunnableLambda` runs.
pub(super) fn behind(m: &M<'_>, op: &Node) -> Option<Value> {
    function(m, op).map(|(value, _)| value)
}

fn function(m: &M<'_>, op: &Node) -> Option<(Value, Rc<Function>)> {
    let OpKind::Lambda(Lambda::Function(code)) = &op.kind else { return None };
    m.functions().find(|(_, f)| origin(m, f.site) == code.origin)
}

/// The arguments that a tool is invoked with.
///
/// # Errors
/// An input that is no dict of constant keys, for a tool of several arguments.
pub(super) fn arguments(tool: &Tool, input: Expr) -> Result<Fields, Reason> {
    let names: Vec<&String> = properties(&tool.args_schema).into_iter().map(|(name, _)| name).collect();
    match (input, names.as_slice()) {
        (Expr::Dict(fields), _) => match fields.iter().find(|(name, _)| !names.contains(&name)) {
            Some((name, _)) => Err(format!("it gives a tool `{name}`, which it does not take")),
            None => Ok(fields),
        },
        (text, [only]) => Ok(vec![((*only).clone(), Expr::Call("text", vec![text]))]),
        _ => Err("it invokes a tool with something that is no dict of constant keys".to_owned()),
    }
}

impl Translator<'_, '_> {
    /// `[a, *more, b]`.
    pub(super) fn list(
        &mut self,
        items: &[ast::Expr],
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Expr, Reason> {
        let mut all: Option<Expr> = None;
        let mut open = Vec::new();
        let plus = |all: Option<Expr>, more: Expr| match all {
            Some(all) => Expr::Binary("+", Box::new(all), Box::new(more)),
            None => more,
        };
        for item in items {
            let ast::Expr::Starred(starred) = item else {
                open.push(self.expr(item, env, asks)?);
                continue;
            };
            if !open.is_empty() {
                all = Some(plus(all, Expr::List(std::mem::take(&mut open))));
            }
            all = Some(plus(all, self.expr(&starred.value, env, asks)?));
        }
        Ok(match (all, open.is_empty()) {
            (Some(all), true) => all,
            (all, _) => plus(all, Expr::List(open)),
        })
    }

    /// `left | right` of runnables.
    pub(super) fn piped(&mut self, left: Expr, right: Expr, expr: &ast::Expr) -> Result<Expr, Reason> {
        let (left, right) = match (left, right) {
            (Expr::Runnable(left), Expr::Runnable(right)) => (left, right),
            // Two dicts, which is decided by their types.
            (left, right) => return Ok(Expr::Call("merge", vec![left, right])),
        };
        let steps = |op: Node| match &op.kind {
            OpKind::Seq(steps) => steps.clone(),
            _ => vec![op],
        };
        let all = steps(left).into_iter().chain(steps(right)).collect();
        let site = Site { module: self.place.module, span: span_of(expr) };
        Ok(Expr::Runnable(node(self.m, OpKind::Seq(all), site)))
    }

    /// The runnable that a call makes of another, where it uses no name of the function's own.
    pub(super) fn made(&mut self, name: &str, call: &ast::ExprCall, env: &Env) -> Option<Node> {
        if !MAKERS.contains(&name) {
            return None;
        }
        let mut own = Own { state: &self.state, env, found: false };
        own.visit_arguments(&call.arguments);
        if own.found {
            return None;
        }
        let (module, scope) = (self.place.module, self.place.scope);
        let (ops, losses) = (self.m.host.ops.len(), self.m.host.losses.len());
        let value = self.m.eval_at(module, scope, &ast::Expr::Call(call.clone())).ok();
        let made = value.and_then(|value| op_of(self.m, &value));
        // What is made here is made when the function runs.
        self.m.host.ops.truncate(ops);
        self.m.host.losses.truncate(losses);
        made
    }

    /// The tools of a dict whose keys are their names.
    pub(super) fn tools_by_name(&mut self, expr: &ast::Expr, env: &Env) -> Option<Vec<Node>> {
        let value = self.value(expr, env)?;
        if self.m.is_dirty(&value) {
            return None;
        }
        let dict = self.m.as_dict(&value).filter(|dict| !dict.open && dict.iter().next().is_some())?;
        let pairs: Vec<(Value, Value)> = dict.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        let tool = |(key, value): &(Value, Value)| {
            let op = op_of(self.m, value)?;
            let OpKind::Tool(tool) = &op.kind else { return None };
            let same = matches!(&tool.name, Data::Str(name) if Some(name.as_str()) == key.as_str());
            same.then_some(op)
        };
        pairs.iter().map(tool).collect()
    }

    /// `tools[call["name"]].invoke(call["args"])`, or `.invoke(call)`.
    pub(super) fn called(
        &mut self,
        tools: Vec<Node>,
        wanted: &Expr,
        name: &str,
        call: &ast::ExprCall,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Expr, Reason> {
        let given = self.expr(super::calls::invoked(call, name, "tool")?, env, asks)?;
        let part = |expr: &Expr, key: &str| match expr {
            Expr::Index(base, by) if matches!(&**by, Expr::Text(known) if known == key) => {
                Some((**base).clone())
            }
            _ => None,
        };
        let asked = part(wanted, "name").ok_or("it chooses a tool by something that is no call of it")?;
        let same = |other: &Expr| format!("{other:?}") == format!("{asked:?}");
        let whole = same(&given);
        if !whole && !part(&given, "args").is_some_and(|other| same(&other)) {
            return Err("it invokes a tool with something else than the call asks for".to_owned());
        }
        Ok(self.asked(Asked::Called(tools, asked, whole), env, asks))
    }

    /// A runnable that asks no model itself.
    pub(super) fn runnable(
        &mut self,
        op: &Node,
        input: Expr,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Expr, Reason> {
        match &op.kind {
            OpKind::Passthrough => Ok(input),
            OpKind::Parallel(branches) => {
                let mut fields = Vec::new();
                for (name, branch) in branches {
                    fields.push((name.clone(), self.ask(branch, input.clone(), env, asks)?));
                }
                Ok(Expr::Dict(fields))
            }
            OpKind::Lambda(Lambda::ItemGetter(keys)) => match keys.as_slice() {
                [Data::Str(key)] => item(input, key),
                _ => Err("it takes several items at once".to_owned()),
            },
            OpKind::Pick { keys, single: true } => match keys.as_slice() {
                [key] => item(input, key),
                _ => Err("it takes several items at once".to_owned()),
            },
            OpKind::Lambda(Lambda::Function(code)) => {
                let unknown = || format!("it runs `{}`, which does more than return a value", code.name);
                let (_, function) = function(self.m, op).ok_or_else(unknown)?;
                let body = Self::only_expression(&function).ok_or_else(unknown)?;
                let parameters = function.parameters().ok_or_else(unknown)?;
                let first = parameters.posonlyargs.iter().chain(&parameters.args).next();
                let name = first.ok_or_else(unknown)?.parameter.name.id.to_string();
                let mut inner = Env::default();
                inner.waited.clone_from(&env.waited);
                let state = match input {
                    Expr::State => name,
                    input => {
                        inner.locals.insert(name, input);
                        String::new()
                    }
                };
                let result = self.inside(Place::of(&function), state, &body, &mut inner, asks);
                env.waited = inner.waited;
                result
            }
            _ => Err("it asks a runnable without a counterpart".to_owned()),
        }
    }
}

fn item(input: Expr, key: &str) -> Result<Expr, Reason> {
    match input {
        Expr::State => Ok(Expr::Field(key.to_owned())),
        Expr::Dict(fields) => {
            let found = fields.into_iter().find(|(known, _)| known == key);
            found.map(|(_, value)| value).ok_or_else(|| format!("it takes `{key}`, which is not there"))
        }
        other => Ok(Expr::Index(Box::new(other), Box::new(Expr::Text(key.to_owned())))),
    }
}

/// Does an expression use a name of the function's own?
struct Own<'o> {
    state: &'o str,
    env: &'o Env,
    found: bool,
}

impl<'a> Visitor<'a> for Own<'_> {
    fn visit_expr(&mut self, expr: &'a ast::Expr) {
        if let ast::Expr::Name(name) = expr {
            let name = name.id.as_str();
            self.found |= name == self.state
                || self.env.locals.contains_key(name)
                || self.env.unset.iter().any(|known| known == name);
        }
        visitor::walk_expr(self, expr);
    }
}
