//! Trigger rules: those that are written, and the one that stands for the default rule of missions.

use super::loss::{Fate, Loss};
use rustchain_plan::Plan;
use rustchain_plan::plan::{Body, NeedKind, Node, OnErrorAction, OnFailure, Trigger};
use std::collections::BTreeMap;

/// Looks at the upstreams of steps.
pub(super) struct Rules<'p> {
    plan: &'p Plan,
    nodes: BTreeMap<&'p str, &'p Node>,
    skipping: BTreeMap<&'p str, bool>,
}

impl<'p> Rules<'p> {
    pub(super) fn of(plan: &'p Plan) -> Rules<'p> {
        let nodes: BTreeMap<&str, &Node> = plan.root.nodes.iter().map(|n| (n.id.as_str(), n)).collect();
        let mut rules = Rules { plan, nodes, skipping: BTreeMap::new() };
        // A plan has no cycle: after as many turns as it has steps everything is settled.
        for _ in 0..plan.root.nodes.len() {
            let next: BTreeMap<&str, bool> =
                rules.nodes.iter().map(|(id, node)| (*id, rules.skips(node))).collect();
            if next == rules.skipping {
                break;
            }
            rules.skipping = next;
        }
        rules
    }

    /// May its task end skipped?
    pub(super) fn may_skip(&self, id: &str) -> bool {
        self.skipping.get(id).copied().unwrap_or(false)
    }

    fn skips(&self, node: &Node) -> bool {
        let handled = node
            .on_error
            .iter()
            .any(|rule| matches!(rule.action, OnErrorAction::Skip | OnErrorAction::Continue));
        let by_rule = match node.trigger {
            None | Some(Trigger::AllDone | Trigger::Always | Trigger::NoneFailed) => false,
            Some(Trigger::AllSuccess | Trigger::NoneFailedMinOneSuccess | Trigger::NoneSkipped) => {
                self.upstreams(node).any(|id| self.may_skip(id))
            }
            Some(_) => node.needs.iter().any(|_| true),
        };
        // Airflow skips a mapped task that has no element.
        node.when.is_some() || handled || by_rule || matches!(node.body, Body::For { .. })
    }

    fn upstreams(&self, node: &'p Node) -> impl Iterator<Item = &'p str> {
        node.needs.iter().map(|need| need.id.as_str())
    }

    /// Airflow's rule for a step; `None`: its default, all_success.
    pub(super) fn rule(&self, node: &'p Node, losses: &mut Vec<Loss>) -> Option<&'static str> {
        if node.teardown.is_some() {
            return None;
        }
        let Some(trigger) = node.trigger else { return self.default_rule(node, losses) };
        self.handled_upstreams(node, losses);
        let name = Trigger::NAMED.iter().find(|(_, rule)| *rule == trigger).map(|(name, _)| *name);
        name.filter(|_| trigger != Trigger::AllSuccess)
    }

    /// A failure that `on error: continue` handled counts for a written rule; in Airflow it is a skip.
    fn handled_upstreams(&self, node: &Node, losses: &mut Vec<Loss>) {
        let continues = |id: &str| {
            let node = self.nodes.get(id)?;
            let rule = node.on_error.iter().any(|rule| matches!(rule.action, OnErrorAction::Continue));
            (rule && !matches!(node.body, Body::For { .. })).then_some(())
        };
        for need in node.needs.iter().filter(|need| continues(&need.id).is_some()) {
            let message = format!(
                "the rule sees a failure of `{}` that `on error: continue` handled as a skip",
                need.id
            );
            losses.push(Loss::of(Fate::Approximated, Some(&node.id), message).at("trigger"));
        }
    }

    /// Without `trigger` a step runs when what it reads is there and what it follows did not fail.
    fn default_rule(&self, node: &'p Node, losses: &mut Vec<Loss>) -> Option<&'static str> {
        let kinds = |kind: NeedKind| node.needs.iter().any(|need| need.kind == kind);
        let (optional, other) = (kinds(NeedKind::Optional), kinds(NeedKind::Value) || kinds(NeedKind::Order));
        if self.plan.on_failure == OnFailure::Finish && optional {
            if !other {
                return Some("all_done");
            }
            let message = "where something that it reads as optional fails, this task does not run; \
                           the mission runs the step with null";
            losses.push(Loss::of(Fate::Approximated, Some(&node.id), message));
        }
        self.upstreams(node).any(|id| self.may_skip(id)).then_some("none_failed")
    }
}
