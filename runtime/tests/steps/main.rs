//! Step kinds against real servers, files, processes, repositories and databases.

mod control;
mod exec;
mod fs;
mod http;
mod support;
