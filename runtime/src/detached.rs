//! A context without a run: for one step kind on its own.

use crate::cancel::CancelToken;
use crate::clock::Clock;
use crate::context::{ContextSink, RunContext, Usage};
use crate::llm::LlmOptions;
use crate::redact::Redactor;
use crate::step::StepError;
use rustchain_plan::Plan;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// What steps reported to a detached context.
#[derive(Debug, Default)]
pub struct DetachedLog {
    /// Path, name, detail.
    details: Mutex<Vec<(String, String, serde_json::Value)>>,
    usages: Mutex<Vec<Usage>>,
}

impl DetachedLog {
    /// Details so far: path of the step, name, detail.
    pub fn details(&self) -> Vec<(String, String, serde_json::Value)> {
        self.details.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Usages of models so far.
    pub fn usages(&self) -> Vec<Usage> {
        self.usages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Sink(Arc<DetachedLog>);

impl ContextSink for Sink {
    fn detail(&self, path: &str, name: &str, detail: serde_json::Value) {
        let entry = (path.to_owned(), name.to_owned(), detail);
        self.0.details.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    fn usage(&self, _path: &str, usage: Usage) -> Result<(), StepError> {
        self.0.usages.lock().unwrap_or_else(PoisonError::into_inner).push(usage);
        Ok(())
    }
}

impl RunContext {
    /// A context of a plan and a root alone. Budgets are not counted; what steps report stands in the log.
    pub fn detached(plan: Plan, root: PathBuf, seed: Option<u64>) -> (RunContext, Arc<DetachedLog>) {
        let log = Arc::new(DetachedLog::default());
        let context = RunContext {
            plan: Arc::new(plan),
            run_id: "detached".into(),
            root,
            clock: Arc::new(Clock::system()),
            cancel: CancelToken::new(),
            redactor: Arc::new(Redactor::default()),
            providers: BTreeMap::new(),
            memories: BTreeMap::new(),
            llm: LlmOptions::default(),
            people: None,
            sink: Box::new(Sink(Arc::clone(&log))),
            seed,
            shared: Mutex::new(HashMap::new()),
        };
        (context, log)
    }
}
