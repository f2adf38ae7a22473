//! What stands in for the world in a test, and what is remembered of its run.

use crate::codec;
use crate::outcome::Outcome;
use crate::scheduler::frame::End;
use crate::step::StepError;
use rustchain_plan::eval::{self, Closed, Limits};
use rustchain_plan::plan::CalleeKind;
use rustchain_plan::test::{Mock, Reply};
use rustchain_plan::types::Schemas;
use rustchain_plan::{EffectKind, ErrorKind, KindPattern, Signature, Value};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The mocks of a test, and the facts of its run.
pub(crate) struct Mocks {
    mocks: Vec<Mock>,
    facts: Mutex<Facts>,
}

#[derive(Default)]
struct Facts {
    /// How often each mock was used.
    used: Vec<usize>,
    /// What the test does not say and should.
    problems: Vec<String>,
    runs: BTreeMap<String, i64>,
    ends: BTreeMap<String, Vec<EndFact>>,
}

struct EndFact {
    outcome: Outcome,
    value: Option<Value>,
    kind: Option<ErrorKind>,
}

/// What a test says of a call.
pub(crate) enum Mocked {
    Value(Result<Value, StepError>),
    /// It has effects that no mock stands in for.
    Unmocked(StepError),
    /// It may run for real.
    Real,
}

/// What runs for real in a test, under its own root, with a clock that stands still.
const REAL: &[EffectKind] = &[
    EffectKind::FsRead,
    EffectKind::FsWrite,
    EffectKind::Clock,
    EffectKind::Random,
    EffectKind::MemoryRead,
    EffectKind::MemoryWrite,
];

impl Mocks {
    pub(crate) fn new(mocks: Vec<Mock>) -> Mocks {
        let facts = Facts { used: vec![0; mocks.len()], ..Facts::default() };
        Mocks { mocks, facts: Mutex::new(facts) }
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn reply(
        &self,
        callee: &str,
        kind: CalleeKind,
        path: &str,
        signature: &Signature,
        schemas: &Schemas,
    ) -> Mocked {
        if let Some(value) = self.stand_in(callee, path, schemas) {
            return Mocked::Value(value);
        }
        let real = kind == CalleeKind::Step && signature.effects.iter().all(|spec| REAL.contains(&spec.kind));
        if real {
            return Mocked::Real;
        }
        let message = format!("`{callee}` in `{path}` has effects and no `mock`");
        self.facts().problems.push(message.clone());
        Mocked::Unmocked(StepError::new(ErrorKind::Refused, message))
    }

    /// What a mock gives for a callable; `None`: there is no mock.
    pub(crate) fn stand_in(
        &self,
        callee: &str,
        path: &str,
        schemas: &Schemas,
    ) -> Option<Result<Value, StepError>> {
        let (at, mock) = self.find(callee, path)?;
        let count = self.use_of(at);
        if let Reply::Each(replies) = &mock.reply
            && count >= replies.len()
        {
            let message =
                format!("the mock of line {} gives {count} values; `{path}` asks for more", mock.line);
            self.facts().problems.push(message);
        }
        Some(given(&mock.reply, count, mock.line, schemas))
    }

    /// The answer of `mock approval`; `None`: there is no mock.
    pub(crate) fn approval(&self, path: &str) -> Option<bool> {
        let Some((at, mock)) = self.find("approval", path) else {
            self.facts().problems.push(format!("`{path}` needs an approval and has no `mock approval`"));
            return None;
        };
        let count = self.use_of(at);
        match &mock.reply {
            Reply::Approval(granted) => Some(*granted),
            Reply::Each(replies) => match replies.get(count) {
                Some(Reply::Approval(granted)) => Some(*granted),
                _ => None,
            },
            _ => None,
        }
    }

    /// The most specific mock, then the last.
    fn find(&self, target: &str, path: &str) -> Option<(usize, &Mock)> {
        let segments = segments(path);
        let fits = |mock: &Mock| mock.target == target && lies_in(&segments, &within(mock));
        let fitting = self.mocks.iter().enumerate().filter(|(_, mock)| fits(mock));
        fitting.max_by_key(|(at, mock)| (within(mock).len(), *at))
    }

    fn use_of(&self, at: usize) -> usize {
        let mut facts = self.facts();
        let Some(used) = facts.used.get_mut(at) else { return 0 };
        *used += 1;
        *used - 1
    }

    /// What the test does not say and should, each once.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = self.facts().problems.clone();
        problems.dedup();
        problems
    }

    /// The mocks that nothing used.
    pub(crate) fn unused(&self) -> Vec<&Mock> {
        let facts = self.facts();
        self.mocks.iter().zip(&facts.used).filter(|(_, used)| **used == 0).map(|(mock, _)| mock).collect()
    }

    pub(crate) fn evaluated(&self, path: &str) {
        *self.facts().runs.entry(plain(path)).or_default() += 1;
    }

    pub(crate) fn ended(&self, path: &str, end: &End) {
        let kind = end.error.as_deref().map(|error| error.kind);
        let fact = EndFact { outcome: end.outcome, value: end.value.clone(), kind };
        self.facts().ends.entry(plain(path)).or_default().push(fact);
    }

    pub(crate) fn runs(&self, path: &str) -> i64 {
        self.facts().runs.get(&plain(path)).copied().unwrap_or(0)
    }

    pub(crate) fn ran(&self, path: &str) -> bool {
        self.any(path, |end| end.outcome == Outcome::Succeeded)
    }

    pub(crate) fn failed(&self, path: &str, kind: Option<KindPattern>) -> bool {
        let fits =
            |end: &EndFact| kind.is_none_or(|pattern| end.kind.is_some_and(|kind| pattern.matches(kind)));
        self.any(path, |end| end.outcome == Outcome::Failed && fits(end))
    }

    /// Skipped, or never reached.
    pub(crate) fn skipped(&self, path: &str) -> bool {
        let reached = self.any(path, |_| true);
        !reached || self.any(path, |end| end.outcome == Outcome::Skipped)
    }

    pub(crate) fn value(&self, path: &str) -> Value {
        let facts = self.facts();
        let last = facts.ends.get(&plain(path)).and_then(|ends| ends.last());
        last.and_then(|end| end.value.clone()).unwrap_or(Value::Null)
    }

    fn any(&self, path: &str, holds: impl Fn(&EndFact) -> bool) -> bool {
        self.facts().ends.get(&plain(path)).is_some_and(|ends| ends.iter().any(holds))
    }
}

fn given(reply: &Reply, count: usize, line: u32, schemas: &Schemas) -> Result<Value, StepError> {
    match reply {
        Reply::Value(expr) => Ok(eval::eval(expr, &Closed::new(schemas), &Limits::default())?),
        Reply::Error(kind) => Err(StepError::new(*kind, format!("the mock of line {line} fails"))),
        Reply::Each(replies) => match replies.get(count) {
            Some(reply) => given(reply, 0, line, schemas),
            None => {
                let message =
                    format!("the mock of line {line} gives {} values and was asked for more", replies.len());
                Err(StepError::invalid(message))
            }
        },
        Reply::Approval(_) => Err(StepError::invalid(format!("the mock of line {line} is an approval"))),
    }
}

/// A path without indices, groups split: `a[3]/g.b#2` gives a, g, b.
fn segments(path: &str) -> Vec<String> {
    let plain = plain(path);
    plain.split('/').map(str::to_owned).filter(|segment| !segment.is_empty()).collect()
}

fn plain(path: &str) -> String {
    let without = |segment: &str| segment.split(['[', '#']).next().unwrap_or_default().replace('.', "/");
    path.split('/').map(without).collect::<Vec<_>>().join("/")
}

fn within(mock: &Mock) -> Vec<String> {
    mock.within.iter().flat_map(|name| segments(name)).collect()
}

fn lies_in(path: &[String], wanted: &[String]) -> bool {
    wanted.is_empty() || path.windows(wanted.len()).any(|window| window == wanted)
}

/// A value as a failed `expect` shows it.
pub(crate) fn shown(value: &Value, schemas: &Schemas) -> String {
    codec::encode(value, schemas).to_string()
}
