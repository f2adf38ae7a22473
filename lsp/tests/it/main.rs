//! The language server: answers as plain data, and the protocol over a connection in memory.

mod answers;
mod edits;
mod positions;
mod protocol;
mod support;
