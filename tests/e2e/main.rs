//! The binary as a user runs it: real files, real processes, real servers.

mod airflow;
mod checking;
mod commands;
mod findings;
mod fixes;
mod gallery;
mod langchain;
mod langchain_requests;
mod langgraph;
mod policy;
mod project;
mod recorded;
mod run;
mod semantics;
mod server;
mod to_airflow;
mod yaml;
