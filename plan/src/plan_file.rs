//! Plans as files.

use crate::PLAN_VERSION;
use crate::plan::Plan;
use crate::plan_validate;
use serde::Deserialize;
use serde_json::Value as Json;

/// The deepest nesting of the JSON of a plan.
const MAX_JSON_DEPTH: usize = 1_500;
/// Nesting that every thread has the stack for.
const SHALLOW: usize = 100;
/// Stack for the deepest plan that is read or written, bytes.
const DEEP_STACK: usize = 128 << 20;

/// Why a text is no plan that can be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// It is no JSON, or its members are not those of a plan.
    Syntax(String),
    /// It was written by another version.
    Version(u64),
    /// It is nested too deeply.
    TooDeep,
    /// It has the form of a plan, but contradicts itself.
    Invalid {
        /// Where: the id path of a node, or the member of the plan.
        at: String,
        /// What is wrong there.
        message: String,
    },
}

impl std::fmt::Display for PlanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PlanError::Syntax(message) => write!(f, "the plan cannot be read: {message}"),
            PlanError::Version(found) => write!(
                f,
                "the plan has version {found}; this program reads version {PLAN_VERSION}: compile it again"
            ),
            PlanError::TooDeep => f.write_str("the plan is nested too deeply"),
            PlanError::Invalid { at, message } => write!(f, "the plan is not sound at `{at}`: {message}"),
        }
    }
}

impl std::error::Error for PlanError {}

impl Plan {
    /// The text of a plan file: JSON, two spaces a level, fields in a fixed order, a newline at the end.
    pub fn to_json_pretty(&self) -> Result<String, PlanError> {
        let depth = plan_validate::depth(self)?;
        with_stack(depth, || {
            let mut text =
                serde_json::to_string_pretty(self).map_err(|e| PlanError::Syntax(e.to_string()))?;
            text.push('\n');
            Ok(text)
        })
    }

    /// Reads a plan file. Whatever the text: a plan that keeps the rules of [`Plan::validate`], or an error.
    pub fn from_json(text: &str) -> Result<Plan, PlanError> {
        let depth = bracket_depth(text);
        if depth > MAX_JSON_DEPTH {
            return Err(PlanError::TooDeep);
        }
        check_version(text)?;
        let plan = with_stack(depth, || {
            let mut reader = serde_json::Deserializer::from_str(text);
            reader.disable_recursion_limit();
            let plan = Plan::deserialize(&mut reader).map_err(|e| PlanError::Syntax(e.to_string()))?;
            reader.end().map_err(|e| PlanError::Syntax(e.to_string()))?;
            Ok(plan)
        })?;
        plan.validate()?;
        Ok(plan)
    }
}

pub(crate) fn to_json(plan: &Plan) -> Result<Json, PlanError> {
    value_to_json(plan)
}

pub(crate) fn value_to_json(part: &impl serde::Serialize) -> Result<Json, PlanError> {
    serde_json::to_value(part).map_err(|e| PlanError::Syntax(e.to_string()))
}

/// A plan of another version may have any other member: its number is read first.
fn check_version(text: &str) -> Result<(), PlanError> {
    #[derive(Deserialize)]
    struct Head {
        plan_version: u64,
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    reader.disable_recursion_limit();
    let head = Head::deserialize(&mut reader).map_err(|e| PlanError::Syntax(e.to_string()))?;
    if head.plan_version == u64::from(PLAN_VERSION) {
        return Ok(());
    }
    Err(PlanError::Version(head.plan_version))
}

/// The deepest nesting of brackets outside of strings: an upper bound for any reader's recursion.
fn bracket_depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Runs recursive work, with a larger stack where the data is deep.
pub(crate) fn with_stack<T: Send>(
    depth: usize,
    work: impl FnOnce() -> Result<T, PlanError> + Send,
) -> Result<T, PlanError> {
    if depth <= SHALLOW {
        return work();
    }
    if depth > MAX_JSON_DEPTH {
        return Err(PlanError::TooDeep);
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(DEEP_STACK).spawn_scoped(scope, work);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(PlanError::TooDeep),
        }
    })
}
