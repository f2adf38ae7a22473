//! LangChain and LangGraph: what the libraries would hold after a file has run, without running it.

mod agents;
mod data;
mod doubt;
mod files;
mod finish;
mod graph;
mod host;
mod inspect;
mod legacy;
mod memory;
mod model;
mod models;
mod names;
mod options;
mod parsers;
mod prompts;
mod providers;
mod read;
mod retrieval;
mod runnables;
mod schema;
mod state;
mod structured;
mod template;
mod tools;
mod walk;

pub use graph::{Agent, Graph, GraphEdge, GraphNode, NodeKind, StateField};
pub use inspect::{data as data_json, inspect, op as op_json};
pub use model::*;
pub use options::LangChainOptions;
pub use read::{read, read_python};
pub use template::{Piece, pieces, variables};
