//! Policies, and the one decision about an effect.

use crate::effect::{Effect, EffectKind, Pattern};
use crate::expr::Expr;
use crate::label::Labels;
pub use crate::pattern::Decider;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// What a mission may do. Deny by default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// `policy inferred`: the rows of the steps are granted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inferred: bool,
    /// `allow` lines, one a pattern.
    #[serde(default)]
    pub allow: Vec<Grant>,
    /// `deny` lines; stronger than `allow`.
    #[serde(default)]
    pub deny: Vec<Grant>,
    /// `budget { … }`.
    #[serde(default)]
    pub budget: Budget,
    /// `require approval for …`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approval>,
    /// `never A after B`, `A only after B`, `at most N A`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sequences: Vec<Sequence>,
    /// `never flow L to …`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flows: Vec<FlowRule>,
    /// `allow personal`: models may see personal data.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub personal: bool,
    /// What happens to untrusted text in the prompt of a model with effects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_untrusted: Option<PromptUntrusted>,
    /// `sandbox strict | degraded`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<Sandbox>,
    /// What organisation policies let through: nothing beyond them is allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ceilings: Vec<Ceiling>,
    /// `deny inferred`, in an organisation policy: no mission may write `policy inferred`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub denies_inferred: bool,
    /// `deny personal`, in an organisation policy: no mission may write `allow personal`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub denies_personal: bool,
}

/// The grants of an organisation policy that a mission is bound by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ceiling {
    /// The organisation policy's name.
    pub name: SmolStr,
    /// Its `allow` lines.
    pub allow: Vec<Grant>,
}

/// An effect that is allowed or denied, perhaps under a condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// What.
    #[serde(flatten)]
    pub effect: Effect,
    /// `where body.amount <= 100.0`: the callee's parameters are `Local`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicate: Option<Expr>,
}

/// Bounds on a run. Absent: unbounded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd: Option<f64>,
    /// Tokens, prompt and reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<i64>,
    /// Wall time, nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall: Option<i64>,
    /// Turns (agents).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turns: Option<i64>,
}

/// `require approval for net.write when untrusted`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// For which effects.
    #[serde(flatten)]
    pub effect: Effect,
    /// Only where an argument is untrusted.
    #[serde(default)]
    pub when_untrusted: bool,
}

/// Sequence rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sequence {
    /// `never A after B`.
    NeverAfter(Effect, Effect),
    /// `A only after B`.
    OnlyAfter(Effect, Effect),
    /// `at most N A`.
    AtMost(i64, Effect),
}

/// `never flow personal to llm vendor openai`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowRule {
    /// The label.
    pub label: Labels,
    /// The effect it must not reach.
    pub to: Effect,
    /// Only this vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<SmolStr>,
}

/// `prompt untrusted approve | allow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptUntrusted {
    /// A person confirms.
    Approve,
    /// Goes through.
    Allow,
}

/// `sandbox strict | degraded`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sandbox {
    /// All of it, or the run does not start.
    Strict,
    /// What the kernel offers.
    Degraded,
}

/// The decision about a pattern of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every value of the pattern is allowed.
    Allowed,
    /// Every value of the pattern is refused.
    Refused,
    /// Some may be, some may not: a guard decides at run time.
    Unproven,
}

impl Verdict {
    /// The verdict of two policies that both bind.
    #[must_use]
    pub fn and(self, other: Verdict) -> Verdict {
        match (self, other) {
            (Verdict::Refused, _) | (_, Verdict::Refused) => Verdict::Refused,
            (Verdict::Allowed, Verdict::Allowed) => Verdict::Allowed,
            _ => Verdict::Unproven,
        }
    }
}

impl Budget {
    /// The lesser of each bound.
    #[must_use]
    pub fn least(&self, other: &Budget) -> Budget {
        fn least<T: Copy + PartialOrd>(a: Option<T>, b: Option<T>) -> Option<T> {
            match (a, b) {
                (Some(a), Some(b)) => Some(if b < a { b } else { a }),
                (a, b) => a.or(b),
            }
        }
        Budget {
            usd: least(self.usd, other.usd),
            tokens: least(self.tokens, other.tokens),
            wall: least(self.wall, other.wall),
            turns: least(self.turns, other.turns),
        }
    }
}

impl Policy {
    /// Binds a mission's policy by an organisation's: what that denies, asks for and forbids is added, its
    /// budget counts where it is smaller, and nothing is allowed that none of its `allow` lines covers. An
    /// organisation policy without any `allow` line only forbids.
    pub fn bind(&mut self, name: &str, organisation: &Policy) {
        if !organisation.allow.is_empty() {
            let allow = organisation.allow.clone();
            self.ceilings.push(Ceiling { name: name.into(), allow });
        }
        self.deny.extend(organisation.deny.iter().cloned());
        self.approvals.extend(organisation.approvals.iter().cloned());
        self.sequences.extend(organisation.sequences.iter().cloned());
        self.flows.extend(organisation.flows.iter().cloned());
        self.budget = self.budget.least(&organisation.budget);
        let silent = organisation.allow.is_empty() && !organisation.denies_personal;
        self.personal &= organisation.personal || silent;
        self.sandbox = match (self.sandbox, organisation.sandbox) {
            (Some(Sandbox::Strict), _) | (_, Some(Sandbox::Strict)) => Some(Sandbox::Strict),
            (own, theirs) => own.or(theirs),
        };
        if organisation.prompt_untrusted == Some(PromptUntrusted::Approve) && self.prompt_untrusted.is_some()
        {
            self.prompt_untrusted = Some(PromptUntrusted::Approve);
        }
        self.denies_inferred |= organisation.denies_inferred;
        self.denies_personal |= organisation.denies_personal;
    }

    /// A request that this policy permits, perhaps under a condition, and `other` refuses whatever its
    /// arguments; the shortest that was found. The requests are those of `pattern`.
    pub fn permits_beyond(&self, other: &Policy, kind: EffectKind, pattern: &Pattern) -> Option<String> {
        crate::pattern::permits_beyond(self, other, kind, pattern)
    }

    /// The one decision function: of a literal pattern at run time, of any pattern at compile time.
    /// Predicates are not looked at here: a grant with a predicate gives at most `Unproven`.
    ///
    /// `*` of a url stands for text inside one segment of the path, one label of the host or one part of
    /// the query, `**` for any text of its part; `**` between two `/` also for nothing. A path of an
    /// `allow` line means the project: only `**` alone, absolute patterns and such that begin with `..`
    /// reach beyond it (an inferred policy grants what its rows say). A hole at the start of a path or url
    /// template, and a hole in a path or a host, is `**` in a request; in the path of a url it is `*`.
    pub fn decide(&self, kind: EffectKind, request: &Pattern) -> Verdict {
        Decider::new(self).decide(kind, request)
    }

    /// The `allow` line that covers a request.
    pub fn suggest(kind: EffectKind, request: &Pattern) -> String {
        crate::pattern::suggest(kind, request)
    }
}
