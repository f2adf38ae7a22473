//! Legacy chains.

use super::value::{self, Code, Value};
use super::{Body, runnable, tools};
use crate::from::langchain::model::{Chain, Effect, Node, Op, OpKind, Part};
use crate::from::lower::Fate;

fn part<'c>(chain: &'c Chain, name: &str) -> Option<&'c Node> {
    chain.parts.iter().find_map(|(n, p)| match p {
        Part::One(op) if n == name => Some(op),
        _ => None,
    })
}

/// A chain applied to a value.
pub(super) fn lower(body: &mut Body<'_, '_>, chain: &Chain, op: &Op, input: &Value) -> Value {
    if let Some(memory) = &chain.memory {
        let message = format!("the memory `{memory}` of the chain is left out: each run begins anew");
        body.shared.note(Fate::Lost, Effect::Setting, message, &op.origin);
    }
    match chain.class.as_str() {
        "LLMChain" | "ConversationChain" => llm_chain(body, chain, op, input),
        "SequentialChain" => sequential(body, chain, op, input),
        "SimpleSequentialChain" => {
            let mut at = match input {
                Value::Inputs => Value::Code(Code::new(body.input("input", "string"), "string")),
                other => other.clone(),
            };
            for inner in chains(chain) {
                at = runnable::lower(body, inner, at);
            }
            at
        }
        "RetrievalQA" => retrieval(body, chain, op, input),
        class => tools::lost(body, &format!("the chain `{class}` is not carried over"), &op.origin),
    }
}

fn chains(chain: &Chain) -> &[Node] {
    chain
        .parts
        .iter()
        .find_map(|(n, p)| match p {
            Part::Many(ops) if n == "chains" => Some(ops.as_slice()),
            _ => None,
        })
        .unwrap_or_default()
}

fn llm_chain(body: &mut Body<'_, '_>, chain: &Chain, op: &Op, input: &Value) -> Value {
    let mut steps = Vec::new();
    for name in ["prompt", "llm", "output_parser"] {
        match part(chain, name) {
            Some(op) => steps.push(op.clone()),
            None if name == "output_parser" => {}
            None => return tools::lost(body, &format!("the `{name}` of the chain is not known"), &op.origin),
        }
    }
    runnable::sequence(body, &steps, input.clone(), chain.output_keys.first().map(String::as_str))
}

fn sequential(body: &mut Body<'_, '_>, chain: &Chain, op: &Op, input: &Value) -> Value {
    let mut known: Vec<(String, Value)> = Vec::new();
    for inner in chains(chain) {
        let OpKind::Chain(link) = &inner.kind else {
            return tools::lost(body, "a link of the sequence is no chain", &op.origin);
        };
        let at = Value::Dict(known.clone(), Some(Box::new(input.clone())));
        let given = runnable::lower(body, inner, at);
        match link.output_keys.first() {
            Some(key) => known.push((key.clone(), given)),
            None => return tools::lost(body, "a link of the sequence gives no key", &op.origin),
        }
    }
    known.retain(|(k, _)| chain.output_keys.is_empty() || chain.output_keys.contains(k));
    match known.len() {
        1 => known.swap_remove(0).1,
        _ => Value::Dict(known, None),
    }
}

/// `RetrievalQA` of the type `stuff`: search, join, ask.
fn retrieval(body: &mut Body<'_, '_>, chain: &Chain, op: &Op, input: &Value) -> Value {
    let combine = part(chain, "combine_documents_chain").map(|c| &c.kind);
    let (Some(retriever), Some(OpKind::Chain(stuff))) = (part(chain, "retriever"), combine) else {
        return tools::lost(body, "the retriever of the chain is not known", &op.origin);
    };
    let Some(inner) = part(stuff, "llm_chain").filter(|_| stuff.class == "StuffDocumentsChain") else {
        return tools::lost(
            body,
            &format!("documents are combined by `{}`, which is not carried over", stuff.class),
            &op.origin,
        );
    };
    let question = value::key(body, input, "query", "string", &op.origin);
    let found = runnable::lower(body, retriever, question.clone());
    let Value::Found(found) = found else { return found };
    let context = Value::Code(Code::new(format!("join([d.text for d in {found}], \"\\n\\n\")"), "string"));
    let at = Value::Dict(vec![("context".into(), context), ("question".into(), question)], None);
    runnable::lower(body, inner, at)
}
