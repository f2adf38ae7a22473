//! What a run costs at most: tokens, money, wall time.
//!
//! Bounds come from the mission's text: budgets, retries, loops, `for` over lists of known length or with
//! `limit`, `max_tokens`, and the context window and price of the model. What is not known is `None`,
//! with the reason, never 0.

pub mod bounds;

pub use rustchain_plan::price::{Price, price, source as price_source};

use crate::effects::fold;
use crate::effects::scope::{Scope, Site, sites};
use rustchain_plan::plan::{Call, CalleeKind, Handle, Plan, Provider};
use rustchain_plan::policy::Budget;
use rustchain_plan::{Body, EffectKind, Expr, Value};
use smol_str::SmolStr;
use std::rc::Rc;

/// A bound, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound<T> {
    /// At most so much.
    AtMost(T),
    /// Nothing bounds it.
    Unbounded(String),
    /// Bounded, by something that is not known here.
    Unknown(String),
}

/// The bounds of one call over a whole run.
#[derive(Clone, Debug, PartialEq)]
pub struct CallCost {
    /// Static id path.
    pub path: String,
    /// Evaluations, attempts included.
    pub times: Bound<u64>,
    /// Tokens, prompts and replies.
    pub tokens: Bound<u64>,
    /// US dollars.
    pub usd: Bound<f64>,
}

/// The bounds of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// Every call of a model, in order.
    pub calls: Vec<CallCost>,
    /// Tokens; the policy's budget counts.
    pub tokens: Bound<u64>,
    /// US dollars; the policy's budget counts.
    pub usd: Bound<f64>,
    /// Nanoseconds of wall time, every step one after the other; budgets and `within` count.
    pub wall: Bound<i64>,
}

/// The bounds of a plan whose rows are filled.
pub fn cost(plan: &Plan) -> Cost {
    let all = sites(plan);
    let calls: Vec<CallCost> = all
        .iter()
        .filter_map(|site| match &site.node.body {
            Body::Call(call) if asks_model(call) => Some(call_cost(site, call, &all)),
            _ => None,
        })
        .collect();
    let (tokens, usd) = spent(&calls, &all, plan);
    Cost { tokens, usd, wall: wall(plan, &all), calls }
}

/// All calls together. The budget of a mission called as a step bounds each evaluation of it, that of the policy all.
fn spent<'p>(calls: &[CallCost], all: &[Site<'p>], plan: &'p Plan) -> (Bound<u64>, Bound<f64>) {
    let mut parts: Vec<(&str, Bound<u64>, Bound<f64>)> =
        calls.iter().map(|c| (c.path.as_str(), c.tokens.clone(), c.usd.clone())).collect();
    // Inner missions come behind those around them.
    for (site, budget) in all.iter().rev().filter_map(|s| Some((s, called_budget(s)?))) {
        let is_inside =
            |path: &str| path.strip_prefix(site.path.as_str()).is_some_and(|rest| rest.starts_with('/'));
        let (inside, others): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(path, ..)| is_inside(path));
        let (tokens, usd) = bounded(&inside, budget, bounds::times(site, all).ok());
        parts = others;
        if !inside.is_empty() {
            parts.push((site.path.as_str(), tokens, usd));
        }
    }
    bounded(&parts, &plan.policy.budget, Some(1))
}

/// The sum of parts, where a budget bounds each of so many evaluations.
fn bounded(
    parts: &[(&str, Bound<u64>, Bound<f64>)],
    budget: &Budget,
    times: Option<u64>,
) -> (Bound<u64>, Bound<f64>) {
    let tokens = total(parts.iter().map(|p| &p.1), 0, |a, b| a.saturating_add(b));
    let usd = total(parts.iter().map(|p| &p.2), 0.0, |a, b| a + b);
    let most_tokens = budget.tokens.zip(times).map(|(n, times)| (n.max(0) as u64).saturating_mul(times));
    let most_usd = budget.usd.zip(times).map(|(usd, times)| usd * times as f64);
    (within(tokens, most_tokens, |a, b| a.min(b)), within(usd, most_usd, f64::min))
}

/// The budget of a mission called as a step.
pub(crate) fn called_budget<'p>(site: &Site<'p>) -> Option<&'p Budget> {
    match &site.node.body {
        Body::Chain { region, .. } => region.policy.as_ref().map(|p| &p.budget),
        _ => None,
    }
}

/// Does a call ask a model?
pub fn asks_model(call: &Call) -> bool {
    call.effects.iter().any(|e| e.kind == EffectKind::Llm)
}

fn total<'a, T: Copy + 'a>(
    parts: impl Iterator<Item = &'a Bound<T>>,
    zero: T,
    add: fn(T, T) -> T,
) -> Bound<T> {
    let mut sum = zero;
    let mut unknown = None;
    for part in parts {
        match part {
            Bound::AtMost(n) => sum = add(sum, *n),
            Bound::Unbounded(why) => return Bound::Unbounded(why.clone()),
            Bound::Unknown(why) => unknown = unknown.or(Some(why.clone())),
        }
    }
    unknown.map_or(Bound::AtMost(sum), Bound::Unknown)
}

fn within<T>(bound: Bound<T>, budget: Option<T>, least: fn(T, T) -> T) -> Bound<T> {
    match (bound, budget) {
        (Bound::AtMost(a), Some(b)) => Bound::AtMost(least(a, b)),
        (_, Some(b)) => Bound::AtMost(b),
        (bound, None) => bound,
    }
}

fn call_cost<'p>(site: &Site<'p>, call: &'p Call, all: &[Site<'p>]) -> CallCost {
    let plan = site.scope.plan;
    let times = match bounds::times(site, all) {
        Ok(n) => Bound::AtMost(n),
        Err(path) => Bound::Unbounded(format!("nothing bounds the rounds of `{path}`")),
    };
    let (tokens, usd) = match call.kind {
        CalleeKind::Agent => agent_cost(plan, call),
        _ => ask_cost(site, call),
    };
    CallCost {
        path: site.path.clone(),
        tokens: multiplied(&times, tokens, |n, t| t.saturating_mul(n)),
        usd: multiplied(&times, usd, |n, usd| usd * n as f64),
        times,
    }
}

fn multiplied<T>(times: &Bound<u64>, one: Bound<T>, multiply: fn(u64, T) -> T) -> Bound<T> {
    match (times, one) {
        (Bound::AtMost(n), Bound::AtMost(one)) => Bound::AtMost(multiply(*n, one)),
        (Bound::Unbounded(why), _) => Bound::Unbounded(why.clone()),
        (Bound::Unknown(why), _) => Bound::Unknown(why.clone()),
        (_, one) => one,
    }
}

fn agent_cost(plan: &Plan, call: &Call) -> (Bound<u64>, Bound<f64>) {
    let Some(agent) = plan.agents.get(&call.callee) else {
        let why = format!("agent `{}` is not known", call.callee);
        return (Bound::Unknown(why.clone()), Bound::Unknown(why));
    };
    let no = |what: &str| Bound::Unbounded(format!("agent `{}` has no bound on its {what}", call.callee));
    let tokens = agent.budget.tokens.map(|n| n.max(0) as u64);
    let usd = agent.budget.usd.or_else(|| {
        let dearest = |(vendor, model): (SmolStr, Option<SmolStr>)| {
            let price = price(&vendor, &model?)?;
            Some(price.input.max(price.output))
        };
        let all = models(plan, &agent.model).into_iter().map(dearest).collect::<Option<Vec<f64>>>()?;
        let dearest = all.into_iter().fold(0.0, f64::max);
        Some(tokens? as f64 * dearest / 1e6)
    });
    (tokens.map_or_else(|| no("tokens"), Bound::AtMost), usd.map_or_else(|| no_usd(call), Bound::AtMost))
}

fn no_usd(call: &Call) -> Bound<f64> {
    Bound::Unknown(format!(
        "agent `{}` has no budget in USD, and its model's price is not known",
        call.callee
    ))
}

fn ask_cost<'p>(site: &Site<'p>, call: &'p Call) -> (Bound<u64>, Bound<f64>) {
    let plan = site.scope.plan;
    let provider = call.handles.values().find_map(|h| match h {
        Handle::Provider(name) => Some(name),
        Handle::Memory(name) => plan.memories.get(name).and_then(|m| m.embed.as_ref()),
        Handle::Tools(_) => None,
    });
    let Some(provider) = provider else {
        let why = format!("the model of `{}` is not known", call.callee);
        return (Bound::Unknown(why.clone()), Bound::Unknown(why));
    };
    let asked = call.args.get("max_tokens").and_then(|e| bounds::upper_bound(e, &site.scope));
    let mut most_tokens = 0u64;
    let mut most_usd = 0.0f64;
    for (vendor, model) in models(plan, provider) {
        let Some(model) = model else {
            let why = format!("the model of provider `{provider}` is not constant");
            return (Bound::Unknown(why.clone()), Bound::Unknown(why));
        };
        let Some(price) = price(&vendor, &model) else {
            let why = format!("the price of `{vendor}` model `{model}` is not known");
            return (Bound::Unknown(why.clone()), Bound::Unknown(why));
        };
        let free = price.input == 0.0 && price.output == 0.0;
        let reply = asked.or_else(|| provider_max_tokens(plan, provider)).or(price.context);
        let (Some(context), Some(reply)) = (price.context, reply) else {
            if free {
                let why = format!("the context window of `{model}` is not known");
                return (Bound::Unknown(why), Bound::AtMost(0.0));
            }
            let why = format!("the context window of `{model}` is not known");
            return (Bound::Unknown(why.clone()), Bound::Unknown(why));
        };
        most_tokens = most_tokens.max(context.saturating_add(reply));
        most_usd = most_usd.max((context as f64 * price.input + reply as f64 * price.output) / 1e6);
    }
    (Bound::AtMost(most_tokens), Bound::AtMost(most_usd))
}

/// The models behind a provider, the alternatives of `first_of` included: vendor and constant name.
pub fn models(plan: &Plan, provider: &str) -> Vec<(SmolStr, Option<SmolStr>)> {
    let mut out = Vec::new();
    let mut todo = vec![SmolStr::from(provider)];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(name) = todo.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        match plan.providers.get(&name) {
            Some(Provider::Model { vendor, model, .. }) => {
                let text = constant(plan, model);
                out.push((vendor.clone(), text.as_ref().and_then(Value::as_text).map(SmolStr::from)));
            }
            Some(Provider::FirstOf(names)) => todo.extend(names.iter().rev().cloned()),
            None => {}
        }
    }
    out
}

fn provider_max_tokens(plan: &Plan, provider: &str) -> Option<u64> {
    match plan.providers.get(provider)? {
        Provider::Model { options, .. } => match constant(plan, options.get("max_tokens")?)? {
            Value::Int(n) => Some(n.max(0) as u64),
            _ => None,
        },
        Provider::FirstOf(names) => {
            names.iter().map(|n| provider_max_tokens(plan, n)).collect::<Option<Vec<_>>>()?.into_iter().max()
        }
    }
}

fn constant<'p>(plan: &'p Plan, expr: &'p Expr) -> Option<Value> {
    fold::constant(expr, &Scope::root(plan))
}

fn wall<'p>(plan: &'p Plan, all: &[Site<'p>]) -> Bound<i64> {
    let root = Scope::root(plan);
    let whole = plan.within.as_ref().and_then(|w| duration(w, &root));
    let stated = [whole, plan.policy.budget.wall].into_iter().flatten().min();
    if let Some(stated) = stated {
        return Bound::AtMost(stated);
    }
    let mut sum = 0i64;
    for site in all {
        let Body::Call(call) = &site.node.body else { continue };
        let Some(one) = call_wall(plan, site, call).or_else(|| around_wall(site, all)) else {
            if call.effects.is_empty() && call.callee != "wait.sleep" {
                continue;
            }
            return Bound::Unbounded(format!("`{}` has no timeout", site.path));
        };
        match bounds::times(site, all) {
            Ok(n) => sum = sum.saturating_add(one.saturating_mul(i64::try_from(n).unwrap_or(i64::MAX))),
            Err(path) => return Bound::Unbounded(format!("nothing bounds the rounds of `{path}`")),
        }
    }
    Bound::AtMost(sum)
}

fn call_wall<'p>(plan: &'p Plan, site: &Site<'p>, call: &'p Call) -> Option<i64> {
    let clause = |e: &'p Option<Expr>| e.as_ref().and_then(|e| duration(e, &site.scope));
    let agent = match call.kind {
        CalleeKind::Agent => plan.agents.get(&call.callee).and_then(|a| a.budget.wall),
        _ => None,
    };
    let slept = match call.callee.as_str() {
        "wait.sleep" => call.args.get("for").and_then(|e| duration(e, &site.scope)),
        _ => None,
    };
    [clause(&site.node.timeout), clause(&site.node.within), agent, slept].into_iter().flatten().min()
}

/// The bound of the nearest node around, which acts on each evaluation of its body.
fn around_wall<'p>(site: &Site<'p>, all: &[Site<'p>]) -> Option<i64> {
    let bound = |outer: &Site<'p>| {
        let clauses = [&outer.node.timeout, &outer.node.within];
        let clauses = clauses.into_iter().flatten().filter_map(|e| duration(e, &outer.scope));
        clauses.chain(called_budget(outer).and_then(|b| b.wall)).min()
    };
    bounds::around(&site.path, all).rev().find_map(bound)
}

fn duration<'p>(expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Option<i64> {
    match fold::constant(expr, scope)? {
        Value::Duration(n) => Some(n),
        _ => None,
    }
}
