//! What is waited for, as steps: models, tasks, people.

use super::block::Writer;
use super::print::{Scope, fits};
use super::texts::{key, quoted};
use super::types::Ty;
use crate::from::langchain::graph::body::{Ask, Asked, Block, Expr};
use crate::from::langchain::lower::provider;
use crate::from::langchain::model::{Bind, Data, Effect, Node, OpKind, Tool};
use crate::from::lower::Fate;
use crate::from::lower::names::identifier;

impl Writer<'_, '_, '_> {
    /// A step that asks for something.
    pub(super) fn ask(&mut self, ask: &Ask, block: &Block, scope: &mut Scope) -> Result<String, String> {
        if let Asked::Loop(rounds) = &ask.asked {
            return self.rounds(ask, rounds, block, scope);
        }
        let mut inner = scope.clone();
        let list = match &ask.each {
            None => None,
            Some(each) => {
                let (list, ty) = scope.print(&each.list)?;
                let Ty::List(of) = ty else {
                    return Err("it asks for each element of something that is no list".to_owned());
                };
                let item = inner.bound(&each.item, *of);
                // Futures run side by side; models and people are asked once after the other.
                let max = if matches!(ask.asked, Asked::Task(..)) { "" } else { ", max 1" };
                Some(format!("for {item} in {list}{max}"))
            }
        };
        let is_text = ask.each.is_none() && only_content(block, ask.id);
        let hint = match &ask.asked {
            Asked::Model(..) => "reply".to_owned(),
            Asked::Person(_) | Asked::Loop(_) => "answer".to_owned(),
            Asked::Task(task, _) => self.task_name(*task)?,
            Asked::Tool(tool, _) => match &tool.kind {
                OpKind::Tool(Tool { name: Data::Str(name), .. }) => identifier(name),
                _ => "used".to_owned(),
            },
            Asked::Called(..) => "ran".to_owned(),
        };
        let name = scope.free(&hint);
        let (call, ty, clauses) = match &ask.asked {
            Asked::Model(model, input) => self.ask_model(model, input, is_text, &inner)?,
            Asked::Task(task, args) => self.call_task(*task, args, &inner)?,
            Asked::Tool(tool, args) => self.use_tool(tool, args, &inner)?,
            Asked::Called(tools, wanted, whole) => {
                // The message of the tool stands in a list.
                let (call, ty) = self.call_tool(tools, wanted, *whole, &inner)?;
                let (Ty::String | Ty::Message, None) = (&ty, &list) else {
                    return Err("it runs the tools that a model asked for in a list comprehension".to_owned());
                };
                let clauses = after(ask, block, scope, String::new());
                let text =
                    if ty == Ty::Message { format!("{name}[0]") } else { format!("{name}[0].content") };
                let answer = scope.free(&format!("{name}_message"));
                let line = format!("  step {name} = {call}{clauses}\n  step {answer} = {text}");
                scope.taken.push(name);
                scope.answers.insert(ask.id, (answer, ty));
                return Ok(line);
            }
            Asked::Loop(_) => return Err("a loop for each element".to_owned()),
            Asked::Person(value) => {
                let body = match inner.print(value)? {
                    (text, Ty::String) => text,
                    (text, _) => format!("json.render({text})"),
                };
                (
                    format!(
                        "human.ask<json>(subject: {}, body: {body})",
                        quoted("The run waits for an answer")
                    ),
                    Ty::Json,
                    String::new(),
                )
            }
        };
        let (call, ty) = match list {
            Some(list) => (format!("{list} {{ {call} }}"), Ty::List(Box::new(ty))),
            None => (call, ty),
        };
        let clauses = after(ask, block, scope, clauses);
        scope.answers.insert(ask.id, (name.clone(), ty));
        Ok(format!("  step {name} = {call}{clauses}"))
    }

    fn task_name(&self, task: usize) -> Result<String, String> {
        let tasks = self.tasks.and_then(|tasks| tasks.get(task));
        Ok(tasks.ok_or("it calls a task that is not known")?.name.clone())
    }

    fn call_task(
        &self,
        task: usize,
        args: &[(String, Expr)],
        scope: &Scope,
    ) -> Result<(String, Ty, String), String> {
        let task = self.tasks.and_then(|tasks| tasks.get(task)).ok_or("it calls a task that is not known")?;
        let mut texts = Vec::new();
        for ((name, value), wanted) in args.iter().zip(&task.parameters) {
            let (text, own) = scope.print(value)?;
            if !fits(&own, wanted) {
                let (own, wanted) = (own.text(), wanted.text());
                return Err(format!("it gives {own} to `{name}` of a task, which is {wanted}"));
            }
            texts.push(format!("{}: {text}", key(name)));
        }
        Ok((format!("{}({})", task.chain, texts.join(", ")), task.result.clone(), task.clauses.clone()))
    }

    /// A call of a tool of the file.
    fn use_tool(
        &mut self,
        tool: &Node,
        args: &[(String, Expr)],
        scope: &Scope,
    ) -> Result<(String, Ty, String), String> {
        let name = self.providers.tool(tool)?;
        let mut texts = Vec::new();
        for (name, value) in args {
            texts.push(format!("{}: {}", identifier(name), scope.print(value)?.0));
        }
        let ty = self.providers.tool_result(tool);
        Ok((format!("{name}({})", texts.join(", ")), ty, String::new()))
    }

    /// The call that runs the tool that a model asked for, and what it gives.
    fn call_tool(
        &mut self,
        tools: &[Node],
        wanted: &Expr,
        whole: bool,
        scope: &Scope,
    ) -> Result<(String, Ty), String> {
        let (wanted, Ty::Call) = scope.print(wanted)? else {
            return Err("it runs a tool for something that is no call of one".to_owned());
        };
        let mut names = Vec::new();
        for tool in tools {
            names.push(self.providers.tool(tool)?);
            let ty = self.providers.tool_result(tool);
            // Python writes other values in its own way.
            if !whole && !matches!(ty, Ty::String | Ty::Int | Ty::Float) {
                return Err(
                    "it hands on what a tool gives, which is not told to be text or a number".to_owned()
                );
            }
            let message =
                "a tool that fails is told to the model: the file's own loop ends the run".to_owned();
            self.providers.shared.note(Fate::Approximated, Effect::Body, message, &tool.origin);
        }
        let message = format!("Message {{ role: Role.assistant, content: \"\", tool_calls: [{wanted}] }}");
        let ty = if whole { Ty::Message } else { Ty::String };
        Ok((format!("chat.call(message: {message}, tools: [{}])", names.join(", ")), ty))
    }

    /// A call that asks a model, what it gives, and its clauses.
    fn ask_model(
        &mut self,
        asked: &Node,
        input: &Expr,
        is_text: bool,
        scope: &Scope,
    ) -> Result<(String, Ty, String), String> {
        let (model, tools) = match &asked.kind {
            OpKind::Model(_) => (asked.clone(), Vec::new()),
            OpKind::Bind(Bind { bound, tools, .. }) => (bound.clone(), tools.clone()),
            _ => return Err("it asks a runnable without a counterpart".to_owned()),
        };
        let provider = self.providers.name_of(&model)?;
        let mut args = vec![format!("model: {provider}")];
        match question(input) {
            Question::Text(given) => args.push(match scope.print(given)? {
                (text, Ty::List(of)) if *of == Ty::Message => format!("messages: {text}"),
                _ => format!("prompt: {}", texted(scope, given)?),
            }),
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
        let structured = self.providers.structured(asked)?;
        args.extend(structured.iter().map(|(_, mode)| format!("output: AskOutput.{mode}")));
        args.extend(self.providers.bound_args(asked)?);
        if provider::streams(&model) {
            args.push("stream: true".to_owned());
        }
        let ty = match structured {
            Some((ty, _)) => ty,
            None if is_text && tools.is_empty() => Ty::String,
            None => Ty::Message,
        };
        let generic = if ty == Ty::String { String::new() } else { format!("<{}>", ty.text()) };
        Ok((format!("ask{generic}({})", args.join(", ")), ty, self.providers.clauses(&model)))
    }
}

/// Clauses with what a question begins after.
pub(super) fn after(ask: &Ask, block: &Block, scope: &Scope, clauses: String) -> String {
    // What was waited for around this chain is over when it begins.
    let own = |id: &&usize| block.asks.iter().any(|other| other.id == **id);
    let after = ask.after.iter().filter(own).filter_map(|id| scope.answers.get(id));
    let after: Vec<&str> = after.map(|(name, _)| name.as_str()).collect();
    match (after.is_empty(), clauses.strip_prefix(" with {\n")) {
        (true, _) => clauses,
        (false, rest) => {
            let rest = rest.unwrap_or("  }");
            format!(" with {{\n    after [{}]\n{rest}", after.join(", "))
        }
    }
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
        Expr::Call("list", listed) => listed.iter().all(is_messages),
        Expr::Binary("+" | "+=", a, b) => is_messages(a) || is_messages(b),
        _ => false,
    }
}

fn texted(scope: &Scope, expr: &Expr) -> Result<String, String> {
    match super::print::there(scope.print(expr)?) {
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
