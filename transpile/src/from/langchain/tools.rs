//! Tools: names, descriptions and schemas of arguments.

use super::data::{code, data, pairs};
use super::model::{Bind, Data, Effect, Node, OpKind, Tool};
use super::names::Name;
use super::schema::{of_class, of_function};
use super::state::{M, ThingClass, kind, make, node, op_of, origin, push, thing};
use super::structured::schema_of;
use crate::python::value::Function;
use crate::python::{Args, Eval, Native, Object, Site, Value};
use serde_json::{Value as Json, json};
use std::rc::Rc;

/// A call of a class or function of this family.
pub(super) fn call(m: &mut M<'_>, name: &Name<'_>, args: &Args, site: Site) -> Eval<Option<Value>> {
    Ok(Some(match (name.name, name.method) {
        ("tool", "") => decorator(m, name, args, site),
        ("Tool", "from_function") => {
            // Here the function comes first.
            let mut args = args.clone();
            for (index, name) in ["func", "name", "description"].into_iter().enumerate() {
                if let Some(value) = args.pos.get(index).cloned() {
                    args.set(name, value);
                }
            }
            args.pos.clear();
            structured(m, "Tool", &args, site)
        }
        ("StructuredTool" | "Tool", "" | "from_function") => structured(m, name.name, args, site),
        ("create_retriever_tool", "") => retriever_tool(m, args, site),
        ("load_tools", "") => return Ok(loaded(m, args, site)),
        ("ToolNode" | "ToolExecutor" | "ValidationNode", "") => {
            let given = args.get(0, "tools").or(args.named("schemas")).cloned();
            let tools = given.map(|v| list(m, &v, site)).unwrap_or_default();
            make(m, OpKind::ToolNode(tools), site)
        }
        (class, "") if library_tool(class, name.module) => super::toolbox::made(m, class, args, site),
        _ => return Ok(None),
    }))
}

/// Is this a class of ready-made tools? Toolkits are not: they give several.
fn library_tool(class: &str, module: &str) -> bool {
    let tool_class = class.ends_with("Tool")
        || class.ends_with("QueryRun")
        || class.ends_with("SearchResults")
        || class.ends_with("SearchRun")
        || matches!(
            class,
            "TavilySearch"
                | "TavilyExtract"
                | "TavilyAnswer"
                | "DuckDuckGoSearchRun"
                | "ArxivQueryRun"
                | "HumanInputRun"
        );
    tool_class && module.contains("tool")
        || matches!(class, "TavilySearch" | "TavilySearchResults")
        || (tool_class
            && (module.starts_with("langchain_tavily") || module.starts_with("langchain_experimental")))
}

fn one_argument(name: &str, schema: Json) -> Json {
    json!({ "type": "object", "properties": { name: schema }, "required": [name] })
}

/// `load_tools(["serpapi", "llm-math"])`: the tools by the names under which the library lists them.
fn loaded(m: &mut M<'_>, args: &Args, site: Site) -> Option<Value> {
    let names = super::data::texts(m, args.get(0, "tool_names"))?;
    let what =
        format!("the tools {} are of a library: their descriptions are not in the file", names.join(", "));
    m.host.lose(Effect::Setting, what, site);
    let tools: Vec<Value> = names
        .iter()
        .map(|listed| {
            // The first are plain tools of one text.
            let (name, class, argument) = match listed.as_str() {
                "llm-math" => ("Calculator", "Tool", "__arg1"),
                "serpapi" => ("Search", "Tool", "__arg1"),
                "google-search" => ("google_search", "GoogleSearchRun", "query"),
                "google-serper" => ("google_serper", "GoogleSerperRun", "query"),
                "wikipedia" => ("wikipedia", "WikipediaQueryRun", "query"),
                "arxiv" => ("arxiv", "ArxivQueryRun", "query"),
                "ddg-search" => ("duckduckgo_search", "DuckDuckGoSearchRun", "query"),
                "wolfram-alpha" => ("wolfram_alpha", "WolframAlphaQueryRun", "query"),
                "pubmed" => ("pub_med", "PubmedQueryRun", "query"),
                "python_repl" => ("Python_REPL", "PythonREPLTool", "query"),
                "terminal" => ("terminal", "ShellTool", "commands"),
                other => (other, "BaseTool", ""),
            };
            let args_schema = match argument {
                // What it takes is not known.
                "" => json!({}),
                "__arg1" => one_argument(argument, json!({ "title": "__arg1", "type": "string" })),
                _ => one_argument(argument, json!({ "type": "string" })),
            };
            let tool = Tool {
                name: Data::Str(name.into()),
                description: Data::Unknown(format!("the description that `{listed}` has")),
                args_schema,
                class: class.into(),
                code: None,
                return_direct: false,
            };
            make(m, OpKind::Tool(tool), site)
        })
        .collect();
    Some(m.list(tools))
}

/// `@tool`, `@tool("name")`, `@tool(args_schema=X)`, `tool(function)`.
fn decorator(m: &mut M<'_>, name: &Name<'_>, args: &Args, site: Site) -> Value {
    match args.pos.first() {
        Some(first) if code(m, first).is_some() => {
            let function = first.clone();
            let mut rest = args.clone();
            rest.pos.remove(0);
            from_function(m, &function, &rest, site)
        }
        Some(first) if args.pos.len() == 2 => {
            let (given, function) = (first.clone(), args.pos[1].clone());
            let mut rest = args.clone();
            rest.pos = vec![given];
            from_function(m, &function, &rest, site)
        }
        _ => thing(m, ThingClass::ToolDecorator, "tool", name.package, args, site),
    }
}

/// The decorator that waits gets its function.
pub(super) fn apply_decorator(m: &mut M<'_>, callee: Native, args: &Args, site: Site) -> Eval<Option<Value>> {
    if callee.kind != kind::THING {
        return Ok(None);
    }
    let Some(waiting) = m.host.things.get(callee.id as usize).cloned() else { return Ok(None) };
    match (waiting.class, args.pos.first()) {
        (ThingClass::ToolDecorator, Some(function)) => {
            Ok(Some(from_function(m, &function.clone(), &waiting.args, site)))
        }
        _ => Ok(None),
    }
}

/// A tool of a function with the decorator's arguments.
fn from_function(m: &mut M<'_>, value: &Value, args: &Args, site: Site) -> Value {
    let given = args.get(0, "name_or_callable").or(args.named("name")).cloned();
    let name = given.map(|v| data(m, &v));
    function_tool(m, value, name, args, "StructuredTool", site)
}

fn function_of(m: &M<'_>, value: &Value) -> Option<(Rc<Function>, bool)> {
    match m.object_of(value)? {
        Object::Function(f) => Some((f.clone(), false)),
        Object::Bound(_, inner) => function_of(m, inner).map(|(f, _)| (f, true)),
        Object::Wrapped(_, inner) | Object::Partial(inner, _) => function_of(m, inner),
        _ => None,
    }
}

fn function_tool(
    m: &mut M<'_>,
    value: &Value,
    name: Option<Data>,
    args: &Args,
    class: &str,
    site: Site,
) -> Value {
    let op = function_tool_op(m, value, name, args, class, site);
    push(m, op)
}

fn function_tool_op(
    m: &mut M<'_>,
    value: &Value,
    name: Option<Data>,
    args: &Args,
    class: &str,
    site: Site,
) -> Node {
    let Some((function, bound)) = function_of(m, value) else {
        if let Some(op) = super::runnables::held(m, value) {
            return op;
        }
        let reason = m.describe(value);
        m.host.lose(Effect::Setting, format!("the function of a tool is not known: {reason}"), site);
        let tool = Tool {
            name: name.unwrap_or(Data::Unknown(reason.clone())),
            description: args.named("description").map_or(Data::Unknown(reason), |v| data(m, v)),
            args_schema: json!({ "type": "object", "properties": {} }),
            class: class.into(),
            code: None,
            return_direct: false,
        };
        return node(m, OpKind::Tool(tool), site);
    };
    let doc = function.doc.clone();
    let parse = matches!(args.named("parse_docstring"), Some(Value::Bool(true)));
    let (summary, descriptions) = match (&doc, parse) {
        (Some(doc), true) => google_docstring(doc),
        _ => (None, Vec::new()),
    };
    let schema = args.named("args_schema").cloned().and_then(|v| schema_of(m, &v, site));
    let described = args.named("description").cloned();
    let description = match (described, summary, doc, &schema) {
        (Some(given), ..) => data(m, &given),
        (None, Some(summary), ..) => Data::Str(summary),
        (None, None, Some(doc), _) => Data::Str(tool_doc(&doc)),
        (None, None, None, Some(schema)) => {
            schema.json.get("description").and_then(Json::as_str).map_or(Data::Null, |d| Data::Str(d.into()))
        }
        _ => Data::Str(String::new()),
    };
    let args_schema = match schema {
        Some(mut schema) => {
            if let Some(map) = schema.json.as_object_mut() {
                map.remove("description");
            }
            schema.json
        }
        None => {
            let has_self = bound || is_method(&function);
            let (json, unknown) = of_function(m, &function, &descriptions, has_self);
            for name in unknown {
                let message =
                    format!("the type of the argument `{name}` of the tool `{}` is not known", function.name);
                m.host.lose(Effect::Setting, message, function.site);
            }
            json
        }
    };
    let tool = Tool {
        name: name.unwrap_or_else(|| Data::Str(function.name.to_string())),
        description,
        args_schema,
        class: class.into(),
        code: code(m, value),
        return_direct: matches!(args.named("return_direct"), Some(Value::Bool(true))),
    };
    node(m, OpKind::Tool(tool), function.site)
}

fn is_method(function: &Function) -> bool {
    function.owner.borrow().is_some()
        && function
            .parameters()
            .and_then(|p| p.posonlyargs.first().or(p.args.first()))
            .is_some_and(|p| matches!(p.parameter.name.id.as_str(), "self" | "cls"))
}

/// A docstring as LangChain takes it for a description: dedented and stripped.
fn tool_doc(doc: &str) -> String {
    crate::python::dedent_doc(doc).trim().to_owned()
}

/// The summary and the arguments of a docstring in Google's style.
fn google_docstring(doc: &str) -> (Option<String>, Vec<(String, String)>) {
    let clean = crate::python::clean_doc(doc);
    let (head, rest) = match clean.split_once("\nArgs:") {
        Some((head, rest)) => (head, rest),
        None => return (Some(clean.trim().to_owned()), Vec::new()),
    };
    let summary = head.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out: Vec<(String, String)> = Vec::new();
    for line in rest.lines() {
        let text = line.trim();
        if text.is_empty() {
            continue;
        }
        if !line.starts_with(' ') {
            break;
        }
        match text.split_once(':') {
            Some((name, description))
                if name
                    .split('(')
                    .next()
                    .is_some_and(|n| n.trim().chars().all(|c| c.is_alphanumeric() || c == '_')) =>
            {
                let name = name.split('(').next().unwrap_or(name).trim();
                out.push((name.to_owned(), description.trim().to_owned()));
            }
            _ => {
                if let Some(last) = out.last_mut() {
                    last.1 = format!("{} {text}", last.1);
                }
            }
        }
    }
    (Some(summary), out)
}

/// `StructuredTool(…)`, `StructuredTool.from_function(…)`, `Tool(…)`.
fn structured(m: &mut M<'_>, class: &str, args: &Args, site: Site) -> Value {
    let (name, function) = match (class, args.pos.len()) {
        ("Tool", 2..) => (args.get(0, "name").cloned(), args.get(1, "func").cloned()),
        _ => (args.named("name").cloned(), args.get(0, "func").or(args.named("coroutine")).cloned()),
    };
    let name = name.map(|v| data(m, &v));
    let mut op = match function {
        Some(function) => function_tool_op(m, &function, name, args, class, site),
        None => function_tool_op(m, &Value::None, name, args, class, site),
    };
    // A plain `Tool` takes one text, whatever its function is.
    if let (OpKind::Tool(tool), "Tool", None) = (&op.kind, class, args.named("args_schema")) {
        let mut tool = tool.clone();
        tool.args_schema = json!({
            "type": "object",
            "properties": { "__arg1": { "title": "__arg1", "type": "string" } },
            "required": ["__arg1"],
        });
        if let Some(given) = args.get(2, "description").cloned() {
            tool.description = data(m, &given);
        }
        op = node(m, OpKind::Tool(tool), site);
    }
    if let OpKind::Tool(tool) = &op.kind
        && tool.class != class
    {
        // The function was a tool or runnable already.
        let mut tool = tool.clone();
        tool.class = class.to_owned();
        op = node(m, OpKind::Tool(tool), site);
    }
    push(m, op)
}

fn retriever_tool(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let name = args.get(1, "name").map_or(Data::Null, |v| data(m, v));
    let description = args.get(2, "description").map_or(Data::Null, |v| data(m, v));
    let tool = Tool {
        name,
        description,
        args_schema: json!({
            "type": "object",
            "properties": { "query": { "type": "string", "description": "query to look up in retriever" } },
            "required": ["query"],
        }),
        class: "StructuredTool".into(),
        code: None,
        return_direct: false,
    };
    make(m, OpKind::Tool(tool), site)
}

/// `runnable.as_tool(name=…, description=…, args_schema=…)`.
pub(super) fn from_runnable(m: &mut M<'_>, op: &Node, args: &Args, site: Site) -> Eval<Value> {
    let name = args.named("name").map_or(Data::Unknown("the name of a runnable".into()), |v| data(m, v));
    let description = args.named("description").map_or(Data::Null, |v| data(m, v));
    let schema = args.get(0, "args_schema").cloned().and_then(|v| schema_of(m, &v, site));
    let args_schema = match schema {
        Some(schema) => schema.json,
        None => inputs_of(op),
    };
    let tool = Tool {
        name,
        description,
        args_schema,
        class: "StructuredTool".into(),
        code: None,
        return_direct: false,
    };
    Ok(make(m, OpKind::Tool(tool), site))
}

/// The schema of what a chain reads: the variables of the prompt that it begins with.
fn inputs_of(op: &Node) -> Json {
    let first = match &op.kind {
        OpKind::Seq(steps) => steps.first(),
        _ => Some(op),
    };
    let variables = match first.map(|f| &f.kind) {
        Some(OpKind::Prompt(prompt)) => prompt.input_variables.as_slice(),
        _ => &[],
    };
    let properties: serde_json::Map<String, Json> =
        variables.iter().map(|v| (v.clone(), json!({ "type": "string" }))).collect();
    json!({ "type": "object", "properties": properties, "required": variables })
}

/// An instance of a class of the file that derives from `BaseTool`.
pub(super) fn instance_tool(m: &M<'_>, value: &Value, class: &Value) -> Node {
    let field = |name: &str| super::instances::field(m, value, class, name);
    let name = field("name").map_or(Data::Unknown("the name of a tool".into()), |v| data(m, &v));
    let description = field("description").map_or(Data::Str(String::new()), |v| data(m, &v));
    let schema = field("args_schema").and_then(|v| match m.object_of(&v) {
        Some(Object::Class(c)) => of_class(m, &v, &c.clone(), 1),
        _ => None,
    });
    let run = m.class_attr(class, "_run").or_else(|| m.class_attr(class, "_arun"));
    let args_schema = schema.or_else(|| {
        let (function, _) = function_of(m, run.as_ref()?)?;
        Some(of_function(m, &function, &[], true).0)
    });
    let site = match m.object_of(class) {
        Some(Object::Class(c)) => c.site,
        _ => Site::default(),
    };
    let tool = Tool {
        name,
        description,
        args_schema: args_schema.unwrap_or_else(|| json!({ "type": "object", "properties": {} })),
        class: m.class_name(class),
        code: run.as_ref().and_then(|r| code(m, r)),
        return_direct: matches!(field("return_direct"), Some(Value::Bool(true))),
    };
    std::sync::Arc::new(super::model::Op { kind: OpKind::Tool(tool), origin: origin(m, site) })
}

/// The tools of a list: tools, functions, classes and schemas.
pub(super) fn list(m: &mut M<'_>, value: &Value, site: Site) -> Vec<Node> {
    let known = value.assumed().unwrap_or_else(|| value.clone());
    let Some(items) = m.as_items(&known).filter(|_| !m.is_dirty(&known)) else {
        let reason = m.describe(value);
        m.host.lose(Effect::Structure, format!("the list of tools is not known: {reason}"), site);
        return vec![node(m, OpKind::Unknown(format!("a list of tools: {reason}")), site)];
    };
    items.iter().map(|item| one(m, item, site)).collect()
}

/// What LangChain makes of an element of a list of tools.
fn one(m: &mut M<'_>, value: &Value, site: Site) -> Node {
    if let Some(op) = op_of(m, value).or_else(|| super::instances::instance_op(m, value)) {
        return op;
    }
    if code(m, value).is_some() {
        return function_tool_op(m, value, None, &Args::default(), "function", site);
    }
    let is_schema = matches!(m.object_of(value), Some(Object::Class(_) | Object::Dict(..)));
    if is_schema && let Some(schema) = schema_of(m, value, site) {
        let mut json = schema.json;
        let mut description = json.as_object_mut().and_then(|o| o.remove("description"));
        let mut class = "schema".to_owned();
        if let Some(Object::Class(c)) = m.object_of(value) {
            class = c.name.to_string();
        }
        if let Some(found) = pairs(m, value) {
            let inner = found
                .iter()
                .find(|(k, _)| &**k == "function")
                .and_then(|(_, v)| pairs(m, v))
                .unwrap_or(found);
            description = inner
                .iter()
                .find(|(k, _)| &**k == "description")
                .and_then(|(_, v)| m.to_json(v, 0))
                .or(description);
        }
        let tool = Tool {
            name: Data::Str(schema.name),
            description: description
                .and_then(|d| d.as_str().map(|s| Data::Str(s.into())))
                .unwrap_or(Data::Str(String::new())),
            args_schema: json,
            class,
            code: None,
            return_direct: false,
        };
        return node(m, OpKind::Tool(tool), site);
    }
    let reason = m.describe(value);
    super::runnables::unknown(m, &format!("a tool: {reason}"), site)
}

/// `model.bind_tools(tools, …)`.
pub(super) fn bind_tools(m: &mut M<'_>, op: &Node, args: &Args, site: Site) -> Value {
    let given = args.get(0, "tools").or(args.named("functions")).cloned();
    let tools = match given {
        Some(given) => list(m, &given, site),
        None => Vec::new(),
    };
    let mut kwargs: Vec<(String, Data)> = super::data::kwargs(m, args);
    kwargs.retain(|(k, _)| k != "tools" && k != "functions");
    let bind = match &op.kind {
        OpKind::Bind(inner) => {
            let mut merged = inner.clone();
            merged.kwargs.extend(kwargs);
            merged.tools = tools;
            merged
        }
        _ => Bind { bound: op.clone(), kwargs, config: Vec::new(), tools, schema: None },
    };
    make(m, OpKind::Bind(bind), site)
}
