//! Attempts: `timeout`, `retry`, and the `on error` after the last.

use super::frame::{End, Frame};
use super::node::Site;
use super::{Engine, Fail};
use crate::cancel::CancelToken;
use crate::clock;
use crate::prepare::{PreparedCall, PreparedRegion};
use crate::step::StepError;
use rustchain_plan::plan::{Backoff, Retry};
use rustchain_plan::signature::Replay;
use rustchain_plan::{Body, ErrorKind, Expr, Value};
use smol_str::SmolStr;
use std::sync::Arc;
use std::time::Duration;

/// What an attempt does.
pub(super) enum Work<'e> {
    Call(&'e PreparedCall<'e>),
    Region { region: &'e PreparedRegion<'e>, params: Vec<(SmolStr, Value)>, parent: Option<Arc<Frame<'e>>> },
}

impl<'e> Engine<'e> {
    /// Gives work a bound: cancels it where it takes longer, and waits until it has ended.
    pub(super) async fn limited<T, F>(
        &self,
        cancel: &CancelToken,
        limit: Option<Duration>,
        clause: &str,
        work: impl FnOnce(CancelToken) -> F,
    ) -> Result<T, Fail>
    where
        F: Future<Output = Result<T, Fail>>,
    {
        let Some(limit) = limit else { return work(cancel.clone()).await };
        let inner = cancel.child_until(clock::instant().checked_add(limit));
        let work = work(inner.clone());
        tokio::pin!(work);
        tokio::select! {
            biased;
            result = &mut work => return result,
            () = tokio::time::sleep(limit) => inner.cancel(),
        }
        match work.await {
            Err(Fail::Cancelled) if !cancel.is_cancelled() => {
                let kind = if clause == "budget" { ErrorKind::Budget } else { ErrorKind::Timeout };
                let message = format!("took longer than {limit:?} (`{clause}`)");
                Err(Fail::Error(StepError::new(kind, message)))
            }
            result => result,
        }
    }

    /// Evaluates a body with everything from `on error` inwards; fails only where it was cancelled.
    /// `path` is that of this evaluation.
    pub(super) async fn guarded(
        &'e self,
        site: &Site<'e>,
        path: &SmolStr,
        cancel: &CancelToken,
        work: Work<'e>,
    ) -> Result<End, Fail> {
        let lent = self.attempt.filter(|_| site.is_alone);
        let mut attempt = lent.map_or(0, |number| number.saturating_sub(1));
        loop {
            attempt += 1;
            let error = match self.attempt(site, path, cancel, &work, attempt).await {
                Ok(value) => return Ok(End::succeeded(value, attempt)),
                Err(Fail::Error(error)) => error,
                Err(Fail::Final(error)) => return Ok(End::failed(error, attempt)),
                Err(Fail::Cancelled) => return Err(Fail::Cancelled),
            };
            let retry = site.node.retry.as_ref().filter(|_| self.may_repeat(site, &work));
            let pause = retry.map_or(Ok(None), |retry| self.pause(&site.frame, retry, attempt, &error));
            let pause = match pause {
                Ok(pause) => pause,
                Err(error) => return Ok(self.on_error(&site.frame, site.node, error, attempt)),
            };
            let Some(pause) = pause else {
                return Ok(self.on_error(&site.frame, site.node, error, attempt));
            };
            if lent.is_some() {
                return Ok(End { again: true, ..End::failed(error, attempt) });
            }
            self.journal.step_retried(path, attempt, pause, &error);
            if !self.rest(cancel, pause).await {
                return Err(Fail::Cancelled);
            }
        }
    }

    async fn attempt(
        &'e self,
        site: &Site<'e>,
        path: &SmolStr,
        cancel: &CancelToken,
        work: &Work<'e>,
        attempt: u32,
    ) -> Result<Value, Fail> {
        if let Some(mocks) = &self.mocks {
            mocks.evaluated(&site.path);
        }
        let timeout = self.eval_duration(&site.frame, site.node.timeout.as_ref(), "timeout")?;
        self.limited(cancel, timeout, "timeout", async |cancel: CancelToken| match work {
            Work::Call(call) => self.call(&site.frame, call, path, &cancel, attempt).await,
            Work::Region { region, params, parent } => {
                let prefix = smol_str::format_smolstr!("{path}/");
                let policy = region.source.policy.as_deref();
                let called = site.frame.called.inside(policy, &prefix);
                let _meter = policy.and_then(|p| self.journal.meter(&prefix, &p.budget));
                let wall = policy.and_then(|p| p.budget.wall).and_then(|ns| u64::try_from(ns).ok());
                self.limited(
                    &cancel,
                    wall.map(Duration::from_nanos),
                    "budget",
                    async |cancel: CancelToken| {
                        let frame =
                            Frame::new(region, params.clone(), parent.clone(), prefix, cancel, called);
                        self.region_value(Arc::new(frame)).await
                    },
                )
                .await
            }
        })
        .await
    }

    /// Waits; false where it was cancelled.
    pub(super) async fn rest(&self, cancel: &CancelToken, pause: Duration) -> bool {
        if cancel.is_cancelled() {
            return false;
        }
        if pause.is_zero() {
            return true;
        }
        tokio::select! {
            biased;
            () = cancel.cancelled() => false,
            () = self.context.clock.sleep(pause) => true,
        }
    }

    /// The pause before the next attempt; `None`: there is none.
    fn pause(
        &self,
        frame: &Frame<'e>,
        retry: &Retry,
        attempt: u32,
        error: &StepError,
    ) -> Result<Option<Duration>, StepError> {
        let wanted = retry.kinds.is_empty() || retry.kinds.iter().any(|pattern| pattern.matches(error.kind));
        if !wanted || error.kind.is_final() {
            return Ok(None);
        }
        let count = self.eval_count(frame, &retry.count, "retry")?;
        if attempt as usize > count {
            return Ok(None);
        }
        let backoff = match &retry.backoff {
            None => Duration::ZERO,
            Some(Backoff::Constant(base)) => self.base(frame, base)?,
            Some(Backoff::Linear(base)) => self.base(frame, base)?.saturating_mul(attempt),
            Some(Backoff::Exponential(base)) => {
                self.base(frame, base)?.saturating_mul(2_u32.saturating_pow(attempt - 1))
            }
        };
        let pause = backoff.max(error.retry_after.unwrap_or_default());
        let cap = self.eval_duration(frame, retry.cap.as_ref(), "cap")?;
        Ok(Some(cap.map_or(pause, |cap| pause.min(cap))))
    }

    fn base(&self, frame: &Frame<'e>, expr: &Expr) -> Result<Duration, StepError> {
        Ok(self.eval_duration(frame, Some(expr), "backoff")?.unwrap_or_default())
    }

    /// May the work be done again after a failure whose outcome is not known? An inferred policy takes
    /// the word of the plan for it: importers carry the retries of the original.
    fn may_repeat(&self, site: &Site<'e>, work: &Work<'e>) -> bool {
        if self.plan.policy.inferred {
            return true;
        }
        match work {
            Work::Call(call) => repeatable(call.call.replay, call.call.args.contains_key("idempotency_key")),
            Work::Region { .. } => {
                crate::prepare::regions_of(&site.node.body).into_iter().all(region_repeatable)
            }
        }
    }
}

fn repeatable(replay: Replay, keyed: bool) -> bool {
    match replay {
        Replay::Safe => true,
        Replay::Key => keyed,
        Replay::Never => false,
    }
}

fn region_repeatable(region: &rustchain_plan::Region) -> bool {
    region.nodes.iter().all(|node| match &node.body {
        Body::Call(call) => repeatable(call.replay, call.args.contains_key("idempotency_key")),
        body => crate::prepare::regions_of(body).into_iter().all(region_repeatable),
    })
}
