//! Language models: provider, name and parameters.

use super::data::{data, kwargs};
use super::model::{Data, Effect, Model, Node, OpKind};
use super::names::Name;
use super::providers;
use super::state::{M, make};
use crate::python::{Args, Eval, Site, Value};

/// A call of a class of models or of `init_chat_model`.
pub(super) fn call(m: &mut M<'_>, name: &Name<'_>, args: &Args, site: Site) -> Eval<Option<Value>> {
    match (name.name, name.method) {
        ("init_chat_model", "") => Ok(Some(init(m, args, site))),
        (class, "" | "from_model_id") if providers::is_model_class(class) => {
            let model = model(m, class, name.package, args, site);
            Ok(Some(make(m, OpKind::Model(model), site)))
        }
        _ => Ok(None),
    }
}

/// Fields that hold how the client works and no parameter of a request.
const CLIENT: &[&str] = &[
    "api_key",
    "openai_api_key",
    "anthropic_api_key",
    "google_api_key",
    "groq_api_key",
    "mistral_api_key",
    "cohere_api_key",
    "huggingfacehub_api_token",
    "api_token",
    "together_api_key",
    "fireworks_api_key",
    "callbacks",
    "callback_manager",
    "verbose",
    "cache",
    "client",
    "async_client",
    "http_client",
    "http_async_client",
    "tags",
    "metadata",
    "name",
    "rate_limiter",
    "organization",
    "openai_organization",
    "azure_ad_token",
    "azure_ad_token_provider",
    "credentials",
    "aws_access_key_id",
    "aws_secret_access_key",
    "credentials_profile_name",
    "watsonx_api_key",
    "dashscope_api_key",
    "zhipuai_api_key",
    "qianfan_ak",
    "qianfan_sk",
    "nvidia_api_key",
    "replicate_api_token",
    "deepseek_api_key",
    "xai_api_key",
    "openai_proxy",
];

/// Names of the field that holds the address of the service.
const ADDRESS: &[&str] = &[
    "base_url",
    "openai_api_base",
    "api_base",
    "azure_endpoint",
    "endpoint_url",
    "inference_server_url",
    "anthropic_api_url",
];

/// Names of the field that holds the model's name, most telling first.
pub(super) const MODEL_FIELDS: &[&str] = &[
    "model",
    "model_name",
    "model_id",
    "repo_id",
    "deployment_name",
    "azure_deployment",
    "model_path",
    "endpoint",
];

/// Classes whose `model_kwargs` are a field of their own, handed to the model as they are.
const APART: &[&str] = &[
    "HuggingFaceHub",
    "HuggingFaceEndpoint",
    "HuggingFacePipeline",
    "Bedrock",
    "BedrockLLM",
    "SagemakerEndpoint",
    "Replicate",
];

/// What `class(**args)` makes.
pub(super) fn model(m: &mut M<'_>, class: &str, package: &str, args: &Args, site: Site) -> Model {
    let provider = providers::of_class(class);
    let mut given: Vec<(String, Data)> = kwargs(m, args);
    if let Some(dict) = args.unknown_kw.as_ref() {
        let reason = m.describe(dict);
        m.host.lose(Effect::Setting, format!("some parameters of `{class}` are not known: {reason}"), site);
    }
    if let Some(first) = args.pos.first() {
        let first = data(m, first);
        given.insert(0, ("model".into(), first));
    }
    if !APART.contains(&class)
        && let Some(Data::Dict(extra)) = take(&mut given, "model_kwargs")
    {
        given.extend(extra);
    }
    let mut name = Data::Null;
    for field in MODEL_FIELDS {
        if let Some(found) = take(&mut given, field)
            && matches!(name, Data::Null)
        {
            name = found;
        }
    }
    if matches!(name, Data::Null)
        && let Some(dict) = args.unknown_kw.as_ref()
    {
        // The name may be among them.
        name = Data::Unknown(m.describe(dict));
    } else if matches!(name, Data::Null)
        && let Some(default) = provider.and_then(|p| p.default_model)
    {
        name = Data::Str(default.into());
    }
    if let Data::Unknown(reason) = &name
        && args.unknown_kw.is_none()
    {
        m.host.lose(Effect::Setting, format!("the name of the model is not known: {reason}"), site);
    }
    let mut base_url = None;
    for field in ADDRESS {
        if let Some(found) = take(&mut given, field) {
            base_url = base_url.or(Some(found));
        }
    }
    given.retain(|(k, v)| !CLIENT.contains(&k.as_str()) && !matches!(v, Data::Null));
    let mut params: Vec<(String, Data)> = Vec::new();
    for (key, value) in given {
        let key = field_name(&key);
        if let Data::Unknown(reason) = &value {
            m.host.lose(Effect::Setting, format!("the parameter `{key}` is not known: {reason}"), site);
        }
        let value = number(key, value);
        params.retain(|(k, _)| k != key);
        params.push((key.to_owned(), value));
    }
    if class == "ChatAnthropic" && args.unknown_kw.is_none() && !params.iter().any(|(k, _)| k == "max_tokens")
    {
        params.push((
            "max_tokens".into(),
            Data::Int(providers::anthropic_max_tokens(name.as_str().unwrap_or(""))),
        ));
    }
    adjust(class, &mut name, &mut params);
    let package = providers::package(class, package);
    Model {
        class: class.into(),
        package,
        llm_type: provider.map(|p| p.llm_type),
        model: name,
        params,
        base_url,
    }
}

/// What classes make of their fields when they are made (langchain-openai 1.7, langchain-groq 1.1,
/// langchain-google-genai 4).
fn adjust(class: &str, name: &mut Data, params: &mut Vec<(String, Data)>) {
    let text = name.as_str().unwrap_or("").to_lowercase();
    let temperature = params.iter().position(|(k, _)| k == "temperature");
    match (class, temperature) {
        ("ChatGroq", Some(at)) => {
            if let Some((_, Data::Float(zero))) = params.get_mut(at)
                && *zero == 0.0
            {
                *zero = 1e-8;
            }
        }
        ("ChatOpenAI" | "AzureChatOpenAI", None) if text.starts_with("o1") => {
            params.push(("temperature".into(), Data::Float(1.0)));
        }
        ("ChatOpenAI" | "AzureChatOpenAI", Some(at))
            if text.starts_with("gpt-5") && !text.contains("chat") =>
        {
            let is_none = |d: &Data| d.as_str() == Some("none");
            let no_effort = params.iter().any(|(k, v)| match (k.as_str(), v) {
                ("reasoning_effort", v) => is_none(v),
                ("reasoning", Data::Dict(parts)) => parts.iter().any(|(k, v)| k == "effort" && is_none(v)),
                _ => false,
            });
            let is_other = matches!(params.get(at), Some((_, Data::Float(t))) if *t != 1.0);
            if is_other && !no_effort {
                params.remove(at);
            }
        }
        ("GoogleGenerativeAI", _) => {
            if let Data::Str(model) = name
                && !model.starts_with("models/")
            {
                *model = format!("models/{model}");
            }
        }
        _ => {}
    }
}

/// Sets a parameter of a model.
pub(super) fn set(model: &mut Model, name: &str, value: Data) {
    let key = field_name(name);
    if CLIENT.contains(&key) {
        return;
    }
    model.params.retain(|(k, _)| k != key);
    model.params.push((key.to_owned(), number(key, value)));
}

fn take(given: &mut Vec<(String, Data)>, name: &str) -> Option<Data> {
    let at = given.iter().position(|(k, _)| k == name)?;
    Some(given.remove(at).1)
}

/// The field behind an alias.
fn field_name(key: &str) -> &str {
    match key {
        "timeout" | "default_request_timeout" => "request_timeout",
        "max_completion_tokens" | "max_tokens_to_sample" => "max_tokens",
        "stop_sequences" => "stop",
        other => other,
    }
}

/// LangChain's fields of floating-point type turn an integer into one.
fn number(key: &str, value: Data) -> Data {
    const FLOATS: &[&str] = &[
        "temperature",
        "top_p",
        "presence_penalty",
        "frequency_penalty",
        "request_timeout",
        "repeat_penalty",
    ];
    match value {
        Data::Int(i) if FLOATS.contains(&key) => Data::Float(i as f64),
        Data::Str(text) if FLOATS.contains(&key) => match text.trim().parse() {
            Ok(number) => Data::Float(number),
            Err(_) => Data::Str(text),
        },
        other => other,
    }
}

/// `init_chat_model("openai:gpt-4o", temperature=0)`.
fn init(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let name = args.get(0, "model").cloned();
    let given = args.named("model_provider").and_then(Value::as_str).map(str::to_owned);
    let text = name.as_ref().map(|v| data(m, v));
    let Some(full) = text.as_ref().and_then(Data::as_str).map(str::to_owned) else {
        let reason = match &name {
            Some(name) => m.describe(name),
            None => "it is chosen by the configuration of a call".into(),
        };
        m.host.lose(Effect::Setting, format!("the model is not known: {reason}"), site);
        return make(m, OpKind::Unknown(format!("a model that is not known: {reason}")), site);
    };
    let Some((provider, model_name)) = providers::split(&full, given.as_deref()) else {
        m.host.lose(Effect::Setting, format!("the provider of the model `{full}` is not known"), site);
        return make(m, OpKind::Unknown(format!("the model `{full}` of an unknown provider")), site);
    };
    let mut rest = args.clone();
    rest.pos.clear();
    rest.kw.retain(|(k, _)| {
        !matches!(&**k, "model" | "model_provider" | "configurable_fields" | "config_prefix")
    });
    rest.set("model", Value::str(model_name));
    let model = model(m, provider.class, provider.package, &rest, site);
    make(m, OpKind::Model(model), site)
}

/// Methods that only models have.
pub(super) fn method(m: &mut M<'_>, op: &Node, name: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
    match name {
        "bind_tools" | "bind_functions" => Ok(Some(super::tools::bind_tools(m, op, args, site))),
        "with_structured_output" => Ok(Some(super::structured::with_structured_output(m, op, args, site))),
        _ => Ok(None),
    }
}

/// The model inside bindings, configurations and fallbacks.
pub(super) fn model_of(op: &Node) -> Option<&Model> {
    match &op.kind {
        OpKind::Model(model) => Some(model),
        OpKind::Bind(bind) => model_of(&bind.bound),
        OpKind::Configurable(c) => model_of(&c.default),
        OpKind::Fallbacks { primary, .. } => model_of(primary),
        OpKind::Retry { bound, .. } => model_of(bound),
        _ => None,
    }
}
