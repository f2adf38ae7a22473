//! Plans to other languages.

pub mod dot;
pub mod graph;
pub mod mermaid;
