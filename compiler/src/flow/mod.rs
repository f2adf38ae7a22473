//! Information flow: the labels of every leaf and length, from sources through expressions, steps,
//! chains and loops to sinks.

mod call;
mod expr;
mod interpreter;
pub mod mark;
mod program;
mod report;
mod sinks;
mod store;
pub mod tree;
mod url;
mod walk;

pub(crate) use walk::upstream_first;

use crate::effects::row::Cause;
use crate::spans::{Place, Spans};
use mark::Mark;
use rustchain_grammar::Diagnostic;
use rustchain_plan::Labels;
use rustchain_plan::plan::Plan;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// A `trust(…)` or `reveal(…)`: the only ways down.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lowered {
    /// Where.
    pub place: Place,
    /// Which labels go.
    pub labels: Labels,
    /// Why, as written.
    pub reason: SmolStr,
}

/// What is known of the flows of a plan.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    /// Findings, in order of place.
    pub diagnostics: Vec<Diagnostic>,
    /// Every `trust` and `reveal`, in order of place.
    pub lowered: Vec<Lowered>,
    /// Calls, by id path, whose prompt joins untrusted text with tools that have effects beyond reads.
    pub privileged_prompts: BTreeSet<String>,
    arguments: BTreeMap<(String, SmolStr), Mark>,
    refused: BTreeSet<(String, SmolStr)>,
}

impl Analysis {
    /// The joined mark of an argument of a call.
    pub fn argument(&self, path: &str, param: &str) -> Option<&Mark> {
        self.arguments.get(&(path.to_owned(), param.into()))
    }

    /// The arguments of a call with their marks.
    pub fn arguments_of(&self, path: &str) -> impl Iterator<Item = (&SmolStr, &Mark)> {
        let start = (path.to_owned(), SmolStr::default());
        let path = path.to_owned();
        self.arguments.range(start..).take_while(move |((p, _), _)| *p == path).map(|((_, n), m)| (n, m))
    }

    /// Is an argument of a call untrusted?
    pub fn has_untrusted_argument(&self, path: &str) -> bool {
        self.arguments_of(path).any(|(_, m)| m.labels().contains(Labels::UNTRUSTED))
    }

    /// Was the argument behind an effect refused at its sink already?
    pub fn is_refused(&self, path: &str, cause: &Cause) -> bool {
        match cause {
            Cause::Argument(param) => self.refused.contains(&(path.to_owned(), param.clone())),
            _ => false,
        }
    }
}

/// The flows of a plan whose rows are filled.
pub fn analyse(plan: &Plan, spans: &Spans) -> Analysis {
    walk::analyse(plan, spans)
}

/// The findings alone.
pub fn run(plan: &Plan, spans: &Spans) -> Vec<Diagnostic> {
    analyse(plan, spans).diagnostics
}
