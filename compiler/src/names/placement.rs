//! Which statements may stand where.

use rustchain_grammar::ast::{Stmt, StmtKind};
use rustchain_grammar::{Diagnostic, FileId};

/// Where a statement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a mission.
    Mission,
    /// In a chain.
    Chain,
    /// In a group.
    Group,
    /// In the body of `for`, `loop`.
    Block,
}

impl Place {
    fn word(self) -> &'static str {
        match self {
            Place::Mission => "a mission",
            Place::Chain => "a chain",
            Place::Group => "a group",
            Place::Block => "the body of a `for` or `loop`",
        }
    }
}

/// Reports statements that may not stand there.
pub(crate) fn check(file: FileId, body: &[Stmt], place: Place, diagnostics: &mut Vec<Diagnostic>) {
    for (index, stmt) in body.iter().enumerate() {
        let last = index + 1 == body.len();
        let Some((what, help)) = misplaced(&stmt.kind, place, last) else { continue };
        let message = format!("{what} cannot stand in {}", place.word());
        diagnostics.push(Diagnostic::error("RC0110", file, stmt.span, message).help(help));
    }
}

fn misplaced(kind: &StmtKind, place: Place, last: bool) -> Option<(&'static str, &'static str)> {
    const MISSION_ONLY: &str = "move it to the top of the mission";
    match kind {
        StmtKind::Error | StmtKind::Let(_) | StmtKind::Step(_) => None,
        StmtKind::Group(_) => (place == Place::Block)
            .then_some(("a group", "write its steps one after the other, or move them into a chain")),
        StmtKind::Return(_) => (place != Place::Chain).then_some(match place {
            Place::Mission => ("`return`", "a mission gives its results by `output name: type = value`"),
            _ => ("`return`", "the last expression of a body is its value"),
        }),
        StmtKind::Value(_) => match place {
            Place::Block if last => None,
            Place::Block => Some(("an expression before other statements", "name it: `step x = …`")),
            Place::Chain => Some(("a bare expression", "write `return …`, or name it: `step x = …`")),
            _ => Some(("a bare expression", "name it: `step x = …`")),
        },
        _ if place == Place::Mission => None,
        StmtKind::Input(_) => Some(("`input`", input_help(place))),
        StmtKind::Secret(_) => Some(("`secret`", input_help(place))),
        StmtKind::Output(_) => Some(("`output`", output_help(place))),
        StmtKind::PolicyName(_) | StmtKind::PolicyInferred | StmtKind::PolicyBlock(_) => {
            Some(("`policy`", MISSION_ONLY))
        }
        StmtKind::Defaults(_) => Some(("`defaults`", MISSION_ONLY)),
        StmtKind::Id(..) => Some(("`id`", "a step takes its id in `with { id \"…\" }`")),
        StmtKind::Within(_) => Some(("`within`", "a step takes it in `with { within … }`")),
        StmtKind::Schedule(_) => Some(("`schedule`", MISSION_ONLY)),
        StmtKind::Meta(..) => Some(("`meta`", "a step takes it in `with { meta … }`")),
        StmtKind::OnFailure(_) => Some(("`on failure`", MISSION_ONLY)),
        StmtKind::Outcome(_) => Some(("`outcome`", MISSION_ONLY)),
    }
}

fn input_help(place: Place) -> &'static str {
    match place {
        Place::Chain => "a chain takes parameters: `chain f(x: T) -> R { … }`",
        _ => "inputs belong to the mission",
    }
}

fn output_help(place: Place) -> &'static str {
    match place {
        Place::Chain => "a chain gives its result by `return …`",
        _ => "outputs belong to the mission",
    }
}
