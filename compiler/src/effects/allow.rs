//! The `allow` lines that would grant effects.

use super::overlap::{plain_path, without_query};
use rustchain_plan::effect::PatternSyntax;
use rustchain_plan::{Effect, EffectKind, Pattern};

/// The lines, one an effect, sorted, without repetition; names of one kind share a line.
pub fn allow_lines<'a>(effects: impl IntoIterator<Item = &'a Effect>) -> Vec<String> {
    let mut sorted: Vec<&Effect> = effects.into_iter().collect();
    sorted.sort();
    sorted.dedup();
    let mut lines: Vec<String> = Vec::new();
    for kind in EffectKind::ALL {
        let of_kind: Vec<&Pattern> = sorted.iter().filter(|e| e.kind == *kind).map(|e| &e.pattern).collect();
        if of_kind.is_empty() {
            continue;
        }
        if is_named(*kind) && of_kind.iter().all(|p| is_identifier(&p.0)) {
            let names: Vec<&str> = of_kind.iter().map(|p| p.0.as_str()).collect();
            lines.push(format!("allow {kind} [{}]", names.join(", ")));
            continue;
        }
        for pattern in of_kind {
            let line = allow_line(&Effect { kind: *kind, pattern: pattern.clone() });
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines
}

/// The line that grants one effect.
pub fn allow_line(effect: &Effect) -> String {
    let kind = effect.kind;
    let pattern = match kind.pattern_syntax() {
        PatternSyntax::Bare => return format!("allow {kind}"),
        PatternSyntax::Url => without_query(&effect.pattern),
        PatternSyntax::Path => plain_path(&effect.pattern),
        PatternSyntax::Name if is_named(kind) && is_identifier(&effect.pattern.0) => {
            return format!("allow {kind} [{}]", effect.pattern.0);
        }
        PatternSyntax::Name => effect.pattern.clone(),
    };
    format!("allow {kind} {}", quoted(&pattern.0))
}

/// Are its patterns names of declarations (providers, stores)?
fn is_named(kind: EffectKind) -> bool {
    matches!(kind, EffectKind::Llm | EffectKind::MemoryRead | EffectKind::MemoryWrite)
}

fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    let starts = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    starts && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
    out.replace("${", "\\${")
}
