//! `git.*`, by the program `git`.

mod change;
mod log;
mod program;
mod status;

pub use change::{branch, commit, merge, tag};
pub use log::log;
pub use status::{diff, status};
