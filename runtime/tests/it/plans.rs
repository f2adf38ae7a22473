//! Small plans by hand.

use rustchain_plan::effect::EffectKind;
use rustchain_plan::expr::BinaryOp;
use rustchain_plan::plan::{
    Body, Call, CalleeKind, Need, NeedKind, Node, OnError, OnErrorAction, OnFailure, Plan, Region,
    RegionParam, Retry, Schedule,
};
use rustchain_plan::policy::Grant;
use rustchain_plan::signature::{EffectArg, EffectSpec, Param, Replay, Signature};
use rustchain_plan::types::{FieldSchema, RecordSchema};
use rustchain_plan::{
    Effect, ErrorKind, Expr, ExprId, ExprKind, KindPattern, Labels, PLAN_VERSION, Pattern, Policy, Schema,
    Type, Value,
};
use rustchain_runtime::{RunOptions, RunReport};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub fn plan(nodes: Vec<Node>) -> Plan {
    Plan {
        plan_version: PLAN_VERSION,
        mission: "m".into(),
        id: "m".into(),
        doc: String::new(),
        inputs: Vec::new(),
        root: region(nodes, None),
        outputs: Vec::new(),
        on_failure: OnFailure::Stop,
        outcome_leaves: false,
        within: None,
        schedule: Schedule::None,
        policy: Policy { allow: vec![grant(EffectKind::Exec, "bash")], ..Policy::default() },
        signatures: signatures(),
        schemas: BTreeMap::from([("Process".into(), process())]),
        providers: BTreeMap::new(),
        memories: BTreeMap::new(),
        agents: BTreeMap::new(),
        tools: BTreeMap::new(),
        chain_tools: BTreeMap::new(),
        debug: Default::default(),
    }
}

pub fn finishing(nodes: Vec<Node>) -> Plan {
    Plan { on_failure: OnFailure::Finish, ..plan(nodes) }
}

pub fn grant(kind: EffectKind, pattern: &str) -> Grant {
    Grant { effect: Effect { kind, pattern: Pattern(pattern.into()) }, predicate: None }
}

fn signatures() -> BTreeMap<smol_str::SmolStr, Signature> {
    let exec = EffectSpec { case: None, kind: EffectKind::Exec, arg: EffectArg::Fixed("bash".into()) };
    let reason = || vec![param("reason", Type::String, None)];
    let all = [
        signature("noop", Vec::new(), Type::Unit, Vec::new()),
        signature("fail", reason(), Type::Unit, Vec::new()),
        signature("wait.sleep", vec![param("for", Type::Duration, None)], Type::Unit, Vec::new()),
        signature("exec.bash", bash_params(), Type::Named("Process".into()), vec![exec]),
    ];
    all.into_iter().map(|signature| (signature.name.clone(), signature)).collect()
}

fn bash_params() -> Vec<Param> {
    vec![
        param("script", Type::String, None),
        param("env", Type::String.map(), Some(Value::Map(Arc::default()))),
        param("stdin", Type::String, Some(Value::string(""))),
        param("cwd", Type::Path.optional(), Some(Value::Null)),
        param("check", Type::Bool, Some(Value::Bool(true))),
    ]
}

fn process() -> Schema {
    let field = |(name, ty): (&str, Type)| FieldSchema {
        name: name.into(),
        wire: name.into(),
        doc: String::new(),
        ty,
        labels: Labels::NONE,
        constraint: None,
        default: None,
    };
    let fields = [("stdout", Type::String), ("stderr", Type::String), ("exit_code", Type::Int)];
    Schema::Record(RecordSchema { doc: String::new(), fields: fields.into_iter().map(field).collect() })
}

pub fn signature(name: &str, params: Vec<Param>, result: Type, effects: Vec<EffectSpec>) -> Signature {
    Signature {
        name: name.into(),
        doc: String::new(),
        type_params: Vec::new(),
        params,
        result,
        result_labels: Labels::NONE,
        pure: false,
        effects,
        replay: Vec::new(),
        raises: Vec::new(),
    }
}

pub fn param(name: &str, ty: Type, default: Option<Value>) -> Param {
    Param {
        name: name.into(),
        doc: String::new(),
        ty,
        labels: Labels::NONE,
        trusted: false,
        sink: None,
        default,
    }
}

pub fn region(nodes: Vec<Node>, result: Option<Expr>) -> Region {
    Region { nodes, result, ..Region::default() }
}

pub fn region_of(names: &[&str], nodes: Vec<Node>, result: Expr) -> Region {
    let params = names.iter().map(|name| RegionParam {
        name: (*name).into(),
        ty: Type::Int,
        constraint: None,
        labels: Labels::NONE,
        trusted: false,
    });
    Region { params: params.collect(), ..region(nodes, Some(result)) }
}

pub fn node(id: &str, body: Body) -> Node {
    Node {
        id: id.into(),
        display: None,
        doc: String::new(),
        ty: Type::Unit,
        needs: Vec::new(),
        trigger: None,
        teardown: None,
        when: None,
        on_error: Vec::new(),
        cache: None,
        retry: None,
        timeout: None,
        within: None,
        updates: Vec::new(),
        body,
    }
}

pub fn call(callee: &str, args: &[(&str, Value)]) -> Body {
    let given = args.iter().map(|(name, value)| ((*name).into(), Expr::constant(value.clone())));
    let exec = Effect { kind: EffectKind::Exec, pattern: Pattern::literal("bash") };
    Body::Call(Call {
        callee: callee.into(),
        kind: CalleeKind::Step,
        type_args: Vec::new(),
        args: given.collect(),
        handles: BTreeMap::new(),
        result: if callee == "exec.bash" { Type::Named("Process".into()) } else { Type::Unit },
        effects: if callee == "exec.bash" { vec![exec] } else { Vec::new() },
        guards: Vec::new(),
        replay: Replay::Safe,
        needs_approval: false,
    })
}

/// A step that does nothing.
pub fn noop(id: &str) -> Node {
    node(id, call("noop", &[]))
}

/// A step that fails with kind `failed`.
pub fn fails(id: &str) -> Node {
    node(id, call("fail", &[("reason", Value::string("on purpose"))]))
}

/// A step that is skipped.
pub fn skips(id: &str) -> Node {
    Node { when: Some(constant(Value::Bool(false))), ..noop(id) }
}

/// A step that sleeps.
pub fn sleeps(id: &str, millis: u64) -> Node {
    let nanoseconds = i64::try_from(Duration::from_millis(millis).as_nanos()).expect("short");
    node(id, call("wait.sleep", &[("for", Value::Duration(nanoseconds))]))
}

/// A step that runs a script.
pub fn bash(id: &str, script: &str) -> Node {
    node(id, call("exec.bash", &[("script", Value::string(script))]))
}

/// A step that is a value.
pub fn value(id: &str, value: Expr) -> Node {
    node(id, Body::Value(value))
}

impl NodeExt for Node {}

/// Clauses.
pub trait NodeExt: Into<Node> {
    fn after(self, ids: &[&str]) -> Node {
        self.needing(ids, NeedKind::Order)
    }

    fn reading(self, ids: &[&str]) -> Node {
        self.needing(ids, NeedKind::Value)
    }

    fn reading_optional(self, ids: &[&str]) -> Node {
        self.needing(ids, NeedKind::Optional)
    }

    fn needing(self, ids: &[&str], kind: NeedKind) -> Node {
        let mut node = self.into();
        node.needs.extend(ids.iter().map(|id| Need { id: (*id).into(), kind }));
        node.needs.sort();
        node
    }

    fn on_error(self, kinds: &[ErrorKind], action: OnErrorAction) -> Node {
        let mut node = self.into();
        let kinds = kinds.iter().map(|kind| KindPattern::Is(*kind)).collect();
        node.on_error.push(OnError { kinds, action });
        node
    }

    fn retry(self, count: i64) -> Node {
        let retry = Retry { count: int(count), kinds: Vec::new(), backoff: None, cap: None };
        Node { retry: Some(retry), ..self.into() }
    }

    fn timeout(self, millis: i64) -> Node {
        Node { timeout: Some(millis_of(millis)), ..self.into() }
    }

    fn within(self, millis: i64) -> Node {
        Node { within: Some(millis_of(millis)), ..self.into() }
    }

    fn tears_down(self, setup: &str) -> Node {
        Node { teardown: Some(setup.into()), ..self.into() }
    }
}

fn millis_of(millis: i64) -> Expr {
    constant(Value::Duration(millis * 1_000_000))
}

pub fn expr(kind: ExprKind) -> Expr {
    Expr { id: ExprId(0), kind }
}

pub fn constant(value: Value) -> Expr {
    Expr::constant(value)
}

pub fn int(n: i64) -> Expr {
    constant(Value::Int(n))
}

pub fn step(up: u32, id: &str) -> Expr {
    expr(ExprKind::Step { up, id: id.into() })
}

pub fn var(up: u32, name: &str) -> Expr {
    expr(ExprKind::Param { up, name: name.into() })
}

pub fn binary(left: Expr, op: BinaryOp, right: Expr) -> Expr {
    expr(ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) })
}

pub fn ints(numbers: &[i64]) -> Expr {
    constant(Value::list(numbers.iter().map(|n| Value::Int(*n)).collect()))
}

/// Runs a plan in a folder of its own.
pub fn run(plan: Plan) -> RunReport {
    let root = tempfile::tempdir().expect("a folder");
    run_in(plan, root.path())
}

pub fn run_in(plan: Plan, root: &Path) -> RunReport {
    rustchain_runtime::run(&Arc::new(plan), RunOptions::new(root)).expect("the run starts")
}

/// `a succeeded, b failed`, in the order the steps ended.
pub fn ends(report: &RunReport) -> String {
    let shown = report.steps.iter().map(|step| {
        let handled = if step.handled { " (handled)" } else { "" };
        format!("{} {}{handled}", step.path, step.outcome)
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// The output of a name.
pub fn output(name: &str, ty: Type, value: Expr) -> rustchain_plan::plan::OutputSpec {
    rustchain_plan::plan::OutputSpec { name: name.into(), doc: String::new(), ty, value }
}
