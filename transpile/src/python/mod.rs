//! A partial evaluator for Python files: runs what is known when a file is loaded, keeps the rest symbolic.
//!
//! Nothing of the file is executed: there is no interpreter, no clock, no environment and no network.
//! Work and memory are bounded. What a framework's objects mean is told by a [`Host`].

mod assign;
mod attr;
mod builtins;
mod call;
mod class;
mod compare;
mod comprehension;
pub mod dict;
mod exec;
mod expr;
mod flow;
mod foreign;
mod format;
pub mod host;
mod import;
pub mod machine;
mod matching;
mod methods;
mod ops;
pub mod plain;
pub(crate) mod roots;
mod scan;
mod stdlib;
pub mod syntax;
mod text;
pub mod time;
pub mod value;

pub use foreign::is_secret;
pub use host::{Host, ImportVerdict};
pub use machine::{Eval, Limits, Machine, Options, Raised, Stop};
pub use plain::Plain;
pub(crate) use stdlib::yaml_documents;
pub use stdlib::{clean_doc, dedent as dedent_doc};
pub use value::{Args, ModuleId, Native, ObjId, Object, Site, Symbol, SymbolKind, Value};
