//! What every step of a run shares.

use crate::cancel::CancelToken;
use crate::clock::Clock;
use crate::in_force::InForce;
use crate::llm::LlmOptions;
use crate::people::People;
use crate::redact::Redactor;
use crate::step::StepError;
use rustchain_plan::effect::PatternSyntax;
use rustchain_plan::{Effect, EffectKind, ErrorKind, Pattern, Plan, Policy, Value, Verdict};
use smol_str::SmolStr;
use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};
use std::path::{Component, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A run, as steps see it.
pub struct RunContext {
    /// The plan.
    pub plan: Arc<Plan>,
    /// `run.id`.
    pub run_id: SmolStr,
    /// The project root: an absolute path.
    pub root: PathBuf,
    /// The run's time.
    pub clock: Arc<Clock>,
    /// Set when the run is given up.
    pub cancel: CancelToken,
    /// The secrets to keep out of texts.
    pub redactor: Arc<Redactor>,
    /// Providers with their arguments evaluated; those that could not be are absent with a reason.
    pub providers: BTreeMap<SmolStr, Result<ResolvedProvider, StepError>>,
    /// Memory stores with their paths evaluated.
    pub memories: BTreeMap<SmolStr, Result<ResolvedMemory, StepError>>,
    /// How answers of models are got.
    pub llm: LlmOptions,
    /// Asks people; `None`: nobody can be asked.
    pub people: Option<Box<dyn People>>,
    /// Where details and usage go.
    pub(crate) sink: Box<dyn ContextSink>,
    /// Random numbers: fixed in tests.
    pub(crate) seed: Option<u64>,
    pub(crate) shared: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

/// What the context hands on to the log.
pub(crate) trait ContextSink: Send + Sync {
    /// A fact about a step.
    fn detail(&self, path: &str, name: &str, detail: serde_json::Value);
    /// A model call's usage; fails where a budget is used up.
    fn usage(&self, path: &str, usage: Usage) -> Result<(), StepError>;
}

/// A provider ready for use.
#[derive(Clone, Debug, PartialEq)]
pub enum ResolvedProvider {
    /// One model.
    Model {
        /// `openai`, `anthropic`, `ollama`, `replay`, …
        vendor: SmolStr,
        /// The model's name.
        model: String,
        /// Named arguments; secrets are known to the redactor.
        options: BTreeMap<SmolStr, Value>,
    },
    /// The first that answers.
    FirstOf(Vec<SmolStr>),
}

/// A memory store ready for use.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedMemory {
    /// `vector` or `chat.log`.
    pub kind: SmolStr,
    /// Under the root.
    pub path: PathBuf,
    /// Key of the providers, or `local`.
    pub embed: Option<SmolStr>,
}

/// What a model call used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// The provider's name in the plan.
    pub provider: SmolStr,
    /// The model's name.
    pub model: String,
    /// Tokens sent.
    pub prompt_tokens: i64,
    /// Tokens got.
    pub completion_tokens: i64,
    /// US dollars; `None`: the price is not known.
    pub usd: Option<f64>,
}

impl RunContext {
    /// The provider of a name.
    ///
    /// # Errors
    /// Kind `invalid` where it is not there or its arguments could not be evaluated.
    pub fn provider(&self, name: &str) -> Result<&ResolvedProvider, StepError> {
        match self.providers.get(name) {
            Some(Ok(provider)) => Ok(provider),
            Some(Err(error)) => Err(error.clone()),
            None => Err(StepError::invalid(format!("no provider `{name}` in the plan"))),
        }
    }

    /// The memory store of a name.
    ///
    /// # Errors
    /// Kind `invalid` where it is not there or its arguments could not be evaluated.
    pub fn memory(&self, name: &str) -> Result<&ResolvedMemory, StepError> {
        match self.memories.get(name) {
            Some(Ok(memory)) => Ok(memory),
            Some(Err(error)) => Err(error.clone()),
            None => Err(StepError::invalid(format!("no memory `{name}` in the plan"))),
        }
    }

    /// One thing of type `T` for the whole run, made at first use: an HTTP client, worker processes,
    /// open databases. Dropped when the run ends.
    pub fn shared<T: Send + Sync + 'static>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = shared.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(make()));
        match Arc::clone(entry).downcast::<T>() {
            Ok(thing) => thing,
            // The key is the type's own id, so what is stored under it is a `T`.
            Err(_) => unreachable!("a shared thing is stored under its own type"),
        }
    }

    /// The seed of random numbers where they must repeat (tests); `None`: draw from the system.
    pub fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// Decides an effect with its real value. `row` is the row of the call: `policy inferred` grants it.
    ///
    /// # Errors
    /// Kind `refused`.
    pub fn guard(
        &self,
        policies: &InForce<'_>,
        kind: EffectKind,
        value: &str,
        row: &[Effect],
        path: &str,
    ) -> Result<(), StepError> {
        let request = self.request(kind, value);
        let allows = |policy: &Policy| {
            policy.decide(kind, &request) == Verdict::Allowed
                || (policy.inferred && row_covers(row, kind, &request, policy))
        };
        if policies.iter().all(allows) {
            return Ok(());
        }
        let what = Effect { kind, pattern: request };
        Err(StepError::new(ErrorKind::Refused, format!("the policy does not allow {what} in `{path}`")))
    }

    /// The request that a value stands for.
    pub(crate) fn request(&self, kind: EffectKind, value: &str) -> Pattern {
        match kind.pattern_syntax() {
            PatternSyntax::Bare => Pattern::any(),
            PatternSyntax::Path => Pattern::literal(&self.under_root(value)),
            _ => Pattern::literal(value),
        }
    }

    /// A path relative to the root where it lies under it, without `.` and `..`.
    fn under_root(&self, path: &str) -> String {
        let mut whole = PathBuf::new();
        for part in self.root.join(path).components() {
            match part {
                Component::ParentDir => {
                    whole.pop();
                }
                Component::CurDir => {}
                other => whole.push(other),
            }
        }
        let shown = whole.strip_prefix(&self.root).unwrap_or(&whole).to_string_lossy().into_owned();
        if shown.is_empty() { ".".to_owned() } else { shown }
    }

    pub(crate) fn report_usage(&self, path: &str, usage: Usage) -> Result<(), StepError> {
        self.sink.usage(path, usage)
    }

    pub(crate) fn log_detail(&self, path: &str, name: &str, detail: serde_json::Value) {
        self.sink.detail(path, name, detail);
    }
}

fn row_covers(row: &[Effect], kind: EffectKind, request: &Pattern, policy: &Policy) -> bool {
    let grants =
        row.iter().map(|effect| rustchain_plan::policy::Grant { effect: effect.clone(), predicate: None });
    let granted = Policy { allow: grants.collect(), inferred: false, ..policy.clone() };
    granted.decide(kind, request) == Verdict::Allowed
}
