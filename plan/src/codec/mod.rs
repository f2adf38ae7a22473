//! Values to and from JSON, by type: wire names, constraints, defaults.

pub(crate) mod base64;
mod decode;
pub(crate) mod duration;
mod encode;
mod fold;
mod json_schema;
mod timestamp;

pub use decode::{DecodeError, decode, decode_text};
pub(crate) use decode::{Decoder, decode_scalar_text};
pub use duration::{format_duration, parse_duration};
pub use encode::encode;
pub(crate) use encode::wire_of_member;
pub use json_schema::{json_schema, strict_json_schema};
pub use timestamp::{format_timestamp, parse_timestamp};
