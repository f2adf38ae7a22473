//! Prompt templates and messages.

use super::data::{data, pairs, text};
use super::model::{Data, Effect, FewShot, Message, Node, OpKind, Prompt, PromptBody, TemplateFormat};
use super::names::Name;
use super::state::{M, Thing, ThingClass, kind, make, node, op_of, push, thing, thing_of};
use super::template::{Piece, pieces, variables};
use crate::python::{Args, Eval, Site, Value};

/// A call of a class of this family.
pub(super) fn call(m: &mut M<'_>, name: &Name<'_>, args: &Args, site: Site) -> Eval<Option<Value>> {
    Ok(Some(match (name.name, name.method) {
        ("PromptTemplate" | "Prompt", "" | "from_template") => text_prompt(m, args, site),
        ("PromptTemplate" | "Prompt", "from_file") => return from_file(m, args, site).map(Some),
        ("PromptTemplate" | "Prompt", "from_examples") => from_examples(m, args, site),
        ("ChatPromptTemplate", "from_template") => chat_from_template(m, args, site),
        ("ChatPromptTemplate", "" | "from_messages" | "from_strings" | "from_role_strings") => {
            chat(m, args, site)
        }
        ("FewShotPromptTemplate" | "FewShotChatMessagePromptTemplate" | "FewShotPromptWithTemplates", "") => {
            few_shot(m, name.name, args, site)
        }
        (class, "" | "from_template") if class.ends_with("MessagePromptTemplate") => {
            thing(m, ThingClass::MessageTemplate, class, name.package, args, site)
        }
        (class, "from_template_file") if class.ends_with("MessagePromptTemplate") => {
            let prompt = from_file(m, args, site)?;
            let mut args = args.clone();
            args.pos = vec![prompt];
            args.kw.clear();
            thing(m, ThingClass::MessageTemplate, class, name.package, &args, site)
        }
        ("MessagesPlaceholder", "") => {
            thing(m, ThingClass::MessageTemplate, "MessagesPlaceholder", name.package, args, site)
        }
        (class, "") if message_role(class).is_some() => {
            thing(m, ThingClass::Message, class, name.package, args, site)
        }
        ("load_prompt" | "load_chain" | "load_llm", "") => {
            return super::legacy::load(m, args, site).map(Some);
        }
        ("hub" | "Client", "pull") | ("pull", "") | ("pull_prompt", _) => {
            let id = args.pos.first().and_then(|v| m.text(v)).unwrap_or_default();
            m.host.lose(
                Effect::Setting,
                format!("the prompt `{id}` is in LangChain's hub, not in the file"),
                site,
            );
            make(
                m,
                OpKind::Prompt(super::library::named("BasePromptTemplate", format!("hub:{id}"), &[])),
                site,
            )
        }
        _ => return Ok(None),
    }))
}

/// The role of a class of messages.
fn message_role(class: &str) -> Option<&'static str> {
    Some(match class.trim_end_matches("Chunk") {
        "SystemMessage" => "system",
        "HumanMessage" => "human",
        "AIMessage" => "ai",
        "ToolMessage" => "tool",
        "FunctionMessage" => "function",
        "ChatMessage" => "chat",
        _ => return None,
    })
}

/// How placeholders are written, from `template_format=`.
fn format_of(args: &Args) -> TemplateFormat {
    match args.named("template_format").and_then(Value::as_str) {
        Some("mustache") => TemplateFormat::Mustache,
        Some("jinja2") => TemplateFormat::Jinja2,
        _ => TemplateFormat::FString,
    }
}

fn partials(m: &M<'_>, args: &Args) -> Vec<(String, Data)> {
    let given = args.named("partial_variables").and_then(|v| pairs(m, v)).unwrap_or_default();
    given.iter().map(|(k, v)| (k.to_string(), data(m, v))).collect()
}

/// A template of one text.
pub(super) fn text_of(
    class: &str,
    template: String,
    format: TemplateFormat,
    partial: Vec<(String, Data)>,
) -> Prompt {
    let mut input_variables = variables(&template, format);
    input_variables.retain(|v| !partial.iter().any(|(p, _)| p == v));
    Prompt { class: class.into(), input_variables, partial, body: PromptBody::Text { template, format } }
}

fn text_prompt(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let Some(template) = args.get(0, "template").cloned() else {
        m.host.lose(Effect::Setting, "the template is not given by name", site);
        return make(m, OpKind::Unknown("a prompt without a template".into()), site);
    };
    let Some(template) = text(m, &template, "the text of the prompt", site) else {
        return unread(m, "PromptTemplate", args, "a prompt whose text is not known", site);
    };
    let partial = partials(m, args);
    make(m, OpKind::Prompt(text_of("PromptTemplate", template, format_of(args), partial)), site)
}

/// A prompt whose text or messages are not known.
fn unread(m: &mut M<'_>, class: &str, args: &Args, reason: &str, site: Site) -> Value {
    let given = super::data::texts(m, args.named("input_variables")).unwrap_or_default();
    let prompt = Prompt {
        class: class.into(),
        input_variables: given,
        partial: partials(m, args),
        body: PromptBody::Unknown(reason.into()),
    };
    make(m, OpKind::Prompt(prompt), site)
}

fn from_file(m: &mut M<'_>, args: &Args, site: Site) -> Eval<Value> {
    let path =
        args.get(0, "template_file").cloned().and_then(|v| text(m, &v, "the path of the template", site));
    let Some(path) = path else {
        return Ok(unread(m, "PromptTemplate", args, "a prompt in a file that is not known", site));
    };
    match super::files::read_beside(m, site, &path) {
        Ok(template) => {
            let partial = partials(m, args);
            Ok(make(m, OpKind::Prompt(text_of("PromptTemplate", template, format_of(args), partial)), site))
        }
        Err(message) => {
            m.host.lose(Effect::Setting, message.clone(), site);
            Ok(unread(m, "PromptTemplate", args, &message, site))
        }
    }
}

/// `PromptTemplate.from_examples`: examples joined into one text.
fn from_examples(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let separator = args.get(3, "example_separator").and_then(Value::as_str).unwrap_or("\n\n").to_owned();
    let prefix = args.get(4, "prefix").and_then(Value::as_str).unwrap_or("").to_owned();
    let suffix = args.get(1, "suffix").and_then(|v| m.text(v));
    let examples = args.get(0, "examples").and_then(|v| m.as_items(v));
    let texts: Option<Vec<String>> =
        examples.and_then(|e| e.iter().map(|v| v.as_str().map(str::to_owned)).collect());
    match (texts, suffix) {
        (Some(texts), Some(suffix)) => {
            let mut all = vec![prefix];
            all.extend(texts);
            all.push(suffix);
            let prompt = text_of("PromptTemplate", all.join(&separator), TemplateFormat::FString, Vec::new());
            make(m, OpKind::Prompt(prompt), site)
        }
        _ => {
            m.host.lose(Effect::Setting, "the examples of the prompt are not known", site);
            unread(m, "PromptTemplate", args, "a prompt whose examples are not known", site)
        }
    }
}

fn chat_from_template(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let format = format_of(args);
    let Some(value) = args.get(0, "template").cloned() else {
        return make(m, OpKind::Unknown("a prompt without a template".into()), site);
    };
    let message = template_message(m, "human", &value, format, site);
    let partial = partials(m, args);
    make(m, OpKind::Prompt(chat_of(vec![message], partial)), site)
}

fn template_message(m: &mut M<'_>, role: &str, value: &Value, format: TemplateFormat, site: Site) -> Message {
    if let Some(op) = op_of(m, value)
        && let OpKind::Prompt(Prompt { body: PromptBody::Text { template, format }, .. }) = &op.kind
    {
        return Message::Template { role: role.into(), template: template.clone(), format: *format };
    }
    if m.as_items(value).is_some() {
        return Message::Parts { role: role.into(), content: data(m, value), format };
    }
    match text(m, value, "the text of the message", site) {
        Some(template) => Message::Template { role: role.into(), template, format },
        None => Message::Unknown(m.describe(value)),
    }
}

/// A prompt of messages; its variables come from them.
pub(super) fn chat_of(messages: Vec<Message>, mut partial: Vec<(String, Data)>) -> Prompt {
    let mut names: std::collections::BTreeSet<String> = Default::default();
    for message in &messages {
        match message {
            Message::Template { template, format, .. } => names.extend(variables(template, *format)),
            Message::Parts { content, format, .. } => variables_in(content, *format, &mut names),
            Message::Placeholder { variable, optional: false } => {
                names.insert(variable.clone());
            }
            Message::Placeholder { variable, optional: true } => {
                if !partial.iter().any(|(p, _)| p == variable) {
                    partial.push((variable.clone(), Data::List(Vec::new())));
                }
            }
            Message::Nested(inner) => {
                if let OpKind::Prompt(inner) = &inner.kind {
                    names.extend(inner.input_variables.iter().cloned());
                }
            }
            Message::Literal { .. } | Message::Unknown(_) => {}
        }
    }
    let input_variables = names.into_iter().filter(|n| !partial.iter().any(|(p, _)| p == n)).collect();
    Prompt {
        class: "ChatPromptTemplate".into(),
        input_variables,
        partial,
        body: PromptBody::Messages(messages),
    }
}

fn variables_in(content: &Data, format: TemplateFormat, out: &mut std::collections::BTreeSet<String>) {
    match content {
        Data::Str(s) => out.extend(variables(s, format)),
        Data::List(items) => items.iter().for_each(|d| variables_in(d, format, out)),
        Data::Dict(items) => items.iter().for_each(|(_, d)| variables_in(d, format, out)),
        _ => {}
    }
}

fn chat(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let list = args.get(0, "messages").or_else(|| args.named("string_messages")).cloned();
    let dirty = list.as_ref().is_some_and(|v| m.is_dirty(v));
    let items = list.as_ref().and_then(|v| m.as_items(&v.assumed().unwrap_or_else(|| v.clone())));
    let Some(items) = items.filter(|_| !dirty) else {
        m.host.lose(Effect::Setting, "the messages of the prompt are not known", site);
        return unread(m, "ChatPromptTemplate", args, "a prompt whose messages are not known", site);
    };
    let format = format_of(args);
    let messages = items.iter().map(|i| message(m, i, format, site)).collect();
    let partial = partials(m, args);
    make(m, OpKind::Prompt(chat_of(messages, partial)), site)
}

/// What LangChain makes of an element of a list of messages.
pub(super) fn message(m: &mut M<'_>, value: &Value, format: TemplateFormat, site: Site) -> Message {
    if let Some(found) = thing_of(m, value).cloned() {
        return message_of_thing(m, &found, format);
    }
    if let Some(op) = op_of(m, value) {
        return match &op.kind {
            OpKind::Prompt(Prompt { body: PromptBody::Text { template, format }, .. }) => {
                Message::Template { role: "human".into(), template: template.clone(), format: *format }
            }
            OpKind::Prompt(_) => Message::Nested(op),
            _ => Message::Unknown("an object that is no message".into()),
        };
    }
    if let Value::Str(_) = value {
        return template_message(m, "human", value, format, site);
    }
    if let Some(found) = pairs(m, value) {
        let get = |name: &str| found.iter().find(|(k, _)| &**k == name).map(|(_, v)| v.clone());
        if let (Some(role), Some(content)) = (get("role").or(get("type")), get("content")) {
            return role_message(m, &role, &content, format, site);
        }
    }
    if let Some([role, content]) = m.as_items(value).as_deref() {
        let (role, content) = (role.clone(), content.clone());
        return role_message(m, &role, &content, format, site);
    }
    let reason = m.describe(value);
    m.host.lose(Effect::Setting, format!("a message of the prompt is not known: {reason}"), site);
    Message::Unknown(reason)
}

fn role_message(m: &mut M<'_>, role: &Value, content: &Value, format: TemplateFormat, site: Site) -> Message {
    let name = match role {
        Value::External(path) => {
            let class = super::names::last(path).to_owned();
            message_role(&class).map_or(class, str::to_owned)
        }
        other => m.text(other).unwrap_or_default(),
    };
    let role = match name.as_str() {
        "human" | "user" => "human",
        "ai" | "assistant" => "ai",
        "system" => "system",
        "placeholder" => return placeholder_text(m, content, site),
        other => other,
    };
    template_message(m, role, content, format, site)
}

/// `("placeholder", "{messages}")` or `("placeholder", ["{messages}", True])`.
fn placeholder_text(m: &mut M<'_>, content: &Value, site: Site) -> Message {
    let (name, optional) = match m.as_items(content).as_deref() {
        Some([name, Value::Bool(optional)]) => (name.clone(), *optional),
        _ => (content.clone(), true),
    };
    match text(m, &name, "the variable of the placeholder", site) {
        Some(name) => {
            let variable = name.trim_start_matches('{').trim_end_matches('}').to_owned();
            Message::Placeholder { variable, optional }
        }
        None => Message::Unknown("a placeholder whose variable is not known".into()),
    }
}

fn message_of_thing(m: &mut M<'_>, thing: &Thing, format: TemplateFormat) -> Message {
    let (args, site) = (&thing.args, thing.site);
    match (thing.class, thing.name.as_str()) {
        (ThingClass::Message, class) => {
            let content = args.get(0, "content").cloned().unwrap_or(Value::str(""));
            let role = match message_role(class) {
                Some("chat") => args.named("role").and_then(|v| m.text(v)).unwrap_or_else(|| "chat".into()),
                Some(role) => role.to_owned(),
                None => class.to_owned(),
            };
            if content.is_symbol() && content.assumed().is_none() {
                let reason = m.describe(&content);
                m.host.lose(
                    Effect::Setting,
                    format!("the content of a message is not known: {reason}"),
                    site,
                );
            }
            Message::Literal { role, content: data(m, &content) }
        }
        (_, "MessagesPlaceholder") => {
            let variable = args.get(0, "variable_name").cloned().unwrap_or(Value::str(""));
            let optional = matches!(args.named("optional"), Some(Value::Bool(true)));
            match text(m, &variable, "the variable of the placeholder", site) {
                Some(variable) => Message::Placeholder { variable, optional },
                None => Message::Unknown("a placeholder whose variable is not known".into()),
            }
        }
        (_, class) => {
            let role = match class {
                "SystemMessagePromptTemplate" => "system".to_owned(),
                "HumanMessagePromptTemplate" => "human".to_owned(),
                "AIMessagePromptTemplate" => "ai".to_owned(),
                _ => args.named("role").and_then(|v| m.text(v)).unwrap_or_else(|| "chat".into()),
            };
            let format = match args.named("template_format") {
                Some(_) => format_of(args),
                None => format,
            };
            let template = args.named("prompt").or(args.get(0, "template")).cloned();
            match template {
                Some(template) => template_message(m, &role, &template, format, site),
                None => Message::Unknown("a message without a template".into()),
            }
        }
    }
}

fn few_shot(m: &mut M<'_>, class: &str, args: &Args, site: Site) -> Value {
    let is_chat = class == "FewShotChatMessagePromptTemplate";
    let string = |name: &str| args.named(name).and_then(|v| m.text(v));
    let (prefix, suffix) = match is_chat {
        true => (None, None),
        false => (Some(string("prefix").unwrap_or_default()), string("suffix")),
    };
    let separator = string("example_separator").unwrap_or_else(|| "\n\n".into());
    let format = format_of(args);
    let examples = match args.named("examples") {
        Some(examples) => data(m, examples),
        None => Data::Unknown("examples that a selector chooses".into()),
    };
    let partial = partials(m, args);
    let mut input_variables = match is_chat {
        true => super::data::texts(m, args.named("input_variables")).unwrap_or_default(),
        false => {
            let all = format!("{}{}", prefix.as_deref().unwrap_or(""), suffix.as_deref().unwrap_or(""));
            variables(&all, format)
        }
    };
    input_variables.retain(|v| !partial.iter().any(|(p, _)| p == v));
    let example_prompt = args.named("example_prompt").and_then(|v| op_of(m, v));
    if example_prompt.is_none() {
        m.host.lose(Effect::Setting, "the prompt of one example is not known", site);
    }
    let few = FewShot { examples, example_prompt, prefix, suffix, separator, format };
    let prompt =
        Prompt { class: class.into(), input_variables, partial, body: PromptBody::FewShot(Box::new(few)) };
    make(m, OpKind::Prompt(prompt), site)
}

/// Methods of prompts.
pub(super) fn method(m: &mut M<'_>, op: &Node, name: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
    let OpKind::Prompt(prompt) = &op.kind else { return Ok(None) };
    match name {
        "partial" => {
            let mut changed = prompt.clone();
            for (key, value) in &args.kw {
                changed.partial.retain(|(n, _)| *n != **key);
                let value = data(m, value);
                changed.partial.push((key.to_string(), value));
            }
            changed.input_variables.retain(|v| !changed.partial.iter().any(|(p, _)| p == v));
            Ok(Some(make(m, OpKind::Prompt(changed), site)))
        }
        "format" => Ok(formatted(m, prompt, args).map(Value::str)),
        "append" | "extend" => {
            let PromptBody::Messages(old) = &prompt.body else { return Ok(None) };
            let mut messages = old.clone();
            let added = match (name, args.pos.first()) {
                ("append", Some(one)) => vec![one.clone()],
                (_, Some(many)) => m.as_items(many).unwrap_or_default(),
                _ => Vec::new(),
            };
            for value in &added {
                messages.push(message(m, value, TemplateFormat::FString, site));
            }
            let changed = node(m, OpKind::Prompt(chat_of(messages, prompt.partial.clone())), site);
            for slot in &mut m.host.ops {
                if std::sync::Arc::ptr_eq(slot, op) {
                    *slot = changed.clone();
                }
            }
            Ok(Some(Value::None))
        }
        _ => Ok(None),
    }
}

/// The text of a template, where every variable is known text.
fn formatted(m: &M<'_>, prompt: &Prompt, args: &Args) -> Option<String> {
    let PromptBody::Text { template, format: TemplateFormat::FString } = &prompt.body else { return None };
    let mut out = String::new();
    for piece in pieces(template)? {
        match piece {
            Piece::Text(text) => out.push_str(&text),
            Piece::Variable { name, spec } if spec.is_empty() => {
                let given =
                    args.named(&name).and_then(|v| v.as_str().map(str::to_owned).or_else(|| m.text(v)));
                let fixed = prompt.partial.iter().find(|(n, _)| *n == name);
                match (given, fixed) {
                    (Some(text), _) => out.push_str(&text),
                    (None, Some((_, Data::Str(text)))) => out.push_str(text),
                    _ => return None,
                }
            }
            Piece::Variable { .. } => return None,
        }
    }
    Some(out)
}

/// `a + b` of prompts and messages.
pub(super) fn plus(m: &mut M<'_>, left: &Value, right: &Value, site: Site) -> Eval<Option<Value>> {
    let left_op = op_of(m, left);
    let left_prompt = left_op.as_ref().and_then(|o| match &o.kind {
        OpKind::Prompt(p) => Some(p.clone()),
        _ => None,
    });
    if let Some(Prompt { class, partial, body: PromptBody::Text { template, format }, .. }) = &left_prompt {
        let (more, other) = match (right, op_of(m, right).as_ref().map(|o| &o.kind)) {
            (Value::Str(s), _) => (s.to_string(), Vec::new()),
            (_, Some(OpKind::Prompt(Prompt { partial, body: PromptBody::Text { template, .. }, .. }))) => {
                (template.clone(), partial.clone())
            }
            _ => return Ok(None),
        };
        let partial = [partial.clone(), other].concat();
        let joined = text_of(class, format!("{template}{more}"), *format, partial);
        return Ok(Some(make(m, OpKind::Prompt(joined), site)));
    }
    let is_message = |m: &M<'_>, v: &Value| {
        thing_of(m, v).is_some_and(|t| matches!(t.class, ThingClass::Message | ThingClass::MessageTemplate))
    };
    let mut messages = match left_prompt {
        Some(Prompt { body: PromptBody::Messages(messages), partial, .. }) => (messages, partial),
        None if is_message(m, left) => (vec![message(m, left, TemplateFormat::FString, site)], Vec::new()),
        _ => return Ok(None),
    };
    let right_op = op_of(m, right);
    match right_op.as_ref().map(|o| &o.kind) {
        Some(OpKind::Prompt(Prompt { body: PromptBody::Messages(more), partial, .. })) => {
            messages.0.extend(more.iter().cloned());
            messages.1.extend(partial.iter().cloned());
        }
        _ => match m.as_items(right) {
            Some(items) => {
                for item in &items {
                    messages.0.push(message(m, item, TemplateFormat::FString, site));
                }
            }
            None => messages.0.push(message(m, right, TemplateFormat::FString, site)),
        },
    }
    let prompt = chat_of(messages.0, messages.1);
    Ok(Some(make(m, OpKind::Prompt(prompt), site)))
}

/// Attributes of prompts that files read.
pub(super) fn attr(m: &mut M<'_>, op: &Node, name: &str) -> Option<Value> {
    let OpKind::Prompt(prompt) = &op.kind else { return None };
    match (name, &prompt.body) {
        ("template", PromptBody::Text { template, .. }) => Some(Value::str(template.as_str())),
        ("input_variables", _) => {
            let names = prompt.input_variables.iter().map(|v| Value::str(v.as_str())).collect();
            Some(m.list(names))
        }
        _ => None,
    }
}

/// `prompt[0]` is not followed.
pub(super) fn item(m: &mut M<'_>, base: &Value, _key: &Value) -> Option<Value> {
    let Value::Native(native) = base else { return None };
    if native.kind != kind::OP {
        return None;
    }
    Some(m.unknown("a part of an object", Default::default()))
}

/// Puts a prompt into the table.
pub(super) fn make_text(m: &mut M<'_>, template: &str, site: Site) -> Node {
    let prompt = text_of("PromptTemplate", template.to_owned(), TemplateFormat::FString, Vec::new());
    let op = node(m, OpKind::Prompt(prompt), site);
    push(m, op.clone());
    op
}
