//! Chains over documents: stuff, map-reduce, refine, map-rerank, and the question answering built on them.

use super::legacy::{llm_chain_of, settings};
use super::library::{self, Default as Library};
use super::model::{Chain, Effect, Node, OpKind, Part};
use super::parsers::implied;
use super::prompts::text_of;
use super::runnables::coerce;
use super::state::{M, make, node, push};
use crate::python::{Args, Eval, Site, Value};

/// The prompts that a family of document chains has by default.
struct Family {
    stuff: &'static Library,
    map: &'static Library,
    combine: &'static Library,
    first: &'static Library,
    refine: &'static Library,
    /// The variable that documents are put into.
    question: bool,
}

const QA: Family = Family {
    stuff: &library::QA_STUFF,
    map: &library::QA_MAP,
    combine: &library::QA_COMBINE,
    first: &library::QA_FIRST,
    refine: &library::QA_REFINE,
    question: true,
};
const SUMMARIZE: Family = Family {
    stuff: &library::SUM_STUFF,
    map: &library::SUM_MAP,
    combine: &library::SUM_MAP,
    first: &library::SUM_FIRST,
    refine: &library::SUM_REFINE,
    question: false,
};
const SOURCES: Family = Family { stuff: &library::SOURCES_STUFF, ..QA };

/// A call of one of the functions and classes.
pub(super) fn call(m: &mut M<'_>, class: &str, method: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
    let family = match class {
        "load_summarize_chain" => &SUMMARIZE,
        "load_qa_with_sources_chain" | "RetrievalQAWithSourcesChain" | "QAWithSourcesChain" => &SOURCES,
        _ => &QA,
    };
    Ok(Some(match (class, method) {
        ("load_qa_chain" | "load_summarize_chain" | "load_qa_with_sources_chain", "") => {
            let chain_type =
                args.get(1, "chain_type").and_then(|v| m.text(v)).unwrap_or_else(|| "stuff".into());
            let op = combine(m, family, &chain_type, args, site);
            push(m, op)
        }
        ("RetrievalQA" | "VectorDBQA" | "RetrievalQAWithSourcesChain", "from_chain_type" | "from_llm") => {
            retrieval(m, class, method, family, args, site)
        }
        ("ConversationalRetrievalChain", "from_llm") => conversational(m, args, site),
        _ => return Ok(None),
    }))
}

fn given(m: &mut M<'_>, args: &Args, name: &str, site: Site) -> Option<Node> {
    let value = args.named(name)?.clone();
    match value {
        Value::None => None,
        value => Some(coerce(m, &value, site)),
    }
}

/// Is this a chat model? LangChain picks other default prompts for those.
fn is_chat(llm: Option<&Node>) -> bool {
    llm.and_then(super::models::model_of).is_some_and(|model| model.class.contains("Chat"))
}

fn chain(
    m: &M<'_>,
    class: &str,
    input: &[&str],
    output: &[&str],
    parts: Vec<(&str, Node)>,
    site: Site,
) -> Node {
    let own = |names: &[&str]| names.iter().map(|s| (*s).to_owned()).collect();
    let chain = Chain {
        class: class.into(),
        input_keys: own(input),
        output_keys: own(output),
        memory: None,
        parts: parts.into_iter().map(|(name, op)| (name.to_owned(), Part::One(op))).collect(),
        settings: Vec::new(),
    };
    node(m, OpKind::Chain(chain), site)
}

/// A model with the prompt that was given, or with the default one.
fn llm(m: &mut M<'_>, llm: Option<&Node>, prompt: Option<Node>, default: &Library, site: Site) -> Node {
    let chat = is_chat(llm);
    let prompt = match prompt {
        Some(prompt) => prompt,
        None => library::prompt(m, default, chat, site),
    };
    let parser = node(m, implied("StrOutputParser", None), site);
    llm_chain_of(m, Some(prompt), llm.cloned(), parser, "text".into(), None, site)
}

fn document_prompt(m: &mut M<'_>, args: &Args, template: &str, site: Site) -> Node {
    match given(m, args, "document_prompt", site) {
        Some(prompt) => prompt,
        None => {
            let prompt =
                text_of("PromptTemplate", template.into(), super::TemplateFormat::FString, Vec::new());
            node(m, OpKind::Prompt(prompt), site)
        }
    }
}

/// The chain that answers from documents.
fn combine(m: &mut M<'_>, family: &Family, chain_type: &str, args: &Args, site: Site) -> Node {
    let model = args.get(0, "llm").cloned().map(|v| coerce(m, &v, site));
    let input: &[&str] =
        if family.question { &["input_documents", "question"] } else { &["input_documents"] };
    let output = ["output_text"];
    match chain_type {
        "stuff" => {
            let prompt = given(m, args, "prompt", site);
            let inner = llm(m, model.as_ref(), prompt, family.stuff, site);
            let document = document_prompt(m, args, "{page_content}", site);
            chain(
                m,
                "StuffDocumentsChain",
                input,
                &output,
                vec![("llm_chain", inner), ("document_prompt", document)],
                site,
            )
        }
        "map_reduce" => {
            let map = given(m, args, "question_prompt", site).or_else(|| given(m, args, "map_prompt", site));
            let map = llm(m, model.as_ref(), map, family.map, site);
            let reduce_model = given(m, args, "reduce_llm", site).or(model);
            let reduce = given(m, args, "combine_prompt", site);
            let reduce = llm(m, reduce_model.as_ref(), reduce, family.combine, site);
            let document = document_prompt(m, args, "{page_content}", site);
            let stuff = chain(
                m,
                "StuffDocumentsChain",
                input,
                &output,
                vec![("llm_chain", reduce), ("document_prompt", document)],
                site,
            );
            let reduce = chain(
                m,
                "ReduceDocumentsChain",
                &["input_documents"],
                &output,
                vec![("combine_documents_chain", stuff)],
                site,
            );
            chain(
                m,
                "MapReduceDocumentsChain",
                &["input_documents"],
                &output,
                vec![("llm_chain", map), ("reduce_documents_chain", reduce)],
                site,
            )
        }
        "refine" => {
            let first = given(m, args, "question_prompt", site);
            let first = llm(m, model.as_ref(), first, family.first, site);
            let refine = given(m, args, "refine_prompt", site);
            let refine = llm(m, model.as_ref(), refine, family.refine, site);
            let document = document_prompt(m, args, "{page_content}", site);
            let parts = vec![
                ("initial_llm_chain", first),
                ("refine_llm_chain", refine),
                ("document_prompt", document),
            ];
            chain(m, "RefineDocumentsChain", &["input_documents"], &output, parts, site)
        }
        "map_rerank" => {
            let prompt = given(m, args, "prompt", site);
            let inner = llm(m, model.as_ref(), prompt, &library::QA_RERANK, site);
            chain(
                m,
                "MapRerankDocumentsChain",
                &["input_documents"],
                &output,
                vec![("llm_chain", inner)],
                site,
            )
        }
        other => {
            m.host.lose(
                Effect::Structure,
                format!("`{other}` is no type of documents chain that is known"),
                site,
            );
            node(m, OpKind::Unknown(format!("a documents chain of the type `{other}`")), site)
        }
    }
}

/// Keyword arguments out of a dict argument.
fn inner_args(m: &mut M<'_>, args: &Args, name: &str, site: Site) -> Args {
    let mut out = Args::default();
    match args.named(name).cloned() {
        None | Some(Value::None) => {}
        Some(value) => match super::data::pairs(m, &value) {
            Some(pairs) => out.kw = pairs,
            None => m.host.lose(Effect::Setting, format!("`{name}` is not known"), site),
        },
    }
    out
}

fn retrieval(m: &mut M<'_>, class: &str, method: &str, family: &Family, args: &Args, site: Site) -> Value {
    let model = args.get(0, "llm").cloned();
    let combined = match method {
        "from_chain_type" => {
            let chain_type =
                args.get(1, "chain_type").and_then(|v| m.text(v)).unwrap_or_else(|| "stuff".into());
            let mut inner = inner_args(m, args, "chain_type_kwargs", site);
            inner.kw.extend(model.map(|v| ("llm".into(), v)));
            combine(m, family, &chain_type, &inner, site)
        }
        _ => {
            let model = model.map(|v| coerce(m, &v, site));
            let prompt = given(m, args, "prompt", site);
            let inner = llm(m, model.as_ref(), prompt, family.stuff, site);
            let document = document_prompt(m, args, "Context:\n{page_content}", site);
            chain(
                m,
                "StuffDocumentsChain",
                &["input_documents", "question"],
                &["output_text"],
                vec![("llm_chain", inner), ("document_prompt", document)],
                site,
            )
        }
    };
    let (input, output): (&[&str], &[&str]) = match class {
        "RetrievalQAWithSourcesChain" => (&["question"], &["answer", "sources"]),
        _ => (&["query"], &["result"]),
    };
    let mut parts = vec![("combine_documents_chain".to_owned(), Part::One(combined))];
    if let Some(retriever) = given(m, args, "retriever", site) {
        parts.push(("retriever".into(), Part::One(retriever)));
    }
    finish(m, class, input, output, parts, args, site)
}

fn conversational(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let model = args.get(0, "llm").cloned();
    let retriever = args.get(1, "retriever").cloned().map(|v| coerce(m, &v, site));
    let chain_type = args.named("chain_type").and_then(|v| m.text(v)).unwrap_or_else(|| "stuff".into());
    let mut inner = inner_args(m, args, "combine_docs_chain_kwargs", site);
    inner.kw.extend(model.clone().map(|v| ("llm".into(), v)));
    let combined = combine(m, &QA, &chain_type, &inner, site);
    let condense_model = args.named("condense_question_llm").cloned().or(model).map(|v| coerce(m, &v, site));
    let condense = given(m, args, "condense_question_prompt", site);
    let condense = llm(m, condense_model.as_ref(), condense, &library::CONDENSE, site);
    let mut parts = vec![
        ("combine_docs_chain".to_owned(), Part::One(combined)),
        ("question_generator".to_owned(), Part::One(condense)),
    ];
    parts.extend(retriever.map(|r| ("retriever".to_owned(), Part::One(r))));
    finish(m, "ConversationalRetrievalChain", &["question", "chat_history"], &["answer"], parts, args, site)
}

fn finish(
    m: &mut M<'_>,
    class: &str,
    input: &[&str],
    output: &[&str],
    parts: Vec<(String, Part)>,
    args: &Args,
    site: Site,
) -> Value {
    let mut output_keys: Vec<String> = output.iter().map(|s| (*s).to_owned()).collect();
    if matches!(args.named("return_source_documents"), Some(Value::Bool(true))) {
        output_keys.push("source_documents".into());
    }
    let chain = Chain {
        class: class.into(),
        input_keys: input.iter().map(|s| (*s).to_owned()).collect(),
        output_keys,
        memory: super::memory::class_of(m, args.named("memory")),
        parts,
        settings: settings(m, args),
    };
    make(m, OpKind::Chain(chain), site)
}
