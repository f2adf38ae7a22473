//! Foreign formats to mission text and a source map; plans to other engines.

pub mod to;
