//! Lowering: declarations to a `Plan` and its places.

pub(crate) mod agent;
pub(crate) mod body;
pub(crate) mod bounds;
pub(crate) mod call;
pub(crate) mod chain;
pub(crate) mod clauses;
pub(crate) mod declaration;
pub(crate) mod handle;
pub(crate) mod kinds;
pub(crate) mod meta;
pub(crate) mod mission;
pub(crate) mod node;
pub(crate) mod policy;
pub(crate) mod provider;
pub(crate) mod region;
pub(crate) mod schedule;
pub(crate) mod tests;
pub(crate) mod tool;
pub(crate) mod used;
