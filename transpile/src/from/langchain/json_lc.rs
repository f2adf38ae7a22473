//! The JSON of `dumps()`: `{"lc": 1, "type": …, "id": […], "kwargs": {…}}`.
//!
//! Nothing is imported or constructed. A node that LangChain could not write down is a located hole; the rest is kept.

use super::model::{
    Bind, Chain, Configurable, Data, Effect, Lambda, LangChainFile, Loss, Message, Model, Named, Node, Op,
    OpKind, Origin, Parser, Part, Prompt, PromptBody, TemplateFormat, Tool,
};
use super::providers;
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// Deepest object that is read.
const MAX_DEPTH: u32 = 100;

/// Reads what `dumps()` wrote.
pub(super) fn read(path: &str, json: &Json) -> LangChainFile {
    let mut reader = Reader { file: path, losses: Vec::new() };
    let op = reader.op(json, "$", 0);
    let name = super::json::stem(path);
    let mut file = LangChainFile {
        objects: vec![Named { name, aliases: Vec::new(), op }],
        losses: reader.losses,
        ..LangChainFile::default()
    };
    super::finish::inventory(&mut file, std::iter::empty());
    file
}

struct Reader<'p> {
    file: &'p str,
    losses: Vec<Loss>,
}

impl Reader<'_> {
    fn origin(&self) -> Origin {
        Origin { file: self.file.to_owned(), line: 1, ..Origin::default() }
    }

    fn make(&self, kind: OpKind) -> Node {
        Arc::new(Op { kind, origin: self.origin() })
    }

    fn lose(&mut self, effect: Effect, message: String) {
        if self.losses.len() < 1_000 {
            let origin = self.origin();
            self.losses.push(Loss { effect, message, origin });
        }
    }

    fn hole(&mut self, at: &str, what: &str) -> Node {
        self.lose(Effect::Structure, format!("{at}: {what}"));
        self.make(OpKind::Unknown(what.to_owned()))
    }

    fn op(&mut self, json: &Json, at: &str, depth: u32) -> Node {
        if depth > MAX_DEPTH {
            return self.hole(at, "an object that is nested too deeply");
        }
        let Some(map) = json.as_object() else { return self.hole(at, "no object where one is expected") };
        let class = class_of(map);
        match map.get("type").and_then(Json::as_str) {
            Some("constructor") => {}
            Some("not_implemented") => {
                let shown = map.get("repr").and_then(Json::as_str).unwrap_or(&class);
                let short: String = shown.chars().take(120).collect();
                return self.hole(at, &format!("LangChain did not write down `{class}` ({short})"));
            }
            Some("secret") => return self.hole(at, "a secret where an object is expected"),
            other => {
                let shown = other.unwrap_or("nothing");
                return self.hole(at, &format!("`{shown}` is no type of node"));
            }
        }
        let empty = Map::new();
        let kwargs = map.get("kwargs").and_then(Json::as_object).unwrap_or(&empty);
        let at = &format!("{at}.kwargs");
        let kind = self.constructor(&class, map, kwargs, at, depth);
        self.make(kind)
    }

    fn field(&mut self, kwargs: &Map<String, Json>, name: &str, at: &str, depth: u32) -> Node {
        match kwargs.get(name) {
            Some(json) => self.op(json, &format!("{at}.{name}"), depth + 1),
            None => self.hole(at, &format!("`{name}` is missing")),
        }
    }

    fn list(&mut self, kwargs: &Map<String, Json>, name: &str, at: &str, depth: u32) -> Vec<Node> {
        let items = kwargs.get(name).and_then(Json::as_array).cloned().unwrap_or_default();
        items.iter().enumerate().map(|(i, j)| self.op(j, &format!("{at}.{name}[{i}]"), depth + 1)).collect()
    }

    fn branches(
        &mut self,
        kwargs: &Map<String, Json>,
        name: &str,
        at: &str,
        depth: u32,
    ) -> Vec<(String, Node)> {
        let empty = Map::new();
        let steps = kwargs.get(name).and_then(Json::as_object).unwrap_or(&empty);
        steps.iter().map(|(k, j)| (k.clone(), self.op(j, &format!("{at}.{name}.{k}"), depth + 1))).collect()
    }

    fn constructor(
        &mut self,
        class: &str,
        map: &Map<String, Json>,
        kwargs: &Map<String, Json>,
        at: &str,
        depth: u32,
    ) -> OpKind {
        match class {
            "RunnableSequence" => {
                let mut steps = vec![self.field(kwargs, "first", at, depth)];
                steps.extend(self.list(kwargs, "middle", at, depth));
                steps.push(self.field(kwargs, "last", at, depth));
                OpKind::Seq(steps)
            }
            "RunnableParallel" | "RunnableMap" => {
                OpKind::Parallel(self.branches(kwargs, "steps__", at, depth))
            }
            "RunnableAssign" => {
                let mapper = self.field(kwargs, "mapper", at, depth);
                match &mapper.kind {
                    OpKind::Parallel(branches) => OpKind::Assign(branches.clone()),
                    _ => OpKind::Assign(vec![("mapper".into(), mapper)]),
                }
            }
            "RunnableBinding" => self.binding(kwargs, at, depth),
            "RunnableBranch" => self.branch(kwargs, at, depth),
            "RunnableWithFallbacks" => OpKind::Fallbacks {
                primary: self.field(kwargs, "runnable", at, depth),
                fallbacks: self.list(kwargs, "fallbacks", at, depth),
                exception_key: kwargs.get("exception_key").map_or(Data::Null, plain),
                exceptions: names(kwargs.get("exceptions_to_handle")),
            },
            "RunnableRetry" => OpKind::Retry {
                bound: self.field(kwargs, "bound", at, depth),
                max_attempts: kwargs.get("max_attempt_number").map_or(Data::Int(3), plain),
                jitter: kwargs.get("wait_exponential_jitter").map_or(Data::Bool(true), plain),
            },
            "RunnablePassthrough" => OpKind::Passthrough,
            "RunnablePick" => match kwargs.get("keys") {
                Some(Json::String(key)) => OpKind::Pick { keys: vec![key.clone()], single: true },
                keys => OpKind::Pick { keys: strings(keys), single: false },
            },
            "RunnableEach" => OpKind::Map(self.field(kwargs, "bound", at, depth)),
            "RunnableWithMessageHistory" => OpKind::History {
                bound: self.field(kwargs, "bound", at, depth),
                input_key: kwargs.get("input_messages_key").map_or(Data::Null, plain),
                history_key: kwargs.get("history_messages_key").map_or(Data::Null, plain),
                output_key: kwargs.get("output_messages_key").map_or(Data::Null, plain),
            },
            "RunnableConfigurableFields" => OpKind::Configurable(Configurable {
                default: self.field(kwargs, "default", at, depth),
                fields: kwargs
                    .get("fields")
                    .and_then(Json::as_object)
                    .map(|f| {
                        f.iter().map(|(k, v)| (k.clone(), field_id(v).unwrap_or_else(|| k.clone()))).collect()
                    })
                    .unwrap_or_default(),
                alternatives: Vec::new(),
                which: None,
            }),
            "RunnableConfigurableAlternatives" => OpKind::Configurable(Configurable {
                default: self.field(kwargs, "default", at, depth),
                fields: Vec::new(),
                alternatives: self.branches(kwargs, "alternatives", at, depth),
                which: Some(kwargs.get("which").and_then(field_id).unwrap_or_default()),
            }),
            "PromptTemplate" => OpKind::Prompt(text_prompt(kwargs)),
            "ChatPromptTemplate" => self.chat_prompt(kwargs, at, depth),
            "LLMChain" => {
                let mut parts = Vec::new();
                for name in ["prompt", "llm", "output_parser"] {
                    if kwargs.get(name).is_some_and(|j| !j.is_null()) {
                        parts.push((name.to_owned(), Part::One(self.field(kwargs, name, at, depth))));
                    }
                }
                OpKind::Chain(Chain {
                    class: class.into(),
                    input_keys: Vec::new(),
                    output_keys: vec![
                        kwargs.get("output_key").and_then(Json::as_str).unwrap_or("text").into(),
                    ],
                    memory: None,
                    parts,
                    settings: Vec::new(),
                })
            }
            class if class.ends_with("OutputParser") || class.ends_with("ToolsParser") => {
                OpKind::Parser(Parser { class: class.into(), schema: None, args: plain_pairs(kwargs) })
            }
            class if providers::is_model_class(class) => OpKind::Model(model(class, map, kwargs)),
            class => OpKind::Opaque { class: class.into(), args: plain_pairs(kwargs) },
        }
    }

    fn binding(&mut self, kwargs: &Map<String, Json>, at: &str, depth: u32) -> OpKind {
        let bound = self.field(kwargs, "bound", at, depth);
        let empty = Map::new();
        let given = kwargs.get("kwargs").and_then(Json::as_object).unwrap_or(&empty);
        let tools = given
            .get("tools")
            .or(given.get("functions"))
            .and_then(Json::as_array)
            .cloned()
            .unwrap_or_default();
        let tools = tools.iter().map(|t| self.make(OpKind::Tool(tool(t)))).collect();
        let rest: Map<String, Json> = given
            .iter()
            .filter(|(k, _)| *k != "tools" && *k != "functions")
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        let config = kwargs.get("config").and_then(Json::as_object).map(plain_pairs).unwrap_or_default();
        OpKind::Bind(Bind { bound, kwargs: plain_pairs(&rest), config, tools, schema: None })
    }

    fn branch(&mut self, kwargs: &Map<String, Json>, at: &str, depth: u32) -> OpKind {
        let mut cases = Vec::new();
        for (i, pair) in
            kwargs.get("branches").and_then(Json::as_array).cloned().unwrap_or_default().iter().enumerate()
        {
            if let Some([test, then]) = pair.as_array().map(Vec::as_slice) {
                let test = self.op(test, &format!("{at}.branches[{i}][0]"), depth + 1);
                let then = self.op(then, &format!("{at}.branches[{i}][1]"), depth + 1);
                cases.push((test, then));
            }
        }
        OpKind::Branch { cases, default: self.field(kwargs, "default", at, depth) }
    }

    fn chat_prompt(&mut self, kwargs: &Map<String, Json>, at: &str, depth: u32) -> OpKind {
        let mut messages = Vec::new();
        for (i, json) in
            kwargs.get("messages").and_then(Json::as_array).cloned().unwrap_or_default().iter().enumerate()
        {
            let at = format!("{at}.messages[{i}]");
            messages.push(self.message(json, &at, depth + 1));
        }
        let partial =
            kwargs.get("partial_variables").and_then(Json::as_object).map(plain_pairs).unwrap_or_default();
        OpKind::Prompt(super::prompts::chat_of(messages, partial))
    }

    fn message(&mut self, json: &Json, at: &str, depth: u32) -> Message {
        let empty = Map::new();
        let map = json.as_object().unwrap_or(&empty);
        let kwargs = map.get("kwargs").and_then(Json::as_object).unwrap_or(&empty);
        let class = class_of(map);
        if map.get("type").and_then(Json::as_str) == Some("not_implemented") {
            self.lose(Effect::Setting, format!("{at}: LangChain did not write down `{class}`"));
            return Message::Unknown(format!("`{class}`, which is not in the JSON"));
        }
        let text = |key: &str| kwargs.get(key).and_then(Json::as_str).map(str::to_owned);
        let role = match class.split("Message").next().unwrap_or_default() {
            "System" => "system".to_owned(),
            "Human" => "human".to_owned(),
            "AI" => "ai".to_owned(),
            "Tool" => "tool".to_owned(),
            _ => text("role").unwrap_or_else(|| "chat".into()),
        };
        match class.as_str() {
            "MessagesPlaceholder" => Message::Placeholder {
                variable: text("variable_name").unwrap_or_default(),
                optional: kwargs.get("optional").and_then(Json::as_bool).unwrap_or(false),
            },
            class if class.ends_with("PromptTemplate") && class.contains("Message") => match kwargs
                .get("prompt")
            {
                Some(Json::Object(prompt)) => {
                    let empty = Map::new();
                    let inner = prompt.get("kwargs").and_then(Json::as_object).unwrap_or(&empty);
                    let Prompt { body, .. } = text_prompt(inner);
                    match body {
                        PromptBody::Text { template, format } => Message::Template { role, template, format },
                        _ => Message::Unknown("a message without a template".into()),
                    }
                }
                Some(Json::Array(_)) => Message::Parts {
                    role,
                    content: kwargs.get("prompt").map_or(Data::Null, plain),
                    format: TemplateFormat::FString,
                },
                _ => Message::Unknown("a message without a template".into()),
            },
            class if class.ends_with("Message") => {
                Message::Literal { role, content: kwargs.get("content").map_or(Data::Null, plain) }
            }
            _ => Message::Nested(self.op(json, at, depth)),
        }
    }
}

fn class_of(map: &Map<String, Json>) -> String {
    map.get("id")
        .and_then(Json::as_array)
        .and_then(|id| id.last())
        .and_then(Json::as_str)
        .unwrap_or("object")
        .to_owned()
}

fn field_id(json: &Json) -> Option<String> {
    json.as_array()?.first()?.as_str().map(str::to_owned)
}

fn strings(json: Option<&Json>) -> Vec<String> {
    let items = json.and_then(Json::as_array).cloned().unwrap_or_default();
    items.iter().filter_map(Json::as_str).map(str::to_owned).collect()
}

/// Names of exception classes, which are never written down but by name.
fn names(json: Option<&Json>) -> Vec<String> {
    let items = json.and_then(Json::as_array).cloned().unwrap_or_default();
    items.iter().filter_map(Json::as_object).map(class_of).collect()
}

fn text_prompt(kwargs: &Map<String, Json>) -> Prompt {
    let template = kwargs.get("template").and_then(Json::as_str).unwrap_or_default().to_owned();
    let format = format_of(kwargs.get("template_format"));
    let partial =
        kwargs.get("partial_variables").and_then(Json::as_object).map(plain_pairs).unwrap_or_default();
    super::prompts::text_of("PromptTemplate", template, format, partial)
}

/// How placeholders are written.
pub(super) fn format_of(json: Option<&Json>) -> TemplateFormat {
    match json.and_then(Json::as_str) {
        Some("jinja2") => TemplateFormat::Jinja2,
        Some("mustache") => TemplateFormat::Mustache,
        _ => TemplateFormat::FString,
    }
}

fn model(class: &str, map: &Map<String, Json>, kwargs: &Map<String, Json>) -> Model {
    let package = map
        .get("id")
        .and_then(Json::as_array)
        .and_then(|id| id.first())
        .and_then(Json::as_str)
        .unwrap_or("langchain");
    let provider = providers::of_class(class);
    let package = provider.map_or(package, |p| p.package);
    model_of(class, package, kwargs)
}

/// A model from its fields as JSON.
pub(super) fn model_of(class: &str, package: &str, fields: &Map<String, Json>) -> Model {
    // Fields that are filled with defaults of the client.
    const DEFAULTS: &[&str] = &[
        "stream_usage",
        "batch_size",
        "disallowed_special",
        "best_of",
        "n",
        "anthropic_api_url",
        "model_name",
        "model",
        "verbose",
        "name",
        "_type",
        "logprobs",
        "seed",
        "stream",
        "max_retries",
    ];
    let provider = providers::of_class(class);
    let name = ["model_name", "model", "model_id", "repo_id"].iter().find_map(|k| fields.get(*k));
    let model = name.map_or_else(
        || provider.and_then(|p| p.default_model).map_or(Data::Null, |d| Data::Str(d.into())),
        plain,
    );
    let params = fields
        .iter()
        .filter(|(k, v)| !DEFAULTS.contains(&k.as_str()) && !k.ends_with("_api_key") && !v.is_null())
        .filter(|(_, v)| v.get("lc").is_none())
        .map(|(k, v)| {
            let value = match (k.as_str(), plain(v)) {
                ("temperature" | "top_p", Data::Int(i)) => Data::Float(i as f64),
                (_, other) => other,
            };
            (k.clone(), value)
        })
        .collect();
    Model {
        class: class.into(),
        package: package.into(),
        llm_type: provider.map(|p| p.llm_type),
        model,
        params,
        base_url: None,
    }
}

fn tool(json: &Json) -> Tool {
    let inner = json.get("function").unwrap_or(json);
    let text = |key: &str| inner.get(key).and_then(Json::as_str).map_or(Data::Null, |s| Data::Str(s.into()));
    Tool {
        name: text("name"),
        description: text("description"),
        args_schema: inner
            .get("parameters")
            .or(inner.get("input_schema"))
            .cloned()
            .unwrap_or_else(|| Json::Object(Map::new())),
        class: "schema".into(),
        code: None,
        return_direct: false,
    }
}

fn plain_pairs(map: &Map<String, Json>) -> Vec<(String, Data)> {
    map.iter().map(|(k, v)| (k.clone(), plain(v))).collect()
}

/// A JSON value as data; nodes inside are named, not read.
pub(super) fn plain(json: &Json) -> Data {
    match json {
        Json::Null => Data::Null,
        Json::Bool(b) => Data::Bool(*b),
        Json::Number(n) => match n.as_i64() {
            Some(i) => Data::Int(i),
            None => Data::Float(n.as_f64().unwrap_or_default()),
        },
        Json::String(s) => Data::Str(s.clone()),
        Json::Array(items) => Data::List(items.iter().map(plain).collect()),
        Json::Object(map) if map.contains_key("lc") => match map.get("type").and_then(Json::as_str) {
            Some("secret") => Data::Env(strings(map.get("id")).join("."), None),
            _ => Data::Type(class_of(map)),
        },
        Json::Object(map) => Data::Dict(plain_pairs(map)),
    }
}

/// A function that is only named.
pub(super) fn named(name: &str) -> OpKind {
    OpKind::Lambda(Lambda::Named(name.to_owned()))
}
