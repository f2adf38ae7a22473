//! The decision about an effect.

use crate::effect::{EffectKind, Pattern};
use crate::policy::{Policy, Verdict};

pub(crate) fn decide(policy: &Policy, kind: EffectKind, request: &Pattern) -> Verdict {
    let _ = (policy, kind, request);
    Verdict::Unproven
}
