//! From a graph that the file builds to mission text.

mod again;
mod ask;
mod block;
mod choices;
mod functional;
mod print;
mod providers;
mod python;
mod rounds;
mod state;
mod states;
mod texts;
mod types;
mod write;

pub(in crate::from::langchain) use functional::Tasks;
pub(in crate::from::langchain) use write::{approximations, mission};
