//! sequence-rule: `never A after B`, `A only after B`, `at most N A`, over every schedule of the plan.
//!
//! An effect of which every value matches a rule breaks it: an error with a schedule. One that only may match,
//! because a value is not known, is told as a note; what a model may do with its tools as a finding. The
//! runtime counts and refuses in every case.

use super::context::Context;
use super::graph::Order;
use crate::cost::bounds;
use crate::effects::fold;
use crate::effects::row::is_read;
use crate::effects::scope::{Scope, Site};
use crate::flow::upstream_first;
use crate::spans::Place;
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::plan::{
    Call, CalleeKind, Handle, NeedKind, Node, OnErrorAction, Region, ToolRef, Trigger,
};
use rustchain_plan::policy::{Grant, Policy, Sequence, Verdict};
use rustchain_plan::{Body, Effect, Value};
use std::collections::BTreeSet;
use std::rc::Rc;

/// Turns of an agent whose budget names none.
const TURNS: i64 = 25;
/// So many steps of a schedule are told at most.
const TOLD: usize = 10;

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for (index, rule) in context.plan.policy.sequences.iter().enumerate() {
        let place = context.spans.policy.as_ref().and_then(|p| p.sequences.get(index)).copied();
        match rule {
            Sequence::NeverAfter(a, b) => never_after(context, a, b, place, &mut out),
            Sequence::OnlyAfter(a, b) => only_after(context, a, b, place, &mut out),
            Sequence::AtMost(most, a) => out.extend(at_most(context, *most, a, place)),
        }
    }
    out
}

/// A call that may have an effect that a rule names.
struct Hit<'s, 'a> {
    site: &'s Site<'a>,
    call: &'a Call,
    effect: &'a Effect,
    /// Every value of it matches.
    sure: bool,
    /// A model decides whether and how often.
    by_model: bool,
}

/// Does every value of an effect match a rule's? `None`: no value does.
fn matches(effect: &Effect, rule: &Effect) -> Option<bool> {
    if effect.kind != rule.kind {
        return None;
    }
    let grant = Grant { effect: rule.clone(), predicate: None };
    let exactly = Policy { allow: vec![grant], ..Policy::default() };
    match exactly.decide(effect.kind, &effect.pattern) {
        Verdict::Allowed => Some(true),
        Verdict::Unproven => Some(false),
        Verdict::Refused => None,
    }
}

fn hits<'s, 'a>(context: &'s Context<'a>, rule: &Effect) -> Vec<Hit<'s, 'a>> {
    let mut out = Vec::new();
    // The row of an agent has what the chains do that it is offered.
    for (site, call) in context.calls().filter(|(site, _)| is_in_root(context, site)) {
        let all = call.effects.iter().filter_map(|e| Some((e, matches(e, rule)?)));
        let Some((effect, sure)) = all.max_by_key(|(_, sure)| *sure) else { continue };
        out.push(Hit { site, call, effect, sure, by_model: is_by_model(context, call, effect) });
    }
    out
}

fn is_in_root(context: &Context<'_>, site: &Site<'_>) -> bool {
    let mut scope = &site.scope;
    while let Some(outer) = &scope.outer {
        scope = outer;
    }
    scope.region.is_some_and(|r| std::ptr::eq(r, &context.plan.root))
}

fn is_by_model<'a>(context: &Context<'a>, call: &'a Call, effect: &Effect) -> bool {
    tools_of(context, call).iter().any(|t| t.effects.contains(effect))
}

fn tools_of<'a>(context: &Context<'a>, call: &'a Call) -> &'a [ToolRef] {
    if let Some(agent) = context.plan.agents.get(&call.callee) {
        return &agent.tools;
    }
    let tools = |h: &'a Handle| match h {
        Handle::Tools(tools) => Some(tools.as_slice()),
        _ => None,
    };
    call.handles.values().find_map(tools).unwrap_or_default()
}

/// How sure a breach is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Breach {
    /// Where a value turns out so.
    Perhaps,
    /// Where a model does so.
    ByModel,
    /// In a schedule of the plan.
    Sure,
}

impl Breach {
    fn of(sure: bool, by_model: bool) -> Breach {
        match (sure, by_model) {
            (false, _) => Breach::Perhaps,
            (true, true) => Breach::ByModel,
            (true, false) => Breach::Sure,
        }
    }

    fn severity(self, context: &Context<'_>) -> Severity {
        match self {
            Breach::Perhaps => Severity::Note,
            Breach::ByModel => Severity::Medium,
            Breach::Sure if context.plan.policy.inferred => Severity::High,
            Breach::Sure => Severity::Error,
        }
    }
}

fn told(
    context: &Context<'_>,
    path: &str,
    breach: Breach,
    message: String,
    rule: Option<Place>,
) -> Diagnostic {
    let place = context.callee(path);
    let finding = context.finding("RC0303", breach.severity(context), place, message);
    let finding = match breach {
        Breach::Sure => finding,
        _ => finding.note("The run refuses the request that would break the rule."),
    };
    match rule {
        Some(at) => finding.also(at.file, at.span, "the policy's rule"),
        None => finding,
    }
}

fn never_after(
    context: &Context<'_>,
    a: &Effect,
    b: &Effect,
    rule: Option<Place>,
    out: &mut Vec<Diagnostic>,
) {
    let firsts = hits(context, b);
    for late in hits(context, a) {
        let ways = firsts.iter().filter_map(|first| {
            let how = follows(context, &late, first)?;
            let same = late.site.path == first.site.path;
            let by_model = same && (late.by_model || first.by_model);
            Some((Breach::of(late.sure && first.sure, by_model), first, how))
        });
        let Some((breach, first, how)) = ways.reduce(|a, b| if b.0 > a.0 { b } else { a }) else { continue };
        let at = context.callee(&first.site.path);
        let message = format!("`{}` may run after `{}`, {how}", late.call.callee, first.site.node.id);
        let finding = told(context, &late.site.path, breach, message, rule);
        let schedule = schedule(context, Some(first.site), late.site);
        out.push(
            finding
                .also(at.file, at.span, format!("`{}` first", first.effect))
                .note(format!("A schedule that breaks the rule: {schedule}.")),
        );
    }
}

/// How one call may come after another, in words; `None` where it never does.
fn follows<'a>(context: &Context<'a>, late: &Hit<'_, 'a>, first: &Hit<'_, 'a>) -> Option<String> {
    if late.site.path == first.site.path {
        if late.by_model || first.by_model {
            return Some("when the model uses its tools so".to_owned());
        }
        if !std::ptr::eq(late.effect, first.effect) && rank(first.effect) <= rank(late.effect) {
            return Some("within the same call".to_owned());
        }
        return repeated(context, late.site, first.site);
    }
    match context.graph.order(late.site, first.site) {
        Order::After => Some("which always comes first".to_owned()),
        Order::None => Some("which may come first: nothing orders them".to_owned()),
        Order::Before | Order::Exclusive => repeated(context, late.site, first.site),
    }
}

/// One call reads before it writes.
fn rank(effect: &Effect) -> u8 {
    u8::from(!is_read(effect.kind))
}

/// What runs both again, so that one round of it follows another.
fn repeated(context: &Context<'_>, a: &Site<'_>, b: &Site<'_>) -> Option<String> {
    context.sites.iter().find_map(|outer| {
        let holds = |s: &Site<'_>| {
            s.path.strip_prefix(&outer.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if !holds(a) || !holds(b) {
            return None;
        }
        let loops = matches!(outer.node.body, Body::For { .. } | Body::Loop { .. } | Body::Poll { .. });
        if loops && bounds::rounds(outer.node, &outer.scope).is_none_or(|n| n > 1) {
            return Some(format!("in the next round of `{}`", outer.node.id));
        }
        (bounds::attempts(outer) > 1).then(|| format!("in the next attempt of `{}`", outer.node.id))
    })
}

/// The steps of a schedule in which `first` comes before `late`, by name.
fn schedule<'a>(context: &Context<'a>, first: Option<&Site<'a>>, late: &Site<'a>) -> String {
    let root = &context.plan.root;
    let top = |site: &Site<'a>| {
        let named =
            |id: &str| site.path == id || site.path.strip_prefix(id).is_some_and(|r| r.starts_with('/'));
        root.nodes.iter().find(|n| named(&n.id)).map(|n| n.id.as_str())
    };
    let order: Vec<&str> =
        upstream_first(root).into_iter().filter_map(|i| root.nodes.get(i)).map(|n| n.id.as_str()).collect();
    let mut steps: Vec<&str> = Vec::new();
    let paths: Vec<(String, Option<&str>)> =
        first.into_iter().chain([late]).map(|site| (site.path.clone(), top(site))).collect();
    for (path, id) in &paths {
        let Some(id) = *id else { continue };
        let before = upstream(root, id);
        let new: Vec<&str> =
            order.iter().copied().filter(|s| before.contains(s) && *s != id && !steps.contains(s)).collect();
        steps.extend(new);
        steps.push(if path == id { id } else { path.as_str() });
    }
    if steps.len() > TOLD {
        let cut = steps.len() - TOLD;
        steps.splice(0..=cut, ["…"]);
    }
    let named = |s: &&str| if *s == "…" { (*s).to_owned() } else { format!("`{s}`") };
    steps.iter().map(named).collect::<Vec<_>>().join(" → ")
}

/// A node and all that it waits for.
fn upstream<'a>(region: &'a Region, id: &'a str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut todo = vec![id];
    while let Some(id) = todo.pop() {
        if !seen.insert(id) {
            continue;
        }
        let node = region.nodes.iter().find(|n| n.id == id);
        todo.extend(node.into_iter().flat_map(|n| n.needs.iter().map(|need| need.id.as_str())));
    }
    seen
}

fn only_after(context: &Context<'_>, a: &Effect, b: &Effect, rule: Option<Place>, out: &mut Vec<Diagnostic>) {
    for late in hits(context, a) {
        let itself = |e: &&Effect| matches(e, b) == Some(true) && rank(e) < rank(late.effect);
        let reads_first = late.call.kind == CalleeKind::Step && !late.by_model;
        if (reads_first && late.call.effects.iter().any(|e| itself(&e))) || surely_before(late.site, b) {
            continue;
        }
        let by_model = late.by_model && tools_of(context, late.call).iter().any(|t| has(&t.effects, b));
        let message = format!("`{}` may run without `{b}` before it", late.call.callee);
        let finding = told(context, &late.site.path, Breach::of(late.sure, by_model), message, rule);
        let schedule = schedule(context, None, late.site);
        out.push(
            finding.note(format!("A schedule that breaks the rule: {schedule}, whatever else has not run.")),
        );
    }
}

fn has(effects: &[Effect], rule: &Effect) -> bool {
    effects.iter().any(|e| matches(e, rule).is_some())
}

/// Has an effect surely happened, and succeeded, whenever a step runs?
fn surely_before(site: &Site<'_>, effect: &Effect) -> bool {
    let mut scope = site.scope.clone();
    let mut id = site.node.id.to_string();
    loop {
        let Some(region) = scope.region else { return false };
        let mut before = region.nodes.iter().filter(|node| requires(region, &node.id, &id));
        if before.any(|node| surely_does(node, &scope, effect)) {
            return true;
        }
        let Some(outer) = scope.outer.clone() else { return false };
        let path = scope.path.clone();
        let named = |node: &&Node| {
            let rest = path.strip_prefix(&outer.node_path(&node.id));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let Some(node) = outer.region.and_then(|r| r.nodes.iter().find(named)) else { return false };
        id = node.id.to_string();
        scope = outer;
    }
}

/// Does `to` run only where `from` succeeded, or was skipped?
fn requires(region: &Region, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut todo = vec![to];
    while let Some(id) = todo.pop() {
        if !seen.insert(id) {
            continue;
        }
        let Some(node) = region.nodes.iter().find(|n| n.id == id) else { continue };
        if !matches!(node.trigger, None | Some(Trigger::AllSuccess)) || node.teardown.is_some() {
            continue;
        }
        for need in node.needs.iter().filter(|n| n.kind != NeedKind::Optional) {
            if need.id == from {
                return true;
            }
            todo.push(&need.id);
        }
    }
    false
}

/// Has an effect happened wherever a node succeeded, and does a failure of it stop what needs the node?
fn surely_does<'p>(node: &'p Node, scope: &Rc<Scope<'p>>, effect: &Effect) -> bool {
    let fails = |h: &rustchain_plan::plan::OnError| matches!(h.action, OnErrorAction::Fail);
    let plain = node.when.is_none() && node.cache.is_none() && node.teardown.is_none();
    if !plain || !matches!(node.trigger, None | Some(Trigger::AllSuccess)) || !node.on_error.iter().all(fails)
    {
        return false;
    }
    let inner = scope.inner(node);
    let any_in = |scope: &Rc<Scope<'p>>| {
        scope.region.is_some_and(|r| r.nodes.iter().any(|n| surely_does(n, scope, effect)))
    };
    match &node.body {
        Body::Value(_) => false,
        Body::Call(call) => {
            let own = scope.plan.signatures.get(&call.callee);
            let named = |e: &Effect| own.is_some_and(|s| s.effects.iter().any(|spec| spec.kind == e.kind));
            let certain = |e: &Effect| match call.kind {
                CalleeKind::Step => named(e) && call.callee != "chat.call",
                CalleeKind::Tool => e.kind == rustchain_plan::EffectKind::Exec,
                CalleeKind::Agent => e.kind == rustchain_plan::EffectKind::Llm,
                CalleeKind::Hole => false,
            };
            call.effects.iter().any(|e| certain(e) && matches(e, effect) == Some(true))
        }
        Body::Chain { .. } | Body::Loop { .. } | Body::Poll { .. } => inner.iter().any(any_in),
        Body::Match { .. } => !inner.is_empty() && inner.iter().all(any_in),
        Body::For { bindings, .. } => {
            let full = |list| match fold::constant(list, scope) {
                Some(Value::List(items)) => !items.is_empty(),
                _ => false,
            };
            bindings.iter().all(|(_, list)| full(list)) && inner.iter().any(any_in)
        }
    }
}

/// How often an effect may happen.
#[derive(Default)]
struct Total {
    /// Surely matching requests.
    sure: u64,
    /// All that may match.
    all: u64,
    /// Steps with their times, in order.
    steps: Vec<(String, u64)>,
    /// A node whose rounds nothing bounds.
    unbounded: Option<String>,
    /// A call whose model decides how often.
    by_model: Option<String>,
}

impl Total {
    fn add(&mut self, other: Total) {
        self.sure = self.sure.saturating_add(other.sure);
        self.all = self.all.saturating_add(other.all);
        self.steps.extend(other.steps);
        self.unbounded = self.unbounded.take().or(other.unbounded);
        self.by_model = self.by_model.take().or(other.by_model);
    }

    fn times(mut self, rounds: Option<u64>, path: &str) -> Total {
        if self.all == 0 {
            return self;
        }
        let Some(n) = rounds else {
            self.unbounded = self.unbounded.or(Some(path.to_owned()));
            return self;
        };
        self.sure = self.sure.saturating_mul(n);
        self.all = self.all.saturating_mul(n);
        self.steps.iter_mut().for_each(|(_, times)| *times = times.saturating_mul(n));
        self
    }
}

/// The most over all schedules: of the arms of a `match` one runs.
fn count<'a>(context: &Context<'a>, scope: &Rc<Scope<'a>>, rule: &Effect) -> Total {
    let mut total = Total::default();
    for node in scope.region.iter().flat_map(|r| &r.nodes) {
        let path = scope.node_path(&node.id);
        let mut here = Total::default();
        match &node.body {
            Body::Value(_) => {}
            Body::Call(call) => {
                for effect in &call.effects {
                    let Some(sure) = matches(effect, rule) else { continue };
                    let turns = context.plan.agents.get(&call.callee).map(|a| a.budget.turns);
                    let times = match turns {
                        None => Some(1),
                        Some(turns) => u64::try_from(turns.unwrap_or(TURNS)).ok(),
                    };
                    let Some(times) = times.filter(|_| !is_by_model(context, call, effect)) else {
                        here.by_model = Some(path.clone());
                        continue;
                    };
                    here.sure += if sure { times } else { 0 };
                    here.all += times;
                }
                here.steps.extend((here.all > 0).then(|| (path.clone(), here.all)));
            }
            Body::Match { .. } => {
                let arms = scope.inner(node).into_iter().map(|inner| count(context, &inner, rule));
                here = arms.reduce(most_of).unwrap_or_default();
            }
            _ => scope.inner(node).iter().for_each(|inner| here.add(count(context, inner, rule))),
        }
        let site = Site { path: path.clone(), node, scope: scope.clone() };
        let rounds = bounds::rounds(node, scope).map(|n| n.saturating_mul(bounds::attempts(&site)));
        total.add(here.times(rounds, &path));
    }
    total
}

fn most_of(a: Total, b: Total) -> Total {
    let by_model = a.by_model.clone().or(b.by_model.clone());
    let unbounded = a.unbounded.clone().or(b.unbounded.clone());
    let most = if (b.sure, b.all) > (a.sure, a.all) { b } else { a };
    Total { by_model, unbounded, ..most }
}

fn at_most(context: &Context<'_>, most: i64, a: &Effect, rule: Option<Place>) -> Option<Diagnostic> {
    let total = count(context, &Scope::root(context.plan), a);
    let limit = most.max(0) as u64;
    let last = total.steps.last().map(|(path, _)| path.clone());
    let steps: Vec<String> = total.steps.iter().take(TOLD).map(|(p, n)| format!("`{p}` {n}×")).collect();
    let schedule = format!("A schedule that breaks the rule: {}.", steps.join(", "));
    if let (Some(path), Some(at)) = (&total.unbounded, &last) {
        let breach = if total.sure > 0 { Breach::Sure } else { Breach::Perhaps };
        let message = format!("nothing bounds how often `{a}` happens in `{path}`; the policy allows {most}");
        return Some(told(context, at, breach, message, rule).help("write `limit N` in the `for`"));
    }
    if total.all > limit {
        let sure = total.sure > limit;
        let n = if sure { total.sure } else { total.all };
        let message = format!("`{a}` may happen {n} times; the policy allows {most}");
        let breach = if sure { Breach::Sure } else { Breach::Perhaps };
        return Some(told(context, &last?, breach, message, rule).note(schedule));
    }
    let path = total.by_model?;
    let message = format!("a model decides how often `{a}` happens; the policy allows {most}");
    Some(told(context, &path, Breach::ByModel, message, rule))
}
