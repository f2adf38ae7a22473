//! What surrounds a DAG file.

use crate::python::Plain;
use std::collections::BTreeMap;

/// Which Airflow a file was written for: defaults and installed modules differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum AirflowVersion {
    /// 2.10 and 2.11.
    Two,
    /// 3.
    #[default]
    Three,
}

impl AirflowVersion {
    /// Major and minor number, for tests in the file.
    pub fn numbers(self) -> (i64, i64, i64) {
        match self {
            AirflowVersion::Two => (2, 11, 2),
            AirflowVersion::Three => (3, 3, 2),
        }
    }
}

/// Options of the Airflow importer.
#[derive(Clone, Debug, Default)]
pub struct AirflowOptions {
    /// The version.
    pub version: AirflowVersion,
    /// Folders in which own modules are looked for, after the file's folder and the package roots above it.
    pub roots: Vec<String>,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// Airflow variables.
    pub variables: BTreeMap<String, Plain>,
}
