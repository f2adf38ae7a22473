//! The language server. `ide` answers an editor's questions as plain data: paths, byte spans, texts. `server` speaks
//! the protocol and does nothing else. `project` says where a project begins and which files hold missions.

pub mod ide;
mod imported;
pub mod project;
mod server;

pub use server::{run, serve};
