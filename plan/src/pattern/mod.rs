//! Patterns of effects: their syntaxes, normal forms, and containment.

mod automaton;
mod decide;
mod normal;
mod token;
mod url;

pub use decide::Decider;
pub(crate) use decide::{permits_beyond, suggest};
pub(crate) use url::normalise_url;
