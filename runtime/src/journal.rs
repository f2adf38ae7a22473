//! Where everything that happens in a run goes: log, report, progress, budgets.

use crate::clock::nanoseconds;
use crate::codec;
use crate::context::{ContextSink, Usage};
use crate::log::{ErrorRecord, EventKind, LogWriter, Payload, Record};
use crate::outcome::RunOutcome;
use crate::redact::Redactor;
use crate::report::{Event, Failure, StepReport, UsageTotals};
use crate::scheduler::frame::End;
use crate::step::StepError;
use rustchain_plan::policy::Budget;
use rustchain_plan::types::Schemas;
use rustchain_plan::{ErrorKind, Labels, Value};
use smol_str::SmolStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Is told what happens, while it does.
pub type Progress = Arc<dyn Fn(&Event) + Send + Sync>;

/// The journal of one run.
pub(crate) struct Journal {
    pub redactor: Arc<Redactor>,
    pub clock: Arc<crate::clock::Clock>,
    pub progress: Option<Progress>,
    pub budget: Budget,
    state: Mutex<State>,
}

struct State {
    log: Option<LogWriter>,
    steps: Vec<StepReport>,
    usage: UsageTotals,
    /// Of the missions called as steps that run now and have a budget of their own.
    meters: Vec<Meter>,
}

/// What a mission called as a step has used of its own budget.
struct Meter {
    /// What the paths of its steps begin with.
    prefix: SmolStr,
    budget: Budget,
    used: UsageTotals,
}

/// Measures until it is dropped.
pub(crate) struct Metered<'a> {
    journal: &'a Journal,
    prefix: SmolStr,
}

impl Drop for Metered<'_> {
    fn drop(&mut self) {
        self.journal.state().meters.retain(|m| m.prefix != self.prefix);
    }
}

/// A step that ended, before it is written down.
pub(crate) struct Ending<'a> {
    pub path: SmolStr,
    pub callee: Option<&'a SmolStr>,
    pub started: i64,
    pub end: &'a End,
}

impl Journal {
    pub(crate) fn new(
        log: Option<LogWriter>,
        redactor: Arc<Redactor>,
        clock: Arc<crate::clock::Clock>,
        progress: Option<Progress>,
        budget: Budget,
    ) -> Journal {
        let state =
            Mutex::new(State { log, steps: Vec::new(), usage: UsageTotals::default(), meters: Vec::new() });
        Journal { redactor, clock, progress, budget, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Is anything written down?
    pub(crate) fn has_log(&self) -> bool {
        self.state().log.is_some()
    }

    fn tell(&self, event: impl FnOnce() -> Event) {
        if let Some(progress) = &self.progress {
            progress(&event());
        }
    }

    pub(crate) fn run_started(&self, record: Record, inputs: Option<serde_json::Value>, event: Event) {
        let mut state = self.state();
        if let Some(log) = &mut state.log {
            let inputs = inputs.map(|json| log.payload(self.redactor.json(json)));
            log.append(Record { inputs, ..record });
        }
        drop(state);
        self.tell(|| event);
    }

    pub(crate) fn step_started(&self, path: &SmolStr, callee: &SmolStr, attempt: u32) {
        let record = Record::new(EventKind::StepStarted, self.clock.now());
        if let Some(log) = &mut self.state().log {
            log.append(Record {
                path: Some(path.clone()),
                callee: Some(callee.clone()),
                attempt: Some(attempt),
                ..record
            });
        }
        self.tell(|| Event::StepStarted { path: path.clone(), callee: callee.clone(), attempt });
    }

    pub(crate) fn step_retried(&self, path: &SmolStr, attempt: u32, pause: Duration, error: &StepError) {
        let failure = Failure::of(error, &self.redactor);
        let record = Record::new(EventKind::StepRetried, self.clock.now());
        if let Some(log) = &mut self.state().log {
            let error = Some(error_record(log, &failure));
            log.append(Record {
                path: Some(path.clone()),
                attempt: Some(attempt),
                duration: Some(nanoseconds(pause)),
                error,
                ..record
            });
        }
        self.tell(|| Event::StepRetried { path: path.clone(), attempt, pause, failure });
    }

    pub(crate) fn step_ended(&self, ending: Ending<'_>, schemas: &Schemas) {
        let now = self.clock.now();
        let end = ending.end;
        let report = StepReport {
            path: ending.path,
            callee: ending.callee.cloned(),
            outcome: end.outcome,
            handled: end.handled,
            attempts: end.attempts,
            started: ending.started,
            duration: now - ending.started,
            error: end.error.as_deref().map(|error| Box::new(Failure::of(error, &self.redactor))),
        };
        let mut state = self.state();
        if let Some(log) = &mut state.log {
            let value = self.logged_value(log, end.value.as_ref(), schemas);
            let error = report.error.as_deref().map(|failure| error_record(log, failure));
            log.append(Record {
                path: Some(report.path.clone()),
                outcome: Some(SmolStr::new_static(end.outcome.name())),
                handled: end.handled,
                attempt: Some(end.attempts).filter(|count| *count > 1),
                duration: Some(report.duration),
                error,
                value,
                ..Record::new(EventKind::StepEnded, now)
            });
        }
        if self.progress.is_some() {
            let told = Event::StepEnded(report.clone());
            state.steps.push(report);
            drop(state);
            self.tell(|| told);
        } else {
            state.steps.push(report);
        }
    }

    fn logged_value(&self, log: &mut LogWriter, value: Option<&Value>, schemas: &Schemas) -> Option<Payload> {
        let value = value.filter(|value| !value.is_null())?;
        let json = codec::encode(value, schemas);
        Some(log.payload(self.redactor.json(json)))
    }

    pub(crate) fn arm_skipped(&self, path: &SmolStr, label: String) {
        let record = Record::new(EventKind::ArmSkipped, self.clock.now());
        if let Some(log) = &mut self.state().log {
            log.append(Record { path: Some(path.clone()), name: Some(label.into()), ..record });
        }
    }

    pub(crate) fn lowered(&self, path: &SmolStr, labels: Labels, reason: &SmolStr) {
        let record = Record::new(EventKind::Lowered, self.clock.now());
        if let Some(log) = &mut self.state().log {
            let reason = Some(SmolStr::new(self.redactor.text(reason)));
            log.append(Record { path: Some(path.clone()), labels: Some(labels), reason, ..record });
        }
    }

    pub(crate) fn run_ended(
        &self,
        outcome: RunOutcome,
        outputs: serde_json::Value,
        failure: Option<&Failure>,
    ) -> std::io::Result<()> {
        let now = self.clock.now();
        let mut state = self.state();
        let result = match &mut state.log {
            None => Ok(()),
            Some(log) => {
                let outputs = Some(log.payload(self.redactor.json(outputs)));
                let error = failure.map(|failure| error_record(log, failure));
                let outcome = Some(SmolStr::new_static(outcome.name()));
                log.append(Record { outcome, outputs, error, ..Record::new(EventKind::RunEnded, now) });
                log.finish()
            }
        };
        drop(state);
        self.tell(|| Event::RunEnded { outcome });
        result
    }

    /// Hands what was logged to the system, and from time to time to the disk.
    pub(crate) fn flush(&self) {
        let mut state = self.state();
        let Some(log) = &mut state.log else { return };
        log.flush();
        if let Some(file) = log.due() {
            drop(state);
            tokio::task::spawn_blocking(move || file.sync_data());
        }
    }

    /// Measures what the steps whose paths begin so use, where a budget of tokens or dollars bounds them.
    pub(crate) fn meter(&self, prefix: &SmolStr, budget: &Budget) -> Option<Metered<'_>> {
        if budget.tokens.is_none() && budget.usd.is_none() {
            return None;
        }
        let meter = Meter { prefix: prefix.clone(), budget: budget.clone(), used: UsageTotals::default() };
        self.state().meters.push(meter);
        Some(Metered { journal: self, prefix: prefix.clone() })
    }

    /// Fails where a budget that binds a step is used up.
    pub(crate) fn check_budget(&self, path: &str) -> Result<(), StepError> {
        self.state().within_budgets(&self.budget, path)
    }

    pub(crate) fn usage(&self) -> UsageTotals {
        self.state().usage
    }

    pub(crate) fn take_steps(&self) -> Vec<StepReport> {
        std::mem::take(&mut self.state().steps)
    }
}

impl State {
    /// Fails where the budget of the run, or that of a called mission around a step, is used up.
    fn within_budgets(&self, whole: &Budget, path: &str) -> Result<(), StepError> {
        over_budget("the mission", whole, &self.usage)?;
        let mut around = self.meters.iter().filter(|m| path.starts_with(m.prefix.as_str()));
        around.try_for_each(|m| {
            over_budget(&format!("`{}`", m.prefix.trim_end_matches('/')), &m.budget, &m.used)
        })
    }
}

fn over_budget(who: &str, budget: &Budget, used: &UsageTotals) -> Result<(), StepError> {
    let tokens = used.prompt_tokens.saturating_add(used.completion_tokens);
    if let Some(limit) = budget.tokens.filter(|limit| tokens > *limit) {
        let message = format!("{who} used {tokens} tokens; its budget is {limit}");
        return Err(StepError::new(ErrorKind::Budget, message));
    }
    if let Some(limit) = budget.usd.filter(|limit| used.usd > *limit) {
        let message = format!("{who} used {:.4} USD; its budget is {limit}", used.usd);
        return Err(StepError::new(ErrorKind::Budget, message));
    }
    Ok(())
}

/// The journal as the context's sink.
pub(crate) struct Sink(pub Arc<Journal>);

impl ContextSink for Sink {
    fn detail(&self, path: &str, name: &str, detail: serde_json::Value) {
        let journal = &self.0;
        let detail = journal.redactor.json(detail);
        let record = Record::new(EventKind::Detail, journal.clock.now());
        let (path, name) = (SmolStr::new(path), SmolStr::new(name));
        if let Some(log) = &mut journal.state().log {
            let detail = Some(log.payload(detail.clone()));
            log.append(Record { path: Some(path.clone()), name: Some(name.clone()), detail, ..record });
        }
        journal.tell(|| Event::Detail { path, name, detail });
    }

    fn usage(&self, path: &str, usage: Usage) -> Result<(), StepError> {
        let journal = &self.0;
        let record = Record::new(EventKind::Usage, journal.clock.now());
        let detail = serde_json::json!({
            "completion_tokens": usage.completion_tokens,
            "model": usage.model,
            "prompt_tokens": usage.prompt_tokens,
            "provider": usage.provider,
            "usd": usage.usd,
        });
        let mut state = journal.state();
        state.usage.add(&usage);
        let meters = state.meters.iter_mut().filter(|m| path.starts_with(m.prefix.as_str()));
        meters.for_each(|m| m.used.add(&usage));
        if let Some(log) = &mut state.log {
            let detail = Some(log.payload(journal.redactor.json(detail)));
            log.append(Record { path: Some(SmolStr::new(path)), detail, ..record });
        }
        state.within_budgets(&journal.budget, path)
    }
}

fn error_record(log: &mut LogWriter, failure: &Failure) -> ErrorRecord {
    ErrorRecord {
        detail: failure.detail.clone().map(|detail| log.payload(detail)),
        kind: failure.kind,
        message: failure.message.clone(),
    }
}
