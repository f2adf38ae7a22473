//! Parts of a step, for those who run single steps: the elements of a `for`, one of them, an arm of a `match`.

use super::block::{Elements, fits};
use super::frame::{End, Frame};
use super::node::Site;
use super::repeat::Work;
use super::{Engine, Fail};
use crate::inputs::Params;
use crate::outcome::Outcome;
use crate::prepare::{PreparedBody, PreparedNode};
use crate::step::StepError;
use rustchain_plan::{Body, Value};
use smol_str::{SmolStr, format_smolstr};
use std::sync::Arc;

impl<'e> Engine<'e> {
    /// The elements of a `for`, as records by variable.
    pub(crate) fn elements(&'e self, frame: &Arc<Frame<'e>>, at: u32) -> End {
        self.looked_at(frame, at, |site| {
            let Body::For { bindings, .. } = &site.node.body else {
                return Err(StepError::invalid(format!("`{}` is no `for`", site.path)).into());
            };
            let elements = Elements::evaluate(self, &site.frame, bindings)?;
            self.keeps_limit(site, &elements)?;
            let records = (0..elements.count)
                .map(|i| Value::Record(None, Arc::new(elements.at(i).into_iter().collect())));
            Ok(Value::list(records.collect()))
        })
    }

    /// The name of the arm that a `match` takes.
    pub(crate) fn choice(&'e self, frame: &Arc<Frame<'e>>, at: u32) -> End {
        self.looked_at(frame, at, |site| {
            let Body::Match { subject, arms } = &site.node.body else {
                return Err(StepError::invalid(format!("`{}` is no `match`", site.path)).into());
            };
            let subject = self.eval(&site.frame, subject)?;
            let taken = arms.iter().find(|arm| fits(arm, &subject));
            let taken = taken
                .ok_or_else(|| StepError::invalid(format!("no arm of `{}` fits {subject:?}", site.path)))?;
            Ok(Value::string(taken.label()))
        })
    }

    /// The body of a `for`, for one element.
    pub(crate) async fn element(&'e self, frame: &Arc<Frame<'e>>, at: u32, params: Params) -> End {
        let Some(node) = frame.region.nodes.get(at as usize) else { return gone() };
        let site = Site { is_alone: self.attempt.is_some(), ..self.site(frame, node) };
        let (Body::For { .. }, PreparedBody::Region(region)) = (&node.source.body, &node.body) else {
            return End::failed(StepError::invalid(format!("`{}` is no `for`", site.path)), 0);
        };
        let parent = Some(Arc::clone(frame));
        let path = format_smolstr!("{}[]", site.path);
        self.alone(&site, &path, Work::Region { region, params, parent }).await
    }

    /// One arm of a `match`.
    pub(crate) async fn arm(&'e self, frame: &Arc<Frame<'e>>, at: u32, arm: usize) -> End {
        let Some(node) = frame.region.nodes.get(at as usize) else { return gone() };
        let site = self.site(frame, node);
        let (PreparedBody::Arms(regions), Body::Match { arms, .. }) = (&node.body, &node.source.body) else {
            return gone();
        };
        let Some((region, arm)) = regions.get(arm).zip(arms.get(arm)) else { return gone() };
        let path = format_smolstr!("{}/{}", site.path, arm.label());
        let parent = Some(Arc::clone(frame));
        self.alone(&site, &path, Work::Region { region, params: Params::new(), parent }).await
    }

    async fn alone(&'e self, site: &Site<'e>, path: &SmolStr, work: Work<'e>) -> End {
        let cancel = site.frame.cancel.clone();
        match self.guarded(site, path, &cancel, work).await {
            Ok(end) => end,
            Err(fail) => self.failed(site, fail, 0),
        }
    }

    /// What a step decides before its body runs: nothing where its `when` says no.
    fn looked_at(
        &'e self,
        frame: &Arc<Frame<'e>>,
        at: u32,
        look: impl FnOnce(&Site<'e>) -> Result<Value, Fail>,
    ) -> End {
        let Some(node) = frame.region.nodes.get(at as usize) else { return gone() };
        match self.wanted(frame, node) {
            Ok(true) => {}
            Ok(false) => return End::without_value(Outcome::Skipped),
            Err(error) => return End::failed(error, 0),
        }
        let site = self.site(frame, node);
        match look(&site) {
            Ok(value) => End::succeeded(value, 1),
            Err(fail) => self.failed(&site, fail, 0),
        }
    }

    fn wanted(&self, frame: &Frame<'e>, node: &PreparedNode<'e>) -> Result<bool, StepError> {
        node.source.when.as_ref().map_or(Ok(true), |when| self.eval_bool(frame, when))
    }
}

/// A place that [`crate::step_run`] found is there; said instead of assumed.
fn gone() -> End {
    End::failed(StepError::invalid("the step went away".to_owned()), 0)
}
