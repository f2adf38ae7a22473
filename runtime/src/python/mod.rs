//! `tool f(…) -> T = python("file.py:f")`: functions of Python files, run by warm worker processes.

mod call;
mod printed;
mod reply;
mod worker;

pub use call::call;
