//! When a step may start: the default rule, and Airflow's trigger rules.

use crate::outcome::Outcome;
use rustchain_plan::plan::Trigger;

/// An upstream that ended, as a downstream sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Upstream {
    /// Its value is read and cannot be done without.
    pub needs_value: bool,
    /// It stands in `after`.
    pub in_order: bool,
    /// A teardown hangs on it: it is a setup.
    pub setup: bool,
    /// `None`: not ended.
    pub end: Option<Ended>,
}

/// What counts of an upstream's end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub outcome: Outcome,
    /// A failure that `on error: continue` handled.
    pub handled: bool,
    pub has_value: bool,
}

/// What a step does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Wait,
    Run,
    Skip,
    Block,
    Cancel,
}

/// The decision for a step with these upstreams.
pub(crate) fn decide(
    rule: Option<Trigger>,
    mut upstreams: impl Iterator<Item = Upstream> + Clone,
) -> Decision {
    match rule {
        None => without_rule(upstreams),
        Some(rule) => match with_rule(rule, &Tally::of(upstreams.clone())) {
            Decision::Run if upstreams.any(|upstream| lacks_value(&upstream)) => Decision::Block,
            decision => decision,
        },
    }
}

/// Can the rule fire before every upstream ended?
pub(crate) fn is_eager(rule: Option<Trigger>) -> bool {
    matches!(rule, Some(Trigger::OneFailed | Trigger::OneSuccess | Trigger::OneDone | Trigger::Always))
}

fn lacks_value(upstream: &Upstream) -> bool {
    upstream.needs_value && !upstream.end.is_some_and(|end| end.has_value)
}

fn without_rule(upstreams: impl Iterator<Item = Upstream>) -> Decision {
    let mut cancelled = false;
    let mut blocked = false;
    for upstream in upstreams {
        let Some(end) = upstream.end else { return Decision::Wait };
        let missing = upstream.needs_value && !end.has_value;
        let disordered =
            upstream.in_order && matches!(end.outcome, Outcome::Failed | Outcome::Blocked) && !end.handled;
        if end.outcome == Outcome::Cancelled {
            cancelled = true;
        } else if missing || disordered {
            blocked = true;
        }
    }
    match (blocked, cancelled) {
        (true, _) => Decision::Block,
        (false, true) => Decision::Cancel,
        (false, false) => Decision::Run,
    }
}

#[derive(Default)]
struct Tally {
    all: usize,
    done: usize,
    succeeded: usize,
    failed: usize,
    skipped: usize,
    blocked: usize,
    cancelled: usize,
    setups: usize,
    setups_succeeded: usize,
    setups_skipped: usize,
}

impl Tally {
    fn of(upstreams: impl Iterator<Item = Upstream>) -> Tally {
        let mut tally = Tally::default();
        for upstream in upstreams {
            tally.all += 1;
            let setup = usize::from(upstream.setup);
            tally.setups += setup;
            let Some(end) = upstream.end else { continue };
            tally.done += 1;
            match end.outcome {
                Outcome::Succeeded => {
                    tally.succeeded += 1;
                    tally.setups_succeeded += setup;
                }
                Outcome::Failed => tally.failed += 1,
                Outcome::Skipped => {
                    tally.skipped += 1;
                    tally.setups_skipped += setup;
                }
                Outcome::Blocked => tally.blocked += 1,
                Outcome::Cancelled => tally.cancelled += 1,
            }
        }
        tally
    }
}

fn with_rule(rule: Trigger, t: &Tally) -> Decision {
    let bad = t.failed + t.blocked;
    match rule {
        _ if t.all == 0 => return Decision::Run,
        Trigger::Always => return Decision::Run,
        Trigger::OneFailed if bad > 0 => return Decision::Run,
        Trigger::OneSuccess if t.succeeded > 0 => return Decision::Run,
        Trigger::OneDone if t.succeeded + t.failed > 0 => return Decision::Run,
        _ if t.done < t.all => return Decision::Wait,
        _ if t.cancelled > 0 => return Decision::Cancel,
        _ => {}
    }
    let run_if = |holds: bool, otherwise: Decision| if holds { Decision::Run } else { otherwise };
    match rule {
        Trigger::AllSuccess if bad > 0 => Decision::Block,
        Trigger::AllSuccess => run_if(t.skipped == 0, Decision::Skip),
        Trigger::AllFailed => run_if(bad == t.all, Decision::Skip),
        Trigger::AllSkipped => run_if(t.skipped == t.all, Decision::Skip),
        Trigger::OneFailed | Trigger::OneDone => Decision::Skip,
        Trigger::OneSuccess if t.skipped == t.all => Decision::Skip,
        Trigger::OneSuccess => Decision::Block,
        Trigger::NoneFailed => run_if(bad == 0, Decision::Block),
        Trigger::NoneFailedMinOneSuccess if bad > 0 => Decision::Block,
        Trigger::NoneFailedMinOneSuccess => run_if(t.skipped < t.all, Decision::Skip),
        Trigger::NoneSkipped => run_if(t.skipped == 0, Decision::Skip),
        Trigger::AllDoneMinOneSuccess if t.skipped > 0 => Decision::Skip,
        Trigger::AllDoneMinOneSuccess => run_if(t.succeeded > 0, Decision::Block),
        Trigger::AllDoneSetupSuccess if t.setups > 0 && t.setups_skipped == t.setups => Decision::Skip,
        Trigger::AllDoneSetupSuccess => run_if(t.setups == 0 || t.setups_succeeded > 0, Decision::Block),
        Trigger::AllDone | Trigger::Always => Decision::Run,
    }
}
