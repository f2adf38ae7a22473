//! Importers: one folder a format.

pub mod airflow;
pub mod langchain;
pub mod yaml;
