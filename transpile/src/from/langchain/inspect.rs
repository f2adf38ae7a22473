//! What the importer saw, as JSON.

use super::model::{
    Bind, Chain, Code, Configurable, Data, Embeddings, Inner, Lambda, LangChainFile, Message, Model, Node,
    Op, OpKind, Part, Prompt, PromptBody, Retriever, Tool,
};
use super::schema::unordered;
use serde_json::{Map, Value, json};

/// Deepest object that is printed in full.
const MAX_DEPTH: u32 = 60;

/// The JSON that `inspect` prints.
pub fn inspect(file: &LangChainFile) -> Value {
    let all = |nodes: &[Node]| nodes.iter().map(|n| op(n)).collect::<Vec<_>>();
    let inner = |list: &[Inner]| {
        let one = |i: &Inner| json!({ "function": i.function, "tree": op(&i.op), "line": i.op.origin.line });
        list.iter().map(one).collect::<Vec<_>>()
    };
    json!({
        "schema_version": 1,
        "objects": file.objects.iter().map(|o| json!({
            "name": o.name,
            "aliases": o.aliases,
            "tree": op(&o.op),
            "line": o.op.origin.line,
        })).collect::<Vec<_>>(),
        "inner_graphs": inner(&file.inner),
        "inner_chains": inner(&file.inner_chains),
        "prompts": all(&file.prompts),
        "models": all(&file.models),
        "tools": all(&file.tools),
        "losses": file.losses.iter().map(|l| json!({
            "effect": l.effect.name(),
            "message": l.message,
            "file": l.origin.file,
            "line": l.origin.line,
        })).collect::<Vec<_>>(),
    })
}

/// An object as JSON.
pub fn op(op: &Op) -> Value {
    tree(op, 0)
}

fn tree(op: &Op, depth: u32) -> Value {
    if depth > MAX_DEPTH {
        return json!({ "op": "unknown", "reason": "the object is nested too deeply" });
    }
    let inner = |n: &Node| tree(n, depth + 1);
    let list = |nodes: &[Node]| nodes.iter().map(|n| tree(n, depth + 1)).collect::<Vec<_>>();
    let named = |branches: &[(String, Node)]| -> Value {
        Value::Object(branches.iter().map(|(k, n)| (k.clone(), tree(n, depth + 1))).collect())
    };
    match &op.kind {
        OpKind::Prompt(prompt) => prompt_json(prompt),
        OpKind::Model(model) => model_json(model),
        OpKind::Parser(parser) => json!({ "op": "parser", "class": parser.class }),
        OpKind::Tool(tool) => tool_json(tool),
        OpKind::Lambda(lambda) => lambda_json(lambda),
        OpKind::Seq(steps) => json!({ "op": "seq", "steps": list(steps) }),
        OpKind::Parallel(branches) => json!({ "op": "parallel", "branches": named(branches) }),
        OpKind::Assign(branches) => json!({ "op": "assign", "branches": named(branches) }),
        OpKind::Pick { keys, single: false } => json!({ "op": "pick", "keys": keys }),
        OpKind::Pick { keys, single: true } => json!({ "op": "pick", "keys": keys.first() }),
        OpKind::Passthrough => json!({ "op": "passthrough" }),
        OpKind::Branch { cases, default } => json!({
            "op": "branch",
            "branches": cases.iter().map(|(test, then)| json!({ "if": inner(test), "then": inner(then) })).collect::<Vec<_>>(),
            "default": inner(default),
        }),
        OpKind::Fallbacks { primary, fallbacks, exception_key, exceptions } => json!({
            "op": "fallbacks",
            "primary": inner(primary),
            "fallbacks": list(fallbacks),
            "exception_key": data(exception_key),
            "exceptions": exceptions,
        }),
        OpKind::Retry { bound, max_attempts, jitter } => json!({
            "op": "retry",
            "max_attempts": data(max_attempts),
            "jitter": data(jitter),
            "bound": inner(bound),
        }),
        OpKind::Bind(bind) => bind_json(bind, &inner),
        OpKind::Map(bound) => json!({ "op": "map", "bound": inner(bound) }),
        OpKind::Configurable(c) => configurable_json(c, &inner),
        OpKind::History { bound, input_key, history_key, output_key } => json!({
            "op": "history",
            "input_key": data(input_key),
            "history_key": data(history_key),
            "output_key": data(output_key),
            "bound": inner(bound),
        }),
        OpKind::Retriever(retriever) => retriever_json(retriever, &inner),
        OpKind::Chain(chain) => chain_json(chain, &inner),
        OpKind::Executor(e) => json!({
            "op": "agent_executor",
            "agent_class": e.agent_class,
            "tools": list(&e.tools),
            "max_iterations": data(&e.max_iterations),
            "handle_parsing_errors": data(&e.handle_parsing_errors),
            "memory": e.memory,
            "agent": inner(&e.agent),
        }),
        OpKind::Graph(graph) => graph.to_json(&inner, &data),
        OpKind::ToolNode(tools) => json!({ "op": "toolnode", "tools": list(tools) }),
        OpKind::Opaque { class, args } => json!({ "op": "opaque", "class": class, "args": pairs(args) }),
        OpKind::Unknown(reason) => json!({ "op": "unknown", "reason": reason }),
    }
}

fn prompt_json(prompt: &Prompt) -> Value {
    let mut out = json!({
        "op": "prompt",
        "class": prompt.class,
        "input_variables": prompt.input_variables,
        "partial": prompt.partial.iter().map(|(n, _)| n).collect::<Vec<_>>(),
    });
    match &prompt.body {
        PromptBody::Text { template, format } => {
            out["template"] = template.as_str().into();
            out["format"] = format.name().into();
        }
        PromptBody::Messages(messages) => {
            out["messages"] = messages.iter().map(message_json).collect();
        }
        PromptBody::Library(library) => {
            out["library"] = library.as_str().into();
        }
        PromptBody::Unknown(reason) => {
            out["reason"] = reason.as_str().into();
        }
        PromptBody::FewShot(few) => {
            out["examples"] = data(&few.examples);
            out["prefix"] = json!(few.prefix);
            out["suffix"] = json!(few.suffix);
        }
    }
    out
}

fn message_json(message: &Message) -> Value {
    match message {
        Message::Template { role, template, format } => {
            json!({ "role": role, "template": template, "format": format.name() })
        }
        Message::Literal { role, content } => json!({ "role": role, "content": data(content) }),
        Message::Placeholder { variable, optional } => {
            json!({ "role": "placeholder", "variable": variable, "optional": optional })
        }
        Message::Nested(inner) => match &inner.kind {
            OpKind::Prompt(prompt) => json!({ "role": prompt.class }),
            _ => json!({ "role": "unknown" }),
        },
        Message::Parts { role, content, .. } => json!({ "role": role, "parts": data(content) }),
        Message::Unknown(reason) => json!({ "role": "unknown", "reason": reason }),
    }
}

fn model_json(model: &Model) -> Value {
    let mut out = json!({
        "op": "model",
        "class": model.class,
        "package": model.package,
        "llm_type": model.llm_type,
        "model": data(&model.model),
        "params": pairs(&model.params),
    });
    if let Some(url) = &model.base_url {
        out["base_url"] = data(url);
    }
    out
}

fn tool_json(tool: &Tool) -> Value {
    json!({
        "op": "tool",
        "name": data(&tool.name),
        "description": data(&tool.description),
        "args_schema": unordered(&tool.args_schema),
        "class": tool.class,
    })
}

fn lambda_json(lambda: &Lambda) -> Value {
    match lambda {
        Lambda::Function(Code { name, origin }) => {
            json!({ "op": "lambda", "function": name, "lines": origin.line })
        }
        Lambda::ItemGetter(keys) => {
            json!({ "op": "lambda", "itemgetter": keys.iter().map(data).collect::<Vec<_>>() })
        }
        Lambda::Named(name) => json!({ "op": "lambda", "function": name }),
    }
}

fn bind_json(bind: &Bind, inner: &dyn Fn(&Node) -> Value) -> Value {
    let mut out = json!({ "op": "bind", "bound": inner(&bind.bound), "kwargs": pairs(&bind.kwargs) });
    if !bind.config.is_empty() {
        out["config"] = pairs(&bind.config);
    }
    if !bind.tools.is_empty() {
        let name = |n: &Node| match &n.kind {
            OpKind::Tool(tool) => data(&tool.name),
            _ => Value::Null,
        };
        out["tools"] = bind.tools.iter().map(name).collect();
    }
    if let Some(schema) = &bind.schema {
        out["schema"] = json!({ "name": schema.name, "json": unordered(&schema.json) });
    }
    out
}

fn configurable_json(c: &Configurable, inner: &dyn Fn(&Node) -> Value) -> Value {
    match &c.which {
        None => {
            let fields: Map<String, Value> =
                c.fields.iter().map(|(k, v)| (k.clone(), v.as_str().into())).collect();
            json!({ "op": "configurable", "class": "RunnableConfigurableFields", "default": inner(&c.default), "fields": fields })
        }
        Some(which) => {
            let alternatives: Map<String, Value> =
                c.alternatives.iter().map(|(k, n)| (k.clone(), inner(n))).collect();
            json!({
                "op": "configurable",
                "class": "RunnableConfigurableAlternatives",
                "default": inner(&c.default),
                "alternatives": alternatives,
                "which": which,
            })
        }
    }
}

fn retriever_json(r: &Retriever, inner: &dyn Fn(&Node) -> Value) -> Value {
    let mut out = json!({ "op": "retriever", "class": r.class });
    if let Some(search_type) = &r.search_type {
        out["search_type"] = data(search_type);
        out["search_kwargs"] = data(&r.search_kwargs);
    }
    if let Some(store) = &r.store {
        out["vectorstore"] = store.as_str().into();
    }
    if let Some(Embeddings { class, model }) = &r.embeddings {
        out["embeddings"] = json!({ "class": class, "model": data(model) });
    }
    if !r.parts.is_empty() {
        let parts: Map<String, Value> = r.parts.iter().map(|(k, n)| (k.clone(), inner(n))).collect();
        out["parts"] = Value::Object(parts);
    }
    out
}

fn chain_json(chain: &Chain, inner: &dyn Fn(&Node) -> Value) -> Value {
    let part = |part: &Part| match part {
        Part::One(op) => inner(op),
        Part::Many(ops) => ops.iter().map(inner).collect(),
        Part::Named(ops) => Value::Object(ops.iter().map(|(k, op)| (k.clone(), inner(op))).collect()),
    };
    let parts: Map<String, Value> = chain.parts.iter().map(|(k, p)| (k.clone(), part(p))).collect();
    json!({
        "op": "chain",
        "class": chain.class,
        "input_keys": chain.input_keys,
        "output_keys": chain.output_keys,
        "memory": chain.memory,
        "parts": parts,
    })
}

/// Headers and options whose text is never shown.
const CREDENTIALS: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "x-api-key",
    "api-key",
    "api_key",
    "apikey",
    "access_token",
    "password",
];

fn pairs(items: &[(String, Data)]) -> Value {
    let shown = |(name, value): &(String, Data)| {
        let value = match data(value) {
            Value::String(_) if CREDENTIALS.contains(&name.to_lowercase().as_str()) => {
                json!({ "$secret": name })
            }
            other => other,
        };
        (name.clone(), value)
    };
    Value::Object(items.iter().map(shown).collect())
}

/// A value as JSON; what is not plain is an object with a `$` key.
pub fn data(value: &Data) -> Value {
    match value {
        Data::Null => Value::Null,
        Data::Bool(b) => (*b).into(),
        Data::Int(i) => (*i).into(),
        Data::Float(f) => json!(f),
        Data::Str(s) => s.as_str().into(),
        Data::List(items) => items.iter().map(data).collect(),
        Data::Dict(items) => pairs(items),
        Data::Env(_, Some(default)) => data(default),
        Data::Env(name, None) => json!({ "$env": name }),
        Data::Type(name) => json!({ "$type": name }),
        Data::Function(code) => json!({ "$function": code.name }),
        Data::Op(node) => op(node),
        Data::Unknown(reason) => json!({ "$unknown": reason }),
    }
}
