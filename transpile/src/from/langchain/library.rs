//! Prompts that LangChain's own chains have by default: where they stand, not what they say.
//!
//! The texts belong to the library. With [`LangChainOptions::library`](super::LangChainOptions) they are read
//! from an installed copy, as any other Python file is read; without it the prompt stays a named hole.

use super::model::{Effect, Node, OpKind, Prompt, PromptBody};
use super::options::LangChainOptions;
use super::state::{M, node};
use crate::python::Site;

/// A default prompt: the module below `chains`, its names for completion and chat models, its variables.
pub(super) struct Default {
    module: &'static str,
    plain: &'static str,
    chat: &'static str,
    variables: &'static [&'static str],
}

const fn default(
    module: &'static str,
    plain: &'static str,
    chat: &'static str,
    variables: &'static [&'static str],
) -> Default {
    Default { module, plain, chat, variables }
}

pub(super) const QA_STUFF: Default =
    default("question_answering.stuff_prompt", "prompt", "CHAT_PROMPT", &["context", "question"]);
pub(super) const QA_MAP: Default = default(
    "question_answering.map_reduce_prompt",
    "QUESTION_PROMPT",
    "CHAT_QUESTION_PROMPT",
    &["context", "question"],
);
pub(super) const QA_COMBINE: Default = default(
    "question_answering.map_reduce_prompt",
    "COMBINE_PROMPT",
    "CHAT_COMBINE_PROMPT",
    &["question", "summaries"],
);
pub(super) const QA_RERANK: Default =
    default("question_answering.map_rerank_prompt", "PROMPT", "PROMPT", &["context", "question"]);
pub(super) const QA_FIRST: Default = default(
    "question_answering.refine_prompts",
    "DEFAULT_TEXT_QA_PROMPT",
    "CHAT_QUESTION_PROMPT",
    &["context_str", "question"],
);
pub(super) const QA_REFINE: Default = default(
    "question_answering.refine_prompts",
    "DEFAULT_REFINE_PROMPT",
    "CHAT_REFINE_PROMPT",
    &["context_str", "existing_answer", "question"],
);
pub(super) const SUM_STUFF: Default = default("summarize.stuff_prompt", "PROMPT", "PROMPT", &["text"]);
pub(super) const SUM_MAP: Default = default("summarize.map_reduce_prompt", "PROMPT", "PROMPT", &["text"]);
pub(super) const SUM_FIRST: Default = default("summarize.refine_prompts", "PROMPT", "PROMPT", &["text"]);
pub(super) const SUM_REFINE: Default =
    default("summarize.refine_prompts", "REFINE_PROMPT", "REFINE_PROMPT", &["existing_answer", "text"]);
pub(super) const SOURCES_STUFF: Default =
    default("qa_with_sources.stuff_prompt", "PROMPT", "PROMPT", &["question", "summaries"]);
pub(super) const CONVERSATION: Default =
    default("conversation.prompt", "PROMPT", "PROMPT", &["history", "input"]);
pub(super) const CONDENSE: Default = default(
    "conversational_retrieval.prompts",
    "CONDENSE_QUESTION_PROMPT",
    "CONDENSE_QUESTION_PROMPT",
    &["chat_history", "question"],
);
pub(super) const MATH: Default = default("llm_math.prompt", "PROMPT", "PROMPT", &["question"]);
pub(super) const API_URL: Default =
    default("api.prompt", "API_URL_PROMPT", "API_URL_PROMPT", &["api_docs", "question"]);
pub(super) const API_RESPONSE: Default = default(
    "api.prompt",
    "API_RESPONSE_PROMPT",
    "API_RESPONSE_PROMPT",
    &["api_docs", "api_response", "api_url", "question"],
);

/// Packages that hold the chains, newest first.
const PACKAGES: &[&str] = &["langchain_classic", "langchain"];

/// The prompt: read from the installed library, or a named hole.
pub(super) fn prompt(m: &mut M<'_>, which: &Default, chat: bool, site: Site) -> Node {
    let name = if chat { which.chat } else { which.plain };
    if let Some(found) = installed(m, which, name) {
        return found;
    }
    let library = format!("chains.{}.{name}", which.module);
    m.host.lose(
        Effect::Setting,
        format!("the default prompt `{library}` is LangChain's own: it is not in the file"),
        site,
    );
    let class = if name.starts_with("CHAT_") { "ChatPromptTemplate" } else { "PromptTemplate" };
    node(m, OpKind::Prompt(named(class, library, which.variables)), site)
}

/// A prompt that is known by its place alone: in the library, or in LangChain's hub (`hub:owner/name`).
pub(super) fn named(class: &str, place: String, variables: &[&str]) -> Prompt {
    Prompt {
        class: class.into(),
        input_variables: variables.iter().map(|v| (*v).to_owned()).collect(),
        partial: Vec::new(),
        body: PromptBody::Library(place),
    }
}

fn installed(m: &M<'_>, which: &Default, name: &str) -> Option<Node> {
    let folder = m.host.library.as_deref()?;
    PACKAGES.iter().find_map(|package| {
        let path = format!("{folder}/{package}/chains/{}.py", which.module.replace('.', "/"));
        let source = m.vfs().read(&path).ok()?;
        let file = super::read::evaluate(m.vfs(), &path, &source, &LangChainOptions::default(), &[]);
        // Newer releases hold the stuff prompt under another name.
        let names = [name, "PROMPT", "prompt"];
        names.iter().find_map(|n| file.objects.iter().find(|o| o.name == *n).map(|o| o.op.clone()))
    })
}
