//! Foreign formats to mission text and a source map; plans to other engines.

pub mod from;
pub mod python;
pub mod to;
pub mod vfs;
