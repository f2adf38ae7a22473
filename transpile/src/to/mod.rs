//! Plans to other languages.

pub mod airflow;
pub mod dot;
pub mod graph;
pub mod mermaid;
