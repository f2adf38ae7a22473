//! What entries of the fidelity report are about: DAGs and tasks.

use crate::from::airflow::{AirflowLoss, effect_name};
use crate::from::{Entry, Fate, Subject};

/// A DAG, or one of its tasks; neither: the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DagSubject {
    /// The DAG.
    pub dag_id: Option<String>,
    /// The task.
    pub task_id: Option<String>,
}

impl Subject for DagSubject {
    fn members(&self) -> Vec<(&'static str, Option<&str>)> {
        vec![("dag_id", self.dag_id.as_deref()), ("task_id", self.task_id.as_deref())]
    }

    fn shown(&self) -> Option<String> {
        match (&self.dag_id, &self.task_id) {
            (Some(dag), Some(task)) => Some(format!("{dag}.{task}")),
            (Some(dag), None) => Some(dag.clone()),
            _ => None,
        }
    }
}

/// What the reader could not tell.
pub(super) fn of_loss(loss: &AirflowLoss) -> Entry<DagSubject> {
    Entry {
        fate: Fate::Lost,
        subject: DagSubject { dag_id: loss.dag_id.clone(), task_id: loss.task_id.clone() },
        effect: effect_name(loss.effect),
        message: loss.message.clone(),
        origin: loss.origin.clone(),
    }
}
