//! Drives the steps of one region from the first to the last.

use super::frame::{End, Frame};
use super::trigger::{Decision, Ended, Upstream, decide};
use super::{Engine, Fail};
use crate::cancel::CancelToken;
use crate::journal::Ending;
use crate::outcome::Outcome;
use crate::prepare::{PreparedBody, PreparedNode};
use crate::step::StepError;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use rustchain_plan::ErrorKind;
use rustchain_plan::plan::OnFailure;
use smol_str::{SmolStr, format_smolstr};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// A step that ended while others ran.
pub(crate) struct Settled {
    pub node: u32,
    pub started: i64,
    pub end: End,
}

/// What starting a step gave.
pub(crate) enum Begun<'e> {
    Ended(End),
    Running(BoxFuture<'e, Settled>),
}

/// The waiting count of a step that was started or ended.
const BEGUN: u32 = u32::MAX;

/// A region on its way.
pub(crate) struct RegionRun<'e> {
    engine: &'e Engine<'e>,
    frame: Arc<Frame<'e>>,
    /// How many ends each node still waits for.
    waiting: Vec<u32>,
    /// What may start, in source order.
    ready: BinaryHeap<Reverse<u32>>,
    running: FuturesUnordered<BoxFuture<'e, Settled>>,
    open: usize,
    /// The first step that failed unhandled.
    failed: Option<u32>,
}

impl<'e> RegionRun<'e> {
    pub(crate) fn new(engine: &'e Engine<'e>, frame: Arc<Frame<'e>>) -> RegionRun<'e> {
        let nodes = &frame.region.nodes;
        let waiting: Vec<u32> = nodes.iter().map(|node| node.waits).collect();
        let startable = |(_, node): &(u32, &PreparedNode<'_>)| node.waits == 0 || node.eager;
        let ready = (0_u32..).zip(nodes).filter(startable).map(|(at, _)| Reverse(at)).collect();
        let open = nodes.len();
        RegionRun { engine, frame, waiting, ready, running: FuturesUnordered::new(), open, failed: None }
    }

    /// Runs everything that need not be waited for. True where the region is done.
    pub(crate) fn advance(&mut self) -> bool {
        while let Some(Reverse(node)) = self.ready.pop() {
            self.start(node);
        }
        self.open == 0
    }

    /// Runs the region to its end.
    pub(crate) async fn finish(&mut self) {
        while !self.advance() {
            match self.engine.next_ended(&mut self.running).await {
                Some(settled) => self.settle(settled.node, settled.started, settled.end),
                // Preparation refuses cycles, so something always runs while something is open.
                None => return,
            }
        }
    }

    /// Nothing, or why the region as a whole gives no value.
    pub(crate) fn verdict(&self) -> Result<(), Fail> {
        if let Some(node) = self.failed {
            return Err(Fail::Error(self.failure(node)));
        }
        let cancelled = self.open > 0
            || self
                .frame
                .slots
                .iter()
                .any(|slot| slot.get().is_some_and(|end| end.outcome == Outcome::Cancelled));
        if cancelled { Err(Fail::Cancelled) } else { Ok(()) }
    }

    fn failure(&self, node: u32) -> StepError {
        if let Some(error) = self.frame.end(node).and_then(|end| end.error.as_deref()) {
            return error.clone();
        }
        let id = self.frame.region.nodes.get(node as usize).map(|n| n.source.id.clone()).unwrap_or_default();
        StepError::new(ErrorKind::Failed, format!("`{}{id}` was blocked", self.frame.prefix))
    }

    fn start(&mut self, at: u32) {
        let Some(node) = self.frame.region.nodes.get(at as usize) else { return };
        if self.waiting.get(at as usize).is_none_or(|count| *count == BEGUN) {
            return;
        }
        let decision = self.decision(node);
        if decision == Decision::Wait {
            return;
        }
        if let Some(count) = self.waiting.get_mut(at as usize) {
            *count = BEGUN;
        }
        let started = self.engine.journal.clock.now();
        let end = match decision {
            Decision::Skip => End::without_value(Outcome::Skipped),
            Decision::Block => End::without_value(Outcome::Blocked),
            Decision::Cancel => End::without_value(Outcome::Cancelled),
            _ if node.teardown.is_some() => return self.begin(at, &CancelToken::new(), started),
            _ if self.is_stopping() => End::without_value(Outcome::Cancelled),
            _ => {
                let cancel = self.frame.cancel.clone();
                return self.begin(at, &cancel, started);
            }
        };
        self.settle(at, started, end);
    }

    fn begin(&mut self, at: u32, cancel: &CancelToken, started: i64) {
        match self.engine.begin(&self.frame, at, cancel, started) {
            Begun::Ended(end) => self.settle(at, started, end),
            Begun::Running(future) => self.running.push(future),
        }
    }

    fn is_stopping(&self) -> bool {
        let failed = self.failed.is_some() && self.engine.on_failure == OnFailure::Stop;
        failed || self.frame.cancel.is_cancelled()
    }

    fn decision(&self, node: &PreparedNode<'e>) -> Decision {
        let ended = |at: u32| {
            self.frame.end(at).map(|end| Ended {
                outcome: end.outcome,
                handled: end.handled,
                has_value: end.value.is_some(),
            })
        };
        if let Some(setup) = node.teardown
            && ended(setup).is_some_and(|end| end.outcome != Outcome::Succeeded)
        {
            return Decision::Skip;
        }
        let upstreams = node.upstreams.iter().map(|need| Upstream {
            needs_value: need.value,
            in_order: need.order,
            setup: self.frame.region.nodes.get(need.node as usize).is_some_and(|n| n.setup),
            end: ended(need.node),
        });
        decide(node.source.trigger, upstreams)
    }

    fn settle(&mut self, at: u32, started: i64, end: End) {
        let Some(node) = self.frame.region.nodes.get(at as usize) else { return };
        let callee = match &node.body {
            PreparedBody::Call(call) => Some(&call.call.callee),
            _ => None,
        };
        let path = self.engine.path(&self.frame.prefix, node);
        if let Some(mocks) = &self.engine.mocks {
            mocks.ended(&path, &end);
        }
        self.engine
            .journal
            .step_ended(Ending { path, callee, started, end: &end }, &self.engine.plan.schemas);
        if end.is_bad() && node.teardown.is_none() {
            self.failed.get_or_insert(at);
        }
        if let Some(slot) = self.frame.slots.get(at as usize) {
            // A step ends once: `start` begins it once.
            let _ = slot.set(end);
        }
        self.open -= 1;
        for next in self.frame.region.downstream(at) {
            let Some(count) = self.waiting.get_mut(*next as usize).filter(|count| **count != BEGUN) else {
                continue;
            };
            *count -= 1;
            if *count == 0 || self.frame.region.nodes.get(*next as usize).is_some_and(|n| n.eager) {
                self.ready.push(Reverse(*next));
            }
        }
    }
}

/// The path of a node: what its frame's begin with, and its id, or the id that it is shown by.
pub(super) fn path_of(prefix: &SmolStr, node: &PreparedNode<'_>, by_id: bool) -> SmolStr {
    let shown = node.source.display.as_ref().filter(|_| !by_id);
    let name = shown.unwrap_or(&node.source.id);
    if prefix.is_empty() { name.clone() } else { format_smolstr!("{prefix}{name}") }
}
