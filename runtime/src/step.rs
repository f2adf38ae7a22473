//! The contract between the scheduler and the step kinds.
//!
//! The scheduler resolves arguments, decides the effects that the signature names, applies `timeout` and
//! `retry`, and logs. A step kind does its one thing. It stops when its future is dropped: a timeout or a
//! cancellation drops it. What must be undone then (a process, a temporary file) belongs into a `Drop`.

use crate::cancel::CancelToken;
use crate::context::{RunContext, Usage};
use crate::in_force::InForce;
use futures_util::future::BoxFuture;
use rustchain_plan::plan::{Handle, ToolRef};
use rustchain_plan::{Effect, EffectKind, ErrorKind, Signature, Type, Value};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A kind that neither waits nor blocks: run where the scheduler stands.
pub type InlineFn = for<'a, 'b> fn(&'b StepCall<'a>) -> Result<Value, StepError>;

/// A kind that waits. Work that blocks for more than a millisecond goes to `tokio::task::spawn_blocking`.
pub type AsyncFn = for<'a> fn(StepCall<'a>) -> BoxFuture<'a, Result<Value, StepError>>;

/// How a kind runs.
#[derive(Clone, Copy)]
pub enum Run {
    /// At once.
    Inline(InlineFn),
    /// As a future.
    Async(AsyncFn),
}

/// A step kind: a line of the registry.
pub struct StepKind {
    /// Its name in `Plan::signatures`.
    pub name: &'static str,
    /// What it does.
    pub run: Run,
}

/// One evaluation of a call.
pub struct StepCall<'a> {
    /// The callee's name.
    pub callee: &'a str,
    /// Its signature.
    pub signature: &'a Signature,
    /// One value a parameter of the signature, in its order, defaults filled in. Null for handles.
    pub args: Vec<Value>,
    /// Instantiated type arguments, in the order of the signature.
    pub type_args: &'a [Type],
    /// The type to give, before lifts. Decode against it with `rustchain_plan::eval` and
    /// `context.plan.schemas`.
    pub result: &'a Type,
    /// Arguments that are no values: providers, memories, tools.
    pub handles: &'a BTreeMap<SmolStr, Handle>,
    /// The row of the call as the plan states it.
    pub effects: &'a [Effect],
    /// The policies that bind it.
    pub policies: &'a InForce<'a>,
    /// The path of this evaluation: `digest/short`, `verdicts[3]`, `refine#2/draft`.
    pub path: &'a str,
    /// 1 at first.
    pub attempt: u32,
    /// When this attempt must have ended; the scheduler enforces it.
    pub deadline: Option<Instant>,
    /// Set when this evaluation is given up; the future is dropped as well. For work on other threads.
    pub cancel: CancelToken,
    /// The run.
    pub context: &'a Arc<RunContext>,
    /// Runs tools that a model asks for.
    pub tools: &'a dyn ToolHost,
}

/// Runs a callable that was offered to a model: checks its arguments and effects, applies mocks, logs.
pub trait ToolHost: Send + Sync {
    /// Calls `tool` with arguments as JSON (wire names); `path` is the path of the call that offers it.
    fn invoke<'b>(
        &'b self,
        tool: &'b ToolRef,
        args: serde_json::Value,
        path: &'b str,
    ) -> BoxFuture<'b, Result<Value, StepError>>;
}

/// Why a step failed.
#[derive(Clone, Debug, PartialEq)]
pub struct StepError {
    /// The kind that `on error` and `retry` look at.
    pub kind: ErrorKind,
    /// One sentence, lower-case start. Redacted before anybody sees it.
    pub message: String,
    /// The other side said when to come back.
    pub retry_after: Option<Duration>,
    /// More facts, as JSON: status, body, stderr, traceback.
    pub detail: Option<Box<serde_json::Value>>,
}

impl StepError {
    /// An error without detail.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> StepError {
        StepError { kind, message: message.into(), retry_after: None, detail: None }
    }

    /// An argument that the callee does not accept.
    pub fn invalid(message: impl Into<String>) -> StepError {
        StepError::new(ErrorKind::Invalid, message)
    }

    /// With more facts.
    #[must_use]
    pub fn with_detail(mut self, detail: serde_json::Value) -> StepError {
        self.detail = Some(Box::new(detail));
        self
    }

    /// With a time to come back.
    #[must_use]
    pub fn with_retry_after(mut self, pause: Duration) -> StepError {
        self.retry_after = Some(pause);
        self
    }

    /// An error of the operating system, about `what`.
    pub fn io(what: &str, error: &std::io::Error) -> StepError {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            std::io::ErrorKind::PermissionDenied => ErrorKind::Permission,
            std::io::ErrorKind::TimedOut => ErrorKind::Timeout,
            _ => ErrorKind::Io,
        };
        StepError::new(kind, format!("{what}: {error}"))
    }
}

impl std::fmt::Display for StepError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl std::error::Error for StepError {}

impl<'a> StepCall<'a> {
    /// The argument of a parameter; null where there is none.
    pub fn arg(&self, name: &str) -> &Value {
        static NULL: Value = Value::Null;
        let at = self.signature.params.iter().position(|p| p.name == name);
        at.and_then(|i| self.args.get(i)).unwrap_or(&NULL)
    }

    /// A text argument: string, url, path, or the name of an enum's member.
    pub fn text(&self, name: &str) -> Result<&str, StepError> {
        self.opt_text(name)?.ok_or_else(|| self.missing(name))
    }

    /// A text argument that may be null.
    pub fn opt_text(&self, name: &str) -> Result<Option<&str>, StepError> {
        match self.arg(name) {
            Value::Null => Ok(None),
            Value::Enum(_, member) => Ok(Some(member)),
            other => other.as_text().map(Some).ok_or_else(|| self.mistyped(name, "text")),
        }
    }

    /// An int argument.
    pub fn int(&self, name: &str) -> Result<i64, StepError> {
        self.opt_int(name)?.ok_or_else(|| self.missing(name))
    }

    /// An int argument that may be null.
    pub fn opt_int(&self, name: &str) -> Result<Option<i64>, StepError> {
        match self.arg(name) {
            Value::Null => Ok(None),
            Value::Int(n) => Ok(Some(*n)),
            _ => Err(self.mistyped(name, "an int")),
        }
    }

    /// A float argument that may be null; an int counts.
    pub fn opt_float(&self, name: &str) -> Result<Option<f64>, StepError> {
        match self.arg(name) {
            Value::Null => Ok(None),
            Value::Float(x) => Ok(Some(*x)),
            #[allow(clippy::cast_precision_loss, reason = "the language widens int to float the same way")]
            Value::Int(n) => Ok(Some(*n as f64)),
            _ => Err(self.mistyped(name, "a float")),
        }
    }

    /// A bool argument; null is false.
    pub fn bool(&self, name: &str) -> Result<bool, StepError> {
        match self.arg(name) {
            Value::Null => Ok(false),
            Value::Bool(b) => Ok(*b),
            _ => Err(self.mistyped(name, "a bool")),
        }
    }

    /// A duration that may be null; a negative one is an error.
    pub fn opt_duration(&self, name: &str) -> Result<Option<Duration>, StepError> {
        match self.arg(name) {
            Value::Null => Ok(None),
            Value::Duration(ns) => match u64::try_from(*ns) {
                Ok(ns) => Ok(Some(Duration::from_nanos(ns))),
                Err(_) => Err(StepError::invalid(format!("`{name}` is a negative duration"))),
            },
            _ => Err(self.mistyped(name, "a duration")),
        }
    }

    /// A list argument; null is empty.
    pub fn list(&self, name: &str) -> Result<&[Value], StepError> {
        match self.arg(name) {
            Value::Null => Ok(&[]),
            Value::List(items) => Ok(items),
            _ => Err(self.mistyped(name, "a list")),
        }
    }

    /// A list of texts; null is empty.
    pub fn texts(&self, name: &str) -> Result<Vec<&str>, StepError> {
        self.list(name)?
            .iter()
            .map(|v| v.as_text().ok_or_else(|| self.mistyped(name, "a list of texts")))
            .collect()
    }

    /// The entries of a map or record argument; null is empty.
    pub fn entries(&self, name: &str) -> Result<Vec<(&str, &Value)>, StepError> {
        match self.arg(name) {
            Value::Null => Ok(Vec::new()),
            Value::Map(map) | Value::Record(_, map) => Ok(map.iter().map(|(k, v)| (k.as_str(), v)).collect()),
            _ => Err(self.mistyped(name, "a map")),
        }
    }

    /// The provider given for a parameter: key of `Plan::providers`.
    pub fn provider(&self, param: &str) -> Option<&'a str> {
        match self.handles.get(param) {
            Some(Handle::Provider(name)) => Some(name),
            _ => None,
        }
    }

    /// The memory given for a parameter: key of `Plan::memories`.
    pub fn memory(&self, param: &str) -> Option<&'a str> {
        match self.handles.get(param) {
            Some(Handle::Memory(name)) => Some(name),
            _ => None,
        }
    }

    /// The tools given for a parameter.
    pub fn tool_refs(&self, param: &str) -> &'a [ToolRef] {
        match self.handles.get(param) {
            Some(Handle::Tools(tools)) => tools,
            _ => &[],
        }
    }

    /// Decides an effect with its real value: for what shows only while the step runs, such as the target
    /// of a redirect or of a symlink, or each file of a directory. What the signature names was decided
    /// before the step began.
    ///
    /// # Errors
    /// Kind `refused` where the policy does not allow it.
    pub fn guard(&self, kind: EffectKind, value: &str) -> Result<(), StepError> {
        self.context.guard(self.policies, kind, value, self.effects, self.path)
    }

    /// A path argument under the project root, as written resolved against the root: not yet guarded
    /// against symlinks.
    pub fn resolve(&self, path: &str) -> std::path::PathBuf {
        self.context.root.join(path)
    }

    /// Reports what a model call used; counts against the budgets.
    ///
    /// # Errors
    /// Kind `budget` where a budget is used up by it.
    pub fn report_usage(&self, usage: Usage) -> Result<(), StepError> {
        self.context.report_usage(self.path, usage)
    }

    /// Writes a fact into the run's log under this step (`log.*` steps, requests sent, tool calls).
    pub fn log(&self, name: &str, detail: serde_json::Value) {
        self.context.log_detail(self.path, name, detail);
    }

    fn missing(&self, name: &str) -> StepError {
        StepError::invalid(format!("`{}` needs `{name}`, which is null", self.callee))
    }

    fn mistyped(&self, name: &str, wanted: &str) -> StepError {
        StepError::invalid(format!("`{name}` of `{}` is not {wanted}", self.callee))
    }
}
