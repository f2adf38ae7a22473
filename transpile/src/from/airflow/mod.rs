//! Airflow DAG files: what Airflow would build from them, without running them.

mod callable;
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
mod settings;
mod setup;
mod state;
mod taskflow;
mod tasks;

pub use inspect::{effect_name, inspect, value as value_json};
pub use lower::{AirflowImport, Entry, Fate, OriginRange, OutputFile, Report, import};
pub use model::{
    AirflowDag, AirflowFile, AirflowGroup, AirflowLoss, AirflowTask, Callable, Data, Dependency, Mapping,
    Origin, Param,
};
pub use options::{AirflowOptions, AirflowVersion};
pub use read::read;
pub use state::Effect;
