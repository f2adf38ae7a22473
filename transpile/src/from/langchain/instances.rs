//! Instances of classes of the file that derive from the libraries' classes: own tools, models, retrievers, parsers.

use super::data::data;
use super::model::{
    Chain, Data, Model, Node, Op, OpKind, Parser, Part, Prompt, PromptBody, Retriever, TemplateFormat,
};
use super::models::MODEL_FIELDS;
use super::runnables::held;
use super::state::{M, origin};
use super::{names, parsers, providers, tools};
use crate::python::{Object, Site, SymbolKind, Value};
use std::sync::Arc;

/// Bases of models that are written by hand.
const MODEL_BASES: &[&str] = &["LLM", "BaseLLM", "BaseChatModel", "SimpleChatModel", "BaseLanguageModel"];
/// Bases of prompts that are written by hand.
const PROMPT_BASES: &[&str] = &["StringPromptTemplate", "BasePromptTemplate", "BaseChatPromptTemplate"];
/// Attributes of a model that are parameters of its requests.
const PARAMETERS: &[&str] =
    &["temperature", "max_tokens", "top_p", "top_k", "stop", "seed", "frequency_penalty", "presence_penalty"];

/// What an instance of a class of the file is to LangChain; the same object as long as nothing of it changes.
pub(super) fn instance_op(m: &M<'_>, value: &Value) -> Option<Node> {
    let Value::Obj(id) = value else { return None };
    let class = m.class_of(value).filter(|class| matches!(class, Value::Obj(_)))?;
    let path = m.external_base(&class)?;
    let base = names::parse(&path)?.name;
    let made = match base {
        "BaseTool" | "StructuredTool" | "Tool" => tools::instance_tool(m, value, &class),
        _ => {
            let kind = kind_of(m, value, &class, base)?;
            let site = match m.object_of(&class) {
                Some(Object::Class(class)) => class.site,
                _ => Site::default(),
            };
            Arc::new(Op { kind, origin: origin(m, site) })
        }
    };
    let mut known = m.host.instances.borrow_mut();
    if let Some(old) = known.get(id)
        && super::inspect::op(old) == super::inspect::op(&made)
    {
        return Some(old.clone());
    }
    known.insert(*id, made.clone());
    Some(made)
}

fn kind_of(m: &M<'_>, value: &Value, class: &Value, base: &str) -> Option<OpKind> {
    let name = m.class_name(class);
    Some(match base {
        _ if MODEL_BASES.contains(&base) || providers::is_model_class(base) => {
            OpKind::Model(model(m, value, class, name, base))
        }
        _ if PROMPT_BASES.contains(&base) => OpKind::Prompt(prompt(m, value, class, name)),
        _ if base.ends_with("Retriever") => OpKind::Retriever(Retriever {
            class: name,
            search_type: None,
            search_kwargs: Data::Null,
            store: None,
            embeddings: None,
            parts: parts(m, value),
        }),
        _ if parsers::is_parser(base) => {
            OpKind::Parser(Parser { class: name, schema: None, args: settings(m, value) })
        }
        _ if base.ends_with("Chain") => OpKind::Chain(Chain {
            class: name,
            input_keys: Vec::new(),
            output_keys: Vec::new(),
            memory: None,
            parts: parts(m, value).into_iter().map(|(name, op)| (name, Part::One(op))).collect(),
            settings: settings(m, value),
        }),
        "Runnable" | "RunnableSerializable" => OpKind::Opaque { class: name, args: settings(m, value) },
        _ => return None,
    })
}

/// An attribute of the instance, or of its class.
pub(super) fn field(m: &M<'_>, value: &Value, class: &Value, name: &str) -> Option<Value> {
    m.plain_attr(value, name).or_else(|| m.class_attr(class, name)).map(default_of)
}

/// What Pydantic's `Field("a")` stands for, where it has a default.
fn default_of(value: Value) -> Value {
    let Value::Symbol(symbol) = &value else { return value };
    match &symbol.kind {
        SymbolKind::Call(path, args) if names::last(path) == "Field" => match args.get(0, "default") {
            Some(default) if !matches!(default, Value::Ellipsis) => default.clone(),
            _ => value,
        },
        _ => value,
    }
}

/// The attributes of the instance itself.
fn attributes(m: &M<'_>, value: &Value) -> Vec<(String, Value)> {
    match m.object_of(value) {
        Some(Object::Instance(_, attributes)) => attributes
            .iter()
            .filter_map(|(name, value)| Some((name.as_str()?.to_owned(), value.clone())))
            .collect(),
        _ => Vec::new(),
    }
}

/// The attributes that are objects of the libraries, or the file's own of them.
fn parts(m: &M<'_>, value: &Value) -> Vec<(String, Node)> {
    let is_native = |v: &Value| matches!(v, Value::Native(_));
    let own = attributes(m, value).into_iter().filter(|(_, v)| is_native(v));
    own.filter_map(|(name, v)| Some((name, held(m, &v)?))).collect()
}

/// The attributes that are plain.
fn settings(m: &M<'_>, value: &Value) -> Vec<(String, Data)> {
    let plain = attributes(m, value).into_iter().filter(|(_, v)| !matches!(v, Value::Obj(_)));
    plain.map(|(name, v)| (name, data(m, &v))).collect()
}

fn model(m: &M<'_>, value: &Value, class: &Value, name: String, base: &str) -> Model {
    let provider = providers::of_class(base);
    let given = MODEL_FIELDS.iter().find_map(|f| field(m, value, class, f));
    let default = provider.and_then(|p| p.default_model).map_or(Data::Null, |d| Data::Str(d.into()));
    let own = attributes(m, value).into_iter().filter(|(n, _)| PARAMETERS.contains(&n.as_str()));
    Model {
        class: name,
        package: String::new(),
        llm_type: provider.map(|p| p.llm_type),
        model: given.map_or(default, |v| data(m, &v)),
        params: own.map(|(n, v)| (n, data(m, &v))).collect(),
        base_url: field(m, value, class, "base_url").map(|v| data(m, &v)),
    }
}

fn prompt(m: &M<'_>, value: &Value, class: &Value, name: String) -> Prompt {
    let template = field(m, value, class, "template").and_then(|v| m.text(&v)).unwrap_or_default();
    let given = field(m, value, class, "input_variables");
    Prompt {
        class: name,
        input_variables: super::data::texts(m, given.as_ref()).unwrap_or_default(),
        partial: Vec::new(),
        body: PromptBody::Text { template, format: TemplateFormat::FString },
    }
}
