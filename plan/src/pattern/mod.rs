//! Patterns of effects: their syntaxes, normal forms, and containment.

mod decide;
mod url;

pub(crate) use decide::decide;
pub(crate) use url::normalise_url;
