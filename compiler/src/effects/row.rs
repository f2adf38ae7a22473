//! Rows: a signature's effects, instantiated with what is known of the arguments.

use super::fold;
use super::scope::{Scope, sites_of};
use super::shape::{Shape, shapes};
use rustchain_plan::effect::PatternSyntax;
use rustchain_plan::plan::{Agent, Call, CalleeKind, Handle, Plan, Tool, ToolRef};
use rustchain_plan::signature::{Case, EffectArg, EffectSpec, Replay};
use rustchain_plan::{Body, Effect, EffectKind, Pattern, Signature, Value};
use smol_str::SmolStr;
use std::rc::Rc;

/// An effect of a call, and why the call has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The effect.
    pub effect: Effect,
    /// Where it comes from.
    pub cause: Cause,
    /// The hole is a text that might hold `..`: to be decided again on the real value.
    pub recheck: bool,
}

/// Where an effect of a call comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The callee itself.
    Callee,
    /// A parameter's argument.
    Argument(SmolStr),
    /// A tool that a model may use: its index in the agent's or the call's list.
    Tool(usize),
}

/// The row of a call.
pub fn row<'p>(call: &'p Call, scope: &Rc<Scope<'p>>) -> Vec<Entry> {
    let plan = scope.plan;
    let mut out = Vec::new();
    if let Some(signature) = plan.signatures.get(&call.callee) {
        for spec in &signature.effects {
            if case_may_hold(spec.case.as_ref(), signature, call, scope) {
                instantiate(spec, signature, call, scope, &mut out);
            }
        }
    }
    match call.kind {
        CalleeKind::Agent => {
            if let Some(agent) = plan.agents.get(&call.callee) {
                let models = super::models(plan, &agent.model).into_iter();
                out.extend(models.map(|m| callee_entry(EffectKind::Llm, Pattern::literal(&m))));
                add_tools(&agent.tools, plan, &mut out);
            }
        }
        CalleeKind::Tool => {
            if let Some(Tool::Python { .. }) = plan.tools.get(&call.callee) {
                out.push(callee_entry(EffectKind::Exec, Pattern::literal("python3")));
            }
        }
        CalleeKind::Step if call.callee == "chat.call" => {
            for handle in call.handles.values() {
                if let Handle::Tools(tools) = handle {
                    add_tools(tools, plan, &mut out);
                }
            }
        }
        CalleeKind::Step | CalleeKind::Hole => {}
    }
    for handle in call.handles.values() {
        if let Handle::Memory(name) = handle {
            add_embedding(plan, name, &mut out);
        }
    }
    dedup(out)
}

fn callee_entry(kind: EffectKind, pattern: Pattern) -> Entry {
    Entry { effect: Effect { kind, pattern }, cause: Cause::Callee, recheck: false }
}

/// The first of each effect; patterns that others of the same kind cover stay, they tell more.
fn dedup(entries: Vec<Entry>) -> Vec<Entry> {
    let mut out: Vec<Entry> = Vec::new();
    for entry in entries {
        if !out.iter().any(|e| e.effect == entry.effect) {
            out.push(entry);
        }
    }
    out
}

fn add_embedding(plan: &Plan, memory: &str, out: &mut Vec<Entry>) {
    let embed = plan.memories.get(memory).and_then(|m| m.embed.as_ref());
    if let Some(provider) = embed.filter(|name| *name != "local") {
        out.push(callee_entry(EffectKind::Llm, Pattern::literal(provider)));
    }
}

fn add_tools(tools: &[ToolRef], plan: &Plan, out: &mut Vec<Entry>) {
    for (index, tool) in tools.iter().enumerate() {
        let effects = tool_row(tool, plan, 0);
        let entry = |effect| Entry { effect, cause: Cause::Tool(index), recheck: false };
        out.extend(effects.into_iter().map(entry));
    }
}

/// The row of a callable offered to a model: its arguments are the model's, but for what a pin fixes.
pub fn tool_row(tool: &ToolRef, plan: &Plan, depth: u32) -> Vec<Effect> {
    if depth > 8 {
        return Vec::new();
    }
    if tool.kind.is_none() {
        return chain_row(&tool.callee, plan);
    }
    let mut out = Vec::new();
    if let Some(signature) = plan.signatures.get(&tool.callee) {
        for spec in &signature.effects {
            let pattern = match (&spec.arg, &tool.pin) {
                (EffectArg::Fixed(text), _) => Pattern(text.clone()),
                (EffectArg::Param(_), Some(pin)) => Pattern(pin.clone()),
                _ => Pattern::any(),
            };
            push_new(&mut out, Effect { kind: spec.kind, pattern });
        }
    }
    if let Some(Tool::Python { .. }) = plan.tools.get(&tool.callee) {
        push_new(&mut out, Effect { kind: EffectKind::Exec, pattern: Pattern::literal("python3") });
    }
    if let Some(Agent { model, tools, .. }) = plan.agents.get(&tool.callee) {
        push_new(&mut out, Effect { kind: EffectKind::Llm, pattern: Pattern::literal(model) });
        for inner in tools {
            tool_row(inner, plan, depth + 1).into_iter().for_each(|e| push_new(&mut out, e));
        }
    }
    out
}

fn push_new(out: &mut Vec<Effect>, effect: Effect) {
    if !out.contains(&effect) {
        out.push(effect);
    }
}

fn chain_row(name: &str, plan: &Plan) -> Vec<Effect> {
    let Some(region) = plan.chain_tools.get(name) else { return Vec::new() };
    let mut out = Vec::new();
    for site in sites_of(region, Scope::chain_tool(plan, name, region)) {
        if let Body::Call(call) = &site.node.body {
            row(call, &site.scope).into_iter().for_each(|e| push_new(&mut out, e.effect));
        }
    }
    out
}

fn instantiate<'p>(
    spec: &EffectSpec,
    signature: &Signature,
    call: &'p Call,
    scope: &Rc<Scope<'p>>,
    out: &mut Vec<Entry>,
) {
    let kind = spec.kind;
    let syntax = kind.pattern_syntax();
    let push = |shape: &Shape, cause: Cause, out: &mut Vec<Entry>| {
        let recheck = syntax == PatternSyntax::Path && shape.pieces.contains(&super::shape::Piece::Any);
        out.push(Entry { effect: Effect { kind, pattern: shape.pattern() }, cause, recheck });
    };
    let name = match &spec.arg {
        EffectArg::None => return push(&Shape::any(), Cause::Callee, out),
        EffectArg::Fixed(text) => return out.push(callee_entry(kind, Pattern(text.clone()))),
        EffectArg::Param(name) => name,
    };
    let cause = Cause::Argument(name.clone());
    match call.handles.get(name) {
        Some(Handle::Provider(handle)) => {
            let models = super::models(scope.plan, handle);
            return models.iter().for_each(|m| push(&Shape::literal(m.as_str()), cause.clone(), out));
        }
        Some(Handle::Memory(handle)) => return push(&Shape::literal(handle.as_str()), cause, out),
        Some(Handle::Tools(_)) => return,
        None => {}
    }
    if let Some(arg) = call.args.get(name) {
        return shapes(arg, scope, syntax).iter().for_each(|shape| push(shape, cause.clone(), out));
    }
    let default = signature.param(name).and_then(|p| p.default.as_ref());
    if let Some(text) = default.and_then(Value::as_text) {
        push(&Shape::literal(text), cause, out);
    }
}

/// Could a case hold? Exactly known where the argument is constant.
fn case_may_hold<'p>(
    case: Option<&Case>,
    signature: &Signature,
    call: &'p Call,
    scope: &Rc<Scope<'p>>,
) -> bool {
    let Some(case) = case else { return true };
    let Some(values) = argument_values(&case.param, signature, call, scope) else { return true };
    values.iter().any(|v| case_matches(case, signature, v))
}

fn case_matches(case: &Case, signature: &Signature, value: &str) -> bool {
    if !case.values.is_empty() {
        return case.values.iter().any(|v| v == value);
    }
    let others = signature.effects.iter().filter_map(|e| e.case.as_ref()).filter(|c| c.param == case.param);
    !others.flat_map(|c| &c.values).any(|v| v == value)
}

fn argument_values<'p>(
    param: &str,
    signature: &Signature,
    call: &'p Call,
    scope: &Rc<Scope<'p>>,
) -> Option<Vec<String>> {
    let values = match call.args.get(param) {
        Some(arg) => fold::values(arg, scope)?,
        None => vec![signature.param(param)?.default.clone()?],
    };
    values.iter().map(|v| fold::render(v, &scope.plan.schemas)).collect()
}

/// May a call be made again? Cases that are not decided give the most careful of their answers.
pub fn replay<'p>(call: &'p Call, row: &[Entry], scope: &Rc<Scope<'p>>) -> Replay {
    if matches!(call.kind, CalleeKind::Agent | CalleeKind::Hole) {
        return if reads_only(row) { Replay::Safe } else { Replay::Never };
    }
    let Some(signature) = scope.plan.signatures.get(&call.callee) else { return Replay::Never };
    let Some(first) = signature.replay.first() else {
        return if reads_only(row) { Replay::Safe } else { Replay::Never };
    };
    let Some(case) = &first.case else { return first.replay };
    let Some(values) = argument_values(&case.param, signature, call, scope) else {
        return signature.replay.iter().map(|r| r.replay).max().unwrap_or(Replay::Never);
    };
    let of_value = |value: &String| {
        let holds = |c: &Option<Case>| c.as_ref().is_none_or(|c| replay_case(c, signature, value));
        signature.replay.iter().find(|r| holds(&r.case)).map_or(Replay::Never, |r| r.replay)
    };
    values.iter().map(of_value).max().unwrap_or(Replay::Never)
}

fn replay_case(case: &Case, signature: &Signature, value: &str) -> bool {
    if !case.values.is_empty() {
        return case.values.iter().any(|v| v == value);
    }
    let cases = signature.replay.iter().filter_map(|r| r.case.as_ref());
    !cases.filter(|c| c.param == case.param).any(|c| c.values.iter().any(|v| v == value))
}

fn reads_only(row: &[Entry]) -> bool {
    row.iter().all(|e| is_read(e.effect.kind))
}

/// Does an effect of this kind leave the world as it is?
pub fn is_read(kind: EffectKind) -> bool {
    matches!(
        kind,
        EffectKind::NetRead
            | EffectKind::FsRead
            | EffectKind::Llm
            | EffectKind::Env
            | EffectKind::Clock
            | EffectKind::Random
            | EffectKind::MemoryRead
    )
}
