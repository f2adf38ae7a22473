//! Airflow DAG files: what Airflow would build from them, without running them.

mod dags;
mod doubt;
mod edges;
mod finish;
mod groups;
mod host;
mod inspect;
pub mod lower;
mod model;
mod options;
mod read;
mod serialized;
mod settings;
mod setup;
mod state;
mod taskflow;
mod tasks;

pub use crate::from::callable::{Callable, Dependency, Origin, Param};
pub use crate::from::lower::{Fate, OriginRange, OutputFile};
pub use inspect::{effect_name, inspect, value as value_json};
pub use lower::{AirflowImport, DagSubject, import};
pub use model::{AirflowDag, AirflowFile, AirflowGroup, AirflowLoss, AirflowTask, Data, Mapping};
pub use options::{AirflowOptions, AirflowVersion};
pub use read::read;
pub use state::Effect;
