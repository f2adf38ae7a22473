//! Legacy prompt, model and chain files: flat objects with `_type` at every level, JSON or YAML.

use super::files::inside;
use super::json_lc::{format_of, model_of, plain};
use super::model::{
    Chain, Data, Effect, FewShot, LangChainFile, Loss, Message, Named, Node, Op, OpKind, Origin, Parser,
    Part, Prompt, PromptBody,
};
use crate::vfs::Vfs;
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// Deepest object that is read, files that it refers to counted in.
const MAX_DEPTH: u32 = 40;

/// Reads a legacy file.
pub(super) fn read(vfs: &dyn Vfs, path: &str, json: &Json) -> LangChainFile {
    let mut reader = Reader { vfs, losses: Vec::new(), budget: 200 };
    let op = reader.any(json, path, "$", 0);
    let mut file = LangChainFile {
        objects: vec![Named { name: super::json::stem(path), aliases: Vec::new(), op }],
        losses: reader.losses,
        ..LangChainFile::default()
    };
    super::finish::inventory(&mut file, std::iter::empty());
    file
}

/// The object of a file that a Python file loads.
pub(super) fn load(vfs: &dyn Vfs, path: &str) -> Result<LangChainFile, String> {
    let text = vfs.read(path)?;
    let json = super::json::parse(path, &text)?;
    Ok(read(vfs, path, &json))
}

struct Reader<'v> {
    vfs: &'v dyn Vfs,
    losses: Vec<Loss>,
    /// Files that may still be read.
    budget: u32,
}

impl Reader<'_> {
    fn lose(&mut self, effect: Effect, file: &str, message: String) {
        let origin = Origin { file: file.to_owned(), line: 1, ..Origin::default() };
        if self.losses.len() < 1_000 {
            self.losses.push(Loss { effect, message, origin });
        }
    }

    fn make(&self, file: &str, kind: OpKind) -> Node {
        Arc::new(Op { kind, origin: Origin { file: file.to_owned(), line: 1, ..Origin::default() } })
    }

    fn hole(&mut self, file: &str, at: &str, what: &str) -> Node {
        self.lose(Effect::Structure, file, format!("{at}: {what}"));
        self.make(file, OpKind::Unknown(what.to_owned()))
    }

    fn any(&mut self, json: &Json, file: &str, at: &str, depth: u32) -> Node {
        let Some(map) = json.as_object() else {
            return self.hole(file, at, "no object where one is expected");
        };
        if depth > MAX_DEPTH {
            return self.hole(file, at, "objects or files are nested too deeply");
        }
        let ty = match map.get("_type").and_then(Json::as_str) {
            Some(ty) => ty.to_owned(),
            None if map.contains_key("chains") => "sequential_chain".to_owned(),
            None => "prompt".to_owned(),
        };
        match ty.as_str() {
            "prompt" | "few_shot" | "chat" => self.prompt(&ty, map, file, at, depth),
            ty if is_chain(ty) => self.chain(ty, map, file, at, depth),
            ty => match llm_class(ty) {
                Some((class, package)) => {
                    if class.starts_with("Chat") {
                        let message = format!(
                            "{at}: LangChain itself refuses to load the model type `{ty}` from a file; it is read as `{class}`"
                        );
                        self.lose(Effect::Setting, file, message);
                    }
                    let model = model_of(class, package, map);
                    self.make(file, OpKind::Model(model))
                }
                None => self.hole(file, at, &format!("`{ty}` is no `_type` that is known")),
            },
        }
    }

    /// A part: in place, or in a sibling file under `NAME_path`.
    fn part(
        &mut self,
        map: &Map<String, Json>,
        name: &str,
        file: &str,
        at: &str,
        depth: u32,
    ) -> Option<Node> {
        if let Some(json) = map.get(name).filter(|j| !j.is_null()) {
            return Some(self.any(json, file, &format!("{at}.{name}"), depth + 1));
        }
        let path = map.get(&format!("{name}_path"))?.as_str()?.to_owned();
        Some(match self.sibling(file, &path) {
            Ok((found, json)) => self.any(&json, &found, "$", depth + 1),
            Err(message) => self.hole(file, at, &message),
        })
    }

    fn text_of(&mut self, file: &str, path: &str) -> Result<(String, String), String> {
        if self.budget == 0 {
            return Err("the file refers to too many others".into());
        }
        self.budget -= 1;
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let full = inside(folder, path)?;
        let text = self.vfs.read(&full)?;
        Ok((full, text))
    }

    fn sibling(&mut self, file: &str, path: &str) -> Result<(String, Json), String> {
        let (full, text) = self.text_of(file, path)?;
        let json = super::json::parse(&full, &text)?;
        Ok((full, json))
    }

    /// A text: in place, or in a sibling file under `NAME_path`.
    fn text(&mut self, map: &Map<String, Json>, name: &str, file: &str, at: &str) -> Option<String> {
        if let Some(text) = map.get(name).and_then(Json::as_str) {
            return Some(text.to_owned());
        }
        let path = map.get(&format!("{name}_path"))?.as_str()?.to_owned();
        match self.text_of(file, &path) {
            Ok((_, text)) => Some(text),
            Err(message) => {
                self.lose(Effect::Setting, file, format!("{at}: {message}"));
                None
            }
        }
    }

    fn prompt(&mut self, ty: &str, map: &Map<String, Json>, file: &str, at: &str, depth: u32) -> Node {
        let format = format_of(map.get("template_format"));
        let partial: Vec<(String, Data)> = map
            .get("partial_variables")
            .and_then(Json::as_object)
            .map(|o| o.iter().map(|(k, v)| (k.clone(), plain(v))).collect())
            .unwrap_or_default();
        match ty {
            "few_shot" => self.few_shot(map, file, at, depth),
            "chat" => {
                let messages = map.get("messages").and_then(Json::as_array).cloned().unwrap_or_default();
                let messages = messages.iter().map(|json| self.message(json, file, at)).collect();
                self.make(file, OpKind::Prompt(super::prompts::chat_of(messages, partial)))
            }
            _ => match self.text(map, "template", file, at) {
                Some(template) => self.make(
                    file,
                    OpKind::Prompt(super::prompts::text_of("PromptTemplate", template, format, partial)),
                ),
                None => self.hole(file, at, "a prompt without a template that can be read"),
            },
        }
    }

    fn message(&mut self, json: &Json, file: &str, at: &str) -> Message {
        if let Some(variable) = json.get("variable_name").and_then(Json::as_str) {
            let optional = json.get("optional").and_then(Json::as_bool).unwrap_or(false);
            return Message::Placeholder { variable: variable.into(), optional };
        }
        let inner = json.get("prompt").unwrap_or(json);
        match inner.get("template").and_then(Json::as_str) {
            Some(template) => Message::Template {
                role: json.get("role").and_then(Json::as_str).unwrap_or("human").into(),
                template: template.into(),
                format: format_of(inner.get("template_format")),
            },
            None => {
                self.lose(Effect::Setting, file, format!("{at}: a message without a template"));
                Message::Unknown("a message without a template".into())
            }
        }
    }

    fn few_shot(&mut self, map: &Map<String, Json>, file: &str, at: &str, depth: u32) -> Node {
        let examples = match map.get("examples") {
            Some(Json::String(path)) => match self.sibling(file, &path.clone()) {
                Ok((_, json)) => plain(&json),
                Err(message) => {
                    self.lose(Effect::Setting, file, format!("{at}.examples: {message}"));
                    Data::Unknown(message)
                }
            },
            Some(json) => plain(json),
            None => Data::Unknown("examples that a selector chooses".into()),
        };
        let example_prompt = self.part(map, "example_prompt", file, at, depth);
        let prefix = self.text(map, "prefix", file, at).unwrap_or_default();
        let suffix = self.text(map, "suffix", file, at).unwrap_or_default();
        let format = format_of(map.get("template_format"));
        let input_variables = super::template::variables(&format!("{prefix}{suffix}"), format);
        let few = FewShot {
            examples,
            example_prompt,
            prefix: Some(prefix),
            suffix: Some(suffix),
            separator: map.get("example_separator").and_then(Json::as_str).unwrap_or("\n\n").into(),
            format,
        };
        let prompt = Prompt {
            class: "FewShotPromptTemplate".into(),
            input_variables,
            partial: Vec::new(),
            body: PromptBody::FewShot(Box::new(few)),
        };
        self.make(file, OpKind::Prompt(prompt))
    }

    fn chain(&mut self, ty: &str, map: &Map<String, Json>, file: &str, at: &str, depth: u32) -> Node {
        const PARTS: &[&str] = &[
            "prompt",
            "llm",
            "llm_chain",
            "combine_documents_chain",
            "combine_document_chain",
            "reduce_documents_chain",
            "collapse_documents_chain",
            "initial_llm_chain",
            "refine_llm_chain",
            "document_prompt",
            "question_generator",
            "api_request_chain",
            "api_answer_chain",
            "retriever",
        ];
        let mut parts = Vec::new();
        for name in PARTS {
            if let Some(op) = self.part(map, name, file, at, depth) {
                parts.push(((*name).to_owned(), Part::One(op)));
            }
        }
        let chains = map.get("chains").and_then(Json::as_array).cloned().unwrap_or_default();
        if !chains.is_empty() {
            let ops = chains
                .iter()
                .enumerate()
                .map(|(i, j)| self.any(j, file, &format!("{at}.chains[{i}]"), depth + 1))
                .collect();
            parts.push(("chains".into(), Part::Many(ops)));
        }
        if matches!(ty, "sequential_chain" | "simple_sequential_chain" | "map_rerank_documents_chain") {
            let message =
                format!("{at}: LangChain itself refuses to load `{ty}` from a file; its parts are read");
            self.lose(Effect::Setting, file, message);
        }
        if ty == "llm_chain" {
            let class = match map.get("output_parser").and_then(|p| p.get("_type")).and_then(Json::as_str) {
                None | Some("default") => "StrOutputParser".to_owned(),
                Some(other) => other.to_owned(),
            };
            let parser = self.make(file, OpKind::Parser(Parser { class, schema: None, args: Vec::new() }));
            parts.push(("output_parser".into(), Part::One(parser)));
        }
        let one = |key: &str| map.get(key).and_then(Json::as_str).map(|s| vec![s.to_owned()]);
        let many = |key: &str| -> Option<Vec<String>> {
            Some(map.get(key)?.as_array()?.iter().filter_map(Json::as_str).map(str::to_owned).collect())
        };
        let input_keys =
            many("input_variables").or(one("input_key")).unwrap_or_else(|| match parts.first() {
                Some((name, Part::One(op))) if name == "prompt" => match &op.kind {
                    OpKind::Prompt(p) => p.input_variables.clone(),
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            });
        let chain = Chain {
            class: class_name(ty),
            input_keys,
            output_keys: many("output_variables").or(one("output_key")).unwrap_or_default(),
            memory: None,
            parts,
            settings: Vec::new(),
        };
        self.make(file, OpKind::Chain(chain))
    }
}

fn is_chain(ty: &str) -> bool {
    ty.ends_with("_chain") || matches!(ty, "retrieval_qa" | "vector_db_qa" | "hyde_chain")
}

/// `map_reduce_documents_chain` as `MapReduceDocumentsChain`.
fn class_name(ty: &str) -> String {
    match ty {
        "llm_chain" => return "LLMChain".into(),
        "retrieval_qa" => return "RetrievalQA".into(),
        "vector_db_qa" => return "VectorDBQA".into(),
        "llm_math_chain" => return "LLMMathChain".into(),
        "api_chain" => return "APIChain".into(),
        "sql_database_chain" => return "SQLDatabaseChain".into(),
        _ => {}
    }
    ty.split('_')
        .map(|word| {
            let mut chars = word.chars();
            chars.next().map_or(String::new(), |c| c.to_uppercase().chain(chars).collect())
        })
        .collect()
}

/// The class and package behind the `_type` of a model.
fn llm_class(ty: &str) -> Option<(&'static str, &'static str)> {
    Some(match ty {
        "openai" => ("OpenAI", "langchain_openai"),
        "azure" => ("AzureOpenAI", "langchain_openai"),
        "openai-chat" => ("ChatOpenAI", "langchain_openai"),
        "azure-openai-chat" => ("AzureChatOpenAI", "langchain_openai"),
        "anthropic-llm" | "anthropic" => ("AnthropicLLM", "langchain_anthropic"),
        "anthropic-chat" => ("ChatAnthropic", "langchain_anthropic"),
        "ollama-llm" | "ollama" => ("OllamaLLM", "langchain_ollama"),
        "chat-ollama" => ("ChatOllama", "langchain_ollama"),
        "huggingface_hub" => ("HuggingFaceHub", "langchain_community"),
        "huggingface_endpoint" => ("HuggingFaceEndpoint", "langchain_huggingface"),
        "huggingface_pipeline" => ("HuggingFacePipeline", "langchain_huggingface"),
        "llamacpp" => ("LlamaCpp", "langchain_community"),
        "gpt4all" => ("GPT4All", "langchain_community"),
        "cohere" => ("Cohere", "langchain_cohere"),
        "replicate" => ("Replicate", "langchain_community"),
        "vertexai" => ("VertexAI", "langchain_google_vertexai"),
        "amazon_bedrock" => ("BedrockLLM", "langchain_aws"),
        "google_palm" => ("GooglePalm", "langchain_community"),
        _ => return None,
    })
}
