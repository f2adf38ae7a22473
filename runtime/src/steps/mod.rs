//! Step kinds, one file each, and what they share: `convert`, `paths`.

pub mod clock;
pub mod convert;
pub mod exec;
pub mod fail;
pub mod fs;
pub mod http;
pub mod human;
pub mod log;
pub mod noop;
pub mod paths;
pub mod random;
pub mod system;
pub mod wait;
