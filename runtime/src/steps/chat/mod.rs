//! `chat.*`: calls of tools, and conversations that are kept.

mod call;
mod log;

pub use call::{call, invoke};
pub use log::{append, read};
