//! Step kinds against real servers, files, processes, repositories and databases.

mod archive;
mod control;
mod data;
mod exec;
mod fs;
mod git;
mod http;
mod python;
mod sql;
mod support;
