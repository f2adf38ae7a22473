//! Runs regions: ready steps at once where they stand, the others side by side.

mod block;
mod call;
mod effects;
pub(crate) mod frame;
mod frame_eval;
mod node;
mod part;
mod region;
mod repeat;
pub(crate) mod sequence;
mod tools;
pub(crate) mod trigger;

use crate::context::RunContext;
use crate::journal::Journal;
use crate::mock::Mocks;
use crate::prepare::PreparedRegion;
use crate::step::StepError;
use frame::RunFacts;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use rustchain_plan::Plan;
use rustchain_plan::plan::OnFailure;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Semaphore;

pub(crate) use call::not_here;
pub(crate) use region::{Begun, RegionRun};

/// Everything that running steps look at.
pub(crate) struct Engine<'e> {
    pub plan: &'e Plan,
    pub chain_tools: &'e BTreeMap<SmolStr, PreparedRegion<'e>>,
    /// A region without nodes, around the `until` of a poll.
    pub empty: &'e PreparedRegion<'e>,
    pub context: Arc<RunContext>,
    pub journal: Arc<Journal>,
    pub facts: RunFacts,
    pub permits: Semaphore,
    pub max_parallel: usize,
    pub on_failure: OnFailure,
    pub mocks: Option<Mocks>,
    pub sequences: sequence::Sequences,
    /// The attempt of the one step that is run, where its caller makes the others.
    pub attempt: Option<u32>,
}

impl Engine<'_> {
    /// The next work that ends. What was logged is on its way to the disk before anything is waited for.
    async fn next_ended<F: Future>(&self, running: &mut FuturesUnordered<F>) -> Option<F::Output> {
        if let Some(ended) = running.next().now_or_never() {
            return ended;
        }
        self.journal.flush();
        running.next().await
    }
}

/// Why work gave no value.
#[derive(Debug)]
pub(crate) enum Fail {
    /// An error that `retry` and `on error` look at.
    Error(StepError),
    /// An error that they do not: a missing approval.
    Final(StepError),
    Cancelled,
}

impl From<StepError> for Fail {
    fn from(error: StepError) -> Fail {
        Fail::Error(error)
    }
}
