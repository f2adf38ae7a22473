//! Prompts that a function of a graph fills in.

use super::body::Expr;
use super::translate::Reason;
use crate::from::langchain::model::{Message, Prompt, PromptBody, TemplateFormat};
use crate::from::langchain::template::{Piece, pieces};

/// The messages or text of a prompt with its variables filled in.
///
/// # Errors
/// A part without a counterpart.
pub(super) fn prompted(prompt: &Prompt, input: &Expr) -> Result<Expr, Reason> {
    let given: Vec<(String, Expr)> = match input {
        Expr::Dict(fields) => fields.clone(),
        Expr::State => {
            prompt.input_variables.iter().map(|name| (name.clone(), Expr::Field(name.clone()))).collect()
        }
        other => match prompt.input_variables.as_slice() {
            [only] => vec![(only.clone(), other.clone())],
            _ => return Err("its prompt gets no dict".to_owned()),
        },
    };
    if !prompt.partial.is_empty() {
        return Err("its prompt is filled in part".to_owned());
    }
    match &prompt.body {
        PromptBody::Text { template, format } => filled(template, *format, &given),
        PromptBody::FewShot(_) => Err("its prompt has examples".to_owned()),
        PromptBody::Library(_) => Err("its prompt is one of the library".to_owned()),
        PromptBody::Unknown(reason) => Err(reason.clone()),
        PromptBody::Messages(messages) => {
            let mut all = Expr::List(Vec::new());
            for message in messages {
                let next = match message {
                    Message::Template { role: word, template, format } => {
                        let role = role(word).ok_or("a role without a counterpart")?;
                        Expr::List(vec![Expr::Message(role, Box::new(filled(template, *format, &given)?))])
                    }
                    Message::Literal { role: word, content } => {
                        let role = role(word).ok_or("a role without a counterpart")?;
                        let text = content.as_str().ok_or("a message that is no text")?;
                        Expr::List(vec![Expr::Message(role, Box::new(Expr::Text(text.to_owned())))])
                    }
                    Message::Placeholder { variable, .. } => {
                        match given.iter().find(|(name, _)| name == variable) {
                            Some((_, value)) => value.clone(),
                            None => Expr::List(Vec::new()),
                        }
                    }
                    _ => return Err("a message without a counterpart".to_owned()),
                };
                all = match (all, next) {
                    (Expr::List(mut a), Expr::List(b)) => {
                        a.extend(b);
                        Expr::List(a)
                    }
                    (a, b) => Expr::Binary("+", Box::new(a), Box::new(b)),
                };
            }
            Ok(all)
        }
    }
}

/// A template with its variables filled in.
///
/// # Errors
/// One that has no counterpart, or that is not given.
pub(super) fn filled(
    template: &str,
    format: TemplateFormat,
    given: &[(String, Expr)],
) -> Result<Expr, Reason> {
    let pieces = (format == TemplateFormat::FString).then(|| pieces(template)).flatten();
    let pieces = pieces.ok_or("its template is written in a way without a counterpart")?;
    let mut parts = Vec::new();
    for piece in pieces {
        parts.push(match piece {
            Piece::Text(text) => Expr::Text(text),
            Piece::Variable { spec, .. } if !spec.is_empty() => return Err("it formats a value".to_owned()),
            Piece::Variable { name, .. } => {
                let found = given.iter().find(|(known, _)| *known == name);
                found
                    .map(|(_, value)| value.clone())
                    .ok_or_else(|| format!("`{name}` of its template is not given"))?
            }
        });
    }
    Ok(Expr::Parts(parts))
}

/// LangChain's names of roles.
pub(super) fn role(word: &str) -> Option<&'static str> {
    Some(match word {
        "system" | "developer" => "system",
        "human" | "user" => "user",
        "ai" | "assistant" => "assistant",
        _ => return None,
    })
}
