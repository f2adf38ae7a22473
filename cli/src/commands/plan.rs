//! `rustchain plan`: what a mission would do.

use crate::args::{PlanArgs, ResultFormat};
use crate::error::Error;
use crate::exit::Exit;
use crate::terminal::Terminal;
use rustchain_compiler::cost::{Bound, Cost, cost};
use rustchain_compiler::effects;
use rustchain_plan::Plan;
use rustchain_plan::plan::{Body, Node, Region};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) fn run(args: &PlanArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let Some(plan) = super::plan_of(&args.file, args.shims.as_deref(), terminal)? else {
        return Ok(Exit::Failed);
    };
    match args.format {
        ResultFormat::Json => terminal.data(&format!("{:#}\n", to_json(&plan)?))?,
        ResultFormat::Human => terminal.data(&to_text(&plan)?)?,
    }
    Ok(Exit::Ok)
}

fn hash(plan: &Plan) -> Result<String, Error> {
    plan.hash_hex().map_err(|e| Error::Failed(e.to_string()))
}

/// What `run --dry-run` and `plan` print for people.
pub(super) fn to_text(plan: &Plan) -> Result<String, Error> {
    let mut out = format!("mission {}  sha256 {}\n", plan.mission, hash(plan)?);
    for (number, wave) in waves(&plan.root).iter().enumerate() {
        out.push_str(&format!("\nwave {}\n", number + 1));
        for node in wave {
            write_node(&mut out, node, 1);
        }
    }
    let rows = effects::rows(plan);
    if !rows.is_empty() {
        out.push_str("\neffects\n");
        rows.iter().for_each(|effect| out.push_str(&format!("  {effect}\n")));
    }
    out.push_str(&cost_text(&cost(plan)));
    Ok(out)
}

fn write_node(out: &mut String, node: &Node, depth: usize) {
    let indent = "  ".repeat(depth);
    out.push_str(&format!("{indent}{}  {}  {}\n", node.id, what(&node.body), node.ty));
    if let Body::Call(call) = &node.body {
        for guard in &call.guards {
            if let Some(effect) = call.effects.get(guard.effect) {
                out.push_str(&format!("{indent}  guarded at run time: {effect} ({})\n", guard.reason));
            }
        }
        if call.needs_approval {
            out.push_str(&format!("{indent}  needs approval\n"));
        }
    }
    for region in regions(&node.body) {
        region.nodes.iter().for_each(|inner| write_node(out, inner, depth + 1));
    }
}

fn what(body: &Body) -> String {
    match body {
        Body::Value(_) => "value".to_owned(),
        Body::Call(call) => call.callee.to_string(),
        Body::Chain { name, .. } => format!("chain {name}"),
        Body::Match { .. } => "match".to_owned(),
        Body::For { .. } => "for".to_owned(),
        Body::Loop { .. } => "loop".to_owned(),
        Body::Poll { .. } => "poll".to_owned(),
    }
}

fn regions(body: &Body) -> Vec<&Region> {
    match body {
        Body::Value(_) | Body::Call(_) => Vec::new(),
        Body::Chain { region, .. }
        | Body::For { region, .. }
        | Body::Loop { region, .. }
        | Body::Poll { region, .. } => {
            vec![region]
        }
        Body::Match { arms, .. } => arms.iter().map(|arm| &arm.region).collect(),
    }
}

/// Steps by the earliest moment they can start: all of a wave could run at once.
fn waves(region: &Region) -> Vec<Vec<&Node>> {
    let by_id: BTreeMap<&str, &Node> = region.nodes.iter().map(|n| (n.id.as_str(), n)).collect();
    let mut level: BTreeMap<&str, usize> = BTreeMap::new();
    // A plan has no cycle, so each turn settles at least one node.
    for _ in 0..region.nodes.len() {
        let mut settled = true;
        for node in &region.nodes {
            let needs = node.needs.iter().map(|n| n.id.as_str()).chain(node.teardown.as_deref());
            let wanted =
                needs.filter(|id| by_id.contains_key(id)).map(|id| level.get(id).copied().unwrap_or(0) + 1);
            let wanted = wanted.max().unwrap_or(0);
            settled &= level.insert(&node.id, wanted) == Some(wanted);
        }
        if settled {
            break;
        }
    }
    let mut waves: Vec<Vec<&Node>> = Vec::new();
    for node in &region.nodes {
        let at = level.get(node.id.as_str()).copied().unwrap_or(0);
        while waves.len() <= at {
            waves.push(Vec::new());
        }
        waves[at].push(node);
    }
    waves.retain(|wave| !wave.is_empty());
    waves
}

fn to_json(plan: &Plan) -> Result<Value, Error> {
    let waves: Vec<Vec<&str>> =
        waves(&plan.root).iter().map(|wave| wave.iter().map(|n| n.id.as_str()).collect()).collect();
    let rows: Vec<String> = effects::rows(plan).iter().map(ToString::to_string).collect();
    let mut guards = Vec::new();
    collect_guards(&plan.root, "", &mut guards);
    Ok(json!({
        "schema_version": 1,
        "mission": plan.mission,
        "hash": hash(plan)?,
        "steps": plan.root.nodes.iter().map(step).collect::<Vec<_>>(),
        "waves": waves,
        "effects": rows,
        "guards": guards,
        "cost": cost_json(&cost(plan)),
    }))
}

fn step(node: &Node) -> Value {
    let needs: Vec<&str> = node.needs.iter().map(|n| n.id.as_str()).collect();
    let inner: Vec<Value> = regions(&node.body).iter().flat_map(|r| r.nodes.iter().map(step)).collect();
    json!({ "id": node.id, "does": what(&node.body), "type": node.ty.to_string(), "needs": needs, "steps": inner })
}

fn collect_guards(region: &Region, prefix: &str, out: &mut Vec<Value>) {
    for node in &region.nodes {
        let path = format!("{prefix}{}", node.id);
        if let Body::Call(call) = &node.body {
            let guards = call.guards.iter().filter_map(|g| Some((call.effects.get(g.effect)?, &g.reason)));
            out.extend(
                guards.map(|(e, why)| json!({ "step": path, "effect": e.to_string(), "reason": why })),
            );
        }
        for inner in regions(&node.body) {
            collect_guards(inner, &format!("{path}/"), out);
        }
    }
}

pub(super) fn cost_text(cost: &Cost) -> String {
    let wall = bound_text(&cost.wall, |ns| format!("{:.0} s, every step after the other", *ns as f64 / 1e9));
    let mut out = format!("\nat most\n  time    {wall}\n");
    if !cost.calls.is_empty() {
        out.push_str(&format!("  tokens  {}\n", bound_text(&cost.tokens, u64::to_string)));
        out.push_str(&format!("  usd     {}\n", bound_text(&cost.usd, |usd| format!("{usd:.4}"))));
    }
    out
}

pub(super) fn bound_text<T>(bound: &Bound<T>, known: impl Fn(&T) -> String) -> String {
    match bound {
        Bound::AtMost(value) => known(value),
        Bound::Unbounded(why) => format!("unbounded: {why}"),
        Bound::Unknown(why) => format!("not known: {why}"),
    }
}

pub(super) fn cost_json(cost: &Cost) -> Value {
    fn bound<T: Into<Value> + Copy>(bound: &Bound<T>) -> Value {
        match bound {
            Bound::AtMost(value) => json!({ "at_most": (*value).into() }),
            Bound::Unbounded(why) => json!({ "unbounded": why }),
            Bound::Unknown(why) => json!({ "unknown": why }),
        }
    }
    let calls = cost.calls.iter().map(|call| {
        json!({ "step": call.path, "times": bound(&call.times), "tokens": bound(&call.tokens), "usd": bound(&call.usd) })
    });
    json!({
        "tokens": bound(&cost.tokens),
        "usd": bound(&cost.usd),
        "wall_ns": bound(&cost.wall),
        "calls": calls.collect::<Vec<_>>(),
    })
}
