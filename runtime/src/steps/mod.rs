//! Step kinds, one file each, and what they share: `convert`, `paths`.

pub mod archive;
pub mod clock;
pub mod convert;
pub mod csv;
pub mod exec;
pub mod fail;
pub mod fs;
pub mod git;
pub mod hash;
pub mod http;
pub mod human;
pub mod log;
pub mod noop;
pub mod paths;
pub mod random;
pub mod regex;
pub mod rows;
pub mod schema;
pub mod sql;
pub mod system;
pub mod toml;
pub mod wait;
pub mod xml;
pub mod yaml;
