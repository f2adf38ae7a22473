//! What a new policy permits that an old one refused, each with an example.

use super::overlap::effects_overlap;
use crate::spans::{Place, PolicyPlaces};
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::eval::{Closed, Limits, eval};
use rustchain_plan::expr::{BinaryOp, ExprKind};
use rustchain_plan::policy::{
    Approval, FlowRule, Grant, Policy, PromptUntrusted, Sandbox, Sequence, Verdict,
};
use rustchain_plan::types::Schemas;
use rustchain_plan::{Effect, Expr, Pattern, Value};
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// Bounds of one evaluation of a condition.
const LIMITS: Limits = Limits { steps: 10_000, bytes: 1 << 16, depth: 64 };
/// So many arguments are tried where conditions are compared.
const TRIED: usize = 4_000;

/// Something that the new policy permits and the old one does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widened {
    /// The line of the new policy; `None`: something is missing there.
    pub line: Option<Line>,
    /// What was permitted, in words.
    pub what: String,
    /// A request that only the new policy permits; `None` where none was found by trying.
    pub example: Option<String>,
}

/// A line of a policy, by its place in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// `allow`.
    Allow(usize),
    /// `at most`.
    Sequence(usize),
    /// `budget`.
    Budget,
    /// `allow personal`.
    Personal,
}

/// Everything that `new` permits beyond `old`, in the order of `new`'s lines, then what it dropped.
pub fn widened(old: &Policy, new: &Policy) -> Vec<Widened> {
    let mut out = grants(old, new);
    budgets(old, new, &mut out);
    approvals(old, new, &mut out);
    sequences(old, new, &mut out);
    flows(old, new, &mut out);
    rest(old, new, &mut out);
    out
}

/// As [`widened`], as findings (RC0314) in the new policy's file.
pub fn findings(name: &str, old: &Policy, new: &Policy, places: &PolicyPlaces) -> Vec<Diagnostic> {
    let finding = |w: Widened| {
        let at = match w.line {
            Some(Line::Allow(i)) => places.allow.get(i).copied(),
            Some(Line::Sequence(i)) => places.sequences.get(i).copied(),
            Some(Line::Budget) => places.budget,
            Some(Line::Personal) => places.personal,
            None => None,
        };
        let Place { file, span } = at.unwrap_or(places.name);
        let message = format!("policy `{name}` is wider than before: {}", w.what);
        let d = Diagnostic::new("RC0314", Severity::High, file, span, message).label("wider");
        match w.example {
            Some(example) => d.note(format!("Permitted now and refused before, for example: {example}.")),
            None => d,
        }
    };
    widened(old, new).into_iter().map(finding).collect()
}

fn grants(old: &Policy, new: &Policy) -> Vec<Widened> {
    let mut out: Vec<Widened> = Vec::new();
    let mut dropped: Vec<(&Grant, Widened)> = Vec::new();
    for deny in old.deny.iter().filter(|d| !new.deny.iter().any(|n| same(n, d))) {
        let Effect { kind, pattern } = &deny.effect;
        let Some(text) = new.permits_beyond(old, *kind, pattern) else { continue };
        let what = format!("`deny {}` is gone", deny.effect);
        let example = Some(request(&deny.effect, &text));
        dropped.push((deny, Widened { line: None, what, example }));
    }
    for (index, grant) in new.allow.iter().enumerate() {
        let Effect { kind, pattern } = &grant.effect;
        // What a line permits that was there before, it permits because of what is gone.
        let was_there = old.allow.iter().any(|o| same(o, grant));
        if was_there && dropped.iter().any(|(deny, _)| effects_overlap(&deny.effect, &grant.effect)) {
            continue;
        }
        // A condition is looked at below.
        let line = Some(Line::Allow(index));
        if let Some(text) = new.permits_beyond(old, *kind, pattern) {
            let what = format!("`allow {}`", grant.effect);
            push(&mut out, Widened { line, what, example: Some(request(&grant.effect, &text)) });
        } else if let Some(example) = weaker_condition(old, grant) {
            let what = format!("`allow {}` under a weaker condition", grant.effect);
            push(&mut out, Widened { line, what, example });
        }
    }
    dropped.into_iter().for_each(|(_, widened)| push(&mut out, widened));
    out
}

/// One finding an example.
fn push(out: &mut Vec<Widened>, widened: Widened) {
    if !out.iter().any(|w| w.example.is_some() && w.example == widened.example) {
        out.push(widened);
    }
}

fn request(effect: &Effect, text: &str) -> String {
    Effect { kind: effect.kind, pattern: Pattern::literal(text) }.to_string()
}

fn same(a: &Grant, b: &Grant) -> bool {
    a.effect == b.effect && form(&a.predicate) == form(&b.predicate)
}

/// A condition without the places it stands at.
fn form(predicate: &Option<Expr>) -> Json {
    serde_json::to_value(predicate).unwrap_or_default()
}

/// Does a grant permit arguments that the old policy's conditions refused? `None`: no; then an example, where
/// one was found.
#[allow(clippy::option_option, reason = "whether, and by which example")]
fn weaker_condition(old: &Policy, grant: &Grant) -> Option<Option<String>> {
    let Effect { kind, pattern } = &grant.effect;
    if old.decide(*kind, pattern) == Verdict::Allowed {
        return None;
    }
    let before: Vec<&Grant> =
        old.allow.iter().filter(|g| effects_overlap(&g.effect, &grant.effect)).collect();
    if before.iter().any(|g| form(&g.predicate) == form(&grant.predicate) || g.predicate.is_none()) {
        return None;
    }
    let held: Vec<&Expr> = before.iter().filter_map(|g| g.predicate.as_ref()).collect();
    let (found, all) = arguments(grant.predicate.as_ref(), &held);
    // Where only comparisons with constants count, the combinations are every case.
    let all_tried = all && held.iter().copied().chain(&grant.predicate).all(compares_constants);
    match found {
        Some(found) => Some(Some(format!("{} with {found}", grant.effect))),
        None if all_tried => None,
        None => Some(None),
    }
}

/// Is a condition made of comparisons of arguments with constants alone?
fn compares_constants(condition: &Expr) -> bool {
    let constant = |e: &Expr| match &e.kind {
        ExprKind::Const(_) => true,
        ExprKind::Convert { value, .. } => matches!(value.kind, ExprKind::Const(_)),
        _ => false,
    };
    match &condition.kind {
        ExprKind::Const(_) => true,
        ExprKind::Not(inner) => compares_constants(inner),
        ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, left, right } => {
            compares_constants(left) && compares_constants(right)
        }
        ExprKind::Binary { op, left, right } => {
            let compares = !matches!(op, BinaryOp::In | BinaryOp::Coalesce);
            let sides = [(left, right), (right, left)];
            compares && sides.into_iter().any(|(a, b)| path_of(a).is_some() && constant(b))
        }
        _ => false,
    }
}

/// Arguments that fulfil `new` and none of `old`, tried from the constants that the conditions name; and whether
/// all combinations were tried.
fn arguments(new: Option<&Expr>, old: &[&Expr]) -> (Option<String>, bool) {
    let all = || new.into_iter().chain(old.iter().copied());
    let mut paths: BTreeSet<Vec<SmolStr>> = BTreeSet::new();
    let mut candidates: Vec<Json> = Vec::new();
    all().for_each(|e| collect(e, &mut paths, &mut candidates));
    between(&mut candidates);
    let paths: Vec<Vec<SmolStr>> = paths.into_iter().collect();
    let width = candidates.len().max(1);
    let combinations = u32::try_from(paths.len()).ok().and_then(|n| width.checked_pow(n));
    let total = combinations.filter(|n| *n <= TRIED);
    let holds = |e: &Expr, locals: &[(SmolStr, Value)]| {
        let env = Closed { schemas: &Schemas::new(), locals };
        eval(e, &env, &LIMITS) == Ok(Value::Bool(true))
    };
    let one = |number: usize| {
        let mut rest = number;
        let mut chosen: BTreeMap<SmolStr, Json> = BTreeMap::new();
        let mut words = Vec::new();
        for path in &paths {
            let candidate = candidates.get(rest % width)?;
            rest /= width;
            words.push(format!("{} = {candidate}", path.join(".")));
            put(chosen.entry(path.first()?.clone()).or_default(), path.get(1..)?, candidate);
        }
        let locals: Vec<(SmolStr, Value)> = chosen.into_iter().map(|(n, v)| (n, value(v))).collect();
        let breaks = new.is_none_or(|e| holds(e, &locals)) && !old.iter().any(|e| holds(e, &locals));
        breaks.then(|| words.join(", "))
    };
    ((0..total.unwrap_or(TRIED)).find_map(one), total.is_some())
}

/// Adds what lies between the numbers; each candidate once.
fn between(candidates: &mut Vec<Json>) {
    let mut numbers: Vec<f64> = candidates.iter().filter_map(Json::as_f64).collect();
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    let middles =
        numbers.windows(2).filter_map(|pair| Some(json!(f64::midpoint(*pair.first()?, *pair.last()?))));
    candidates.extend(middles);
    let mut seen: Vec<Json> = Vec::new();
    candidates.retain(|c| {
        let new = !seen.contains(c);
        if new {
            seen.push(c.clone());
        }
        new
    });
}

fn value(json: Json) -> Value {
    match json {
        Json::String(text) => Value::string(text),
        Json::Bool(b) => Value::Bool(b),
        Json::Number(n) => match n.as_i64() {
            Some(n) => Value::Int(n),
            None => Value::Float(n.as_f64().unwrap_or_default()),
        },
        other => Value::json(other),
    }
}

fn put(at: &mut Json, path: &[SmolStr], value: &Json) {
    let Some((first, rest)) = path.split_first() else {
        *at = value.clone();
        return;
    };
    if !at.is_object() {
        *at = Json::Object(Map::new());
    }
    if let Json::Object(map) = at {
        put(map.entry(first.to_string()).or_insert(Json::Null), rest, value);
    }
}

/// The paths that a condition reads, and the values next to the constants it names.
fn collect(expr: &Expr, paths: &mut BTreeSet<Vec<SmolStr>>, candidates: &mut Vec<Json>) {
    if let Some(path) = path_of(expr) {
        paths.insert(path);
        return;
    }
    match &expr.kind {
        ExprKind::Const(Value::Int(n)) => {
            candidates.extend([json!(n), json!(n.saturating_add(1)), json!(n.saturating_sub(1))]);
        }
        ExprKind::Const(Value::Float(x)) => candidates.extend([json!(x), json!(x + 1.0), json!(x - 1.0)]),
        ExprKind::Const(Value::String(text)) => {
            candidates.extend([json!(&**text), json!(format!("{text}x"))])
        }
        ExprKind::Const(Value::Bool(_)) => candidates.extend([json!(true), json!(false)]),
        ExprKind::Binary { op: BinaryOp::In, left, right } => {
            collect(left, paths, candidates);
            collect(right, paths, candidates);
        }
        _ => expr.for_each_child(&mut |child| collect(child, paths, candidates)),
    }
}

fn path_of(expr: &Expr) -> Option<Vec<SmolStr>> {
    match &expr.kind {
        ExprKind::Local(name) => Some(vec![name.clone()]),
        ExprKind::Field { base, name, .. } => {
            let mut path = path_of(base)?;
            path.push(name.clone());
            Some(path)
        }
        ExprKind::Convert { value, .. } => path_of(value),
        _ => None,
    }
}

#[allow(clippy::cast_precision_loss, reason = "shown to people")]
fn budgets(old: &Policy, new: &Policy, out: &mut Vec<Widened>) {
    let (was, is) = (&old.budget, &new.budget);
    let seconds = |ns: Option<i64>| ns.map(|ns| ns as f64 / 1e9);
    let count = |n: Option<i64>| n.map(|n| n as f64);
    let each = [
        ("usd", was.usd, is.usd, "USD"),
        ("tokens", count(was.tokens), count(is.tokens), "tokens"),
        ("wall", seconds(was.wall), seconds(is.wall), "seconds"),
    ];
    for (name, was, is, unit) in each {
        let Some(was) = was else { continue };
        if is.is_some_and(|is| is <= was) {
            continue;
        }
        let now = is.map_or("nothing".to_owned(), |is| is.to_string());
        out.push(Widened {
            line: new.budget.ne(&Default::default()).then_some(Line::Budget),
            what: format!("the budget `{name}` was {was} and is {now}"),
            example: Some(format!("a run that uses {} {unit}", is.unwrap_or(was * 2.0))),
        });
    }
}

fn covers(wide: &Effect, narrow: &Effect) -> bool {
    let grant = Grant { effect: wide.clone(), predicate: None };
    let policy = Policy { inferred: true, allow: vec![grant], ..Policy::default() };
    policy.decide(narrow.kind, &narrow.pattern) == Verdict::Allowed
}

fn approvals(old: &Policy, new: &Policy, out: &mut Vec<Widened>) {
    let kept = |was: &Approval| {
        let asks =
            |is: &&Approval| covers(&is.effect, &was.effect) && (!is.when_untrusted || was.when_untrusted);
        new.approvals.iter().find(asks).is_some()
    };
    for was in old.approvals.iter().filter(|a| !kept(a)) {
        let when = if was.when_untrusted { ", with an untrusted argument" } else { "" };
        out.push(Widened {
            line: None,
            what: format!("`require approval for {}` is gone", was.effect),
            example: Some(format!("{} without anybody being asked{when}", was.effect)),
        });
    }
}

fn sequences(old: &Policy, new: &Policy, out: &mut Vec<Widened>) {
    for was in &old.sequences {
        let (kept, what, example) = match was {
            Sequence::NeverAfter(a, b) => {
                let kept = new
                    .sequences
                    .iter()
                    .any(|is| matches!(is, Sequence::NeverAfter(x, y) if covers(x, a) && covers(y, b)));
                (kept, format!("`never {a} after {b}` is gone"), format!("{b}, then {a}"))
            }
            Sequence::OnlyAfter(a, b) => {
                let kept = new
                    .sequences
                    .iter()
                    .any(|is| matches!(is, Sequence::OnlyAfter(x, y) if covers(x, a) && covers(b, y)));
                (kept, format!("`{a} only after {b}` is gone"), format!("{a} without {b} before it"))
            }
            Sequence::AtMost(n, a) => {
                let found =
                    new.sequences.iter().position(|is| matches!(is, Sequence::AtMost(_, x) if covers(x, a)));
                let now = found.and_then(|i| match new.sequences.get(i) {
                    Some(Sequence::AtMost(m, _)) => Some((i, *m)),
                    _ => None,
                });
                if let Some((i, m)) = now.filter(|(_, m)| m > n) {
                    out.push(Widened {
                        line: Some(Line::Sequence(i)),
                        what: format!("`at most {n} {a}` is now {m}"),
                        example: Some(format!("{} times {a}", n + 1)),
                    });
                }
                (now.is_some(), format!("`at most {n} {a}` is gone"), format!("{} times {a}", n + 1))
            }
        };
        if !kept {
            out.push(Widened { line: None, what, example: Some(example) });
        }
    }
}

fn flows(old: &Policy, new: &Policy, out: &mut Vec<Widened>) {
    let kept = |was: &FlowRule| {
        new.flows.iter().any(|is| {
            is.label.contains(was.label)
                && covers(&is.to, &was.to)
                && (is.vendor.is_none() || is.vendor == was.vendor)
        })
    };
    for was in old.flows.iter().filter(|f| !kept(f)) {
        let label = was.label.names().collect::<Vec<_>>().join(", ");
        let vendor = was.vendor.as_ref().map(|v| format!(" vendor {v}")).unwrap_or_default();
        out.push(Widened {
            line: None,
            what: format!("`never flow {label} to {}{vendor}` is gone", was.to),
            example: Some(format!("{label} data in {}{vendor}", was.to)),
        });
    }
}

fn rest(old: &Policy, new: &Policy, out: &mut Vec<Widened>) {
    let mut told = |line, what: &str, example: &str| {
        out.push(Widened { line, what: what.to_owned(), example: Some(example.to_owned()) });
    };
    if new.inferred && !old.inferred {
        told(None, "`policy inferred`", "whatever a step that is added later does");
    }
    if new.personal && !old.personal {
        told(Some(Line::Personal), "`allow personal`", "personal data in the prompt of a model");
    }
    let level = |p: &Policy| match p.prompt_untrusted {
        None => 0,
        Some(PromptUntrusted::Approve) => 1,
        Some(PromptUntrusted::Allow) => 2,
    };
    if level(new) > level(old) {
        told(None, "`prompt untrusted`", "untrusted text in the prompt of a model that can act");
    }
    if old.sandbox == Some(Sandbox::Strict) && new.sandbox != old.sandbox {
        told(None, "`sandbox strict` is gone", "a program outside of the sandbox");
    }
}
