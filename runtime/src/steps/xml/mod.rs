//! `xml.*`: elements as records.

mod parse;
mod render;

pub use parse::parse;
pub use render::render;
