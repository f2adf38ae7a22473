//! The commands of a mission, with their places.

use super::context::Context;
use crate::command::{Pipeline, pipelines_of};
use crate::effects::scope::Site;
use crate::spans::Place;
use rustchain_plan::plan::Call;

/// A command as far as it is known.
pub struct Command {
    /// Where it stands.
    pub place: Place,
    /// What it runs.
    pub pipelines: Vec<Pipeline>,
}

impl Command {
    /// All words, joined.
    pub fn text(&self) -> String {
        let stages = self.pipelines.iter().flatten();
        stages.map(|stage| stage.join(" ")).collect::<Vec<_>>().join("\n")
    }
}

/// Every script and argument vector.
pub fn commands(context: &Context<'_>) -> Vec<Command> {
    let mut out = Vec::new();
    for (site, call) in context.calls() {
        let pipelines = pipelines_of(&site.scope, call);
        if !pipelines.is_empty() {
            out.push(Command { place: place(context, site, call), pipelines });
        }
    }
    out
}

fn place(context: &Context<'_>, site: &Site<'_>, call: &Call) -> Place {
    let param = ["script", "args", "program"].into_iter().find(|p| call.args.contains_key(*p));
    param.map_or_else(|| context.callee(&site.path), |p| context.argument(site, call, p))
}
