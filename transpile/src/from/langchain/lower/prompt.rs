//! Prompt templates as expressions.

use super::Body;
use super::value::{self, Code, Sent, Value};
use crate::from::langchain::model::{
    Data, Effect, FewShot, Message, Op, OpKind, Origin, Prompt, PromptBody, TemplateFormat,
};
use crate::from::langchain::template::{Piece, pieces};
use crate::from::lower::text::string;
use crate::from::lower::{Fate, names};

/// A prompt with its variables filled in.
pub(super) fn lower(body: &mut Body<'_, '_>, prompt: &Prompt, op: &Op, input: &Value) -> Value {
    let origin = &op.origin;
    let mut sent = Sent::default();
    match &prompt.body {
        PromptBody::Text { template, format } => {
            sent.prompt = Some(template_code(body, template, *format, prompt, input, origin));
        }
        PromptBody::FewShot(few) if prompt.class == "FewShotChatMessagePromptTemplate" => {
            sent.messages = few_shot_messages(body, few, prompt, input, origin);
        }
        PromptBody::FewShot(few) => sent.prompt = Some(few_shot_text(body, few, prompt, input, origin)),
        PromptBody::Messages(messages) => messages_code(body, messages, prompt, input, origin, &mut sent),
        PromptBody::Unknown(reason) => {
            body.shared.note(Fate::Lost, Effect::Setting, reason.clone(), origin);
            sent.prompt = Some(hole(body, reason, origin));
        }
        PromptBody::Library(library) => {
            let message = match library.strip_prefix("hub:") {
                Some(id) => format!("the prompt `{id}` is in LangChain's hub, not in the file"),
                None => format!(
                    "the default prompt `{library}` is LangChain's own: give --library SITE_PACKAGES to read it from an installed copy"
                ),
            };
            body.shared.note(Fate::Lost, Effect::Setting, message, origin);
            sent.prompt = Some(hole(body, library, origin));
        }
    }
    Value::Prompt(sent)
}

/// A text that is not known: a step of its own, and its name.
fn hole(body: &mut Body<'_, '_>, source: &str, origin: &Origin) -> String {
    body.step("hole_", value::hole("string", source).code, origin)
}

fn messages_code(
    body: &mut Body<'_, '_>,
    messages: &[Message],
    prompt: &Prompt,
    input: &Value,
    origin: &Origin,
    sent: &mut Sent,
) {
    let mut list: Vec<String> = Vec::new();
    let mut runs: Vec<String> = Vec::new();
    let last = messages.len().saturating_sub(1);
    for (index, message) in messages.iter().enumerate() {
        let (role, code) = match message {
            Message::Template { role, template, format } => {
                (role.clone(), template_code(body, template, *format, prompt, input, origin))
            }
            Message::Literal { role, content } => match content {
                Data::Str(text) => (role.clone(), string(text)),
                other => match other.as_str() {
                    Some(text) => (role.clone(), string(text)),
                    None => {
                        body.shared.note(
                            Fate::Lost,
                            Effect::Setting,
                            "the content of a message is no text",
                            origin,
                        );
                        (role.clone(), hole(body, "the content of a message", origin))
                    }
                },
            },
            Message::Placeholder { variable, optional } => {
                // The scratchpad of an agent is empty before its loop, which adds to the messages itself.
                let fills = prompt.partial.iter().any(|(p, _)| p == variable);
                if variable == "agent_scratchpad" && !gives(input, variable) {
                    continue;
                }
                if *optional && fills && !gives(input, variable) {
                    if !matches!(input, Value::Inputs) {
                        continue;
                    }
                    body.optional.push(names::identifier(variable));
                }
                flush(&mut list, &mut runs);
                let found = value::key(body, input, variable, "list<Message>", origin);
                runs.push(value::code(body, &found, origin).code);
                continue;
            }
            Message::Nested(inner) => match &inner.kind {
                OpKind::Prompt(p) => match lower(body, p, inner, input) {
                    Value::Prompt(inner) => {
                        flush(&mut list, &mut runs);
                        sent.system = sent.system.take().or(inner.system);
                        runs.extend(inner.messages);
                        if let Some(prompt) = inner.prompt {
                            list.push(message_code("user", &prompt));
                        }
                        continue;
                    }
                    _ => continue,
                },
                _ => continue,
            },
            Message::Parts { role, .. } => {
                body.shared.note(
                    Fate::Lost,
                    Effect::Setting,
                    "a message of several parts, e.g. with an image",
                    origin,
                );
                (role.clone(), hole(body, "a message of several parts", origin))
            }
            Message::Unknown(reason) => {
                body.shared.note(
                    Fate::Lost,
                    Effect::Setting,
                    format!("a message is not known: {reason}"),
                    origin,
                );
                ("human".into(), hole(body, reason, origin))
            }
        };
        match role.as_str() {
            "system" if index == 0 => sent.system = Some(code),
            "human" if index == last => sent.prompt = Some(code),
            "system" => list.push(message_code("system", &code)),
            "human" => list.push(message_code("user", &code)),
            "ai" => list.push(message_code("assistant", &code)),
            other => {
                let message = format!("a message of the role `{other}` is sent as one of the user");
                body.shared.note(Fate::Approximated, Effect::Setting, message, origin);
                list.push(message_code("user", &code));
            }
        }
    }
    flush(&mut list, &mut runs);
    if !runs.is_empty() {
        sent.messages = Some(runs.join(" + "));
    }
}

fn flush(list: &mut Vec<String>, runs: &mut Vec<String>) {
    if !list.is_empty() {
        runs.push(format!("[{}]", std::mem::take(list).join(", ")));
    }
}

fn message_code(role: &str, content: &str) -> String {
    format!("Message {{ role: Role.{role}, content: {content} }}")
}

/// Does a value have a key of its own?
fn gives(value: &Value, key: &str) -> bool {
    match value {
        Value::Dict(items, base) => {
            items.iter().any(|(k, _)| k == key) || base.as_ref().is_some_and(|b| gives(b, key))
        }
        _ => false,
    }
}

/// The expression of a variable inside a template.
fn variable(body: &mut Body<'_, '_>, name: &str, prompt: &Prompt, input: &Value, origin: &Origin) -> String {
    if let Some((_, fixed)) = prompt.partial.iter().find(|(n, _)| n == name) {
        return match fixed.as_str() {
            Some(text) => string(text),
            None => match fixed {
                Data::Int(i) => i.to_string(),
                Data::Function(code) => {
                    let message =
                        format!("the partial variable `{name}` is made by the function `{}`", code.name);
                    body.shared.note(Fate::Lost, Effect::Body, message, origin);
                    hole(body, name, origin)
                }
                _ => {
                    body.shared.note(
                        Fate::Lost,
                        Effect::Setting,
                        format!("the partial variable `{name}` is no text"),
                        origin,
                    );
                    hole(body, name, origin)
                }
            },
        };
    }
    let found = value::key(body, input, name, "string", origin);
    let Code { code, ty } = value::code(body, &found, origin);
    if ty == "list<string>" {
        // Python prints a list; documents that are printed so look different here.
        body.shared.note(
            Fate::Approximated,
            Effect::Body,
            format!("the list `{name}` is joined by line ends in the prompt"),
            origin,
        );
        return format!("join({code}, \"\\n\")");
    }
    code
}

fn template_code(
    body: &mut Body<'_, '_>,
    template: &str,
    format: TemplateFormat,
    prompt: &Prompt,
    input: &Value,
    origin: &Origin,
) -> String {
    let parts = match format {
        TemplateFormat::FString => pieces(template),
        _ => braces(template),
    };
    let Some(parts) = parts else {
        let message = match format {
            TemplateFormat::FString => "the template has a brace that is not closed".to_owned(),
            other => format!("the {} template has sections or expressions", other.name()),
        };
        body.shared.note(Fate::Lost, Effect::Setting, message, origin);
        return hole(body, template, origin);
    };
    let mut out = String::new();
    let mut only: Option<String> = None;
    let count = parts.len();
    for part in parts {
        match part {
            Piece::Text(text) => {
                let quoted = string(&text);
                out.push_str(quoted.get(1..quoted.len() - 1).unwrap_or_default());
            }
            Piece::Variable { name, spec } => {
                if !spec.is_empty() {
                    let message = format!("the format `{spec}` of `{name}` is left out");
                    body.shared.note(Fate::Lost, Effect::Setting, message, origin);
                }
                let code = variable(body, &name, prompt, input, origin);
                if count == 1 {
                    only = Some(code.clone());
                }
                out.push_str(&inner(&code));
            }
        }
    }
    match only {
        Some(code) if code.starts_with('"') => code,
        _ => format!("\"{out}\""),
    }
}

/// The pieces of a mustache or Jinja template that has plain variables only.
fn braces(template: &str) -> Option<Vec<Piece>> {
    if template.contains("{%") || template.contains("{#") {
        return None;
    }
    let mut out = Vec::new();
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        if start > 0 {
            out.push(Piece::Text(rest.get(..start)?.to_owned()));
        }
        rest = rest.get(start + 2..)?;
        let end = rest.find("}}")?;
        let name = rest.get(..end)?.trim_start_matches('{').trim();
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return None;
        }
        out.push(Piece::Variable { name: name.to_owned(), spec: String::new() });
        rest = rest.get(end + 2..)?.trim_start_matches('}');
    }
    if !rest.is_empty() {
        out.push(Piece::Text(rest.to_owned()));
    }
    Some(out)
}

/// The examples, where they are known: each as pairs of text.
fn examples(few: &FewShot) -> Option<Vec<Vec<(String, String)>>> {
    let Data::List(items) = &few.examples else { return None };
    items
        .iter()
        .map(|item| match item {
            Data::Dict(pairs) => pairs.iter().map(|(k, v)| Some((k.clone(), plain(v)?))).collect(),
            _ => None,
        })
        .collect()
}

fn plain(value: &Data) -> Option<String> {
    Some(match value {
        Data::Str(s) => s.clone(),
        Data::Int(i) => i.to_string(),
        Data::Float(f) => f.to_string(),
        Data::Bool(b) => {
            if *b {
                "True".into()
            } else {
                "False".into()
            }
        }
        _ => return None,
    })
}

/// A prompt of one example with the values filled in, as literal parts.
fn filled(
    body: &mut Body<'_, '_>,
    example: &[(String, String)],
    few: &FewShot,
    origin: &Origin,
) -> Option<Value> {
    let prompt_op = few.example_prompt.clone()?;
    let OpKind::Prompt(prompt) = &prompt_op.kind else { return None };
    let mut prompt = prompt.clone();
    for (k, v) in example {
        prompt.partial.push((k.clone(), Data::Str(v.clone())));
    }
    let op = Op { kind: OpKind::Passthrough, origin: origin.clone() };
    Some(lower(body, &prompt, &op, &Value::Dict(Vec::new(), None)))
}

fn few_shot_text(
    body: &mut Body<'_, '_>,
    few: &FewShot,
    prompt: &Prompt,
    input: &Value,
    origin: &Origin,
) -> String {
    let Some(all) = examples(few) else {
        body.shared.note(
            Fate::Lost,
            Effect::Setting,
            "the examples of the prompt are chosen when it runs",
            origin,
        );
        return hole(body, "a prompt whose examples are chosen when it runs", origin);
    };
    let mut parts: Vec<String> = Vec::new();
    if let Some(prefix) = few.prefix.as_deref().filter(|p| !p.is_empty()) {
        parts.push(inner(&template_code(body, prefix, few.format, prompt, input, origin)));
    }
    for example in &all {
        match filled(body, example, few, origin) {
            Some(Value::Prompt(Sent { prompt: Some(code), .. })) => parts.push(inner(&code)),
            _ => {
                body.shared.note(
                    Fate::Lost,
                    Effect::Setting,
                    "the prompt of an example is not known",
                    origin,
                );
                return hole(body, "a prompt whose examples are not known", origin);
            }
        }
    }
    if let Some(suffix) = few.suffix.as_deref().filter(|s| !s.is_empty()) {
        parts.push(inner(&template_code(body, suffix, few.format, prompt, input, origin)));
    }
    let separator = string(&few.separator);
    format!("\"{}\"", parts.join(separator.get(1..separator.len() - 1).unwrap_or_default()))
}

/// The inside of a string literal; another expression as a hole of one.
fn inner(code: &str) -> String {
    match code.strip_prefix('"').and_then(|c| c.strip_suffix('"')) {
        Some(inside) => inside.to_owned(),
        None => format!("${{{code}}}"),
    }
}

fn few_shot_messages(
    body: &mut Body<'_, '_>,
    few: &FewShot,
    _prompt: &Prompt,
    _input: &Value,
    origin: &Origin,
) -> Option<String> {
    let Some(all) = examples(few) else {
        body.shared.note(
            Fate::Lost,
            Effect::Setting,
            "the examples of the prompt are chosen when it runs",
            origin,
        );
        return Some(value::hole("list<Message>", "examples that are chosen when it runs").code);
    };
    let mut runs = Vec::new();
    for example in &all {
        let Some(Value::Prompt(sent)) = filled(body, example, few, origin) else { continue };
        if let Some(system) = sent.system {
            runs.push(format!("[{}]", message_code("system", &system)));
        }
        runs.extend(sent.messages);
        if let Some(prompt) = sent.prompt {
            runs.push(format!("[{}]", message_code("user", &prompt)));
        }
    }
    (!runs.is_empty()).then(|| runs.join(" + "))
}
