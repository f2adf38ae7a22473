//! Functions of a graph that stay Python: a tool with an adapter beside the function, which makes the state of the JSON it is
//! given and JSON of what the function gives.

use super::print::Scope;
use super::providers::Providers;
use super::state::Reducer;
use super::texts::{key, quoted};
use super::types::Ty;
use crate::from::callable::{Callable, Dependency};
use crate::from::langchain::graph::carried::Carried;
use crate::from::langchain::lower::tools::callable;
use crate::from::langchain::model::{Effect, OpKind};
use crate::from::lower::Fate;

/// What a tool of a function is used for.
pub enum Use<'u> {
    /// It gives fields: each with its reducer.
    Fields(&'u [(String, Option<Reducer>)]),
    /// It gives the name of a way.
    Label,
}

/// Classes of messages that stand in for those of LangChain.
const MESSAGES: &[&str] = &["BaseMessage", "SystemMessage", "HumanMessage", "AIMessage", "ToolMessage"];

/// Most questions of one run of a node.
const ANSWERS: u32 = 20;

/// What a Python tool is not given.
const PACKAGES: &[&str] = &["langchain", "langgraph"];

/// The steps that run a function, and the chains they call. The last step has the name that was asked for.
pub struct Run {
    /// Chains.
    pub items: Vec<String>,
    /// Steps.
    pub lines: Vec<String>,
}

impl Providers<'_, '_> {
    /// Runs a function on the state `s` of a scope, whose type is `input`.
    ///
    /// # Errors
    /// What of the function cannot be carried over.
    pub fn python(
        &mut self,
        name: &str,
        step: &str,
        carried: &Carried,
        (scope, input): (&Scope, &str),
        wanted: &Use<'_>,
    ) -> Result<Run, String> {
        let about = |why: String| format!("{}, and as a Python tool {why}", carried.reason);
        let function = callable(self.shared, &carried.code)
            .ok_or_else(|| about("its function is not in the file".to_owned()))?;
        if let Some(missing) = function.missing.first() {
            return Err(about(format!("it cannot have `{missing}`")));
        }
        if let Some(tool) = self.tool_as_object(&function) {
            return Err(about(format!("it uses the tool `{tool}` as an object of LangChain")));
        }
        let given = given(carried, scope, wanted);
        let uses = uses(&function).map_err(about)?;
        let waits = uses.iter().any(|u| u.name == "interrupt");
        if waits && matches!(wanted, Use::Label) {
            return Err(about("it waits for a person while it decides where to go".to_owned()));
        }
        let adapter = adapter(&function, carried, scope, &given, wanted, uses);
        let params: Vec<String> = given.iter().map(|(n, ty)| format!("{}: {}", key(n), ty.text())).collect();
        let args: Vec<String> = given.iter().map(|(n, _)| format!("{}: s.{n}", key(n))).collect();
        let result = result(carried, scope, wanted, waits);
        let place = self.shared.python.add(&adapter);
        let answers = if waits { ", answers: list<json>" } else { "" };
        let signature =
            format!("(state: {{{}}}{answers}) -> {result} = python({})", params.join(", "), quoted(&place));
        let tool =
            self.shared.declare(format!("tool {place}{signature}"), &format!("{name}_in_python"), |tool| {
                format!("/// `{}` of the file, as it is.\ntool {tool}{signature}", function.name)
            });
        let message = format!("{} is carried as Python: {}", carried.owner, carried.reason);
        self.shared.note(Fate::Approximated, Effect::Body, message, &carried.code.origin);
        let state = if args.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", args.join(", ")) };
        if !waits {
            let lines = vec![format!("  step {step} = {tool}(state: {state})")];
            return Ok(Run { items: Vec::new(), lines });
        }
        let again = self.fresh(&format!("{name}_answered"));
        let subject = quoted(&format!("{} waits for an answer", carried.owner));
        let item = format!(
            "chain {again}(s: {input}, u: {result}) -> {result} {{\n  step answer = human.ask<json>(subject: {subject}, body: u.question ?? \"\")\n  step next = {tool}(state: {state}, answers: u.answers + [answer])\n  return next\n}}"
        );
        let lines = vec![
            format!("  step first = {tool}(state: {state}, answers: [])"),
            format!(
                "  step {step} = loop u from first until u.question == null, max {ANSWERS} {{ if u.question == null then u else {again}(s: s, u: u) }}"
            ),
        ];
        Ok(Run { items: vec![item], lines })
    }
}

impl Providers<'_, '_> {
    /// A tool of the file that a function uses in another way than to call it.
    pub fn tool_as_object(&self, function: &Callable) -> Option<String> {
        let texts = || function.uses.iter().map(|used| used.text.as_str()).chain([function.source.as_str()]);
        let tools = self.shared.file.tools.iter().filter_map(|op| match &op.kind {
            OpKind::Tool(tool) => tool.code.as_ref().map(|code| code.name.clone()),
            _ => None,
        });
        let mut tools = tools.filter(|name| function.uses.iter().any(|used| used.name == *name));
        tools.find(|name| texts().any(|text| has_attribute(text, name)))
    }
}

/// Does a text read an attribute of a name?
fn has_attribute(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let is_start = before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '_' | '.')));
        is_start && text.get(at + name.len()..).is_some_and(|rest| rest.starts_with('.'))
    })
}

/// The type of what a tool gives.
fn result(carried: &Carried, scope: &Scope, wanted: &Use<'_>, waits: bool) -> String {
    let Use::Fields(fields) = wanted else { return "string".to_owned() };
    let mut types: Vec<String> = fields
        .iter()
        .filter_map(|(n, _)| Some(format!("{}: {}", key(n), scope.fields.get(n)?.text())))
        .collect();
    if carried.goes {
        types.push("goto: string".to_owned());
    }
    if waits {
        types.push("answers: list<json>, question: string?".to_owned());
    }
    format!("{{{}}}", types.join(", "))
}

/// The fields that the function is given: those it reads, and those that keep their value where it does not write them.
fn given(carried: &Carried, scope: &Scope, wanted: &Use<'_>) -> Vec<(String, Ty)> {
    let kept = |name: &str| match wanted {
        Use::Fields(fields) => fields.iter().any(|(known, reducer)| known == name && reducer.is_none()),
        Use::Label => false,
    };
    let there = scope.fields.iter().filter(|(name, _)| scope.has(name));
    there
        .filter(|(name, _)| carried.reads(name).is_some() || kept(name))
        .map(|(name, ty)| (name.clone(), ty.clone()))
        .collect()
}

/// What the function needs around it, without LangChain: its messages and commands have stand-ins.
pub(super) fn uses(function: &Callable) -> Result<Vec<Dependency>, String> {
    let mut out: Vec<Dependency> = Vec::new();
    let mut add = |items: Vec<Dependency>| {
        for item in items {
            if !out.contains(&item) {
                out.push(item);
            }
        }
    };
    let own = Dependency { name: function.name.clone(), text: function.source.clone(), is_import: false };
    for item in function.uses.iter().chain([&own]) {
        let library = item.text.lines().find_map(imported);
        let Some((module, short)) = library else {
            add(vec![item.clone()]);
            continue;
        };
        let alias = match item.name == short {
            true => Vec::new(),
            false => vec![support(&item.name, &format!("{} = {short}", item.name))],
        };
        match short {
            _ if !item.is_import => return Err(format!("it needs `{module}`")),
            "Command" => add(vec![support("Command", include_str!("command.py"))]),
            "interrupt" => {
                add(vec![import("json")]);
                add(pieces(include_str!("interrupt.py")));
            }
            short if MESSAGES.contains(&short) => add(messages()),
            _ => return Err(format!("it needs `{short}` of `{module}`")),
        }
        add(alias);
    }
    Ok(out)
}

/// The module and name of an import of LangChain or LangGraph.
fn imported(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let (module, name) = match line.strip_prefix("from ") {
        Some(rest) => rest.split_once(" import ")?,
        None => (line.strip_prefix("import ")?, ""),
    };
    let is_library = PACKAGES.iter().any(|p| module.starts_with(p));
    is_library.then(|| (module, name.split(" as ").next().unwrap_or(name)))
}

fn support(name: &str, text: &str) -> Dependency {
    Dependency { name: name.to_owned(), text: text.trim_end().to_owned(), is_import: false }
}

fn import(name: &str) -> Dependency {
    Dependency { name: name.to_owned(), text: format!("import {name}"), is_import: true }
}

fn messages() -> Vec<Dependency> {
    pieces(include_str!("messages.py"))
}

/// The classes and functions of a text.
fn pieces(text: &str) -> Vec<Dependency> {
    let name = |text: &str| text.split([' ', '(', ':']).nth(1).unwrap_or_default().to_owned();
    text.trim_end().split("\n\n\n").map(|text| support(&name(text), text)).collect()
}

/// The function that the tool calls.
fn adapter(
    function: &Callable,
    carried: &Carried,
    scope: &Scope,
    given: &[(String, Ty)],
    wanted: &Use<'_>,
    mut uses: Vec<Dependency>,
) -> Callable {
    let name = format!("{}_on_state", function.name);
    let waits = uses.iter().any(|u| u.name == "interrupt");
    let (def, call) = match carried.is_async {
        true => ("async def", format!("await {}(given)", function.name)),
        false => ("def", format!("{}(given)", function.name)),
    };
    let mut lines = vec![
        format!("{def} {name}(state{}):", if waits { ", answers" } else { "" }),
        format!("    \"\"\"`{}` on the state of the graph as JSON.\"\"\"", function.name),
        "    given = dict(state)".to_owned(),
    ];
    for (field, ty) in given {
        let Some((text, is_optional)) = as_object(field, ty) else { continue };
        let check =
            if is_optional { format!(" if given[{field:?}] is not None else None") } else { String::new() };
        lines.push(format!("    given[{field:?}] = {text}{check}"));
        uses.extend(messages());
    }
    if carried.by_attribute {
        uses.push(import("types"));
        lines.push("    given = types.SimpleNamespace(**given)".to_owned());
    } else if given.iter().any(|(_, ty)| matches!(ty, Ty::Optional(_))) {
        // One that may be `None` is there, but where its default is asked for.
        let has_default = |name: &str| {
            carried.reads.as_ref().is_some_and(|all| all.iter().any(|(known, with)| known == name && *with))
        };
        let optional = given.iter().filter(|(_, ty)| matches!(ty, Ty::Optional(_)));
        let kept: Vec<String> = optional
            .filter(|(name, _)| scope.nullable.contains(name) && !has_default(name))
            .map(|(name, _)| format!("{name:?}"))
            .collect();
        let or_kept =
            if kept.is_empty() { String::new() } else { format!(" or name in [{}]", kept.join(", ")) };
        lines.push(format!(
            "    given = {{name: value for name, value in given.items() if value is not None{or_kept}}}"
        ));
    }
    if let Use::Fields(fields) = wanted {
        for (field, reducer) in fields.iter().filter(|(field, _)| carried.changed.contains(field)) {
            let held =
                if carried.by_attribute { format!("given.{field}") } else { format!("given[{field:?}]") };
            if reducer.is_some() && given.iter().any(|(known, _)| known == field) {
                lines.push(format!("    known_{field} = list({held})"));
            }
        }
    }
    match wanted {
        Use::Label => {
            uses.push(support("graph_label", include_str!("label.py")));
            lines.push(format!("    return graph_label({call})"));
        }
        Use::Fields(fields) => {
            uses.extend([import("types"), support("graph_update", include_str!("update.py"))]);
            if carried.goes {
                uses.push(support("Command", include_str!("command.py")));
            }
            let mut back = Vec::new();
            for (field, reducer) in *fields {
                let Some(ty) = scope.fields.get(field) else { continue };
                if holds_messages(ty) {
                    uses.extend(messages());
                }
                let has = given.iter().any(|(known, _)| known == field);
                back.push(format!("{field:?}: {}", written(field, reducer.as_ref(), ty, has, carried)));
            }
            lines.extend(given_back(&call, carried.goes, waits, back));
        }
    }
    Callable { name, source: lines.join("\n"), uses: once(uses), ..function.clone() }
}

/// The statements that call the function and give what it writes.
fn given_back(call: &str, goes: bool, waits: bool, mut fields: Vec<String>) -> Vec<String> {
    let mut text = match waits {
        true => vec![
            "interrupt.answers, question = list(answers), None".to_owned(),
            "try:".to_owned(),
            format!("    went = {call}"),
            "except Waiting as waiting:".to_owned(),
            "    went, question = None, str(waiting)".to_owned(),
        ],
        false => vec![format!("went = {call}")],
    };
    if goes {
        text.push("went = went if isinstance(went, Command) else Command(update=went)".to_owned());
        fields.push("\"goto\": went.goto".to_owned());
    }
    text.push(format!("update = graph_update(went{})", if goes { ".update" } else { "" }));
    if waits {
        fields.extend(["\"answers\": answers", "\"question\": question"].map(str::to_owned));
    }
    text.push("return {".to_owned());
    text.extend(fields.iter().map(|field| format!("    {field},")));
    text.push("}".to_owned());
    text.iter().map(|line| format!("    {line}")).collect()
}

fn once(uses: Vec<Dependency>) -> Vec<Dependency> {
    let mut out: Vec<Dependency> = Vec::new();
    for item in uses {
        if !out.contains(&item) {
            out.push(item);
        }
    }
    out
}

/// A field that holds messages, with objects for them.
fn as_object(field: &str, ty: &Ty) -> Option<(String, bool)> {
    match ty {
        Ty::Message => Some((format!("graph_message(state[{field:?}])"), false)),
        Ty::List(item) if **item == Ty::Message => {
            Some((format!("[graph_message(m) for m in state[{field:?}]]"), false))
        }
        Ty::Optional(inner) => as_object(field, inner).map(|(text, _)| (text, true)),
        _ => None,
    }
}

/// What a field gets of the update: its new value, or what a reducer adds.
fn written(field: &str, reducer: Option<&Reducer>, ty: &Ty, has: bool, carried: &Carried) -> String {
    let is_changed = carried.changed.iter().any(|known| known == field);
    let known = match (has, carried.by_attribute) {
        (true, _) if is_changed && reducer.is_some() => format!("known_{field}"),
        (false, _) => "[]".to_owned(),
        (true, true) => format!("given.{field}"),
        (true, false) => format!("given.get({field:?}, [])"),
    };
    match reducer {
        // What it added in place, and what it gives.
        Some(Reducer::Messages) if is_changed => {
            let held =
                if carried.by_attribute { format!("given.{field}") } else { format!("given[{field:?}]") };
            format!("added_messages(both({held}, update.get({field:?}, [])), {known})")
        }
        Some(Reducer::Messages) => format!("added_messages(update.get({field:?}, []), {known})"),
        Some(_) => format!("update.get({field:?}, {})", python_zero(ty)),
        None if holds_messages(ty) && *ty != Ty::Message => {
            let held = match (is_changed, carried.by_attribute) {
                (true, true) => format!("[mission_message(m) for m in given.{field}]"),
                (true, false) => format!("[mission_message(m) for m in given[{field:?}]]"),
                _ => format!("state[{field:?}]"),
            };
            format!("[mission_message(m) for m in update[{field:?}]] if {field:?} in update else {held}")
        }
        None if *ty == Ty::Message => {
            format!("mission_message(update[{field:?}]) if {field:?} in update else state[{field:?}]")
        }
        None => match has {
            true => format!("update.get({field:?}, state[{field:?}])"),
            false => format!("update[{field:?}]"),
        },
    }
}

fn holds_messages(ty: &Ty) -> bool {
    match ty {
        Ty::Message => true,
        Ty::List(item) => **item == Ty::Message,
        _ => false,
    }
}

fn python_zero(ty: &Ty) -> &'static str {
    match ty {
        Ty::Bool => "False",
        Ty::Json | Ty::Message | Ty::Null | Ty::Optional(_) | Ty::Enum(_) | Ty::Record(_) => "None",
        other => other.zero(),
    }
}
