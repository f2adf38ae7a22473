//! One evaluation of a call: arguments, effects, dispatch.

use super::frame::Frame;
use super::tools::Tools;
use super::{Engine, Fail};
use crate::cancel::CancelToken;
use crate::in_force::InForce;
use crate::mock::Mocked;
use crate::prepare::{ArgSource, PreparedCall};
use crate::step::{InlineFn, Run, StepCall, StepError};
use rustchain_plan::plan::{CalleeKind, Handle};
use rustchain_plan::signature::Replay;
use rustchain_plan::{ErrorKind, Value};
use smol_str::SmolStr;
use std::sync::Arc;

impl<'e> Engine<'e> {
    pub(super) async fn call(
        &'e self,
        frame: &Arc<Frame<'e>>,
        prepared: &'e PreparedCall<'e>,
        path: &SmolStr,
        cancel: &CancelToken,
        attempt: u32,
    ) -> Result<Value, Fail> {
        if cancel.is_cancelled() {
            return Err(Fail::Cancelled);
        }
        let call = prepared.call;
        if call.needs_approval {
            self.approve(path)?;
        }
        let args = self.resolve(frame, prepared)?;
        let admitted = self.check_effects(&frame.called, prepared, &args, path)?;
        if let Some(mocks) = &self.mocks {
            match mocks.reply(&call.callee, call.kind, path, prepared.signature, &self.plan.schemas) {
                Mocked::Value(value) => {
                    let value = value?;
                    self.succeeded(&frame.called, &admitted);
                    return Ok(value);
                }
                Mocked::Unmocked(error) => return Err(Fail::Final(error)),
                Mocked::Real => {}
            }
        }
        if uses_models(prepared) {
            self.journal.check_budget(path)?;
        }
        let tools = Tools { engine: self, called: frame.called.clone() };
        let step = self.step_call(prepared, args, &admitted.policies, path, cancel, attempt, &tools);
        let result = match prepared.run {
            None => Err(Fail::Error(not_here(prepared))),
            Some(Run::Inline(run)) => Ok(run(&step)?),
            Some(Run::Async(run)) => {
                let permit = tokio::select! {
                    biased;
                    () = cancel.cancelled() => return Err(Fail::Cancelled),
                    permit = self.permits.acquire() => permit,
                };
                self.journal.step_started(path, &call.callee, attempt);
                if call.replay != Replay::Safe {
                    self.journal.flush();
                }
                let result = tokio::select! {
                    biased;
                    () = cancel.cancelled() => Err(Fail::Cancelled),
                    result = run(step) => result.map_err(Fail::Error),
                };
                drop(permit);
                result
            }
        };
        if result.is_ok() {
            self.succeeded(&frame.called, &admitted);
        }
        result
    }

    /// A call of a kind that does not wait, where it stands.
    pub(super) fn call_inline(
        &'e self,
        frame: &Arc<Frame<'e>>,
        prepared: &'e PreparedCall<'e>,
        path: &SmolStr,
        cancel: &CancelToken,
        attempt: u32,
        run: InlineFn,
    ) -> Result<Value, StepError> {
        let args = self.resolve(frame, prepared)?;
        let admitted = self.check_effects(&frame.called, prepared, &args, path)?;
        let tools = Tools { engine: self, called: frame.called.clone() };
        let value = run(&self.step_call(prepared, args, &admitted.policies, path, cancel, attempt, &tools))?;
        self.succeeded(&frame.called, &admitted);
        Ok(value)
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one call")]
    fn step_call<'a>(
        &'a self,
        prepared: &'a PreparedCall<'e>,
        args: Vec<Value>,
        policies: &'a InForce<'a>,
        path: &'a SmolStr,
        cancel: &CancelToken,
        attempt: u32,
        tools: &'a Tools<'e>,
    ) -> StepCall<'a> {
        StepCall {
            callee: &prepared.call.callee,
            signature: prepared.signature,
            args,
            type_args: &prepared.call.type_args,
            result: &prepared.call.result,
            handles: &prepared.call.handles,
            effects: &prepared.call.effects,
            policies,
            path,
            attempt,
            deadline: cancel.deadline(),
            cancel: cancel.clone(),
            context: &self.context,
            tools,
        }
    }

    fn resolve(&self, frame: &Frame<'e>, prepared: &PreparedCall<'e>) -> Result<Vec<Value>, StepError> {
        let value = |source: &ArgSource<'_>| match source {
            ArgSource::Given(expr) => self.eval(frame, expr),
            ArgSource::Default(value) => Ok((*value).clone()),
            ArgSource::Null => Ok(Value::Null),
        };
        prepared.args.iter().map(value).collect()
    }

    /// Asks for the approval that the policy requires.
    fn approve(&self, path: &SmolStr) -> Result<(), Fail> {
        let no = |message: String| StepError::new(ErrorKind::Denied, message);
        match self.mocks.as_ref().map(|mocks| mocks.approval(path)) {
            Some(Some(true)) => Ok(()),
            Some(Some(false)) => Err(Fail::Error(no(format!("the approval of `{path}` was refused")))),
            Some(None) => Err(Fail::Final(no(format!("no `mock approval` for `{path}`")))),
            None => {
                let message =
                    format!("the policy requires an approval of `{path}`, and approvals cannot be given yet");
                Err(Fail::Final(no(message).with_detail(serde_json::json!({ "approval": "required" }))))
            }
        }
    }
}

fn uses_models(prepared: &PreparedCall<'_>) -> bool {
    prepared.call.kind == CalleeKind::Agent
        || prepared.call.handles.values().any(|handle| matches!(handle, Handle::Provider(_)))
}

pub(crate) fn not_here(prepared: &PreparedCall<'_>) -> StepError {
    let what = match prepared.call.kind {
        CalleeKind::Step => "the step kind",
        CalleeKind::Tool => "the foreign tool",
        CalleeKind::Agent => "the agent",
        CalleeKind::Hole => "the hole",
    };
    StepError::invalid(format!("this build cannot run {what} `{}`", prepared.call.callee))
}
