//! The pest parser. Its types stay in this crate.

/// The parser that pest derives from `mission.pest`.
#[allow(missing_docs)]
mod derived {
    /// Matches `mission.pest`.
    #[derive(pest_derive::Parser)]
    #[grammar = "mission.pest"]
    pub struct MissionParser;
}

pub(crate) use derived::{MissionParser, Rule};
