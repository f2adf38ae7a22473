//! Shell text of a mission: scripts and argument vectors that are constant.

use super::context::Context;
use crate::effects::fold;
use crate::effects::scope::Site;
use crate::spans::Place;
use rustchain_plan::Value;
use rustchain_plan::expr::{ExprKind, Part};
use rustchain_plan::plan::Call;

/// A command as far as it is known.
pub struct Command {
    /// Where it stands.
    pub place: Place,
    /// A script, or the words of an argument vector joined by spaces.
    pub text: String,
}

/// Every script and argument vector; what is not constant is `\u{0}`.
pub fn commands<'a>(context: &Context<'a>) -> Vec<Command> {
    let mut out = Vec::new();
    for (site, call) in context.calls() {
        match call.callee.as_str() {
            "exec.bash" => {
                let Some(text) = argument_text(site, call, "script") else { continue };
                let place = context.argument(site, call, "script");
                out.push(Command { place, text });
            }
            "exec.run" | "exec.start" => {
                let Some(program) = argument_text(site, call, "program") else { continue };
                let words = vector(site, call);
                let text = std::iter::once(program).chain(words).collect::<Vec<_>>().join(" ");
                let place = match call.args.contains_key("args") {
                    true => context.argument(site, call, "args"),
                    false => context.argument(site, call, "program"),
                };
                out.push(Command { place, text });
            }
            _ => {}
        }
    }
    out
}

fn vector<'a>(site: &Site<'a>, call: &'a Call) -> Vec<String> {
    let Some(args) = call.args.get("args") else { return Vec::new() };
    if let Some(Value::List(items)) = fold::constant(args, &site.scope) {
        return items.iter().map(|v| v.as_text().unwrap_or("\u{0}").to_owned()).collect();
    }
    match &args.kind {
        ExprKind::List(items) => items
            .iter()
            .map(|e| fold::constant(e, &site.scope))
            .map(|v| v.as_ref().and_then(Value::as_text).unwrap_or("\u{0}").to_owned())
            .collect(),
        _ => vec!["\u{0}".to_owned()],
    }
}

/// The text of an argument; holes of templates that are not constant become `\u{0}`.
pub fn argument_text<'a>(site: &Site<'a>, call: &'a Call, param: &str) -> Option<String> {
    let arg = call.args.get(param)?;
    if let Some(value) = fold::constant(arg, &site.scope) {
        return value.as_text().map(str::to_owned);
    }
    let ExprKind::Template { parts, .. } = &arg.kind else { return None };
    let text = |part: &'a Part| match part {
        Part::Text(text) => text.to_string(),
        Part::Hole(hole) => {
            let value = fold::constant(hole, &site.scope);
            value.as_ref().and_then(Value::as_text).unwrap_or("\u{0}").to_owned()
        }
    };
    Some(parts.iter().map(text).collect())
}

/// The commands of a script: split at newlines, `;`, `&&`, `||`, each as pipeline stages of words.
/// Quotes keep words together and are taken off; comments are left out.
pub fn pipelines(script: &str) -> Vec<Vec<Vec<String>>> {
    let mut reader = Reader::default();
    let mut chars = script.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                if let Some(next) = chars.next().filter(|n| *n != '\n') {
                    reader.push(next);
                }
            }
            '\'' | '"' => {
                reader.quoted = true;
                while let Some(inner) = chars.next() {
                    if inner == c {
                        break;
                    }
                    if inner == '\\' && c == '"' {
                        reader.word.extend(chars.next());
                    } else {
                        reader.word.push(inner);
                    }
                }
            }
            '#' if reader.at_word_start() => {
                while chars.peek().is_some_and(|c| *c != '\n') {
                    chars.next();
                }
            }
            '|' if chars.peek() == Some(&'|') => {
                chars.next();
                reader.end_pipeline();
            }
            '|' => reader.end_stage(),
            '&' if chars.peek() == Some(&'&') => {
                chars.next();
                reader.end_pipeline();
            }
            ';' | '\n' => reader.end_pipeline(),
            c if c.is_whitespace() => reader.end_word(),
            c => reader.push(c),
        }
    }
    reader.end_pipeline();
    reader.done
}

#[derive(Default)]
struct Reader {
    done: Vec<Vec<Vec<String>>>,
    pipeline: Vec<Vec<String>>,
    stage: Vec<String>,
    word: String,
    quoted: bool,
}

impl Reader {
    fn push(&mut self, c: char) {
        self.word.push(c);
    }

    fn at_word_start(&self) -> bool {
        self.word.is_empty() && !self.quoted
    }

    fn end_word(&mut self) {
        if !self.word.is_empty() || self.quoted {
            self.stage.push(std::mem::take(&mut self.word));
        }
        self.quoted = false;
    }

    fn end_stage(&mut self) {
        self.end_word();
        self.pipeline.push(std::mem::take(&mut self.stage));
    }

    fn end_pipeline(&mut self) {
        self.end_stage();
        self.pipeline.retain(|stage| !stage.is_empty());
        if !self.pipeline.is_empty() {
            self.done.push(std::mem::take(&mut self.pipeline));
        }
    }
}

/// The words of a stage without `sudo`, `env`, `exec` and assignments before the program.
pub fn program_of(stage: &[String]) -> Option<(&str, &[String])> {
    let assigns = |w: &String| {
        w.split_once('=').is_some_and(|(n, _)| n.chars().all(|c| c.is_alphanumeric() || c == '_'))
    };
    let skip = |w: &String| {
        matches!(w.as_str(), "sudo" | "env" | "exec" | "command" | "nohup" | "-E" | "time") || assigns(w)
    };
    let at = stage.iter().position(|w| !skip(w))?;
    let program = stage.get(at)?;
    Some((program.rsplit('/').next().unwrap_or(program), stage.get(at + 1..).unwrap_or_default()))
}
