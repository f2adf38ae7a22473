//! The DAG file: imports, what tasks share, the DAG with its tasks and edges.

use super::edges::{leaves, ordered, upstreams};
use super::groups::around;
use super::loss::{Fate, Loss};
use super::names::task_id;
use super::python::{Arg, Py, docstring, named, quoted};
use super::settings::{is_param, meta, settings};
use super::task::{Tasks, Written, output_reads};
use crate::from::airflow::AirflowVersion;
use rustchain_plan::Labels;
use rustchain_plan::plan::{Node, OnFailure, Plan, Trigger};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

const GLUE: &str = include_str!("glue.py");
const GLUE_BRANCH: &str = include_str!("glue_branch.py");
const GLUE_FAILURE: &str = include_str!("glue_failure.py");

/// Values of more bytes than this may lie in files.
const LARGE: usize = 48_000;

pub(super) fn write(plan: &Plan, version: AirflowVersion, plan_file: &str, losses: &mut Vec<Loss>) -> String {
    let mut tasks = Tasks::of(plan, version);
    let mut body = Body::default();
    let mut plain = true;
    for node in ordered(plan) {
        let written = tasks.write(node, losses);
        plain &= !written.has_rule;
        body.enter(&tasks, &node.id);
        for (variable, call) in &written.lines {
            body.assign(variable, call);
        }
        body.written.insert(node.id.clone(), written);
    }
    body.leave();
    let outputs = outputs_task(plan, &mut tasks, &mut body);
    let fails = failure_task(plan, &mut tasks, &mut body, outputs);
    let stops = plan.on_failure == OnFailure::Stop && plan.root.nodes.len() > 1;
    // Airflow takes it only where no task has a rule of its own.
    let fail_fast = stops && plain && !fails && !body.has_rule;
    if stops && !fail_fast {
        let message = "a failure does not cancel what has not started: what does not depend on it runs on";
        losses.push(Loss::of(Fate::Approximated, None, message));
    }
    let edges = edges(plan, &body);
    let args = settings(plan, version, fail_fast, losses);
    let dag = Py::Call("DAG".to_owned(), args).write(0, 5, 1);
    let tail = if edges.is_empty() { String::new() } else { format!("\n{edges}") };
    let lines = if body.text.is_empty() { "    pass\n" } else { &body.text };
    let dag = format!("with {dag}:\n{lines}{tail}");
    let shared = shared(plan, plan_file, &tasks, &dag);
    let head = head(plan, plan_file);
    let imports = imports(version, &format!("{shared}{dag}"));
    format!("{head}{imports}\n{shared}\n\n{dag}")
}

/// The text inside the DAG.
#[derive(Default)]
struct Body {
    text: String,
    written: BTreeMap<SmolStr, Written>,
    /// The groups that are open, outermost first.
    open: Vec<String>,
    /// Groups with their variables.
    groups: BTreeMap<String, String>,
    /// Edges to tasks that belong to no step.
    more: Vec<(Vec<String>, String)>,
    /// One of those has a rule of its own.
    has_rule: bool,
}

impl Body {
    fn indent(&self) -> usize {
        4 + 4 * self.open.len()
    }

    /// Opens the groups around a step.
    fn enter(&mut self, tasks: &Tasks<'_>, id: &str) {
        let wanted = around(id);
        let same = self.open.iter().zip(&wanted).take_while(|(a, b)| a == b).count();
        self.open.truncate(same);
        for path in wanted.into_iter().skip(same) {
            let pad = " ".repeat(self.indent());
            let known = self.groups.get(&path).cloned();
            let line = match (known, tasks.groups.get(&path)) {
                (Some(variable), _) => format!("{pad}with {variable}:\n"),
                (None, group) => {
                    let variable =
                        format!("group_{}", path.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
                    let label = group.map_or(path.as_str(), |group| &group.label);
                    let mut args = vec![named("group_id", Py::text(label))];
                    if group.is_some_and(|group| !group.prefixed) {
                        args.push(named("prefix_group_id", Py::bool(false)));
                    }
                    let call =
                        Py::Call("TaskGroup".to_owned(), args).write(self.indent(), 5, variable.len() + 5);
                    self.groups.insert(path.clone(), variable.clone());
                    format!("{pad}with {call} as {variable}:\n")
                }
            };
            self.text.push_str(&line);
            self.open.push(path);
        }
    }

    fn leave(&mut self) {
        self.open.clear();
    }

    fn assign(&mut self, variable: &str, call: &Py) {
        let indent = self.indent();
        let pad = " ".repeat(indent);
        let value = call.write(indent, indent + variable.len() + 3, 0);
        self.text.push_str(&format!("{pad}{variable} = {value}\n"));
    }
}

/// The outputs as the last task, after everything else.
fn outputs_task(plan: &Plan, tasks: &mut Tasks<'_>, body: &mut Body) -> Option<String> {
    if plan.outputs.is_empty() || plan.outcome_leaves {
        return None;
    }
    let leaves = leaves(plan);
    let variable = tasks.variables.fresh("outputs");
    let mut args = vec![
        named("task_id", Py::text(tasks.fresh_id("outputs"))),
        named("step", Py::raw("None")),
        named("reads", Py::texts(output_reads(plan))),
        named("part", Py::text("outputs")),
    ];
    if leaves.iter().any(|leaf| tasks.rules.may_skip(leaf)) {
        args.push(named("trigger_rule", Py::text("none_failed")));
        body.has_rule = true;
    }
    body.assign(&variable, &Py::Call("RustchainStep".to_owned(), args));
    let exits = leaves.iter().filter_map(|leaf| body.written.get(leaf)).map(|w| w.exit.clone());
    let exits = exits.collect();
    body.more.push((exits, variable.clone()));
    Some(variable)
}

/// A task that fails the run where a step failed and a rule downstream let the rest go on. Airflow judges a run by
/// its leaves.
fn failure_task(plan: &Plan, tasks: &mut Tasks<'_>, body: &mut Body, outputs: Option<String>) -> bool {
    let absorbs = |node: &Node| {
        let keeps = matches!(
            node.trigger,
            None | Some(Trigger::AllSuccess | Trigger::NoneFailed | Trigger::NoneFailedMinOneSuccess)
        );
        let by_default =
            node.trigger.is_none() && tasks.rules.rule(node, &mut Vec::new()) == Some("all_done");
        node.teardown.is_none() && !node.needs.is_empty() && (!keeps || by_default)
    };
    if plan.outcome_leaves || !plan.root.nodes.iter().any(absorbs) {
        return false;
    }
    let variable = tasks.variables.fresh("failure");
    let args = vec![
        named("task_id", Py::text(tasks.fresh_id("failure"))),
        named("trigger_rule", Py::text("one_failed")),
    ];
    body.assign(&variable, &Py::Call("RustchainFailure".to_owned(), args));
    let plain = plan.root.nodes.iter().filter(|node| node.teardown.is_none());
    let exits = plain.filter_map(|node| body.written.get(&node.id)).map(|w| w.exit.clone());
    let exits = exits.chain(outputs).collect();
    body.more.push((exits, variable));
    true
}

/// `a >> b`, in the order of the source; setups and teardowns last.
fn edges(plan: &Plan, body: &Body) -> String {
    let upstreams = upstreams(plan);
    let mut out = String::new();
    let mut line = |from: &[String], label: Option<&str>, to: &str| match from {
        [] => {}
        [one] => {
            let label = label.map(|text| format!("Label({}) >> ", quoted(text))).unwrap_or_default();
            out.push_str(&format!("    {one} >> {label}{to}\n"));
        }
        many => {
            let from = Py::List(many.iter().map(Py::raw).collect());
            out.push_str(&format!("    {} >> {to}\n", from.write(4, 4, to.len() + 4)));
        }
    };
    for node in &plan.root.nodes {
        let Some(written) = body.written.get(&node.id) else { continue };
        let ids = upstreams.get(node.id.as_str()).into_iter().flatten();
        let from: Vec<String> = ids
            .filter(|id| !written.mapped_over.contains(*id))
            .filter_map(|id| body.written.get(id))
            .map(|upstream| upstream.exit.clone())
            .collect();
        let meta = meta(plan, &node.id);
        line(&from, meta.get("label").and_then(|label| label.as_str()), &written.entry);
        for (from, to) in &written.edges {
            line(from, None, to);
        }
    }
    for (from, to) in &body.more {
        line(from, None, to);
    }
    for node in &plan.root.nodes {
        let (Some(setup), Some(written)) = (&node.teardown, body.written.get(&node.id)) else { continue };
        if let Some(setup) = body.written.get(setup) {
            out.push_str(&format!("    {}.as_teardown(setups={})\n", written.exit, setup.exit));
        }
    }
    out
}

fn head(plan: &Plan, plan_file: &str) -> String {
    let doc =
        if plan.doc.trim().is_empty() { format!("The mission {}.", plan.mission) } else { plan.doc.clone() };
    format!(
        "\"\"\"{}\n\nWritten by `rustchain transpile to-airflow`; what the steps do is in {}.\n\"\"\"\n\n",
        docstring(&doc),
        docstring(plan_file),
    )
}

/// Constants and classes that the tasks use.
fn shared(plan: &Plan, plan_file: &str, tasks: &Tasks<'_>, dag: &str) -> String {
    let dict = |name: &str, items: Vec<(Py, Py)>| {
        format!("{name} = {}\n", Py::Dict(items).write(0, name.len() + 3, 0))
    };
    let mut out = String::new();
    let steps = ["RustchainStep", "RustchainBranch"].iter().any(|class| dag.contains(class));
    if !steps {
        if dag.contains("ROOT") {
            out.push_str("ROOT = os.environ.get(\"RUSTCHAIN_ROOT\", str(Path(__file__).parent))\n");
        }
        if dag.contains("RustchainFailure") {
            out.push_str(&format!("\n\n{GLUE_FAILURE}"));
        }
        return out;
    }
    out.push_str(&format!("PLAN = Path(__file__).with_name({})\n", quoted(plan_file)));
    out.push_str("# Where the files of the mission are, and the program.\n");
    out.push_str("ROOT = os.environ.get(\"RUSTCHAIN_ROOT\", str(PLAN.parent))\n");
    out.push_str("RUSTCHAIN = os.environ.get(\"RUSTCHAIN\", \"rustchain\")\n");
    out.push_str("# Values of more bytes go to files where RUSTCHAIN_VALUES is set.\n");
    out.push_str(&format!("LARGE = {LARGE}\n"));
    let inputs = plan.inputs.iter().filter(|input| is_param(input)).map(|input| input.name.as_str());
    let inputs = Py::texts(inputs);
    out.push_str(&format!("INPUTS = {}\n", inputs.write(0, 9, 0)));
    out.push_str("# Secrets: the variable of the environment, else the connection whose password it is.\n");
    let secrets = plan.inputs.iter().filter(|input| input.labels.contains(Labels::SECRET)).map(|input| {
        let env = input.env.as_deref().map_or("None".to_owned(), quoted);
        let connection = task_id(&input.env.as_deref().unwrap_or(&input.name).to_lowercase());
        (Py::text(input.name.as_str()), Py::raw(format!("({env}, {})", quoted(&connection))))
    });
    out.push_str(&dict("SECRETS", secrets.collect()));
    out.push_str("# Steps whose task has another id, and those with a task for each element.\n");
    let ids = tasks.task_ids.iter().map(|(step, id)| (Py::text(step.as_str()), Py::text(id.as_str())));
    out.push_str(&dict("TASK_IDS", ids.collect()));
    let mapped = tasks.mapped.iter().map(|(step, elements)| {
        let elements = elements.as_ref().map_or(Py::raw("None"), |id| Py::text(id.as_str()));
        (Py::text(step.as_str()), elements)
    });
    out.push_str(&dict("MAPPED", mapped.collect()));
    out.push_str(&format!("\n\n{GLUE}"));
    if dag.contains("RustchainBranch") {
        out.push_str(&format!("\n\n{GLUE_BRANCH}"));
    }
    if dag.contains("RustchainFailure") {
        out.push_str(&format!("\n\n{GLUE_FAILURE}"));
    }
    out
}

/// The imports of what the text uses, sorted as formatters do.
fn imports(version: AirflowVersion, text: &str) -> String {
    let words: BTreeSet<&str> = text
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .collect();
    let mut out = String::from("from __future__ import annotations\n\n");
    for module in ["hashlib", "json", "os", "subprocess"] {
        if text.contains(&format!("{module}.")) {
            out.push_str(&format!("import {module}\n"));
        }
    }
    let standard = [("timedelta", "datetime"), ("Path", "pathlib")];
    for (name, module) in standard.iter().filter(|(name, _)| words.contains(name)) {
        out.push_str(&format!("from {module} import {name}\n"));
    }
    out.push_str("\nimport pendulum\n");
    let table = match version {
        AirflowVersion::Three => THREE,
        AirflowVersion::Two => TWO,
    };
    for (module, names) in table {
        let used: Vec<Arg> = names
            .iter()
            .filter(|name| words.contains(*name))
            .map(|name| Arg { name: None, value: Py::raw(*name) })
            .collect();
        if used.is_empty() {
            continue;
        }
        let flat = used.iter().filter_map(|arg| match &arg.value {
            Py::Raw(name) => Some(name.as_str()),
            _ => None,
        });
        let flat: Vec<&str> = flat.collect();
        let one = format!("from {module} import {}\n", flat.join(", "));
        out.push_str(&match one.trim_end().len() <= 88 {
            true => one,
            false => {
                let lines: String = flat.iter().map(|name| format!("    {name},\n")).collect();
                format!("from {module} import (\n{lines})\n")
            }
        });
    }
    out
}

/// Modules of Airflow 3 with the names that a file may use of them.
const THREE: &[(&str, &[&str])] = &[
    ("airflow.providers.standard.operators.bash", &["BashOperator"]),
    ("airflow.providers.standard.operators.empty", &["EmptyOperator"]),
    (
        "airflow.sdk",
        &[
            "DAG",
            "Asset",
            "AssetOrTimeSchedule",
            "BaseBranchOperator",
            "BaseHook",
            "BaseOperator",
            "CronTriggerTimetable",
            "Label",
            "Param",
            "TaskGroup",
        ],
    ),
    (
        "airflow.sdk.exceptions",
        &["AirflowException", "AirflowFailException", "AirflowNotFoundException", "AirflowSkipException"],
    ),
];

/// Modules of Airflow 2.
const TWO: &[(&str, &[&str])] = &[
    ("airflow.datasets", &["Dataset"]),
    (
        "airflow.exceptions",
        &["AirflowException", "AirflowFailException", "AirflowNotFoundException", "AirflowSkipException"],
    ),
    ("airflow.hooks.base", &["BaseHook"]),
    ("airflow.models.baseoperator", &["BaseOperator"]),
    ("airflow.models.dag", &["DAG"]),
    ("airflow.models.param", &["Param"]),
    ("airflow.operators.bash", &["BashOperator"]),
    ("airflow.operators.branch", &["BaseBranchOperator"]),
    ("airflow.operators.empty", &["EmptyOperator"]),
    ("airflow.timetables.datasets", &["DatasetOrTimeSchedule"]),
    ("airflow.timetables.trigger", &["CronTriggerTimetable"]),
    ("airflow.utils.edgemodifier", &["Label"]),
    ("airflow.utils.task_group", &["TaskGroup"]),
];
