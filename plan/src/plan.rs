//! The Plan: a tree of regions. Data that can be written, hashed, signed, diffed and run elsewhere.

use crate::effect::Effect;
use crate::error_kind::KindPattern;
use crate::expr::Expr;
use crate::label::Labels;
use crate::policy::{Budget, Policy};
use crate::signature::{Replay, Signature};
use crate::types::{Schemas, Type};
use crate::value::Value;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// A compiled mission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// [`crate::PLAN_VERSION`].
    pub plan_version: u32,
    /// The mission's name.
    pub mission: SmolStr,
    /// `id "…"` or the name.
    pub id: SmolStr,
    /// `///` text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// Inputs and secrets, in order.
    pub inputs: Vec<InputSpec>,
    /// The steps. Its `result` is absent: outputs are below.
    pub root: Region,
    /// Outputs, in order; they stand in the root region.
    pub outputs: Vec<OutputSpec>,
    /// `on failure: stop | finish`.
    pub on_failure: OnFailure,
    /// `outcome leaves`.
    #[serde(default)]
    pub outcome_leaves: bool,
    /// `within d` of the whole run, nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Expr>,
    /// When it starts by itself.
    #[serde(default)]
    pub schedule: Schedule,
    /// What it may do.
    pub policy: Policy,
    /// Every callee that a node names, by name.
    pub signatures: BTreeMap<SmolStr, Signature>,
    /// Nominal types in use.
    pub schemas: Schemas,
    /// Model providers in use.
    #[serde(default)]
    pub providers: BTreeMap<SmolStr, Provider>,
    /// Memory stores in use.
    #[serde(default)]
    pub memories: BTreeMap<SmolStr, Memory>,
    /// Agents in use.
    #[serde(default)]
    pub agents: BTreeMap<SmolStr, Agent>,
    /// Foreign tools in use.
    #[serde(default)]
    pub tools: BTreeMap<SmolStr, Tool>,
    /// Chains used as tools, by name: a region whose params are the tool's.
    #[serde(default)]
    pub chain_tools: BTreeMap<SmolStr, Region>,
    /// Outside the hash: origin, spans, display.
    #[serde(default, skip_serializing_if = "Debug::is_empty")]
    pub debug: Debug,
}

/// What is outside the hash.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Debug {
    /// Root-relative path of the mission's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Line (from 1) of each node in that file, by id path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lines: BTreeMap<String, u32>,
    /// `meta NAME { … }` of the mission and of its steps, by id path (empty: the mission), then NAME.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub meta: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
}

impl Debug {
    /// Nothing in it.
    pub fn is_empty(&self) -> bool {
        self.source.is_none() && self.lines.is_empty() && self.meta.is_empty()
    }
}

/// An input or a secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputSpec {
    /// The name.
    pub name: SmolStr,
    /// `///` text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// Its labels; secrets have `secret`.
    #[serde(default, skip_serializing_if = "Labels::is_empty_ref")]
    pub labels: Labels,
    /// `where c`: `Local(name)` stands for the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint: Option<Expr>,
    /// `from env("X")`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<SmolStr>,
    /// `= d`; `None`: must be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Expr>,
}

/// An output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputSpec {
    /// The name.
    pub name: SmolStr,
    /// `///` text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// Its value; stands in the root region. Null where a step it reads has no value and the type is T?.
    pub value: Expr,
}

/// What a failure does to the rest of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// What has not started is cancelled.
    #[default]
    Stop,
    /// Independent branches end.
    Finish,
}

/// When a mission starts by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Not stated, or `schedule none`.
    #[default]
    None,
    /// Once.
    Once,
    /// Every so many nanoseconds.
    Every(#[serde(with = "crate::wire::wide")] i64),
    /// A cron line in a time zone.
    Cron(SmolStr, SmolStr),
    /// When events happen.
    On(ScheduleExpr),
}

/// A combination of events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleExpr {
    /// `asset("uri")`.
    Asset(SmolStr),
    /// `cron("…", tz: "…")`.
    Cron(SmolStr, SmolStr),
    /// `&&`.
    All(Vec<ScheduleExpr>),
    /// `||`.
    Any(Vec<ScheduleExpr>),
}

/// Steps in one scope. Chain bodies, loop bodies and mapped bodies are regions, instantiated at run time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Region {
    /// What it is given, in order. The root's are its inputs (`Plan::inputs`), repeated here by name.
    #[serde(default)]
    pub params: Vec<RegionParam>,
    /// `let`s by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lets: BTreeMap<SmolStr, Expr>,
    /// In source order; ids are unique in the region. A group's steps are `g.x`.
    pub nodes: Vec<Node>,
    /// Its value; `None`: unit (and the root).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Expr>,
    /// The region is a mission called as a step, and this is that mission's own policy: what happens inside
    /// must fit it and the caller's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Box<Policy>>,
}

/// A parameter of a region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegionParam {
    /// The name.
    pub name: SmolStr,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// `where c` on a chain's parameter: `Local(name)` stands for the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint: Option<Expr>,
    /// Labels that the declaration adds.
    #[serde(default, skip_serializing_if = "Labels::is_empty_ref")]
    pub labels: Labels,
    /// `trusted T`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trusted: bool,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Unique in its region: the name, with its groups (`g.x`).
    pub id: SmolStr,
    /// `id "…"`: what the log, `--only` and exports use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<SmolStr>,
    /// `///` text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// Type of its value as others read it (after lifts: `T?` where it may be skipped …).
    #[serde(rename = "type")]
    pub ty: Type,
    /// Direct upstreams in the same region, sorted by id: what it reads and what it names in `after`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// `trigger R`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
    /// `teardown s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teardown: Option<SmolStr>,
    /// `when e`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Expr>,
    /// `on error …`, first match wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_error: Vec<OnError>,
    /// `cache`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// `retry N …`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// `timeout d`: one attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Expr>,
    /// `within d`: the whole step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Expr>,
    /// `updates [asset("uri")]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub updates: Vec<SmolStr>,
    /// What it does.
    pub body: Body,
}

/// A direct upstream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Need {
    /// The upstream's id.
    pub id: SmolStr,
    /// Why.
    pub kind: NeedKind,
}

/// Why a node waits for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeedKind {
    /// Reads its value and cannot do without: blocked where there is none.
    Value,
    /// Reads its value as `T?`: null where there is none.
    Optional,
    /// `after`: it must have succeeded or been skipped.
    Order,
}

/// Airflow's trigger rules, over all direct upstreams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// All succeeded.
    AllSuccess,
    /// All failed or blocked.
    AllFailed,
    /// All ended.
    AllDone,
    /// All skipped.
    AllSkipped,
    /// At least one failed; does not wait for the rest.
    OneFailed,
    /// At least one succeeded; does not wait for the rest.
    OneSuccess,
    /// At least one succeeded or failed.
    OneDone,
    /// None failed or was blocked.
    NoneFailed,
    /// None failed or was blocked, and one succeeded.
    NoneFailedMinOneSuccess,
    /// None skipped.
    NoneSkipped,
    /// All ended, and one succeeded.
    AllDoneMinOneSuccess,
    /// As all_success, for setup tasks: all ended, setups succeeded.
    AllDoneSetupSuccess,
    /// At once.
    Always,
}

impl Trigger {
    /// Every rule by its name in missions.
    pub const NAMED: &'static [(&'static str, Trigger)] = &[
        ("all_success", Trigger::AllSuccess),
        ("all_failed", Trigger::AllFailed),
        ("all_done", Trigger::AllDone),
        ("all_skipped", Trigger::AllSkipped),
        ("one_failed", Trigger::OneFailed),
        ("one_success", Trigger::OneSuccess),
        ("one_done", Trigger::OneDone),
        ("none_failed", Trigger::NoneFailed),
        ("none_failed_min_one_success", Trigger::NoneFailedMinOneSuccess),
        ("none_skipped", Trigger::NoneSkipped),
        ("all_done_min_one_success", Trigger::AllDoneMinOneSuccess),
        ("all_done_setup_success", Trigger::AllDoneSetupSuccess),
        ("always", Trigger::Always),
    ];
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// A pure expression.
    Value(Expr),
    /// A call of a step kind, tool, agent.
    Call(Call),
    /// A chain or a mission called as a step: its own scope (expressions inside see no outer region;
    /// `up` never leaves it).
    Chain {
        /// The chain's name.
        name: SmolStr,
        /// One expression a parameter, in the scope of the node.
        args: BTreeMap<SmolStr, Expr>,
        /// Its body.
        region: Region,
    },
    /// `match`/`if`: exactly one arm runs. Arms see outer regions (up + 1).
    Match {
        /// What is looked at.
        subject: Expr,
        /// First match wins.
        arms: Vec<Arm>,
    },
    /// `for`: the body region's params are the variables; it sees outer regions (up + 1).
    For {
        /// Variable and list; several make a cross product.
        bindings: Vec<(SmolStr, Expr)>,
        /// How many at once; `None`: the configured default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<Expr>,
        /// Bound on the count.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<Expr>,
        /// What is done for each.
        region: Region,
    },
    /// `loop s from init until c, max N`: the body region's one param is the state.
    Loop {
        /// The state's name.
        var: SmolStr,
        /// Its first value.
        init: Expr,
        /// Stands in the body's region (up 0: `Param var` is the new state there).
        until: Expr,
        /// Bound; reaching it is kind `exhausted`.
        max: Expr,
        /// Gives the new state.
        region: Region,
    },
    /// `loop until c, every d, for d`: the latest result is `Param{up: 0, name: "it"}` in `until`,
    /// which stands in a region around the body's outer one (so outer regions are up + 1).
    Poll {
        /// When to stop.
        until: Expr,
        /// Pause, default 1s.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        every: Option<Expr>,
        /// Bound in time; reaching it is kind `exhausted`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        duration: Option<Expr>,
        /// Bound in number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<Expr>,
        /// What is evaluated.
        region: Region,
    },
}

/// An arm of a `match` step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// Constants compared by equality; empty: `_`.
    pub patterns: Vec<Value>,
    /// Its steps and value.
    pub region: Region,
}

impl Arm {
    /// Its segment in id paths: member names or literals joined by `|`, `_` for the rest, and `then`, `else`
    /// for the arms of `if`.
    pub fn label(&self) -> String {
        let word = |value: &Value| match value {
            Value::Bool(true) => "then".to_owned(),
            Value::Bool(false) => "else".to_owned(),
            Value::Enum(_, member) => member.to_string(),
            Value::Int(number) => number.to_string(),
            other => other.as_text().unwrap_or("null").replace('/', "_"),
        };
        match self.patterns.is_empty() {
            true => "_".to_owned(),
            false => self.patterns.iter().map(word).collect::<Vec<_>>().join("|"),
        }
    }
}

/// A call with everything the runtime needs beside the signature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Key of `Plan::signatures`.
    pub callee: SmolStr,
    /// What the callee is.
    pub kind: CalleeKind,
    /// Type arguments, instantiated, in the order of the signature.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub type_args: Vec<Type>,
    /// Arguments given; the runtime fills defaults from the signature.
    pub args: BTreeMap<SmolStr, Expr>,
    /// Handles given by name: parameter to provider, memory or list of tools.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub handles: BTreeMap<SmolStr, Handle>,
    /// The result's type, instantiated, before lifts.
    pub result: Type,
    /// The row, instantiated as far as it is constant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
    /// Effects whose values are decided at run time: index into `effects`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
    /// May it be tried again?
    pub replay: Replay,
    /// The policy asks a person first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_approval: bool,
}

/// What a callee is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalleeKind {
    /// A step kind of the standard library.
    Step,
    /// `Plan::tools`.
    Tool,
    /// `Plan::agents`.
    Agent,
    /// `hole<T>(…)`: refused unless shimmed.
    Hole,
}

/// A check left to the runtime.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    /// Which effect of the call.
    pub effect: usize,
    /// Why it could not be decided before.
    pub reason: SmolStr,
}

/// An argument that is not a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handle {
    /// Key of `Plan::providers`.
    Provider(SmolStr),
    /// Key of `Plan::memories`.
    Memory(SmolStr),
    /// Tools offered to a model.
    Tools(Vec<ToolRef>),
}

/// A callable offered to a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolRef {
    /// Key of `Plan::signatures`.
    pub callee: SmolStr,
    /// Step, tool, agent; `None`: a chain (`Plan::chain_tools`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<CalleeKind>,
    /// `http.get("https://…/**")`: the pattern its effect is pinned to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<SmolStr>,
    /// Its row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
}

/// `on error [kinds]: action`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OnError {
    /// Which kinds; empty: any.
    #[serde(default)]
    pub kinds: Vec<KindPattern>,
    /// What then.
    pub action: OnErrorAction,
}

/// What a failure becomes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnErrorAction {
    /// Failed.
    Fail,
    /// Failed but handled, null.
    Continue,
    /// Dropped in `for`, else skipped.
    Skip,
    /// Recovered.
    Use(Expr),
}

/// `retry N on [kinds] { backoff, cap }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retry {
    /// Further attempts.
    pub count: Expr,
    /// Which kinds; empty: any.
    #[serde(default)]
    pub kinds: Vec<KindPattern>,
    /// Pause before each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Backoff>,
    /// Longest pause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Expr>,
}

/// The pause between attempts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backoff {
    /// `constant(d)`.
    Constant(Expr),
    /// `linear(d)`: d, 2d, 3d.
    Linear(Expr),
    /// `exponential(d)`: d, 2d, 4d.
    Exponential(Expr),
}

/// `cache`, `cache 1h`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cache {
    /// How long a result is reused; `None`: as long as it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Expr>,
}

/// A model provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// One model.
    Model {
        /// `openai`, `anthropic`, `ollama`, `replay`, …
        vendor: SmolStr,
        /// The model's name; constant or from env.
        model: Expr,
        /// Named arguments: temperature, max_tokens, base_url, …
        #[serde(default)]
        options: BTreeMap<SmolStr, Expr>,
    },
    /// The first that answers: keys of `Plan::providers`.
    FirstOf(Vec<SmolStr>),
}

/// A memory store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// `vector` or `chat.log`.
    pub kind: SmolStr,
    /// Path under the root.
    pub path: Expr,
    /// The embedding model: key of `Plan::providers`, or `local`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embed: Option<SmolStr>,
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    /// Key of `Plan::providers`.
    pub model: SmolStr,
    /// System prompt; params are `Local`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<Expr>,
    /// Prompt; params are `Local`.
    pub prompt: Expr,
    /// Tools.
    pub tools: Vec<ToolRef>,
    /// Bounds.
    pub budget: Budget,
    /// Result's type.
    pub result: Type,
    /// `on exhausted: …`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_exhausted: Option<OnErrorAction>,
}

/// Foreign code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    /// `python("file.py:f")`.
    Python {
        /// Path of the file, relative to the root.
        file: SmolStr,
        /// The function.
        function: SmolStr,
        /// `requires [..]`.
        #[serde(default)]
        requires: Vec<SmolStr>,
    },
}
