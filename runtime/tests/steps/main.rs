//! Step kinds against real servers, files, processes, repositories and databases.

mod agent;
mod archive;
mod ask;
mod control;
mod data;
mod exec;
mod fs;
mod git;
mod http;
mod memory;
mod parity;
mod python;
mod sql;
mod support;
