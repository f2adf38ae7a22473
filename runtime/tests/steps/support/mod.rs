//! A project in a temporary folder, in which single step kinds are called.

pub mod model;

use futures_util::future::BoxFuture;
use rustchain_plan::effect::Effect;
use rustchain_plan::plan::{Handle, ToolRef};
use rustchain_plan::policy::{Grant, Policy};
use rustchain_plan::types::Schemas;
use rustchain_plan::{EffectKind, Pattern, Plan, Signature, Type, Value};
use rustchain_runtime::context::RunContext;
use rustchain_runtime::detached::DetachedLog;
use rustchain_runtime::in_force::InForce;
use rustchain_runtime::registry;
use rustchain_runtime::step::{Run, StepCall, StepError, ToolHost};
use serde_json::json;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

pub type Outcome = Result<Value, StepError>;

/// A project folder with a context; everything inside the policy of the test.
pub struct Project {
    pub folder: tempfile::TempDir,
    pub context: Arc<RunContext>,
    pub log: Arc<DetachedLog>,
}

/// An empty plan with the library's types.
pub fn plan() -> Plan {
    let root = json!({ "nodes": [] });
    let fields = json!({
        "plan_version": rustchain_plan::PLAN_VERSION, "mission": "m", "id": "m", "inputs": [], "root": root,
        "outputs": [], "on_failure": "stop", "policy": {}, "signatures": {}, "schemas": {},
    });
    let mut plan: Plan = serde_json::from_value(fields).unwrap();
    plan.schemas = schemas();
    plan
}

/// The library's records and enums that have no type parameters.
fn schemas() -> Schemas {
    let types = rustchain_stdlib::library_types();
    types.filter(|(_, t)| t.params.is_empty()).map(|(name, t)| (name.clone(), t.schema.clone())).collect()
}

/// The signature of a callable of the plan.
pub fn signature(name: &str, params: &[(&str, Type)], result: Type) -> Signature {
    let params: Vec<_> = params.iter().map(|(name, ty)| json!({ "name": name, "type": ty })).collect();
    serde_json::from_value(json!({ "name": name, "params": params, "result": result })).unwrap()
}

/// `allow` of these effects and patterns.
pub fn allow(effects: &[(EffectKind, &str)]) -> Policy {
    let grant = |(kind, pattern): &(EffectKind, &str)| Grant {
        effect: Effect { kind: *kind, pattern: Pattern((*pattern).into()) },
        predicate: None,
    };
    Policy { allow: effects.iter().map(grant).collect(), ..Policy::default() }
}

impl Project {
    /// A project whose policy allows nothing.
    pub fn new() -> Project {
        Project::with(|_| {})
    }

    /// A project with a plan of its own.
    pub fn with(change: impl FnOnce(&mut Plan)) -> Project {
        Project::set_up(change, |_| {})
    }

    /// A project with a plan and a context of its own.
    pub fn set_up(change: impl FnOnce(&mut Plan), context: impl FnOnce(&mut RunContext)) -> Project {
        let folder = tempfile::tempdir().unwrap();
        let mut plan = plan();
        change(&mut plan);
        let (mut run, log) = RunContext::detached(plan, folder.path().to_owned(), Some(7));
        context(&mut run);
        Project { folder, context: Arc::new(run), log }
    }

    pub fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    pub fn write(&self, inside: &str, text: impl AsRef<[u8]>) {
        let path = self.path(inside);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn text(&self, inside: &str) -> String {
        std::fs::read_to_string(self.path(inside)).unwrap()
    }

    /// The signature of a callable: of the plan, or of the library.
    fn signature(&self, callee: &str) -> &Signature {
        let own = self.context.plan.signatures.get(callee);
        own.or_else(|| rustchain_stdlib::signature(callee)).unwrap_or_else(|| panic!("no `{callee}`"))
    }

    /// A call of a step kind, a tool or an agent with arguments as JSON.
    pub fn call(&self, callee: &str, args: serde_json::Value) -> Call<'_> {
        let signature = self.signature(callee);
        let mut values = Vec::new();
        for param in &signature.params {
            let value = match args.get(param.name.as_str()) {
                Some(json) => rustchain_plan::decode(json, &param.ty, &self.context.plan.schemas).unwrap(),
                None => param.default.clone().unwrap_or(Value::Null),
            };
            values.push(value);
        }
        for name in args.as_object().unwrap().keys() {
            assert!(signature.param(name).is_some(), "`{callee}` has no `{name}`");
        }
        let result = match &signature.result {
            Type::Applied(name, _) => Type::Named(format!("{name}<string>").into()),
            other => other.clone(),
        };
        let defaults = signature.type_params.iter().map(|(_, d)| d.clone().unwrap_or(Type::Json)).collect();
        Call {
            project: self,
            callee: callee.to_owned(),
            values,
            types: defaults,
            result,
            handles: BTreeMap::new(),
            path: "step".to_owned(),
            host: &NoTools,
        }
    }
}

/// A call that is about to be made.
pub struct Call<'p> {
    project: &'p Project,
    callee: String,
    values: Vec<Value>,
    types: Vec<Type>,
    result: Type,
    handles: BTreeMap<SmolStr, Handle>,
    path: String,
    host: &'p dyn ToolHost,
}

impl<'p> Call<'p> {
    /// With this type argument.
    pub fn of(mut self, ty: Type) -> Self {
        self.types = vec![ty];
        self
    }

    /// With a parameter's value as it is.
    pub fn value(mut self, name: &str, value: Value) -> Self {
        let signature = self.project.signature(&self.callee);
        let at = signature.params.iter().position(|p| p.name == name).unwrap();
        self.values[at] = value;
        self
    }

    pub fn handle(mut self, param: &str, handle: Handle) -> Self {
        self.handles.insert(param.into(), handle);
        self
    }

    pub fn host(mut self, host: &'p dyn ToolHost) -> Self {
        self.host = host;
        self
    }

    pub fn at(mut self, path: &str) -> Self {
        self.path = path.to_owned();
        self
    }

    /// Makes it.
    pub async fn run(self) -> Outcome {
        let signature = self.project.signature(&self.callee);
        let run = match registry::find(&self.callee) {
            Some(kind) => kind.run,
            None if self.project.context.plan.tools.contains_key(self.callee.as_str()) => {
                registry::TOOL.unwrap()
            }
            None => registry::AGENT.unwrap(),
        };
        let result = instantiate(&self.result, signature, &self.types);
        let policies = InForce::stated(&self.project.context.plan.policy);
        let call = StepCall {
            callee: &self.callee,
            signature,
            args: self.values.clone(),
            type_args: &self.types,
            result: &result,
            handles: &self.handles,
            effects: &[],
            policies: &policies,
            path: &self.path,
            attempt: 1,
            deadline: None,
            cancel: Default::default(),
            context: &self.project.context,
            tools: self.host,
        };
        match run {
            Run::Inline(run) => run(&call),
            Run::Async(run) => run(call).await,
        }
    }

    /// Makes it and gives the value as JSON.
    pub async fn json(self) -> Result<serde_json::Value, StepError> {
        let schemas = &self.project.context.plan.schemas;
        let value = self.run().await?;
        Ok(rustchain_plan::encode(&value, schemas))
    }

    /// Makes it and gives its error.
    pub async fn error(self) -> StepError {
        match self.run().await {
            Ok(value) => panic!("no error but {value:?}"),
            Err(error) => error,
        }
    }
}

fn instantiate(ty: &Type, signature: &Signature, args: &[Type]) -> Type {
    match ty {
        Type::Param(name) => {
            let at = signature.type_params.iter().position(|(n, _)| n == name).unwrap();
            args[at].clone()
        }
        Type::List(inner) => instantiate(inner, signature, args).list(),
        other => other.clone(),
    }
}

/// A host without tools.
struct NoTools;

impl ToolHost for NoTools {
    fn invoke<'b>(&'b self, tool: &'b ToolRef, _: serde_json::Value, _: &'b str) -> BoxFuture<'b, Outcome> {
        panic!("nobody offered `{}`", tool.callee)
    }
}
