//! Tests of the importer of YAML and JSON missions.

mod fixtures;
mod laws;
mod pages;
mod table;
