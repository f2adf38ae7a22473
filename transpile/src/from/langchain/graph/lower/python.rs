//! Functions of a graph that stay Python: a tool with an adapter beside the function, which makes the state of the JSON it is
//! given and JSON of what the function gives.

use super::print::{Scope, key, quoted};
use super::providers::Providers;
use super::types::Ty;
use crate::from::callable::{Callable, Dependency};
use crate::from::langchain::graph::carried::Carried;
use crate::from::langchain::lower::tools::callable;
use crate::from::langchain::model::Effect;
use crate::from::lower::Fate;

/// What a tool of a function is used for.
pub enum Use<'u> {
    /// It gives fields: each with its reducer.
    Fields(&'u [(String, Option<String>)]),
    /// It gives the name of a way.
    Label,
}

/// Classes of messages that stand in for those of LangChain.
const MESSAGES: &[&str] = &["BaseMessage", "SystemMessage", "HumanMessage", "AIMessage", "ToolMessage"];

/// What a Python tool is not given.
const PACKAGES: &[&str] = &["langchain", "langgraph"];

impl Providers<'_, '_> {
    /// The call of the tool that runs a function on the state of a scope.
    ///
    /// # Errors
    /// What of the function cannot be carried over.
    pub fn python(
        &mut self,
        name: &str,
        carried: &Carried,
        scope: &Scope,
        wanted: &Use<'_>,
    ) -> Result<String, String> {
        let about = |why: String| format!("{}, and as a Python tool {why}", carried.reason);
        let function = callable(self.shared, &carried.code)
            .ok_or_else(|| about("its function is not in the file".to_owned()))?;
        if let Some(missing) = function.missing.first() {
            return Err(about(format!("it cannot have `{missing}`")));
        }
        let given = given(carried, scope, wanted);
        let uses = uses(&function).map_err(about)?;
        let adapter = adapter(&function, carried, scope, &given, wanted, uses);
        let params: Vec<String> = given.iter().map(|(n, ty)| format!("{}: {}", key(n), ty.text())).collect();
        let args: Vec<String> =
            given.iter().map(|(n, _)| format!("{}: {}.{n}", key(n), scope.state)).collect();
        let result = match wanted {
            Use::Label => "string".to_owned(),
            Use::Fields(fields) => {
                let mut types: Vec<String> = fields
                    .iter()
                    .filter_map(|(n, _)| Some(format!("{}: {}", key(n), scope.fields.get(n)?.text())))
                    .collect();
                if carried.goes {
                    types.push("goto: string".to_owned());
                }
                format!("{{{}}}", types.join(", "))
            }
        };
        let place = self.shared.python.add(&adapter);
        let signature =
            format!("(state: {{{}}}) -> {result} = python({})", params.join(", "), quoted(&place));
        let tool =
            self.shared.declare(format!("tool {place}{signature}"), &format!("{name}_in_python"), |tool| {
                format!("/// `{}` of the file, as it is.\ntool {tool}{signature}", function.name)
            });
        let message = format!("`{}` is carried as Python: {}", carried.code.name, carried.reason);
        self.shared.note(Fate::Approximated, Effect::Body, message, &carried.code.origin);
        let state = if args.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", args.join(", ")) };
        Ok(format!("{tool}(state: {state})"))
    }
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
fn uses(function: &Callable) -> Result<Vec<Dependency>, String> {
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
    let pieces = include_str!("messages.py").trim_end().split("\n\n\n");
    let name = |text: &str| text.split([' ', '(', ':']).nth(1).unwrap_or_default().to_owned();
    pieces.map(|text| support(&name(text), text)).collect()
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
    let (def, call) = match carried.is_async {
        true => ("async def", format!("await {}(given)", function.name)),
        false => ("def", format!("{}(given)", function.name)),
    };
    let mut lines = vec![
        format!("{def} {name}(state):"),
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
        lines.push(
            "    given = {name: value for name, value in given.items() if value is not None}".to_owned(),
        );
    }
    match wanted {
        Use::Label => {
            uses.push(support("graph_label", include_str!("label.py")));
            lines.push(format!("    return graph_label({call})"));
        }
        Use::Fields(fields) => {
            uses.extend([import("types"), support("graph_update", include_str!("update.py"))]);
            match carried.goes {
                true => lines.extend([
                    format!("    went = {call}"),
                    "    command = went if isinstance(went, Command) else Command(update=went)".to_owned(),
                    "    update = graph_update(command.update)".to_owned(),
                ]),
                false => lines.push(format!("    update = graph_update({call})")),
            }
            lines.push("    return {".to_owned());
            for (field, reducer) in *fields {
                let Some(ty) = scope.fields.get(field) else { continue };
                let has = given.iter().any(|(known, _)| known == field);
                lines.push(format!(
                    "        {field:?}: {},",
                    written(field, reducer.as_deref(), ty, has, carried)
                ));
                if *ty == Ty::List(Box::new(Ty::Message)) || *ty == Ty::Message {
                    uses.extend(messages());
                }
            }
            if carried.goes {
                lines.push("        \"goto\": command.goto,".to_owned());
                uses.push(support("Command", include_str!("command.py")));
            }
            lines.push("    }".to_owned());
        }
    }
    Callable { name, source: lines.join("\n"), uses: once(uses), ..function.clone() }
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
fn written(field: &str, reducer: Option<&str>, ty: &Ty, has: bool, carried: &Carried) -> String {
    let known = match (has, carried.by_attribute) {
        (false, _) => "[]".to_owned(),
        (true, true) => format!("given.{field}"),
        (true, false) => format!("given.get({field:?}, [])"),
    };
    let is_list = |ty: &Ty| matches!(ty, Ty::List(item) if **item == Ty::Message);
    match reducer {
        Some("_add_messages") => format!("added_messages(update.get({field:?}, []), {known})"),
        Some(_) => format!("update.get({field:?}, {})", python_zero(ty)),
        None if is_list(ty) => {
            format!(
                "[mission_message(m) for m in update[{field:?}]] if {field:?} in update else state[{field:?}]"
            )
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

fn python_zero(ty: &Ty) -> &'static str {
    match ty {
        Ty::Bool => "False",
        Ty::Json | Ty::Message | Ty::Null | Ty::Optional(_) => "None",
        other => other.zero(),
    }
}
