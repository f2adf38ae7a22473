//! Chains of the time before the expression language, and the functions that replaced them.

use super::data::{data, texts};
use super::model::{Chain, Data, Effect, Lambda, Node, OpKind, Part};
use super::names::Name;
use super::runnables::{bind, coerce, held, seq};
use super::state::{M, make, node, op_of, push};
use crate::python::{Args, Eval, Site, Value};

/// A call of a class or function of this family.
pub(super) fn call(m: &mut M<'_>, name: &Name<'_>, args: &Args, site: Site) -> Eval<Option<Value>> {
    if let Some(value) = super::documents::call(m, name.name, name.method, args, site)? {
        return Ok(Some(value));
    }
    Ok(Some(match (name.name, name.method) {
        ("LLMChain", "" | "from_string") => llm_chain(m, args, site),
        ("SequentialChain" | "SimpleSequentialChain", "") => sequential(m, name.name, args, site),
        ("create_stuff_documents_chain", "") => stuff_documents(m, args, site),
        ("create_retrieval_chain", "") => retrieval_chain(m, args, site),
        ("create_history_aware_retriever", "") => history_aware(m, args, site),
        ("ConversationChain", "") => {
            with_default(m, name.name, &super::library::CONVERSATION, ("input", "response"), args, site)
        }
        ("LLMMathChain", "" | "from_llm") => math(m, args, site),
        ("LLMRouterChain", "from_llm") => router(m, args, site),
        ("create_sql_query_chain", "") => sql_query(m, args, site),
        ("APIChain", "from_llm_and_api_docs") => api_chain(m, args, site),
        (
            class,
            ""
            | "from_llm"
            | "from_chain_type"
            | "from_llms"
            | "from_prompts"
            | "from_api_endpoint"
            | "from_llm_and_api_docs"
            | "from_chains",
        ) if class.ends_with("Chain")
            || matches!(class, "RetrievalQA" | "VectorDBQA" | "RetrievalQAWithSources") =>
        {
            chain(m, class, args, site)
        }
        _ => return Ok(None),
    }))
}

/// `load_prompt(path)`, `load_chain(path)`: a file beside the one that is read.
pub(super) fn load(m: &mut M<'_>, args: &Args, site: Site) -> Eval<Value> {
    let path = args.get(0, "path").and_then(|v| m.text(v)).unwrap_or_default();
    let folder = m.path_of(site.module).rsplit_once('/').map_or(String::new(), |(f, _)| f.to_owned());
    let loaded =
        super::files::inside(&folder, &path).and_then(|full| super::json_legacy::load(m.vfs(), &full));
    match loaded {
        Ok(file) => {
            for loss in &file.losses {
                m.host.lose(loss.effect, format!("`{path}`: {}", loss.message), site);
            }
            match file.objects.into_iter().next() {
                Some(found) => Ok(push(m, found.op)),
                None => Ok(make(m, OpKind::Unknown(format!("the object in `{path}`")), site)),
            }
        }
        Err(message) => {
            m.host.lose(Effect::Setting, message.clone(), site);
            Ok(make(m, OpKind::Unknown(message), site))
        }
    }
}

fn strings(m: &M<'_>, args: &Args, name: &str) -> Option<Vec<String>> {
    texts(m, args.named(name))
}

fn input_variables(prompt: Option<&Node>) -> Vec<String> {
    match prompt.map(|p| &p.kind) {
        Some(OpKind::Prompt(prompt)) => prompt.input_variables.clone(),
        _ => Vec::new(),
    }
}

fn llm_chain(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let prompt = args.named("prompt").or(args.get(1, "template")).cloned();
    let prompt = prompt.map(|v| match &v {
        Value::Str(template) => super::prompts::make_text(m, template, site),
        other => coerce(m, other, site),
    });
    let llm = args.get(0, "llm").cloned().map(|v| coerce(m, &v, site));
    let parser = match args.named("output_parser").cloned() {
        Some(Value::None) | None => node(m, super::parsers::implied("StrOutputParser", None), site),
        Some(v) => coerce(m, &v, site),
    };
    let output = args.named("output_key").and_then(|v| m.text(v)).unwrap_or_else(|| "text".into());
    let op =
        llm_chain_of(m, prompt, llm, parser, output, super::memory::class_of(m, args.named("memory")), site);
    push(m, op)
}

pub(super) fn llm_chain_of(
    m: &M<'_>,
    prompt: Option<Node>,
    llm: Option<Node>,
    parser: Node,
    output: String,
    memory: Option<String>,
    site: Site,
) -> Node {
    let input_keys = input_variables(prompt.as_ref());
    let mut parts = Vec::new();
    parts.extend(prompt.map(|p| ("prompt".to_owned(), Part::One(p))));
    parts.extend(llm.map(|l| ("llm".to_owned(), Part::One(l))));
    parts.push(("output_parser".to_owned(), Part::One(parser)));
    let chain = Chain {
        class: "LLMChain".into(),
        input_keys,
        output_keys: vec![output],
        memory,
        parts,
        settings: Vec::new(),
    };
    node(m, OpKind::Chain(chain), site)
}

fn sequential(m: &mut M<'_>, class: &str, args: &Args, site: Site) -> Value {
    let list = args.named("chains").and_then(|v| m.as_items(v));
    let Some(items) = list else {
        m.host.lose(Effect::Structure, "the chains of the sequence are not known", site);
        return make(m, OpKind::Unknown("a sequence of chains that are not known".into()), site);
    };
    let chains: Vec<Node> = items.iter().map(|v| coerce(m, v, site)).collect();
    let simple = class == "SimpleSequentialChain";
    let last_keys = match chains.last().map(|c| &c.kind) {
        Some(OpKind::Chain(c)) => c.output_keys.clone(),
        _ => Vec::new(),
    };
    let input_keys = match simple {
        true => vec!["input".into()],
        false => strings(m, args, "input_variables").unwrap_or_default(),
    };
    let output_keys = match simple {
        true => vec!["output".into()],
        false => strings(m, args, "output_variables").unwrap_or(last_keys),
    };
    let chain = Chain {
        class: class.into(),
        input_keys,
        output_keys,
        memory: super::memory::class_of(m, args.named("memory")),
        parts: vec![("chains".into(), Part::Many(chains))],
        settings: Vec::new(),
    };
    make(m, OpKind::Chain(chain), site)
}

/// Any chain by class: what it was given, by name.
fn chain(m: &mut M<'_>, class: &str, args: &Args, site: Site) -> Value {
    let mut parts = Vec::new();
    let mut settings: Vec<(String, Data)> = Vec::new();
    let mut given: Vec<(String, Value)> = args.kw.iter().map(|(k, v)| (k.to_string(), v.clone())).collect();
    if let Some(first) = args.pos.first() {
        given.insert(0, ("llm".into(), first.clone()));
    }
    if let Some(second) = args.pos.get(1) {
        given.insert(1, ("second".into(), second.clone()));
    }
    for (name, value) in given {
        if let Some(op) = held(m, &value) {
            parts.push((name, Part::One(op)));
            continue;
        }
        let items = m.as_items(&value).unwrap_or_default();
        let held_items: Option<Vec<Node>> = items.iter().map(|i| held(m, i)).collect();
        match held_items {
            Some(ops) if !ops.is_empty() => parts.push((name, Part::Many(ops))),
            _ => settings.push((name, data(m, &value))),
        }
    }
    let document_prompt = parts.iter().all(|(n, _)| n != "document_prompt");
    if document_prompt && matches!(class, "StuffDocumentsChain" | "RefineDocumentsChain") {
        let prompt = super::prompts::text_of(
            "PromptTemplate",
            "{page_content}".into(),
            super::TemplateFormat::FString,
            Vec::new(),
        );
        parts.push(("document_prompt".into(), Part::One(node(m, OpKind::Prompt(prompt), site))));
    }
    let is_given = parts.iter().any(|(n, _)| n == "prompt" || n.ends_with("_chain"));
    if !is_given && class != "TransformChain" {
        m.host.lose(
            Effect::Setting,
            format!("the prompts that `{class}` has by default are LangChain's own and not in the file"),
            site,
        );
    }
    let sources = matches!(args.named("return_source_documents"), Some(Value::Bool(true)));
    let (input, output): (&[&str], &[&str]) = match class {
        "RetrievalQA" | "VectorDBQA" => (&["query"], &["result"]),
        "ConversationalRetrievalChain" => (&["question", "chat_history"], &["answer"]),
        "ConversationChain" => (&["input"], &["response"]),
        "RetrievalQAWithSourcesChain" => (&["question"], &["answer", "sources"]),
        "LLMMathChain" => (&["question"], &["answer"]),
        "SQLDatabaseChain" => (&["query"], &["result"]),
        _ => (&[], &[]),
    };
    let mut output_keys: Vec<String> = output.iter().map(|s| (*s).to_owned()).collect();
    if sources {
        output_keys.push("source_documents".into());
    }
    let chain = Chain {
        class: class.into(),
        input_keys: input.iter().map(|s| (*s).to_owned()).collect(),
        output_keys,
        memory: super::memory::class_of(m, args.named("memory")),
        parts,
        settings,
    };
    make(m, OpKind::Chain(chain), site)
}

/// Arguments that are no objects.
pub(super) fn settings(m: &M<'_>, args: &Args) -> Vec<(String, Data)> {
    args.kw.iter().filter(|(_, v)| held(m, v).is_none()).map(|(k, v)| (k.to_string(), data(m, v))).collect()
}

/// A chain of one model call with a default prompt of the library.
fn with_default(
    m: &mut M<'_>,
    class: &str,
    default: &super::library::Default,
    keys: (&str, &str),
    args: &Args,
    site: Site,
) -> Value {
    let llm = args.get(0, "llm").cloned().map(|v| coerce(m, &v, site));
    let prompt = match args.named("prompt").cloned() {
        Some(given) => coerce(m, &given, site),
        None => super::library::prompt(m, default, false, site),
    };
    let parser = node(m, super::parsers::implied("StrOutputParser", None), site);
    let output = args.named("output_key").and_then(|v| m.text(v)).unwrap_or_else(|| keys.1.into());
    let mut parts = vec![("prompt".to_owned(), Part::One(prompt))];
    parts.extend(llm.map(|l| ("llm".to_owned(), Part::One(l))));
    parts.push(("output_parser".into(), Part::One(parser)));
    let memory = super::memory::class_of(m, args.named("memory"));
    let chain = Chain {
        class: class.into(),
        input_keys: vec![keys.0.into()],
        output_keys: vec![output],
        memory: memory.or_else(|| (class == "ConversationChain").then(|| "ConversationBufferMemory".into())),
        parts,
        settings: settings(m, args),
    };
    make(m, OpKind::Chain(chain), site)
}

/// `LLMMathChain`: a chain of one model call inside.
fn math(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let inner = match args.named("llm_chain").cloned() {
        Some(given) => coerce(m, &given, site),
        None => {
            let llm = args.get(0, "llm").cloned().map(|v| coerce(m, &v, site));
            let prompt = match args.get(1, "prompt").cloned() {
                Some(given) => coerce(m, &given, site),
                None => super::library::prompt(m, &super::library::MATH, false, site),
            };
            let parser = node(m, super::parsers::implied("StrOutputParser", None), site);
            llm_chain_of(m, Some(prompt), llm, parser, "text".into(), None, site)
        }
    };
    around(m, "LLMMathChain", inner, ("question", &["answer"]), args, site)
}

/// `LLMRouterChain.from_llm(llm, prompt)`.
fn router(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let llm = args.get(0, "llm").cloned().map(|v| coerce(m, &v, site));
    let prompt = args.get(1, "prompt").cloned().map(|v| coerce(m, &v, site));
    let parser = node(m, super::parsers::implied("StrOutputParser", None), site);
    let inner = llm_chain_of(m, prompt, llm, parser, "text".into(), None, site);
    around(m, "LLMRouterChain", inner, ("input", &["destination", "next_inputs"]), args, site)
}

/// A chain around a chain of one model call.
fn around(
    m: &mut M<'_>,
    class: &str,
    inner: Node,
    (input, output): (&str, &[&str]),
    args: &Args,
    site: Site,
) -> Value {
    let chain = Chain {
        class: class.into(),
        input_keys: vec![input.into()],
        output_keys: output.iter().map(|key| (*key).to_owned()).collect(),
        memory: super::memory::class_of(m, args.named("memory")),
        parts: vec![("llm_chain".into(), Part::One(inner))],
        settings: settings(m, args),
    };
    make(m, OpKind::Chain(chain), site)
}

/// `create_sql_query_chain(llm, db, prompt)`: the tables into the prompt, the model up to the query's result.
fn sql_query(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let Some(llm) = args.get(0, "llm").cloned().map(|v| coerce(m, &v, site)) else {
        return make(m, OpKind::Unknown("a chain without a model".into()), site);
    };
    let prompt = match args.get(2, "prompt").cloned() {
        Some(given) if !matches!(given, Value::None) => coerce(m, &given, site),
        _ => {
            let reason = "the prompt of `create_sql_query_chain` is LangChain's own and not in the file";
            m.host.lose(Effect::Setting, reason, site);
            node(m, OpKind::Unknown(reason.into()), site)
        }
    };
    let function = |m: &M<'_>, name: &str| node(m, OpKind::Lambda(Lambda::Named(name.into())), site);
    let inputs =
        vec![("input".into(), function(m, "<lambda>")), ("table_info".into(), function(m, "<lambda>"))];
    let stop = vec![("stop".to_owned(), Data::List(vec![Data::Str("\nSQLResult:".into())]))];
    let bound = bind(m, llm, stop, Vec::new(), site);
    let steps = vec![
        node(m, OpKind::Assign(inputs), site),
        function(m, "<lambda>"),
        prompt,
        coerce(m, &bound, site),
        node(m, super::parsers::implied("StrOutputParser", None), site),
        function(m, "_strip"),
    ];
    seq(m, steps, site)
}

/// `APIChain.from_llm_and_api_docs`: one call for the URL, one for the answer.
fn api_chain(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let llm = args.get(0, "llm").cloned().map(|v| coerce(m, &v, site));
    let mut parts = Vec::new();
    for (name, argument, default) in [
        ("api_request_chain", "api_url_prompt", &super::library::API_URL),
        ("api_answer_chain", "api_response_prompt", &super::library::API_RESPONSE),
    ] {
        let prompt = match args.named(argument).cloned() {
            Some(given) => coerce(m, &given, site),
            None => super::library::prompt(m, default, false, site),
        };
        let parser = node(m, super::parsers::implied("StrOutputParser", None), site);
        let inner = llm_chain_of(m, Some(prompt), llm.clone(), parser, "text".into(), None, site);
        parts.push((name.to_owned(), Part::One(inner)));
    }
    let chain = Chain {
        class: "APIChain".into(),
        input_keys: vec!["question".into()],
        output_keys: vec!["output".into()],
        memory: None,
        parts,
        settings: settings(m, args),
    };
    make(m, OpKind::Chain(chain), site)
}

fn run_name(name: &str) -> Vec<(String, Data)> {
    vec![("run_name".into(), Data::Str(name.into()))]
}

/// A runnable that is configured with a name.
fn with_name(m: &mut M<'_>, op: Node, name: &str, site: Site) -> Node {
    let value = bind(m, op, Vec::new(), run_name(name), site);
    op_of(m, &value).unwrap_or_else(|| node(m, OpKind::Passthrough, site))
}

fn sequence(m: &mut M<'_>, steps: Vec<Node>, site: Site) -> Node {
    let value = seq(m, steps, site);
    op_of(m, &value).unwrap_or_else(|| node(m, OpKind::Passthrough, site))
}

fn stuff_documents(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let llm = args.get(0, "llm").cloned().map(|v| coerce(m, &v, site));
    let prompt = args.get(1, "prompt").cloned().map(|v| coerce(m, &v, site));
    let (Some(llm), Some(prompt)) = (llm, prompt) else {
        return make(m, OpKind::Unknown("a chain without a model or prompt".into()), site);
    };
    let variable =
        args.named("document_variable_name").and_then(|v| m.text(v)).unwrap_or_else(|| "context".into());
    let format = node(m, OpKind::Lambda(Lambda::Named("format_docs".into())), site);
    let assign = node(m, OpKind::Assign(vec![(variable, format)]), site);
    let inputs = with_name(m, assign, "format_inputs", site);
    let parser = match args.named("output_parser").cloned() {
        Some(given) => coerce(m, &given, site),
        None => node(m, super::parsers::implied("StrOutputParser", None), site),
    };
    let steps = sequence(m, vec![inputs, prompt, llm, parser], site);
    bind(m, steps, Vec::new(), run_name("stuff_documents_chain"), site)
}

fn is_retriever(op: &Node) -> bool {
    matches!(op.kind, OpKind::Retriever(_))
}

/// A retriever that reads `input`.
fn of_input(m: &mut M<'_>, retriever: Node, site: Site) -> Node {
    if !is_retriever(&retriever) {
        return retriever;
    }
    let input = node(m, OpKind::Lambda(Lambda::Named("<lambda>".into())), site);
    sequence(m, vec![input, retriever], site)
}

fn retrieval_chain(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let retriever = args.get(0, "retriever").cloned().map(|v| coerce(m, &v, site));
    let combine = args.get(1, "combine_docs_chain").cloned().map(|v| coerce(m, &v, site));
    let (Some(retriever), Some(combine)) = (retriever, combine) else {
        return make(m, OpKind::Unknown("a retrieval chain without its parts".into()), site);
    };
    let documents = of_input(m, retriever, site);
    let documents = with_name(m, documents, "retrieve_documents", site);
    let context = node(m, OpKind::Assign(vec![("context".into(), documents)]), site);
    let answer = node(m, OpKind::Assign(vec![("answer".into(), combine)]), site);
    let steps = sequence(m, vec![context, answer], site);
    bind(m, steps, Vec::new(), run_name("retrieval_chain"), site)
}

fn history_aware(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let llm = args.get(0, "llm").cloned().map(|v| coerce(m, &v, site));
    let retriever = args.get(1, "retriever").cloned().map(|v| coerce(m, &v, site));
    let prompt = args.get(2, "prompt").cloned().map(|v| coerce(m, &v, site));
    let (Some(llm), Some(retriever), Some(prompt)) = (llm, retriever, prompt) else {
        return make(m, OpKind::Unknown("a history-aware retriever without its parts".into()), site);
    };
    let no_history = node(m, OpKind::Lambda(Lambda::Named("<lambda>".into())), site);
    let direct = of_input(m, retriever.clone(), site);
    let parser = node(m, super::parsers::implied("StrOutputParser", None), site);
    let default = sequence(m, vec![prompt, llm, parser, retriever], site);
    let branch = node(m, OpKind::Branch { cases: vec![(no_history, direct)], default }, site);
    bind(m, branch, Vec::new(), run_name("chat_retriever_chain"), site)
}
