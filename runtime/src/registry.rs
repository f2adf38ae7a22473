//! Every step kind of the standard library, one line each, sorted by name.

use crate::step::{Run, StepKind};
use crate::steps;

/// The step kinds. An asynchronous one is written `async_kind("http.get", |call| Box::pin(steps::http::get(call)))`.
pub static STEP_KINDS: &[StepKind] = &[inline_kind("noop", steps::noop::run)];

/// What runs a `tool … = python(…)`; `StepCall::callee` is the key of `Plan::tools`.
pub static TOOL: Option<Run> = None;

/// What runs an agent; `StepCall::callee` is the key of `Plan::agents`.
pub static AGENT: Option<Run> = None;

/// The step kind of a name.
pub fn find(name: &str) -> Option<&'static StepKind> {
    STEP_KINDS.binary_search_by(|kind| kind.name.cmp(name)).ok().and_then(|at| STEP_KINDS.get(at))
}

const fn inline_kind(name: &'static str, run: crate::step::InlineFn) -> StepKind {
    StepKind { name, run: Run::Inline(run) }
}

#[allow(dead_code, reason = "used as soon as the first asynchronous kind is registered")]
const fn async_kind(name: &'static str, run: crate::step::AsyncFn) -> StepKind {
    StepKind { name, run: Run::Async(run) }
}

#[cfg(test)]
mod tests {
    use super::STEP_KINDS;

    #[test]
    fn the_registry_is_sorted_and_names_are_unique() {
        assert!(STEP_KINDS.windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}
