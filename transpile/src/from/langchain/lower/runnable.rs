//! The expression language as steps.

use super::value::{self, Code, Sent, Value};
use super::{Body, Step, agent, legacy, prompt, provider, records, tools};
use crate::from::langchain::model::{Bind, Data, Effect, Lambda, Node, OpKind, Origin, Retriever, Schema};
use crate::from::lower::text::string;
use crate::from::lower::{Fate, names};

/// A runnable applied to a value: adds steps and gives the result.
pub(super) fn lower(body: &mut Body<'_, '_>, op: &Node, input: Value) -> Value {
    let origin = &op.origin;
    match &op.kind {
        OpKind::Seq(steps) => sequence(body, steps, input, None),
        OpKind::Prompt(p) => prompt::lower(body, p, op, &input),
        OpKind::Model(_)
        | OpKind::Bind(_)
        | OpKind::Fallbacks { .. }
        | OpKind::Configurable(_)
        | OpKind::Retry { .. } => sequence(body, std::slice::from_ref(op), input, None),
        OpKind::Parser(parser) => {
            tools::lost(body, &format!("`{}` does not follow a model", parser.class), origin)
        }
        OpKind::Passthrough => input,
        OpKind::Lambda(lambda) => lambda_value(body, lambda, &input, origin),
        OpKind::Parallel(branches) => {
            let done = branches.iter().map(|(k, b)| (k.clone(), named(body, b, input.clone(), k))).collect();
            Value::Dict(done, None)
        }
        OpKind::Assign(branches) => {
            let done = branches.iter().map(|(k, b)| (k.clone(), named(body, b, input.clone(), k))).collect();
            Value::Dict(done, Some(Box::new(input)))
        }
        OpKind::Pick { keys, single: true } => {
            let key = keys.first().cloned().unwrap_or_default();
            value::key(body, &input, &key, "string", origin)
        }
        OpKind::Pick { keys, single: false } => {
            let picked =
                keys.iter().map(|k| (k.clone(), value::key(body, &input, k, "string", origin))).collect();
            Value::Dict(picked, None)
        }
        OpKind::Branch { cases, default } => branch(body, cases, default, &input, origin),
        OpKind::Map(bound) => map(body, bound, &input, origin),
        OpKind::History { bound, input_key, history_key, .. } => {
            history(body, bound, input_key, history_key, origin)
        }
        OpKind::Retriever(retriever) => search(body, retriever, &input, origin),
        OpKind::Chain(chain) => legacy::lower(body, chain, op, &input),
        OpKind::Executor(executor) => agent::of_executor(body, executor, op),
        OpKind::Graph(graph) => match agent::of_graph(body, graph, op) {
            Some(value) => value,
            None => tools::lost(body, "a graph of this form is not carried over", origin),
        },
        OpKind::Tool(_) | OpKind::ToolNode(_) => {
            tools::lost(body, "a tool as a step is not carried over", origin)
        }
        OpKind::Opaque { class, .. } => tools::lost(body, &format!("`{class}` is not carried over"), origin),
        OpKind::Unknown(reason) => tools::lost(body, &format!("not known: {reason}"), origin),
    }
}

/// The name of the input, where the whole of it is one text: a retriever or model reads it as it is.
pub(super) fn text_input(op: &Node) -> Option<String> {
    match &op.kind {
        OpKind::Retriever(_) => Some("question".into()),
        OpKind::Model(_) => Some("input".into()),
        OpKind::Seq(steps) => text_input(steps.first()?),
        OpKind::Bind(bind) => text_input(&bind.bound),
        OpKind::Retry { bound, .. } => text_input(bound),
        OpKind::Fallbacks { primary, .. } => text_input(primary),
        OpKind::Parallel(branches) => {
            let found = branches.iter().find_map(|(_, b)| text_input(b))?;
            let whole = branches.iter().find(|(_, b)| matches!(b.kind, OpKind::Passthrough));
            Some(whole.map_or(found, |(name, _)| name.clone()))
        }
        _ => None,
    }
}

/// A runnable whose last step gets a name of its own.
fn named(body: &mut Body<'_, '_>, op: &Node, input: Value, hint: &str) -> Value {
    match &op.kind {
        OpKind::Seq(steps) => sequence(body, steps, input, Some(hint)),
        OpKind::Model(_) | OpKind::Fallbacks { .. } | OpKind::Bind(_) => {
            sequence(body, std::slice::from_ref(op), input, Some(hint))
        }
        _ => lower(body, op, input),
    }
}

/// Runnables one after the other. A model looks ahead: what parses its answer decides what is asked for.
pub(super) fn sequence(body: &mut Body<'_, '_>, steps: &[Node], input: Value, hint: Option<&str>) -> Value {
    let mut at = input;
    let mut index = 0;
    while let Some(op) = steps.get(index) {
        let rest = steps.get(index + 1..).unwrap_or_default();
        match call_of(op) {
            Some(call) => {
                let (value, used) = ask(body, &call, op, &at, rest, hint);
                at = value;
                index += used;
            }
            None => at = without_call(body, op, at, hint),
        }
        index += 1;
    }
    at
}

fn without_call(body: &mut Body<'_, '_>, op: &Node, at: Value, hint: Option<&str>) -> Value {
    match &op.kind {
        OpKind::Bind(bind) => {
            let names: Vec<&str> =
                bind.config.iter().map(|(k, _)| k.as_str()).filter(|k| *k != "run_name").collect();
            if !names.is_empty() {
                let message = format!("the configuration {} is left out", names.join(", "));
                body.shared.note(Fate::Approximated, Effect::Setting, message, &op.origin);
            }
            if !bind.kwargs.is_empty() {
                body.shared.note(
                    Fate::Lost,
                    Effect::Setting,
                    "arguments bound to a runnable are left out",
                    &op.origin,
                );
            }
            match hint {
                Some(hint) => named(body, &bind.bound, at, hint),
                None => lower(body, &bind.bound, at),
            }
        }
        OpKind::Retry { bound, max_attempts, .. } => retry(body, bound, max_attempts, at, &op.origin),
        OpKind::Fallbacks { primary, .. } => {
            let message = "fallbacks between whole chains are left out: the first is used";
            body.shared.note(Fate::Lost, Effect::Structure, message, &op.origin);
            lower(body, primary, at)
        }
        OpKind::Configurable(c) => {
            body.shared.note(
                Fate::Lost,
                Effect::Setting,
                "a configurable chain is its default here",
                &op.origin,
            );
            lower(body, &c.default, at)
        }
        OpKind::Model(model) => {
            let message = format!("`{}` is a model that the runtime has not", model.class);
            tools::lost(body, &message, &op.origin)
        }
        _ => lower(body, op, at),
    }
}

/// A call of a model: the model, what is bound to it, and how often it is tried.
struct Call {
    model: Node,
    bind: Option<Bind>,
    attempts: Option<Data>,
}

/// The call behind a model with bindings, retries and fallbacks around it.
fn call_of(op: &Node) -> Option<Call> {
    match &op.kind {
        OpKind::Model(_) => Some(Call { model: op.clone(), bind: None, attempts: None }),
        OpKind::Configurable(c) => call_of(&c.default).map(|call| Call { model: op.clone(), ..call }),
        OpKind::Fallbacks { primary, fallbacks, .. } => {
            let plain = std::iter::once(primary).chain(fallbacks).all(|m| matches!(m.kind, OpKind::Model(_)));
            plain.then(|| Call { model: op.clone(), bind: None, attempts: None })
        }
        OpKind::Bind(bind) => {
            let inner = call_of(&bind.bound)?;
            inner.bind.is_none().then(|| Call { bind: Some(bind.clone()), ..inner })
        }
        OpKind::Retry { bound, max_attempts, .. } => {
            let inner = call_of(bound)?;
            Some(Call { attempts: Some(max_attempts.clone()), ..inner })
        }
        _ => None,
    }
}

/// What is asked for, and how many of the following runnables that takes in.
struct Asked {
    ty: String,
    args: Vec<String>,
    used: usize,
    /// What the answer becomes.
    then: Box<dyn Fn(&str) -> String>,
    result: String,
}

/// How a model is asked for a structured answer: a member of `AskOutput`.
pub(in crate::from::langchain) fn output_mode(bind: &Bind, schema: &Schema) -> &'static str {
    let bound = |name: &str| bind.kwargs.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    match (bound("response_format"), bound("tool_choice")) {
        (Some(Data::Dict(_)), _) => "json_mode",
        (_, Some(_)) => "tool",
        _ if schema.strict => "strict",
        _ => "json_schema",
    }
}

fn asked(body: &mut Body<'_, '_>, bind: Option<&Bind>, rest: &[Node], origin: &Origin) -> Asked {
    let plain = |ty: &str, used: usize| Asked {
        ty: ty.into(),
        args: Vec::new(),
        used,
        then: Box::new(str::to_owned),
        result: ty.into(),
    };
    let has_tools = bind.is_some_and(|b| !b.tools.is_empty());
    if let Some(schema) = bind.and_then(|b| b.schema.as_ref()) {
        let used = usize::from(!rest.is_empty());
        let ty = records::of(body, schema, origin);
        let mode = bind.map_or("json_schema", |bind| output_mode(bind, schema));
        let args = vec![format!("output: AskOutput.{mode}")];
        // The library sends no schema in JSON mode; what comes back is checked here.
        if mode == "json_mode" && ty != "json" {
            let result = ty.clone();
            let then = Box::new(move |step: &str| format!("decode<{ty}>({step})"));
            return Asked { args, then, result, ..plain("json", used) };
        }
        return Asked { args, ..plain(&ty, used) };
    }
    let Some(OpKind::Parser(parser)) = rest.first().map(|op| &op.kind) else {
        return if has_tools { plain("Message", 0) } else { plain("string", 0) };
    };
    match parser.class.as_str() {
        "StrOutputParser" => plain("string", 1),
        "JsonOutputParser" => Asked { args: vec!["output: AskOutput.text".into()], ..plain("json", 1) },
        "PydanticOutputParser" => match &parser.schema {
            Some(schema) => {
                let ty = records::of(body, schema, origin);
                Asked { args: vec!["output: AskOutput.text".into()], ..plain(&ty, 1) }
            }
            None => plain("json", 1),
        },
        "CommaSeparatedListOutputParser" => Asked {
            then: Box::new(|step| format!("[trim(part) for part in split({step}, \",\")]")),
            result: "list<string>".into(),
            ..plain("string", 1)
        },
        other => {
            let message = format!("the answer is not parsed by `{other}`");
            body.shared.note(Fate::Lost, Effect::Body, message, origin);
            if has_tools { plain("Message", 1) } else { plain("string", 1) }
        }
    }
}

fn ask(
    body: &mut Body<'_, '_>,
    call: &Call,
    op: &Node,
    at: &Value,
    rest: &[Node],
    hint: Option<&str>,
) -> (Value, usize) {
    let origin = &op.origin;
    let asked = asked(body, call.bind.as_ref(), rest, origin);
    let Some(model) = provider::of(body, &call.model) else {
        let class = crate::from::langchain::models::model_of(&call.model)
            .map(|m| m.class.clone())
            .unwrap_or_default();
        let message = format!("the runtime has no vendor for `{class}`: choose a provider");
        body.shared.note(Fate::Lost, Effect::Setting, message.clone(), origin);
        let step = body.step(hint.unwrap_or("reply"), value::hole(&asked.ty, &message).code, origin);
        return (Value::Code(Code::new((asked.then)(&step), asked.result)), asked.used);
    };
    let sent = sent(body, at, origin);
    let mut args = vec![format!("model: {model}")];
    args.extend(sent.system.map(|s| format!("system: {s}")));
    args.extend(sent.messages.map(|m| format!("messages: {m}")));
    args.extend(sent.prompt.map(|p| format!("prompt: {p}")));
    args.extend(asked.args);
    if let Some(bind) = &call.bind {
        bound_args(body, bind, origin, &mut args);
    }
    if provider::streams(&call.model) {
        args.push("stream: true".to_owned());
    }
    let ty = if asked.ty == "string" { String::new() } else { format!("<{}>", asked.ty) };
    let inline = format!("ask{ty}({})", args.join(", "));
    let text = if inline.len() > 90 {
        format!("ask{ty}(\n{}  )", args.iter().map(|a| format!("    {a},\n")).collect::<String>())
    } else {
        inline
    };
    let step = body.step(hint.unwrap_or("reply"), text, origin);
    match (&call.attempts, provider::client_retry(&call.model)) {
        (Some(attempts), _) => retry_clause(body, attempts, origin),
        (None, client) => {
            body.steps.last_mut().into_iter().for_each(|step| step.clauses.extend(client.clone()))
        }
    }
    (Value::Code(Code::new((asked.then)(&step), asked.result)), asked.used)
}

/// What a value is when it is sent to a model.
fn sent(body: &mut Body<'_, '_>, at: &Value, origin: &Origin) -> Sent {
    match at {
        Value::Prompt(sent) => sent.clone(),
        Value::Inputs => Sent { prompt: Some(body.input("input", "string")), ..Sent::default() },
        Value::Code(code) if code.ty == "list<Message>" => {
            Sent { messages: Some(code.code.clone()), ..Sent::default() }
        }
        other => {
            let code = value::code(body, other, origin);
            let prompt = if code.ty == "string" { code.code } else { format!("\"${{{}}}\"", code.code) };
            Sent { prompt: Some(prompt), ..Sent::default() }
        }
    }
}

fn bound_args(body: &mut Body<'_, '_>, bind: &Bind, origin: &Origin, args: &mut Vec<String>) {
    if !bind.tools.is_empty() {
        let names = tools::list(body, &bind.tools, origin);
        args.push(format!("tools: [{}]", names.join(", ")));
    }
    for (key, value) in &bind.kwargs {
        let known =
            matches!(key.as_str(), "stop" | "temperature" | "max_tokens" | "seed" | "parallel_tool_calls");
        match (known, provider::argument(value), bind.schema.is_some()) {
            (true, Some(code), _) => args.push(format!("{key}: {code}")),
            (_, Some(code), false) if key == "tool_choice" => args.push(format!("tool_choice: {code}")),
            (_, _, true) if matches!(key.as_str(), "response_format" | "tool_choice" | "format") => {}
            _ => body.shared.note(
                Fate::Lost,
                Effect::Setting,
                format!("the bound argument `{key}` is left out"),
                origin,
            ),
        }
    }
    let config: Vec<&str> =
        bind.config.iter().map(|(k, _)| k.as_str()).filter(|k| *k != "run_name").collect();
    if !config.is_empty() {
        let message = format!("the configuration {} is left out", config.join(", "));
        body.shared.note(Fate::Approximated, Effect::Setting, message, origin);
    }
}

fn retry_clause(body: &mut Body<'_, '_>, attempts: &Data, origin: &Origin) {
    let Data::Int(attempts) = attempts else {
        body.shared.note(Fate::Lost, Effect::Setting, "the number of attempts is not known", origin);
        return;
    };
    body.steps.last_mut().into_iter().for_each(|step| try_again(step, *attempts));
}

/// A step has one `retry`: that of the chain stands for the client's own.
fn try_again(step: &mut Step, attempts: i64) {
    step.clauses.retain(|clause| !clause.starts_with("retry "));
    step.clauses
        .push(format!("retry {} on [any] {{ backoff: exponential(1s) }}", attempts.saturating_sub(1).max(0)));
}

/// `.with_retry(…)` around a chain.
fn retry(body: &mut Body<'_, '_>, bound: &Node, attempts: &Data, at: Value, origin: &Origin) -> Value {
    let before = body.steps.len();
    let value = lower(body, bound, at);
    match body.steps.len() - before {
        0 => {}
        1 => retry_clause(body, attempts, origin),
        n => {
            let message = format!("the {n} steps of the chain are tried again one by one, not as a whole");
            body.shared.note(Fate::Approximated, Effect::Structure, message, origin);
            let Data::Int(attempts) = attempts else { return value };
            body.steps.iter_mut().skip(before).for_each(|step| try_again(step, *attempts));
        }
    }
    value
}

fn lambda_value(body: &mut Body<'_, '_>, lambda: &Lambda, input: &Value, origin: &Origin) -> Value {
    match lambda {
        Lambda::Function(code) => tools::call_function(body, code, input, origin),
        Lambda::ItemGetter(keys) => match keys.as_slice() {
            [Data::Str(key)] => value::key(body, input, key, "string", origin),
            _ => tools::lost(body, "`itemgetter` of several keys is not carried over", origin),
        },
        Lambda::Named(name) if name == "format_docs" => match input {
            Value::Dict(..) | Value::Inputs => {
                let found = value::key(body, input, "context", "string", origin);
                match found {
                    Value::Found(found) => Value::Code(Code::new(
                        format!("join([d.text for d in {found}], \"\\n\\n\")"),
                        "string",
                    )),
                    other => other,
                }
            }
            other => other.clone(),
        },
        Lambda::Named(name) => {
            tools::lost(body, &format!("the function `{name}` is not carried over"), origin)
        }
    }
}

/// A runnable as one call that stands inside another step: its own chain where it needs several steps.
fn as_call(body: &mut Body<'_, '_>, op: &Node, input: &Value, hint: &str, origin: &Origin) -> Code {
    let outer = std::mem::take(&mut body.steps);
    let result = named(body, op, input.clone(), hint);
    let result = value::code(body, &result, origin);
    let steps = std::mem::replace(&mut body.steps, outer);
    match steps.as_slice() {
        [] => result,
        [only] if only.name == result.code && only.clauses.is_empty() => {
            Code::new(only.call.clone(), result.ty)
        }
        steps => {
            // Every name of the outside that the steps may read becomes a parameter.
            let mut reads: Vec<(String, String)> = Vec::new();
            let text: String = steps.iter().map(|s| super::step_text(s, 2)).collect();
            let mentions = |name: &str| {
                format!("{text}{}", result.code)
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .any(|word| word == name)
            };
            reads.extend(body.inputs.iter().filter(|(n, _)| mentions(n)).cloned());
            collect(input, &mut |code| {
                if names::identifier(&code.code) == code.code
                    && mentions(&code.code)
                    && !reads.iter().any(|(n, _)| *n == code.code)
                {
                    reads.push((code.code.clone(), code.ty.clone()));
                }
            });
            let params: Vec<String> = reads.iter().map(|(n, ty)| format!("{n}: {ty}")).collect();
            let args: Vec<String> = reads.iter().map(|(n, _)| format!("{n}: {n}")).collect();
            let chain =
                format!("({}) -> {} {{\n{text}  return {}\n}}", params.join(", "), result.ty, result.code);
            let name =
                body.shared.declare(format!("chain {chain}"), hint, |name| format!("chain {name}{chain}"));
            Code::new(format!("{name}({})", args.join(", ")), result.ty)
        }
    }
}

/// The expressions inside a value.
fn collect(value: &Value, f: &mut dyn FnMut(&Code)) {
    match value {
        Value::Code(code) => f(code),
        Value::Dict(items, base) => {
            items.iter().for_each(|(_, v)| collect(v, f));
            if let Some(base) = base {
                collect(base, f);
            }
        }
        Value::Found(found) => f(&Code::new(found.clone(), "list<Hit>")),
        Value::Inputs | Value::Prompt(_) => {}
    }
}

fn branch(
    body: &mut Body<'_, '_>,
    cases: &[(Node, Node)],
    default: &Node,
    input: &Value,
    origin: &Origin,
) -> Value {
    let mut text = String::new();
    let mut ty: Option<String> = None;
    for (index, (test, then)) in cases.iter().enumerate() {
        let condition = lower(body, test, input.clone());
        let condition = value::code(body, &condition, origin);
        let condition = match condition.ty.as_str() {
            "bool" => condition.code,
            "json" => format!("decode<bool>({})", condition.code),
            _ => format!("len({}) > 0", condition.code),
        };
        let arm = as_call(body, then, input, &format!("branch_{}", index + 1), origin);
        text.push_str(&format!("if {condition} then {}\n    else ", arm.code));
        ty = agree(ty, &arm.ty);
    }
    let arm = as_call(body, default, input, "otherwise", origin);
    text.push_str(&arm.code);
    let ty = agree(ty, &arm.ty).unwrap_or_else(|| "json".into());
    let step = body.step("answer", text, origin);
    Value::Code(Code::new(step, ty))
}

fn agree(a: Option<String>, b: &str) -> Option<String> {
    match a {
        Some(a) if a != b => Some("json".into()),
        _ => Some(b.to_owned()),
    }
}

/// `.map()`: one call an element.
fn map(body: &mut Body<'_, '_>, bound: &Node, input: &Value, origin: &Origin) -> Value {
    let list = match input {
        Value::Inputs => {
            let name = body.input("items", "list<string>");
            Code::new(name, "list<string>")
        }
        other => value::code(body, other, origin),
    };
    let element =
        list.ty.strip_prefix("list<").and_then(|t| t.strip_suffix('>')).unwrap_or("json").to_owned();
    let call = as_call(body, bound, &Value::Code(Code::new("item", element)), "one", origin);
    let step = body.step("each", format!("for item in {} {{ {} }}", list.code, call.code), origin);
    Value::Code(Code::new(step, format!("list<{}>", call.ty)))
}

/// `RunnableWithMessageHistory`: read, ask, append.
fn history(
    body: &mut Body<'_, '_>,
    bound: &Node,
    input_key: &Data,
    history_key: &Data,
    origin: &Origin,
) -> Value {
    let log = body.shared.declare("memory history".into(), "history", |name| {
        format!("memory {name} = chat.log(path: \".rustchain/memory/{name}\")")
    });
    let session = body.input("session_id", "string");
    let said_key = input_key.as_str().unwrap_or("input").to_owned();
    let said = body.input(&said_key, "string");
    let past = body.step("past", format!("chat.read(log: {log}, key: {session})"), origin);
    let past = Value::Code(Code::new(past, "list<Message>"));
    let at = match history_key.as_str() {
        Some(key) => Value::Dict(vec![(key.to_owned(), past)], Some(Box::new(Value::Inputs))),
        None => {
            body.shared.note(Fate::Lost, Effect::Setting, "the history has no key of the prompt", origin);
            Value::Inputs
        }
    };
    let reply = lower(body, bound, at);
    let reply = value::code(body, &reply, origin);
    let content = match reply.ty.as_str() {
        "Message" => format!("{}.content", reply.code),
        _ => reply.code.clone(),
    };
    let call = format!(
        "chat.append(\n    log: {log},\n    key: {session},\n    messages: [\n      Message {{ role: Role.user, content: {said} }},\n      Message {{ role: Role.assistant, content: {content} }},\n    ],\n  )"
    );
    body.step("kept", call, origin);
    Value::Code(reply)
}

/// A retriever of a store: a search.
fn search(body: &mut Body<'_, '_>, retriever: &Retriever, input: &Value, origin: &Origin) -> Value {
    let (Some(store), Some(embeddings)) = (&retriever.store, &retriever.embeddings) else {
        return tools::lost(
            body,
            &format!("the retriever `{}` is not carried over", retriever.class),
            origin,
        );
    };
    let vendor = match embeddings.class.as_str() {
        "OpenAIEmbeddings" => "openai",
        "OllamaEmbeddings" => "ollama",
        other => {
            return tools::lost(
                body,
                &format!("the embeddings `{other}` are none that the runtime has"),
                origin,
            );
        }
    };
    let Some(model) = embeddings.model.as_str() else {
        return tools::lost(body, "the model of the embeddings is not known", origin);
    };
    let call = format!("{vendor}({})", string(model));
    let embed = body.shared.declare(call.clone(), "embeddings", |name| format!("provider {name} = {call}"));
    let memory = body.shared.declare(format!("memory {store} {embed}"), "store", |name| {
        format!("memory {name} = vector(path: \".rustchain/memory/{name}\", embed: {embed})")
    });
    let message =
        format!("the documents of `{store}` are not carried over: fill the memory `{memory}` before the run");
    body.shared.note(Fate::Approximated, Effect::Body, message, origin);
    if retriever.search_type.as_ref().and_then(Data::as_str).is_some_and(|t| t != "similarity") {
        body.shared.note(Fate::Approximated, Effect::Setting, "the search is by similarity here", origin);
    }
    let k = match &retriever.search_kwargs {
        Data::Dict(items) => items.iter().find(|(k, _)| k == "k").and_then(|(_, v)| provider::argument(v)),
        _ => None,
    };
    let k = k.unwrap_or_else(|| "4".into());
    let query = match input {
        Value::Inputs => Code::new(body.input("question", "string"), "string"),
        other => value::code(body, other, origin),
    };
    let step =
        body.step("found", format!("memory.search(store: {memory}, query: {}, k: {k})", query.code), origin);
    Value::Found(step)
}
