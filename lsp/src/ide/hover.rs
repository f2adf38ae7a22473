//! What a name is: its type, labels, effects and the policy's word on them, docs, cost.

use super::analysed::{Analysed, docs_at, node, word};
use super::render;
use super::{Location, Snapshot};
use rustchain_compiler::CompiledMission;
use rustchain_compiler::cost::{Bound, cost};
use rustchain_compiler::index::{Symbol, Use};
use rustchain_grammar::Span;
use rustchain_plan::{Body, Node};
use std::fmt::Write;
use std::path::Path;

/// Words about a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// Markdown.
    pub markdown: String,
    /// What it is about.
    pub span: Option<Span>,
}

/// The hover at a byte.
pub fn hover(snapshot: &Snapshot, path: &Path, offset: u32) -> Option<Hover> {
    let file = snapshot.analysed(path)?;
    let name = file.name_at(offset)?;
    let mut out = format!("```mission\n{}\n```\n", headline(&file, name));
    if let Some(docs) = docs(&file, name) {
        let _ = write!(out, "\n{docs}\n");
    }
    if let Some((mission, step)) = name.declaration.and_then(|d| file.step(d))
        && let Some(node) = node(mission, &step)
    {
        about_step(mission, &step, &node, &mut out);
    }
    if name.symbol == Symbol::Mission
        && let Some(mission) = file.analysis.missions.iter().find(|m| m.plan.mission == name.name)
    {
        about_mission(mission, &mut out);
    }
    if let Some(signature) = library(name) {
        about_library(signature, &mut out);
    }
    Some(Hover { markdown: out, span: file.span(name.place.span) })
}

fn library(name: &Use) -> Option<&'static rustchain_plan::Signature> {
    if name.symbol != Symbol::Library {
        return None;
    }
    rustchain_stdlib::signature(&name.name)
}

fn headline(file: &Analysed, name: &Use) -> String {
    if let Some(signature) = library(name) {
        return render::signature(signature);
    }
    if let Some(text) = written(file, name) {
        return text;
    }
    match &name.ty {
        Some(ty) => format!("{} {}: {ty}", word(name.symbol), name.name),
        None => format!("{} {}", word(name.symbol), name.name),
    }
}

/// Types, providers and policies are best shown as they were written, where that is short.
fn written(file: &Analysed, name: &Use) -> Option<String> {
    if !matches!(name.symbol, Symbol::Type | Symbol::Provider | Symbol::Policy | Symbol::Memory) {
        return None;
    }
    let declaration = name.declaration?;
    let text = &file.analysis.sources.file(declaration.file).text;
    let parsed;
    let syntax = if declaration.file == file.analysis.entry {
        &file.analysis.syntax
    } else {
        parsed = rustchain_grammar::parse(text, declaration.file).ast;
        &parsed
    };
    let item = syntax.items.iter().find(|i| i.span.contains(declaration.span.start))?;
    let text = text.get(item.span.range())?;
    let start = text.lines().position(|l| !l.trim_start().starts_with("///"))?;
    let lines: Vec<&str> = text.lines().skip(start).collect();
    (lines.len() <= 20).then(|| lines.join("\n"))
}

fn docs(file: &Analysed, name: &Use) -> Option<String> {
    let declaration = name.declaration?;
    if declaration.file == file.analysis.entry {
        return docs_at(&file.analysis.syntax, declaration.span);
    }
    let text = &file.analysis.sources.file(declaration.file).text;
    docs_at(&rustchain_grammar::parse(text, declaration.file).ast, declaration.span)
}

fn about_step(mission: &CompiledMission, path: &str, node: &Node, out: &mut String) {
    let Body::Call(call) = &node.body else { return };
    if !call.effects.is_empty() {
        out.push_str("\nEffects:\n");
        for effect in &call.effects {
            let words = render::verdict_words(render::verdict(&mission.plan, effect));
            let _ = writeln!(out, "- `{effect}`: {words}");
        }
    }
    let signature = mission.plan.signatures.get(&call.callee);
    let labels = signature.map(|s| render::labels(s.result_labels)).unwrap_or_default();
    if !labels.is_empty() {
        let _ = write!(out, "\nIts value is {}.\n", labels.trim_end().replace(' ', ", "));
    }
    let _ = write!(out, "\nRepeating it: {}.\n", replay_words(call.replay));
    if let Some(cost) = cost(&mission.plan).calls.into_iter().find(|c| c.path == path) {
        let _ = write!(
            out,
            "\nAt most {} tokens, {}.\n",
            bound(&cost.tokens, u64::to_string),
            bound(&cost.usd, dollars)
        );
    }
}

fn about_mission(mission: &CompiledMission, out: &mut String) {
    let rows = rustchain_compiler::effects::rows(&mission.plan);
    if !rows.is_empty() {
        out.push_str("\nEffects:\n");
        for row in rows {
            let words = render::verdict_words(render::verdict(&mission.plan, &row));
            let _ = writeln!(out, "- `{row}`: {words}");
        }
    }
    let cost = cost(&mission.plan);
    if !cost.calls.is_empty() {
        let _ = write!(
            out,
            "\nA run: at most {} tokens, {}.\n",
            bound(&cost.tokens, u64::to_string),
            bound(&cost.usd, dollars)
        );
    }
}

fn about_library(signature: &rustchain_plan::Signature, out: &mut String) {
    if !signature.doc.is_empty() {
        let _ = write!(out, "\n{}\n", signature.doc);
    }
    let documented: Vec<_> = signature.params.iter().filter(|p| !p.doc.is_empty()).collect();
    if !documented.is_empty() {
        out.push('\n');
        for param in documented {
            let _ = writeln!(out, "- `{}`: {}", param.name, param.doc);
        }
    }
    let labels = render::labels(signature.result_labels);
    if !labels.is_empty() {
        let _ = write!(out, "\nIts value is {}.\n", labels.trim_end().replace(' ', ", "));
    }
}

fn replay_words(replay: rustchain_plan::signature::Replay) -> &'static str {
    use rustchain_plan::signature::Replay as R;
    match replay {
        R::Safe => "does no harm",
        R::Key => "only with an `idempotency_key`",
        R::Never => "never by itself",
    }
}

fn bound<T>(bound: &Bound<T>, shown: impl Fn(&T) -> String) -> String {
    match bound {
        Bound::AtMost(value) => shown(value),
        Bound::Unbounded(why) => format!("unbounded ({why})"),
        Bound::Unknown(why) => format!("unknown ({why})"),
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // called through a reference
fn dollars(usd: &f64) -> String {
    format!("${usd:.4}")
}

/// A mission's worst case, short: for a lens.
pub fn cost_line(mission: &CompiledMission) -> Option<String> {
    let cost = cost(&mission.plan);
    if cost.calls.is_empty() {
        return None;
    }
    Some(format!("≤ {} tokens, ≤ {}", short(&cost.tokens, u64::to_string), short(&cost.usd, dollars)))
}

fn short<T>(bound: &Bound<T>, shown: impl Fn(&T) -> String) -> String {
    match bound {
        Bound::AtMost(value) => shown(value),
        Bound::Unbounded(_) => "∞".to_owned(),
        Bound::Unknown(_) => "?".to_owned(),
    }
}

/// Where a name is declared, for callers that have the name already.
pub fn declared_at(file: &Analysed, name: &Use) -> Option<Location> {
    name.declaration.map(|d| file.location(d))
}
