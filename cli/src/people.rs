//! Questions to the person at the terminal.

use rustchain_runtime::people::{People, Question};
use std::future::Future;
use std::io::{BufRead, IsTerminal, Write};
use std::pin::Pin;

/// Asks on stderr and reads stdin.
struct AtTerminal;

/// Somebody, where stdin is a terminal.
pub fn at_terminal() -> Option<Box<dyn People>> {
    std::io::stdin().is_terminal().then(|| Box::new(AtTerminal) as Box<dyn People>)
}

impl People for AtTerminal {
    fn ask(
        &self,
        question: Question,
    ) -> Pin<Box<dyn Future<Output = Option<serde_json::Value>> + Send + '_>> {
        Box::pin(async move {
            // Reading a terminal blocks; the run's other steps go on.
            tokio::task::spawn_blocking(move || ask(&question)).await.ok().flatten()
        })
    }
}

fn ask(question: &Question) -> Option<serde_json::Value> {
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "\n{}: {}", question.path, question.subject);
    for line in question.body.lines() {
        let _ = writeln!(err, "  {line}");
    }
    let choices: Vec<String> = question.schema["enum"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|c| Some(c.as_str()?.to_owned()))
        .collect();
    let yes_no = question.schema["type"] == "boolean";
    let hint = match (yes_no, choices.is_empty()) {
        (true, _) => "[y/n] ".to_owned(),
        (false, false) => format!("[{}] ", choices.join(" | ")),
        (false, true) => String::new(),
    };
    let _ = write!(err, "{hint}> ");
    let _ = err.flush();
    let mut line = String::new();
    if std::io::stdin().lock().read_line(&mut line).ok()? == 0 {
        return None;
    }
    let text = line.trim();
    if yes_no {
        return Some(serde_json::Value::Bool(matches!(text.to_lowercase().as_str(), "y" | "yes")));
    }
    let is_text = question.schema["type"] == "string" || !choices.is_empty();
    match is_text {
        true => Some(serde_json::Value::String(text.to_owned())),
        // What may be anything is text where it is no JSON.
        false => {
            let is_any = question
                .schema
                .as_object()
                .is_none_or(|s| !s.contains_key("type") && !s.contains_key("anyOf"));
            let as_text = || is_any.then(|| serde_json::Value::String(text.to_owned()));
            serde_json::from_str(text).ok().or_else(as_text)
        }
    }
}
