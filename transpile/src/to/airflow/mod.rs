//! A plan as an Airflow DAG file: each step a task that evaluates it with `rustchain step`, or Airflow's own
//! operator where that is the same thing.

mod constant;
mod edges;
mod file;
mod groups;
mod local;
mod loss;
mod names;
mod native;
mod python;
mod settings;
mod task;
mod trigger;

pub use loss::{Fate, Loss};

use crate::from::airflow::AirflowVersion;
use rustchain_plan::Plan;
use rustchain_plan::plan::Tool;

/// A DAG file and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AirflowDagFile {
    /// The DAG's id; the file is this with `.py`.
    pub dag_id: String,
    /// The name of the plan file, which lies beside it.
    pub plan_file: String,
    /// The Python source.
    pub text: String,
    /// Python files of the plan's tools, relative to its root: they lie beside it too.
    pub tools: Vec<String>,
    /// What Airflow has no exact form for, in the order of the plan.
    pub losses: Vec<Loss>,
}

impl AirflowDagFile {
    /// Is something not carried at all?
    pub fn has_loss(&self) -> bool {
        self.losses.iter().any(|loss| loss.fate == Fate::Lost)
    }
}

/// Writes a plan as a DAG file for a version of Airflow.
pub fn airflow(plan: &Plan, version: AirflowVersion) -> AirflowDagFile {
    let dag_id = names::task_id(&plan.id);
    let plan_file = format!("{dag_id}.plan.json");
    let mut losses = local::losses(plan, version);
    let text = file::write(plan, version, &plan_file, &mut losses);
    losses.sort_by_key(|loss| place(plan, loss));
    losses.dedup();
    let mut tools: Vec<String> = plan
        .tools
        .values()
        .map(|tool| match tool {
            Tool::Python { file, .. } => file.to_string(),
        })
        .collect();
    tools.sort();
    tools.dedup();
    AirflowDagFile { dag_id, plan_file, text, tools, losses }
}

/// The mission first, then its steps as they stand.
fn place(plan: &Plan, loss: &Loss) -> usize {
    let root = loss.step.as_deref().map(|path| path.split('/').next().unwrap_or(path));
    let at = root.and_then(|id| plan.root.nodes.iter().position(|node| node.id == id));
    at.map_or(0, |at| at + 1)
}
