//! A function of a graph as chains.

use super::print::{Scope, quoted, wrapped};
use super::providers::Providers;
use super::python::Use;
use super::types::Ty;
use crate::from::langchain::graph::body::{Answer, Ask, Block, End, Expr};
use crate::from::langchain::graph::carried::Carried;
use crate::from::langchain::lower::provider;
use crate::from::langchain::model::{Bind, OpKind};

/// The text of the state that follows a command's target; `None`: the edges decide.
pub type Following<'e> = dyn Fn(Option<&Expr>, &Scope) -> Result<Option<String>, String> + 'e;

/// How the chain of a function ends.
pub enum Ending<'e> {
    /// With the state; `at` is what the field `at` gets, where it is set here.
    State {
        /// The record.
        record: &'e str,
        /// Fields with their reducers.
        reducers: &'e [(String, Option<String>)],
        /// The text of the next state for a target of a command; `None`: the field is not touched.
        at: &'e Following<'e>,
    },
    /// With the record of what is written: its name and fields.
    Update {
        /// The record.
        record: &'e str,
        /// Fields.
        fields: &'e [String],
        /// Fields with their reducers.
        reducers: &'e [(String, Option<String>)],
    },
    /// With the next state.
    Way {
        /// The type.
        ty: &'e str,
        /// The text of the state that a value, or packets, lead to.
        way: &'e dyn Fn(&End, &Scope) -> Result<String, String>,
    },
}

/// Writes a function as chains.
pub struct Writer<'w, 'p, 'f> {
    /// Models, tools and names.
    pub providers: &'w mut Providers<'p, 'f>,
    /// How it ends.
    pub ending: Ending<'w>,
    /// Type of the parameter `s`.
    pub input: &'w str,
    /// Chains, in order.
    pub out: Vec<String>,
}

impl<'w, 'p, 'f> Writer<'w, 'p, 'f> {
    /// A writer of one function.
    pub fn new(providers: &'w mut Providers<'p, 'f>, ending: Ending<'w>, input: &'w str) -> Self {
        Writer { providers, ending, input, out: Vec::new() }
    }

    /// The chain `name` of a function, or of the function as Python where it has no counterpart.
    ///
    /// # Errors
    /// Why it can be neither.
    pub fn chain_or_python(
        &mut self,
        name: &str,
        block: &Block,
        python: Option<&Carried>,
        scope: &Scope,
    ) -> Result<(), String> {
        match (self.chain(name, block, scope, &[]), python) {
            (Err(reason), Some(carried)) => {
                self.out.clear();
                let carried = Carried { reason, ..carried.clone() };
                self.python(name, &carried, scope)
            }
            (done, _) => done,
        }
    }

    /// The chain `name` and those that it needs.
    ///
    /// # Errors
    /// What has no counterpart.
    pub fn chain(
        &mut self,
        name: &str,
        block: &Block,
        scope: &Scope,
        given: &[(String, Ty)],
    ) -> Result<(), String> {
        if let End::Python(carried) = &block.end {
            return self.python(name, carried, scope);
        }
        let mut scope = scope.clone();
        let mut lines = Vec::new();
        for ask in &block.asks {
            lines.push(self.ask(ask, block, &mut scope)?);
        }
        let params: Vec<String> = [format!("s: {}", self.input)]
            .into_iter()
            .chain(given.iter().map(|(name, ty)| format!("{name}: {}", ty.text())))
            .collect();
        let head = format!("chain {name}({}) -> {}", params.join(", "), self.result());
        if let Some(value) = self.pure_end(&block.end, &scope)? {
            self.out.push(match lines.is_empty() {
                true => format!("{head} = {value}"),
                false => format!("{head} {{\n{}\n  return {value}\n}}", lines.join("\n")),
            });
            return Ok(());
        }
        let End::If(test, yes, no) = &block.end else {
            return Err("it ends in a way without a counterpart".to_owned());
        };
        let mut passed: Vec<(String, Ty)> = given.to_vec();
        passed.extend(block.asks.iter().filter_map(|a| scope.answers.get(&a.id)).cloned());
        let arguments: String = passed.iter().map(|(name, _)| format!(", {name}: {name}")).collect();
        let mut arms = Vec::new();
        for arm in [yes, no] {
            let inner = self.providers.fresh(name);
            self.chain(&inner, arm, &scope, &passed)?;
            arms.push(format!("{inner}(s: s{arguments})"));
        }
        lines.push(format!("  step out = if {} then {} else {}", scope.test(test)?, arms[0], arms[1]));
        self.out.push(format!("{head} {{\n{}\n  return out\n}}", lines.join("\n")));
        Ok(())
    }

    /// The chain of a function that stays Python.
    fn python(&mut self, name: &str, carried: &Carried, scope: &Scope) -> Result<(), String> {
        // What the tool gives is read like an answer.
        let mut scope = scope.clone();
        let (step, answer) = match &self.ending {
            Ending::Way { .. } => ("label", "label"),
            _ => ("update", "update.goto"),
        };
        scope.answers.insert(0, (answer.to_owned(), Ty::String));
        let fields: Vec<(String, Option<String>)> = match &self.ending {
            Ending::Way { .. } => Vec::new(),
            Ending::State { reducers, .. } => {
                reducers.iter().filter(|(name, _)| carried.writes.contains(name)).cloned().collect()
            }
            Ending::Update { reducers, fields, .. } => {
                reducers.iter().filter(|(name, _)| fields.contains(name)).cloned().collect()
            }
        };
        let wanted = match &self.ending {
            Ending::Way { .. } => Use::Label,
            _ => Use::Fields(&fields),
        };
        let run = self.providers.python(name, step, carried, (&scope, self.input), &wanted)?;
        let value = match &self.ending {
            Ending::Way { way, .. } => way(&End::Value(Expr::Answer(0)), &scope)?,
            Ending::Update { record, .. } => {
                let texts: Vec<String> = fields.iter().map(|(n, _)| format!("{n}: update.{n}")).collect();
                format!("{record} {{ {} }}", texts.join(", "))
            }
            Ending::State { record, at, .. } => {
                let mut texts = vec!["..s".to_owned()];
                for (field, reducer) in &fields {
                    let ty = scope.fields.get(field);
                    texts.push(format!("{field}: {}", joined(field, reducer.as_deref(), ty)));
                }
                let goto = Expr::Answer(0);
                texts.extend(at(carried.goes.then_some(&goto), &scope)?.map(|at| format!("at: {at}")));
                match texts.len() {
                    1 => "s".to_owned(),
                    _ => format!("{record} {{ {} }}", texts.join(", ")),
                }
            }
        };
        let head = format!("chain {name}(s: {}) -> {}", self.input, self.result());
        self.out.extend(run.items);
        self.out.push(format!("{head} {{\n{}\n  return {value}\n}}", run.lines.join("\n")));
        Ok(())
    }

    fn result(&self) -> &str {
        match &self.ending {
            Ending::State { record, .. } | Ending::Update { record, .. } => record,
            Ending::Way { ty, .. } => ty,
        }
    }

    /// The value of an end in which no model is asked.
    fn pure_end(&self, end: &End, scope: &Scope) -> Result<Option<String>, String> {
        if let End::If(test, yes, no) = end {
            if yes.asks_model() || no.asks_model() {
                return Ok(None);
            }
            let (yes, no) = (self.pure_end(&yes.end, scope)?, self.pure_end(&no.end, scope)?);
            let (Some(yes), Some(no)) = (yes, no) else { return Ok(None) };
            return Ok(Some(format!("if {} then {yes} else {no}", scope.test(test)?)));
        }
        self.value(end, scope).map(Some)
    }

    fn value(&self, end: &End, scope: &Scope) -> Result<String, String> {
        match &self.ending {
            Ending::Way { way, .. } => way(end, scope),
            Ending::State { record, reducers, at } => {
                let (update, goto) = match end {
                    End::Update(update) => (update, None),
                    End::Command { goto, update } => (update, goto.as_ref()),
                    _ => return Err("it gives something that is no update of its state".to_owned()),
                };
                let mut fields = vec!["..s".to_owned()];
                for (name, value) in update {
                    let reducer = reducer_of(reducers, name)?;
                    fields.push(format!("{name}: {}", scope.update(name, reducer, value)?));
                }
                fields.extend(at(goto, scope)?.map(|at| format!("at: {at}")));
                match fields.len() {
                    1 => Ok("s".to_owned()),
                    _ => Ok(format!("{record} {{ {} }}", fields.join(", "))),
                }
            }
            Ending::Update { record, fields, reducers } => {
                let End::Update(update) = end else {
                    return Err("it gives something that is no update of its state".to_owned());
                };
                let mut texts = Vec::new();
                for name in *fields {
                    let reducer = reducer_of(reducers, name)?;
                    let given = update.iter().find(|(known, _)| known == name).map(|(_, v)| v);
                    let ty = scope.fields.get(name).cloned();
                    texts.push(format!("{name}: {}", part(scope, name, ty, reducer, given)?));
                }
                Ok(format!("{record} {{ {} }}", texts.join(", ")))
            }
        }
    }

    /// A step that asks a model.
    fn ask(&mut self, ask: &Ask, block: &Block, scope: &mut Scope) -> Result<String, String> {
        let (model, tools) = match &ask.model.kind {
            OpKind::Model(_) => (ask.model.clone(), Vec::new()),
            OpKind::Bind(Bind { bound, tools, .. }) => (bound.clone(), tools.clone()),
            _ => return Err("it asks a runnable without a counterpart".to_owned()),
        };
        let provider = self.providers.name_of(&model)?;
        let mut args = vec![format!("model: {provider}")];
        match question(&ask.input) {
            Question::Text(text) => args.push(format!("prompt: {}", texted(scope, text)?)),
            Question::Messages { system, history, prompt } => {
                if let Some(system) = system {
                    args.push(format!("system: {}", texted(scope, system)?));
                }
                if let Some(history) = history {
                    args.push(format!("messages: {}", messages(scope, &history)?));
                }
                if let Some(prompt) = prompt {
                    args.push(format!("prompt: {}", texted(scope, prompt)?));
                }
            }
        }
        if !tools.is_empty() {
            let mut names = Vec::new();
            for tool in &tools {
                names.push(self.providers.tool(tool)?);
            }
            args.push(format!("tools: [{}]", names.join(", ")));
        }
        let structured = self.providers.structured(&ask.model)?;
        args.extend(structured.iter().map(|(_, mode)| format!("output: AskOutput.{mode}")));
        args.extend(self.providers.bound_args(&ask.model)?);
        if provider::streams(&model) {
            args.push("stream: true".to_owned());
        }
        let is_text = tools.is_empty() && ask.answer == Answer::Message && only_content(block, ask.id);
        let name = format!("reply{}", if ask.id == 0 { String::new() } else { (ask.id + 1).to_string() });
        let ty = match structured {
            Some((ty, _)) => ty,
            None if is_text => Ty::String,
            None => Ty::Message,
        };
        let generic = if ty == Ty::String { String::new() } else { format!("<{}>", ty.text()) };
        scope.answers.insert(ask.id, (name.clone(), ty));
        let clauses = self.providers.clauses(&model);
        Ok(format!("  step {name} = ask{generic}({}){clauses}", args.join(", ")))
    }
}

/// A field after an update of a Python tool.
fn joined(field: &str, reducer: Option<&str>, ty: Option<&Ty>) -> String {
    let (old, more) = (format!("s.{field}"), format!("update.{field}"));
    match reducer {
        None => more,
        Some(reducer) => super::print::combined(reducer, ty.unwrap_or(&Ty::Json), &old, &more),
    }
}

/// What one of several nodes that run at once adds to a field.
fn part(
    scope: &Scope,
    name: &str,
    ty: Option<Ty>,
    reducer: Option<&str>,
    given: Option<&Expr>,
) -> Result<String, String> {
    let ty = ty.ok_or_else(|| format!("its state has no field `{name}`"))?;
    let Some(value) = given else {
        return match reducer {
            Some(_) => Ok(ty.zero().to_owned()),
            None => Err(format!("it writes `{name}` on one of its ways only, beside other nodes")),
        };
    };
    let (text, own) = scope.print(value)?;
    match (reducer, &own) {
        (Some("_add_messages"), Ty::Message) => Ok(format!("[{text}]")),
        _ if super::print::fits(&own, &ty) => Ok(text),
        _ => Err(format!("it writes {} to `{name}`, which holds {}", own.text(), ty.text())),
    }
}

fn reducer_of<'r>(reducers: &'r [(String, Option<String>)], name: &str) -> Result<Option<&'r str>, String> {
    let found = reducers.iter().find(|(known, _)| known == name);
    found.map(|(_, r)| r.as_deref()).ok_or_else(|| format!("its state has no field `{name}`"))
}

enum Question<'q> {
    Text(&'q Expr),
    Messages { system: Option<&'q Expr>, history: Option<Expr>, prompt: Option<&'q Expr> },
}

/// A list that starts with the system's message and ends with the user's has places of their own for both.
fn question(input: &Expr) -> Question<'_> {
    match input {
        Expr::List(items) => {
            let (mut from, mut to) = (0, items.len());
            let system = match items.first() {
                Some(Expr::Message("system", content)) => {
                    from = 1;
                    Some(&**content)
                }
                _ => None,
            };
            let prompt = match items.last() {
                Some(Expr::Message("user", content)) if to > from => {
                    to -= 1;
                    Some(&**content)
                }
                _ => None,
            };
            let rest = items.get(from..to).unwrap_or_default().to_vec();
            let history = (!rest.is_empty()).then_some(Expr::List(rest));
            Question::Messages { system, history, prompt }
        }
        Expr::Binary("+", first, rest) => match &**first {
            Expr::List(items) => match items.as_slice() {
                [Expr::Message("system", content)] => Question::Messages {
                    system: Some(content),
                    history: Some((**rest).clone()),
                    prompt: None,
                },
                _ => Question::Messages { system: None, history: Some(input.clone()), prompt: None },
            },
            _ if is_messages(input) => {
                Question::Messages { system: None, history: Some(input.clone()), prompt: None }
            }
            _ => Question::Text(input),
        },
        _ if is_messages(input) => {
            Question::Messages { system: None, history: Some(input.clone()), prompt: None }
        }
        other => Question::Text(other),
    }
}

/// Does it look like messages? Fields are decided by their type when they are printed.
fn is_messages(expr: &Expr) -> bool {
    match expr {
        Expr::Field(name) | Expr::FieldOr(name, _) => name.contains("message"),
        Expr::List(_) => true,
        Expr::Binary("+", a, b) => is_messages(a) || is_messages(b),
        _ => false,
    }
}

fn texted(scope: &Scope, expr: &Expr) -> Result<String, String> {
    match scope.print(expr)? {
        (text, Ty::String) => Ok(text),
        (_, ty) => Err(format!("it asks with {}", ty.text())),
    }
}

fn messages(scope: &Scope, expr: &Expr) -> Result<String, String> {
    match scope.print(expr)? {
        (text, Ty::List(item)) if *item == Ty::Message => Ok(text),
        (_, ty) => Err(format!("it asks with {}", ty.text())),
    }
}

/// Is of the answer only its text read, on every way?
fn only_content(block: &Block, id: usize) -> bool {
    let (mut all, mut content) = (0, 0);
    block.each_expr(&mut |expr| match expr {
        Expr::Answer(known) if *known == id => all += 1,
        Expr::Member(base, name) if name == "content" => {
            if matches!(&**base, Expr::Answer(known) if *known == id) {
                content += 1;
            }
        }
        _ => {}
    });
    all == content
}

/// A choice of a state by the text of a label.
pub fn choice(label: &str, ways: &[(String, String)], ty: &str) -> String {
    let mut out = format!("decode<{ty}>(json.of({label}))");
    for (name, state) in ways.iter().rev() {
        out = format!("if {} == {} then {state} else {out}", wrapped(label), quoted(name));
    }
    out
}
