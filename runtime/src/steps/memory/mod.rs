//! `memory.*`: remembered texts in one SQLite file a store, found by vectors or by words.

mod add;
mod search;
mod store;

pub use add::add;
pub use search::search;
