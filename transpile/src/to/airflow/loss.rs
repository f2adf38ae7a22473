//! What an export carries otherwise, or not at all.

/// How something is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// With another behaviour in a corner that the message names.
    Approximated,
    /// Not at all.
    Lost,
}

/// Something of the plan that Airflow has no exact form for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// How it is carried.
    pub fate: Fate,
    /// The step, by its static id path; `None`: the mission.
    pub step: Option<String>,
    /// The clause of the step (`timeout`, `on error`), where it is one.
    pub clause: Option<&'static str>,
    /// What, and what happens instead.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Loss {
    pub(super) fn of(fate: Fate, step: Option<&str>, message: impl Into<String>) -> Loss {
        Loss { fate, step: step.map(str::to_owned), clause: None, message: message.into(), help: None }
    }

    pub(super) fn at(self, clause: &'static str) -> Loss {
        Loss { clause: Some(clause), ..self }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Loss {
        Loss { help: Some(help.into()), ..self }
    }
}
