//! What a step does as a whole: a call, a chain, `match`, `for`, `loop`, a poll.

use super::frame::{End, Frame, Scope};
use super::frame_eval::{eval_in, truth};
use super::node::{Site, mismatch};
use super::region::RegionRun;
use super::repeat::Work;
use super::{Engine, Fail};
use crate::cancel::CancelToken;
use crate::clock::nanoseconds;
use crate::in_force::Called;
use crate::outcome::Outcome;
use crate::prepare::{PreparedBody, PreparedRegion};
use crate::step::StepError;
use futures_util::stream::FuturesUnordered;
use rustchain_plan::eval::equal_values;
use rustchain_plan::plan::{Arm, Node};
use rustchain_plan::{Body, ErrorKind, Expr, Value};
use smol_str::{SmolStr, format_smolstr};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The pause of a poll where none is said.
const POLL_EVERY: Duration = Duration::from_secs(1);

/// The name of the latest result in the `until` of a poll.
const LATEST: &str = "it";

impl<'e> Engine<'e> {
    pub(super) async fn block(
        &'e self,
        site: &Site<'e>,
        body: &'e PreparedBody<'e>,
        cancel: CancelToken,
    ) -> Result<End, Fail> {
        match (&site.node.body, body) {
            (Body::Call(_), PreparedBody::Call(call)) => {
                self.guarded(site, &site.path, &cancel, Work::Call(call)).await
            }
            (Body::Value(_), PreparedBody::Value(expr)) => {
                Ok(End::succeeded(self.eval(&site.frame, expr)?, 1))
            }
            (Body::Chain { name, args, .. }, PreparedBody::Region(region)) => {
                if let Some(end) = self.chain_mock(site, name) {
                    return Ok(end);
                }
                self.chain(site, args, region, &cancel).await
            }
            (Body::Match { subject, arms }, PreparedBody::Arms(regions)) => {
                self.arms(site, subject, arms, regions, &cancel).await
            }
            (Body::For { .. }, PreparedBody::Region(region)) => self.each(site, region, &cancel).await,
            (Body::Loop { .. }, PreparedBody::Region(region)) => self.looped(site, region, &cancel).await,
            (Body::Poll { .. }, PreparedBody::Region(region)) => self.poll(site, region, &cancel).await,
            (body, _) => Err(mismatch(body)),
        }
    }

    /// The value of a region, run to its end.
    pub(super) async fn region_value(&'e self, frame: Arc<Frame<'e>>) -> Result<Value, Fail> {
        let mut run = RegionRun::new(self, Arc::clone(&frame));
        if !run.advance() {
            run.finish().await;
        }
        run.verdict()?;
        match &frame.region.source.result {
            Some(result) => Ok(self.eval(&frame, result)?),
            None => Ok(Value::Null),
        }
    }

    /// What a test says of a chain; `None`: it runs.
    fn chain_mock(&self, site: &Site<'e>, name: &str) -> Option<End> {
        let mocks = self.mocks.as_ref()?;
        let given = mocks.stand_in(name, &site.path, &self.plan.schemas)?;
        mocks.evaluated(&site.path);
        Some(match given {
            Ok(value) => End::succeeded(value, 1),
            Err(error) => self.on_error(&site.frame, site.node, error, 1),
        })
    }

    async fn chain(
        &'e self,
        site: &Site<'e>,
        args: &'e BTreeMap<SmolStr, Expr>,
        region: &'e PreparedRegion<'e>,
        cancel: &CancelToken,
    ) -> Result<End, Fail> {
        let mut params = Vec::with_capacity(region.source.params.len());
        for param in &region.source.params {
            let Some(expr) = args.get(&param.name) else {
                return Err(StepError::invalid(format!("`{}` of the chain is not given", param.name)).into());
            };
            let value = self.eval(&site.frame, expr)?;
            if let Some(constraint) = &param.constraint {
                self.holds(&site.frame, constraint, &param.name, &value)?;
            }
            params.push((param.name.clone(), value));
        }
        self.guarded(site, &site.path, cancel, Work::Region { region, params, parent: None }).await
    }

    async fn arms(
        &'e self,
        site: &Site<'e>,
        subject: &Expr,
        arms: &'e [Arm],
        regions: &'e [PreparedRegion<'e>],
        cancel: &CancelToken,
    ) -> Result<End, Fail> {
        let subject = self.eval(&site.frame, subject)?;
        let taken = arms.iter().position(|arm| fits(arm, &subject));
        for (_, arm) in arms.iter().enumerate().filter(|(at, _)| Some(*at) != taken) {
            self.journal.arm_skipped(&site.path, arm.label());
        }
        let Some((arm, region)) = taken.and_then(|at| arms.get(at).zip(regions.get(at))) else {
            return Err(StepError::invalid(format!("no arm of `{}` fits {subject:?}", site.path)).into());
        };
        let parent = Some(Arc::clone(&site.frame));
        let path = format_smolstr!("{}/{}", site.path, arm.label());
        self.guarded(site, &path, cancel, Work::Region { region, params: Vec::new(), parent }).await
    }

    async fn each(
        &'e self,
        site: &Site<'e>,
        region: &'e PreparedRegion<'e>,
        cancel: &CancelToken,
    ) -> Result<End, Fail> {
        let Body::For { bindings, max, .. } = &site.node.body else {
            return Err(mismatch(&site.node.body));
        };
        let elements = Elements::evaluate(self, &site.frame, bindings)?;
        self.keeps_limit(site, &elements)?;
        let most = match max {
            // Mocks that give one value an evaluation give them in input order.
            _ if self.mocks.is_some() => 1,
            Some(max) => self.eval_count(&site.frame, max, "max")?.max(1),
            None => self.max_parallel,
        };
        let mut ends: Vec<Option<End>> = vec![None; elements.count];
        let mut running = FuturesUnordered::new();
        let mut next = 0;
        let mut failed = false;
        loop {
            let stopping = cancel.is_cancelled() || (failed && self.stops());
            while running.len() < most && next < elements.count && !stopping {
                let at = next;
                next += 1;
                let params = elements.at(at);
                let parent = Some(Arc::clone(&site.frame));
                running.push(async move {
                    let path = format_smolstr!("{}[{at}]", site.path);
                    (at, self.guarded(site, &path, cancel, Work::Region { region, params, parent }).await)
                });
            }
            let Some((at, end)) = self.next_ended(&mut running).await else { break };
            let end = match end {
                Err(Fail::Cancelled) => End::without_value(Outcome::Cancelled),
                end => end?,
            };
            failed |= end.is_bad();
            if let Some(slot) = ends.get_mut(at) {
                *slot = Some(end);
            }
        }
        collected(ends)
    }

    /// `limit` of a `for`.
    pub(super) fn keeps_limit(&self, site: &Site<'e>, elements: &Elements) -> Result<(), StepError> {
        let Body::For { limit: Some(limit), .. } = &site.node.body else { return Ok(()) };
        let limit = self.eval_count(&site.frame, limit, "limit")?;
        if elements.count <= limit {
            return Ok(());
        }
        let message = format!("`{}` has {} elements; its `limit` is {limit}", site.path, elements.count);
        Err(StepError::new(ErrorKind::Exhausted, message))
    }

    async fn looped(
        &'e self,
        site: &Site<'e>,
        region: &'e PreparedRegion<'e>,
        cancel: &CancelToken,
    ) -> Result<End, Fail> {
        let Body::Loop { var, init, until, max, .. } = &site.node.body else {
            return Err(mismatch(&site.node.body));
        };
        let most = self.eval_count(&site.frame, max, "max")?;
        let mut state = self.eval(&site.frame, init)?;
        for round in 1..=most {
            if cancel.is_cancelled() {
                return Err(Fail::Cancelled);
            }
            let params = vec![(var.clone(), state.clone())];
            let parent = Some(Arc::clone(&site.frame));
            let work = Work::Region { region, params: params.clone(), parent: parent.clone() };
            let path = format_smolstr!("{}#{round}", site.path);
            let end = self.guarded(site, &path, cancel, work).await?;
            let Some(value) = end.value.clone() else { return Ok(end) };
            state = value;
            let frame =
                Frame::new(region, params, parent, SmolStr::default(), cancel.clone(), Called::default());
            let scope = Scope { changed: Some((var, &state)), ..self.scope(&frame) };
            if truth(&eval_in(&scope, until)?)? {
                return Ok(End::succeeded(state, end.attempts));
            }
        }
        Err(exhausted(site.node, format!("`{}` did not end within {most} rounds", site.path)))
    }

    async fn poll(
        &'e self,
        site: &Site<'e>,
        region: &'e PreparedRegion<'e>,
        cancel: &CancelToken,
    ) -> Result<End, Fail> {
        let Body::Poll { until, every, duration, max, .. } = &site.node.body else {
            return Err(mismatch(&site.node.body));
        };
        let every = self.eval_duration(&site.frame, every.as_ref(), "every")?.unwrap_or(POLL_EVERY);
        let bound = self.eval_duration(&site.frame, duration.as_ref(), "for")?;
        let most = match max {
            Some(max) => Some(self.eval_count(&site.frame, max, "max")?),
            None => None,
        };
        let deadline = bound.map(|bound| self.context.clock.now().saturating_add(nanoseconds(bound)));
        let mut round = 0;
        loop {
            round += 1;
            let parent = Some(Arc::clone(&site.frame));
            let work = Work::Region { region, params: Vec::new(), parent: parent.clone() };
            let path = format_smolstr!("{}#{round}", site.path);
            let end = self.guarded(site, &path, cancel, work).await?;
            if end.is_bad() || end.error.as_ref().is_some_and(|error| error.kind == ErrorKind::Skipped) {
                return Ok(end);
            }
            let latest = vec![(SmolStr::new_static(LATEST), end.value.clone().unwrap_or(Value::Null))];
            let frame =
                Frame::new(self.empty, latest, parent, SmolStr::default(), cancel.clone(), Called::default());
            if truth(&eval_in(&self.scope(&frame), until)?)? {
                return Ok(end);
            }
            let late =
                deadline.is_some_and(|at| self.context.clock.now().saturating_add(nanoseconds(every)) > at);
            if late || most.is_some_and(|most| round >= most) {
                return Err(exhausted(
                    site.node,
                    format!("`{}` was still not there after {round} looks", site.path),
                ));
            }
            if !self.rest(cancel, every).await {
                return Err(Fail::Cancelled);
            }
        }
    }

    fn stops(&self) -> bool {
        self.on_failure == rustchain_plan::plan::OnFailure::Stop
    }
}

fn exhausted(_node: &Node, message: String) -> Fail {
    Fail::Error(StepError::new(ErrorKind::Exhausted, message))
}

/// The list of the elements' values, or the first failure in input order.
fn collected(ends: Vec<Option<End>>) -> Result<End, Fail> {
    let attempts = ends.iter().flatten().map(|end| end.attempts).sum();
    if let Some(bad) = ends.iter().flatten().find(|end| end.is_bad()) {
        return Ok(End { attempts, ..bad.clone() });
    }
    let whole = ends.iter().all(|end| end.as_ref().is_some_and(|end| end.outcome != Outcome::Cancelled));
    if !whole {
        return Err(Fail::Cancelled);
    }
    let kept = ends.into_iter().flatten().filter(|end| !end.dropped);
    let values = kept.map(|end| end.value.unwrap_or(Value::Null)).collect();
    Ok(End::succeeded(Value::list(values), attempts))
}

pub(super) fn fits(arm: &Arm, subject: &Value) -> bool {
    arm.patterns.is_empty() || arm.patterns.iter().any(|pattern| equal_values(pattern, subject))
}

/// The cross product of the lists of a `for`, by index.
pub(super) struct Elements {
    lists: Vec<(SmolStr, Arc<Vec<Value>>)>,
    pub(super) count: usize,
}

impl Elements {
    pub(super) fn evaluate<'e>(
        engine: &Engine<'e>,
        frame: &Frame<'e>,
        bindings: &[(SmolStr, Expr)],
    ) -> Result<Elements, StepError> {
        let mut lists = Vec::with_capacity(bindings.len());
        let mut count = 1_usize;
        for (name, expr) in bindings {
            let list = match engine.eval(frame, expr)? {
                Value::List(list) => list,
                other => return Err(StepError::invalid(format!("`for {name}` needs a list, not {other:?}"))),
            };
            count = count
                .checked_mul(list.len())
                .filter(|count| *count <= MOST_ELEMENTS)
                .ok_or_else(|| StepError::new(ErrorKind::Exhausted, "a `for` has too many elements"))?;
            lists.push((name.clone(), list));
        }
        Ok(Elements { lists, count })
    }

    pub(super) fn at(&self, index: usize) -> Vec<(SmolStr, Value)> {
        let mut rest = index;
        let mut params: Vec<_> = self
            .lists
            .iter()
            .rev()
            .map(|(name, list)| {
                let at = rest % list.len().max(1);
                rest /= list.len().max(1);
                (name.clone(), list.get(at).cloned().unwrap_or(Value::Null))
            })
            .collect();
        params.reverse();
        params
    }
}

/// More elements than this are refused: their results would not fit into memory.
const MOST_ELEMENTS: usize = 10_000_000;
