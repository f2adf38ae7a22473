//! Importers: one folder a format.

pub mod airflow;
mod callable;
mod detect;
mod free_names;
pub mod langchain;
mod lower;
pub mod yaml;

pub use callable::{Callable, Dependency, Origin, Param};
pub use detect::{Importer, by_imports};
pub use lower::{Entry, Fate, Import, OriginRange, OutputFile, Report, Subject};
