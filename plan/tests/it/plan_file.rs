//! Plan files: their form, their hash, and what is refused.

use crate::build::*;
use proptest::prelude::*;
use rustchain_plan::expr::{BinaryOp, Expr, ExprKind, TemplateForm};
use rustchain_plan::plan::*;
use rustchain_plan::policy::{Budget, Grant};
use rustchain_plan::signature::{EffectArg, EffectSpec, Replay, Sink};
use rustchain_plan::types::Type;
use rustchain_plan::{
    Effect, EffectKind, ErrorKind, KindPattern, Labels, PLAN_VERSION, Pattern, Plan, PlanError, Policy,
    Region, Signature, Value,
};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

fn param(up: u32, name: &str) -> Expr {
    expr(ExprKind::Param { up, name: name.into() })
}

fn step(up: u32, id: &str) -> Expr {
    expr(ExprKind::Step { up, id: id.into() })
}

fn region_param(name: &str, ty: Type) -> RegionParam {
    RegionParam { name: name.into(), ty, constraint: None, labels: Labels::NONE, trusted: false }
}

fn node(id: &str, ty: Type, needs: &[&str], body: Body) -> Node {
    let needs = needs.iter().map(|id| Need { id: (*id).into(), kind: NeedKind::Value }).collect();
    Node {
        id: id.into(),
        display: None,
        doc: String::new(),
        ty,
        needs,
        trigger: None,
        teardown: None,
        when: None,
        on_error: vec![],
        cache: None,
        retry: None,
        timeout: None,
        within: None,
        updates: vec![],
        body,
    }
}

fn get(url: Expr, pattern: &str) -> Body {
    Body::Call(Call {
        callee: "http.get".into(),
        kind: CalleeKind::Step,
        type_args: vec![Type::Json],
        args: BTreeMap::from([("url".into(), url)]),
        handles: BTreeMap::new(),
        result: Type::Json,
        effects: vec![Effect { kind: EffectKind::NetRead, pattern: Pattern(pattern.into()) }],
        guards: vec![],
        replay: Replay::Safe,
        needs_approval: false,
    })
}

fn signature() -> Signature {
    Signature {
        name: "http.get".into(),
        doc: String::new(),
        type_params: vec![("T".into(), None)],
        params: vec![rustchain_plan::signature::Param {
            name: "url".into(),
            doc: String::new(),
            ty: Type::Url,
            labels: Labels::NONE,
            trusted: false,
            sink: Some(Sink::Host),
            default: None,
        }],
        result: Type::Param("T".into()),
        result_labels: Labels::UNTRUSTED,
        pure: false,
        effects: vec![EffectSpec {
            case: None,
            kind: EffectKind::NetRead,
            arg: EffectArg::Param("url".into()),
        }],
        replay: vec![],
        raises: vec![KindPattern::Is(ErrorKind::Network)],
    }
}

/// Fetches tickets one after the other for each id, and counts them.
fn plan() -> Plan {
    let url = template(TemplateForm::Url, "https://helpdesk.example.com/t/${}", vec![param(0, "id")]);
    let each = Region {
        params: vec![region_param("id", Type::String)],
        nodes: vec![node("get", Type::Json, &[], get(url, "https://helpdesk.example.com/t/*"))],
        result: Some(step(0, "get")),
        ..Region::default()
    };
    let mut fetch = node(
        "fetch",
        Type::Json.list(),
        &[],
        Body::For {
            bindings: vec![("id".into(), param(0, "ids"))],
            max: Some(int(4)),
            limit: None,
            region: each,
        },
    );
    fetch.retry = Some(Retry {
        count: int(2),
        kinds: vec![KindPattern::Is(ErrorKind::Timeout), KindPattern::Is(ErrorKind::Http5xx)],
        backoff: Some(Backoff::Exponential(value(Value::Duration(1_000_000_000)))),
        cap: None,
    });
    let started = value(Value::Timestamp(1_771_508_730_500_000_000));
    let count = binary(BinaryOp::Add, call("len", vec![step(0, "fetch")]), call("time.unix", vec![started]));
    let status = value(Value::json(json!({"limit": 9_007_199_254_740_993_u64})));
    Plan {
        plan_version: PLAN_VERSION,
        mission: "triage".into(),
        id: "triage".into(),
        doc: "Counts tickets.".to_owned(),
        inputs: vec![InputSpec {
            name: "ids".into(),
            doc: String::new(),
            ty: Type::String.list(),
            labels: Labels::NONE,
            constraint: None,
            env: None,
            default: None,
        }],
        root: Region {
            params: vec![region_param("ids", Type::String.list())],
            nodes: vec![
                fetch,
                node("count", Type::Int, &["fetch"], Body::Value(count)),
                node("limit", Type::Json, &[], Body::Value(status)),
            ],
            ..Region::default()
        },
        outputs: vec![OutputSpec {
            name: "total".into(),
            doc: String::new(),
            ty: Type::Int,
            value: step(0, "count"),
        }],
        on_failure: OnFailure::Stop,
        outcome_leaves: false,
        within: None,
        schedule: Schedule::Every(86_400_000_000_000),
        policy: Policy {
            allow: vec![Grant {
                effect: Effect {
                    kind: EffectKind::NetRead,
                    pattern: Pattern("https://helpdesk.example.com/**".into()),
                },
                predicate: None,
            }],
            budget: Budget { usd: Some(0.5), ..Budget::default() },
            ..Policy::default()
        },
        signatures: BTreeMap::from([("http.get".into(), signature())]),
        schemas: schemas(),
        providers: BTreeMap::new(),
        memories: BTreeMap::new(),
        agents: BTreeMap::new(),
        tools: BTreeMap::new(),
        chain_tools: BTreeMap::new(),
        debug: Debug { source: Some("triage.mission".to_owned()), ..Debug::default() },
    }
}

fn hash(plan: &Plan) -> String {
    plan.hash_hex().expect("a hash")
}

#[test]
fn the_golden_plan() {
    let text = plan().to_json_pretty().expect("a text");
    insta::assert_snapshot!("plan", text);
    assert_eq!(Plan::from_json(&text), Ok(plan()));
    insta::assert_snapshot!("hash", hash(&plan()));
}

#[test]
fn order_spacing_and_debug_do_not_change_the_hash() {
    let compact = serde_json::to_value(plan()).expect("JSON").to_string();
    assert_eq!(hash(&Plan::from_json(&compact).expect("a plan")), hash(&plan()));
    let mut moved = plan();
    moved.root.nodes.reverse();
    moved.debug = Debug::default();
    assert_eq!(hash(&moved), hash(&plan()));
}

#[test]
fn every_meaning_changes_the_hash() {
    type Change = fn(&mut Plan);
    let changes: [Change; 8] = [
        |p| p.doc.push('!'),
        |p| p.root.nodes[0].id = "fetch2".into(),
        |p| p.root.nodes[1].body = Body::Value(int(9_007_199_254_740_993)),
        |p| p.root.nodes[1].body = Body::Value(int(9_007_199_254_740_992)),
        |p| p.policy.allow.clear(),
        |p| p.on_failure = OnFailure::Finish,
        |p| {
            p.root.nodes[2].body =
                Body::Value(value(Value::json(json!({"limit": 9_007_199_254_740_992_u64}))))
        },
        |p| {
            if let Body::For { region, .. } = &mut p.root.nodes[0].body {
                region.nodes[0].timeout = Some(value(Value::Duration(1)));
            }
        },
    ];
    let mut hashes = std::collections::BTreeSet::from([hash(&plan())]);
    for change in changes {
        let mut changed = plan();
        change(&mut changed);
        assert!(hashes.insert(hash(&changed)), "the same hash twice");
    }
}

/// What is said about the golden plan after a change of its JSON.
fn refusal(change: impl FnOnce(&mut Json)) -> String {
    let mut json = serde_json::to_value(plan()).expect("JSON");
    change(&mut json);
    match Plan::from_json(&json.to_string()) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn plans_that_contradict_themselves() {
    let nodes = |json: &mut Json| json["root"]["nodes"].take();
    let each = |json: &mut Json, change: fn(&mut Json)| {
        change(&mut json["root"]["nodes"][0]["body"]["for"]["region"]);
    };
    let all = [
        refusal(|p| p["plan_version"] = json!(2)),
        refusal(|p| p["plan_version"] = json!("one")),
        refusal(|p| p["root"]["nodes"][1]["id"] = json!("fetch")),
        refusal(|p| p["root"]["nodes"][1]["id"] = json!("")),
        refusal(|p| p["root"]["nodes"][1]["needs"][0]["id"] = json!("nobody")),
        refusal(|p| p["root"]["nodes"][1]["needs"][0]["id"] = json!("count")),
        refusal(|p| {
            p["root"]["nodes"][0]["needs"] = json!([{"id": "count", "kind": "order"}]);
        }),
        refusal(|p| p["root"]["nodes"][1]["teardown"] = json!("nobody")),
        refusal(|p| p["outputs"][0]["value"] = json!({"step": {"up": 1, "id": "count"}})),
        refusal(|p| p["outputs"][0]["value"] = json!({"param": {"up": 4_000_000_000_u32, "name": "ids"}})),
        refusal(|p| p["outputs"][0]["value"] = json!({"let": {"name": "nothing"}})),
        refusal(|p| p["outputs"][0]["value"] = json!({"call": {"function": "eval", "args": []}})),
        refusal(|p| p["outputs"][0]["value"] = json!({"outcome": "cost"})),
        refusal(|p| p["outputs"][0]["type"] = json!({"named": "Nowhere"})),
        refusal(|p| p["signatures"] = json!({})),
        refusal(|p| each(p, |r| r["nodes"][0]["body"]["call"]["kind"] = json!("agent"))),
        refusal(|p| {
            each(p, |r| r["nodes"][0]["body"]["call"]["guards"] = json!([{"effect": 1, "reason": "x"}]));
        }),
        refusal(|p| {
            each(p, |r| r["nodes"][0]["body"]["call"]["handles"] = json!({"model": {"provider": "gpt"}}));
        }),
        refusal(|p| each(p, |r| r["params"] = json!([]))),
        refusal(|p| p["providers"] = json!({"a": {"first_of": ["b"]}, "b": {"first_of": ["a"]}})),
        refusal(|p| p["providers"] = json!({"a": {"first_of": ["z"]}})),
        refusal(|p| p["chain_tools"] = json!({"t": {"nodes": [], "result": {"param": {"name": "x"}}}})),
        refusal(|p| p["root"]["params"] = json!([])),
        refusal(|p| drop(nodes(p))),
        refusal(|p| p["root"]["nodes"][1]["body"] = json!({"value": {"const": {"int": "9e99"}}})),
    ];
    assert!(all.iter().all(|line| line != "accepted"), "{all:#?}");
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn deep_plans_are_read_or_refused_and_never_crash() {
    let chain = |length: i64| (0..length).fold(int(0), |sum, n| binary(BinaryOp::Add, sum, int(n)));
    let with = |expr: Expr| {
        let mut deep = plan();
        deep.root.nodes[1].body = Body::Value(expr);
        deep
    };
    let long = with(chain(400));
    let text = long.to_json_pretty().expect("a text");
    assert_eq!(hash(&Plan::from_json(&text).expect("a plan")), hash(&long));
    let longer = with(chain(5_000));
    assert_eq!(longer.to_json_pretty(), Err(PlanError::TooDeep));
    assert_eq!(longer.hash(), Err(PlanError::TooDeep));
    for text in ["[".repeat(1_000_000), "{\"a\":".repeat(1_000_000), "[".repeat(1_400)] {
        assert!(Plan::from_json(&text).is_err());
    }
}

/// Every place of a JSON value, as a pointer.
fn places(json: &Json, at: &str, out: &mut Vec<String>) {
    match json {
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| places(item, &format!("{at}/{i}"), out));
        }
        Json::Object(members) => {
            members.iter().for_each(|(k, item)| places(item, &format!("{at}/{}", k.replace('/', "~1")), out));
        }
        _ => {}
    }
    out.push(at.to_owned());
}

proptest! {
    /// Parts of the plan put in the place of others: whatever is accepted can be written and hashed.
    #[test]
    fn shuffled_plans_never_crash(swaps in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4)) {
        let mut json = serde_json::to_value(plan()).expect("JSON");
        for (from, to) in swaps {
            let mut all = Vec::new();
            places(&json, "", &mut all);
            let part = json.pointer(from.get::<String>(&all)).cloned().unwrap_or_default();
            if let Some(place) = json.pointer_mut(to.get::<String>(&all)) {
                *place = part;
            }
        }
        if let Ok(read) = Plan::from_json(&json.to_string()) {
            let text = read.to_json_pretty().expect("a text");
            prop_assert_eq!(Plan::from_json(&text), Ok(read.clone()));
            prop_assert_eq!(hash(&Plan::from_json(&text).expect("a plan")), hash(&read));
        }
    }

    #[test]
    fn cut_texts_are_refused(at in any::<prop::sample::Index>()) {
        let text = plan().to_json_pretty().expect("a text");
        let cut = at.index(text.trim_end().len());
        prop_assert!(Plan::from_json(text.get(..cut).unwrap_or_default()).is_err());
    }
}
