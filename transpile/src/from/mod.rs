//! Importers: one folder a format.

pub mod airflow;
mod callable;
pub mod langchain;
mod lower;
pub mod yaml;

pub use callable::{Callable, Dependency, Origin, Param};
pub use lower::{Fate, OriginRange, OutputFile};
