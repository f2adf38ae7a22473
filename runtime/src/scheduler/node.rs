//! One step, from its `when` to its end.

use super::frame::{End, Frame};
use super::region::{Begun, Settled, path_of};
use super::{Engine, Fail};
use crate::cancel::CancelToken;
use crate::outcome::Outcome;
use crate::prepare::{PreparedBody, PreparedNode};
use crate::step::{Run, StepError};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rustchain_plan::plan::{Node, OnErrorAction};
use rustchain_plan::{Body, ErrorKind, Value};
use smol_str::SmolStr;
use std::sync::Arc;

/// A step in its frame: what its clauses are evaluated in.
pub(crate) struct Site<'e> {
    pub frame: Arc<Frame<'e>>,
    pub node: &'e Node,
    pub path: SmolStr,
    /// It is what was asked for: nothing around it runs.
    pub is_alone: bool,
}

impl<'e> Engine<'e> {
    pub(super) fn path(&self, prefix: &SmolStr, node: &PreparedNode<'_>) -> SmolStr {
        path_of(prefix, node, self.mocks.is_some())
    }

    /// Starts a step whose upstreams let it: to its end where it need not wait, else as a future.
    pub(crate) fn begin(
        &'e self,
        frame: &Arc<Frame<'e>>,
        at: u32,
        cancel: &CancelToken,
        started: i64,
    ) -> Begun<'e> {
        let Some(node) = frame.region.nodes.get(at as usize) else {
            return Begun::Ended(End::without_value(Outcome::Cancelled));
        };
        if let Some(when) = &node.source.when {
            match self.eval_bool(frame, when) {
                Ok(true) => {}
                Ok(false) => return Begun::Ended(End::without_value(Outcome::Skipped)),
                Err(error) => return Begun::Ended(End::failed(error, 0)),
            }
        }
        self.note_lowered(frame, node);
        if let Some(result) = self.at_once(frame, node, cancel) {
            return Begun::Ended(match result {
                Ok(value) => End::succeeded(value, 1),
                Err(error) => self.on_error(frame, node.source, error, 1),
            });
        }
        let site = self.site(frame, node);
        let mut future = self.run(site, &node.body, at, cancel.clone(), started);
        match (&mut future).now_or_never() {
            Some(settled) => Begun::Ended(settled.end),
            None => Begun::Running(future),
        }
    }

    pub(super) fn site(&self, frame: &Arc<Frame<'e>>, node: &PreparedNode<'e>) -> Site<'e> {
        Site {
            frame: Arc::clone(frame),
            node: node.source,
            path: self.path(&frame.prefix, node),
            is_alone: self.attempt.is_some() && frame.parent.is_none() && is_one(&node.source.body),
        }
    }

    /// The result of a step that neither waits nor has clauses that need a clock.
    fn at_once(
        &'e self,
        frame: &Arc<Frame<'e>>,
        node: &'e PreparedNode<'e>,
        cancel: &CancelToken,
    ) -> Option<Result<Value, StepError>> {
        match &node.body {
            PreparedBody::Value(expr) => {
                if let Some(mocks) = &self.mocks {
                    mocks.evaluated(&self.path(&frame.prefix, node));
                }
                Some(self.eval(frame, expr))
            }
            PreparedBody::Call(call) => {
                let Some(Run::Inline(run)) = call.run else { return None };
                if self.mocks.is_some() || node.source.retry.is_some() || call.call.needs_approval {
                    return None;
                }
                let path = self.path(&frame.prefix, node);
                Some(self.call_inline(frame, call, &path, cancel, 1, run))
            }
            _ => None,
        }
    }

    fn run(
        &'e self,
        site: Site<'e>,
        body: &'e PreparedBody<'e>,
        node: u32,
        cancel: CancelToken,
        started: i64,
    ) -> BoxFuture<'e, Settled> {
        Box::pin(async move {
            let end = match self.eval_duration(&site.frame, site.node.within.as_ref(), "within") {
                Err(error) => self.on_error(&site.frame, site.node, error, 0),
                Ok(within) => {
                    let work = |cancel| self.block(&site, body, cancel);
                    match self.limited(&cancel, within, "within", work).await {
                        Ok(end) => end,
                        Err(fail) => self.failed(&site, fail, 0),
                    }
                }
            };
            Settled { node, started, end }
        })
    }

    /// The end of a step whose work as a whole gave no value.
    pub(super) fn failed(&self, site: &Site<'e>, fail: Fail, attempts: u32) -> End {
        match fail {
            Fail::Cancelled => End { attempts, ..End::without_value(Outcome::Cancelled) },
            Fail::Final(error) => End::failed(error, attempts),
            Fail::Error(error) => self.on_error(&site.frame, site.node, error, attempts),
        }
    }

    /// What `on error` makes of a failure.
    pub(super) fn on_error(&self, frame: &Frame<'e>, node: &Node, error: StepError, attempts: u32) -> End {
        let matches = |kinds: &[rustchain_plan::KindPattern]| {
            kinds.is_empty() || kinds.iter().any(|pattern| pattern.matches(error.kind))
        };
        let action = node.on_error.iter().find(|rule| matches(&rule.kinds)).map(|rule| &rule.action);
        let failed = End::failed(error, attempts);
        match action {
            None | Some(OnErrorAction::Fail) => failed,
            Some(OnErrorAction::Continue) => End { handled: true, ..failed },
            Some(OnErrorAction::Skip) => End { outcome: Outcome::Skipped, dropped: true, ..failed },
            Some(OnErrorAction::Use(expr)) => match self.eval(frame, expr) {
                Ok(value) => End { outcome: Outcome::Succeeded, value: Some(value), ..failed },
                Err(error) => End::failed(error, attempts),
            },
        }
    }

    /// Writes down the `trust` and `reveal` of a step that is about to run.
    fn note_lowered(&self, frame: &Frame<'e>, node: &PreparedNode<'e>) {
        if node.lowered.is_empty() {
            return;
        }
        let path = self.path(&frame.prefix, node);
        for (labels, reason) in &node.lowered {
            self.journal.lowered(&path, *labels, reason);
        }
    }
}

/// Is its body evaluated once?
fn is_one(body: &Body) -> bool {
    !matches!(body, Body::For { .. } | Body::Loop { .. } | Body::Poll { .. })
}

/// A plan whose block does not fit its prepared form cannot be made by `prepare`; said instead of assumed.
pub(super) fn mismatch(body: &Body) -> Fail {
    let message = format!("the prepared plan does not fit the plan at {body:?}");
    Fail::Final(StepError::new(ErrorKind::Invalid, message))
}
