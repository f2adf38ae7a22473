//! One task as one step.

use super::OriginRange;
use super::call::{list, with};
use super::dag::Lowering;
use super::schedule::asset_uri;
use super::text::{docs, duration, string};
use crate::from::airflow::{AirflowTask, Data, Effect};
use crate::from::lower::Fate;
use rustchain_grammar::Span;
use std::collections::BTreeSet;

/// Arguments that the step, its value or its clauses carry.
const CARRIED: &[&str] = &[
    "task_id",
    "trigger_rule",
    "retries",
    "retry_delay",
    "retry_exponential_backoff",
    "max_retry_delay",
    "execution_timeout",
    "python_callable",
    "op_args",
    "op_kwargs",
    "bash_command",
    "env",
    "append_env",
    "cwd",
    "skip_on_exit_code",
    "params",
    "doc",
    "doc_md",
    "outlets",
    "requirements",
    "poke_interval",
    "timeout",
    "soft_fail",
    "filepath",
    "delta",
    "target_time",
    "http_conn_id",
    "endpoint",
    "method",
    "data",
    "headers",
    "image",
    "command",
    "environment",
    "ignore_downstream_trigger_rules",
    "max_active_tis_per_dag",
    "owner",
    "start_date",
    "mode",
    "system_site_packages",
    "python",
    "do_xcom_push",
    "task_display_name",
    "depends_on_past",
    "email",
    "default_args",
    "email_on_failure",
    "email_on_retry",
    "provide_context",
    "multiple_outputs",
    "wait_for_downstream",
    "show_return_value_in_logs",
];

/// Arguments kept in `meta airflow`.
const META: &[&str] = &[
    "pool",
    "queue",
    "priority_weight",
    "weight_rule",
    "wait_for_downstream",
    "sla",
    "task_display_name",
    "max_active_tis_per_dagrun",
    "pool_slots",
    "run_as_user",
    "inlets",
    "depends_on_past",
    "mode",
];

impl Lowering<'_, '_> {
    pub(super) fn write_task(
        &mut self,
        task: &AirflowTask,
        indent: usize,
        out: &mut String,
        origins: &mut Vec<OriginRange>,
    ) {
        self.current = task.task_id.clone();
        self.reads.clear();
        let losses = self.shared.report.entries.len();
        let name = self.places.get(&task.task_id).map(|p| p.name.clone()).unwrap_or_default();
        let pad = " ".repeat(indent);
        let doc = task.text_arg("doc_md").or(task.text_arg("doc"));
        if let Some(doc) = doc {
            out.push_str(&docs(doc.trim(), indent));
        }
        out.push_str(&format!("{pad}// {}:{}\n", self.shared.path, task.origin.line));
        let start = out.len() as u32;
        let head = format!("step {name} = ");
        let value = self.step_value(task, indent, head.len());
        let clauses = self.clauses(task, value.clauses);
        let last = value.code.rsplit('\n').next().map_or(0, str::len);
        let before = if value.code.contains('\n') { last } else { head.len() + last };
        out.push_str(&format!("{pad}{head}{}{}\n", value.code, with(&clauses, indent, before)));
        origins.push(OriginRange {
            here: Span::new(start, out.len() as u32),
            file: task.origin.file.clone(),
            there: task.origin.span,
        });
        if self.shared.report.entries.len() == losses {
            let dag = self.dag;
            let message = format!("`{}`", task.operator);
            self.shared.note(
                Fate::Carried,
                (&dag.dag_id, Some(&task.task_id)),
                Effect::Body,
                message,
                &task.origin,
            );
        }
    }

    fn clauses(&mut self, task: &AirflowTask, own: Vec<String>) -> Vec<String> {
        let mut clauses = Vec::new();
        let place = self.places.get(&task.task_id).cloned();
        let shown = place.map(|p| p.groups.iter().chain([&p.name]).cloned().collect::<Vec<_>>().join("."));
        if shown.is_some_and(|id| id != task.task_id) {
            clauses.push(format!("id {}", string(&task.task_id)));
        }
        let upstream = self.links.upstream(&task.task_id);
        let inside_mapped = self.places.get(&task.task_id).and_then(|p| p.mapped_group.clone());
        let upstream: Vec<String> = upstream
            .into_iter()
            .filter(|u| {
                inside_mapped.is_none() || self.places.get(u).is_some_and(|p| p.mapped_group == inside_mapped)
            })
            .collect();
        let conditions = self.conditions.get(&task.task_id).cloned().unwrap_or_default();
        let setups: Vec<&String> =
            upstream.iter().filter(|u| self.links.task(u).is_some_and(|t| t.is_setup)).collect();
        match (task.is_teardown, setups.first()) {
            (true, Some(setup)) => {
                if let Some(reference) = self.reference(setup) {
                    clauses.push(format!("teardown {reference}"));
                }
                if setups.len() > 1 {
                    self.approximate(
                        task,
                        Effect::Attribute,
                        "a teardown of several setups is bound to the first".into(),
                    );
                }
                if task.fails_dag_run {
                    self.approximate(
                        task,
                        Effect::Attribute,
                        "`on_failure_fail_dagrun`: a teardown's failure does not fail the run".into(),
                    );
                }
            }
            _ => self.order_clauses(task, &upstream, &conditions, &mut clauses),
        }
        clauses.extend(own);
        self.attempt_clauses(task, &mut clauses);
        self.kept(task, &mut clauses);
        clauses
    }

    fn order_clauses(
        &mut self,
        task: &AirflowTask,
        upstream: &[String],
        conditions: &[super::dag::Condition],
        clauses: &mut Vec<String>,
    ) {
        let mut seen: BTreeSet<String> = conditions.iter().map(|c| c.source.clone()).collect();
        seen.extend(self.reads.iter().cloned());
        let after: Vec<String> =
            upstream.iter().filter(|u| !seen.contains(*u)).filter_map(|u| self.reference(u)).collect();
        let mut unique: Vec<String> = Vec::new();
        for name in after {
            if !unique.contains(&name) {
                unique.push(name);
            }
        }
        if !unique.is_empty() {
            clauses.push(format!("after {}", list(&unique, 4, 8)));
        }
        let rule = if task.is_teardown { "all_done" } else { task.trigger_rule.as_str() };
        if !upstream.is_empty() || rule != "all_success" {
            clauses.push(format!("trigger {rule}"));
        }
        if !conditions.is_empty() {
            let parts: Vec<String> = conditions
                .iter()
                .filter_map(|c| {
                    let reference = self.reference(&c.source)?;
                    // With any other rule the gate itself may have no value.
                    let optional = rule != "all_success";
                    Some(match c.code.as_str() {
                        "@" if optional => format!("{reference} ?? false"),
                        code if optional => code
                            .replace(" in @", &format!(" in ({reference} ?? [])"))
                            .replace('@', &reference),
                        code => code.replace('@', &reference),
                    })
                })
                .map(|p| if conditions.len() > 1 { format!("({p})") } else { p })
                .collect();
            clauses.push(format!("when {}", parts.join(" && ")));
        }
    }

    fn attempt_clauses(&mut self, task: &AirflowTask, clauses: &mut Vec<String>) {
        let micros = |d: &Data| match d {
            Data::Delta(d) => Some(*d),
            Data::Int(s) => s.checked_mul(1_000_000),
            Data::Float(s) => Some((s * 1e6) as i64),
            _ => None,
        };
        if task.retries > 0 {
            let delay = task.arg("retry_delay").and_then(micros).unwrap_or(300_000_000);
            let exponential = match task.arg("retry_exponential_backoff") {
                Some(Data::Bool(b)) => *b,
                Some(Data::Int(n)) => *n > 0,
                Some(Data::Float(f)) => *f > 0.0,
                _ => false,
            };
            let shape = if exponential { "exponential" } else { "constant" };
            let cap = task.arg("max_retry_delay").and_then(micros).map(|c| format!(", cap: {}", duration(c)));
            let cap = cap.unwrap_or_default();
            clauses.push(format!(
                "retry {} on [any] {{ backoff: {shape}({}){cap} }}",
                task.retries,
                duration(delay)
            ));
        }
        if let Some(limit) = task
            .arg("execution_timeout")
            .and_then(micros)
            .filter(|_| !clauses.iter().any(|c| c.starts_with("timeout")))
        {
            clauses.push(format!("timeout {}", duration(limit)));
        }
        if let Some(Data::List(items)) = task.arg("outlets") {
            let uris: Vec<String> =
                items.iter().filter_map(asset_uri).map(|u| format!("asset({})", string(&u))).collect();
            if !uris.is_empty() {
                clauses.push(format!("updates [{}]", uris.join(", ")));
            }
        }
    }

    fn kept(&mut self, task: &AirflowTask, clauses: &mut Vec<String>) {
        let dag = self.dag;
        let mut meta = Vec::new();
        for (name, value) in task.args.iter().chain(&task.defaults) {
            if META.contains(&name.as_str())
                && !matches!(value, Data::None | Data::Bool(false))
                && let Some(text) = super::dag::plain_expr(value)
            {
                meta.push(format!("{name}: {text}"));
                continue;
            }
            let is_hole_argument = task.args.iter().any(|(n, _)| n == name);
            if CARRIED.contains(&name.as_str()) || *value == Data::None {
                continue;
            }
            let callback = name.starts_with("on_") || name.ends_with("_callback");
            if callback || (is_hole_argument && self.is_plain_operator(task)) {
                let message = format!("the argument `{name}` is not carried over");
                self.shared.note(
                    Fate::Lost,
                    (&dag.dag_id, Some(&task.task_id)),
                    Effect::Attribute,
                    message,
                    &task.origin,
                );
            }
        }
        if let Some(label) = self.links.label(&task.task_id) {
            meta.push(format!("label: {}", string(label)));
        }
        if !meta.is_empty() {
            clauses.push(format!("meta airflow {{ {} }}", meta.join(", ")));
        }
    }

    /// True where the step is not a hole, which keeps every argument itself.
    fn is_plain_operator(&self, task: &AirflowTask) -> bool {
        task.operator.contains("Python") || task.operator.contains("Bash") || task.operator == "EmptyOperator"
    }
}
