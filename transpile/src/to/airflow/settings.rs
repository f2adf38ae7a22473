//! What the DAG as a whole is given: its schedule, parameters, tags.

use super::constant::{constant, nanoseconds, timedelta};
use super::loss::{Fate, Loss};
use super::python::{Arg, Py, named, plain};
use crate::from::airflow::AirflowVersion;
use rustchain_plan::codec;
use rustchain_plan::plan::{InputSpec, Plan, Schedule, ScheduleExpr};
use rustchain_plan::types::Schema;
use rustchain_plan::{Labels, Type};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// `meta airflow` of a mission that are arguments of the DAG, beside those that [`settings`] reads itself.
const DAG_META: &[&str] = &[
    "dag_display_name",
    "is_paused_upon_creation",
    "max_active_runs",
    "max_active_tasks",
    "max_consecutive_failed_dag_runs",
];

/// `meta airflow` of a mission that are defaults of its tasks.
const TASK_META: &[&str] = &["owner", "depends_on_past", "email"];

/// The `meta airflow` of a mission (an empty path) or a step.
pub(super) fn meta<'p>(plan: &'p Plan, path: &str) -> BTreeMap<&'p str, &'p Json> {
    let block = plan.debug.meta.get(path).and_then(|all| all.get("airflow")).and_then(Json::as_object);
    block.into_iter().flatten().map(|(name, value)| (name.as_str(), value)).collect()
}

/// The arguments of `DAG(…)`.
pub(super) fn settings(
    plan: &Plan,
    version: AirflowVersion,
    fail_fast: bool,
    losses: &mut Vec<Loss>,
) -> Vec<Arg> {
    let meta = meta(plan, "");
    let (schedule, zone) = schedule(plan, version, losses);
    let start = meta.get("start_date").and_then(|v| v.as_str()).unwrap_or("2024-01-01T00:00:00Z");
    let mut args = vec![
        named("dag_id", Py::text(super::names::task_id(&plan.id))),
        named("schedule", schedule),
        named("start_date", moment(start, zone.as_deref())),
    ];
    if let Some(end) = meta.get("end_date").and_then(|v| v.as_str()) {
        args.push(named("end_date", moment(end, zone.as_deref())));
    }
    args.push(named("catchup", Py::bool(meta.get("catchup").and_then(|v| v.as_bool()).unwrap_or(false))));
    let within = plan.within.as_ref().and_then(|expr| nanoseconds(expr, &plan.schemas));
    let given = meta.get("dagrun_timeout").and_then(|v| codec::parse_duration(v.as_str()?));
    let bound = within.into_iter().chain(plan.policy.budget.wall).chain(given).min();
    if let Some(bound) = bound {
        args.push(named("dagrun_timeout", timedelta(bound)));
    }
    if fail_fast {
        let name = if version == AirflowVersion::Two { "fail_stop" } else { "fail_fast" };
        args.push(named(name, Py::bool(true)));
    }
    for name in DAG_META {
        if let Some(value) = meta.get(name) {
            args.push(named(name, Py::json(value)));
        }
    }
    let tags = meta.get("tags").filter(|v| v.as_array().is_some_and(|tags| !tags.is_empty()));
    if let Some(tags) = tags {
        args.push(named("tags", Py::json(tags)));
    }
    args.push(named("default_args", default_args(&meta)));
    let params = params(plan, losses);
    if !params.is_empty() {
        args.push(named("params", Py::Dict(params)));
    }
    if !plan.doc.is_empty() {
        args.push(named("doc_md", Py::raw("__doc__")));
    }
    args
}

fn default_args(meta: &BTreeMap<&str, &Json>) -> Py {
    let mut items: Vec<(Py, Py)> =
        TASK_META.iter().filter_map(|name| Some((Py::text(*name), Py::json(meta.get(name)?)))).collect();
    items.push((Py::text("retries"), Py::raw("0")));
    items.push((Py::text("retry_delay"), timedelta(0)));
    Py::Dict(items)
}

/// `pendulum.datetime(2024, 1, 1, tz="UTC")` of a moment in RFC 3339, as a clock in the zone shows it.
fn moment(text: &str, zone: Option<&str>) -> Py {
    let utc = codec::parse_timestamp(text).map(codec::format_timestamp).unwrap_or_default();
    let numbers = utc.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let mut numbers: Vec<u32> = numbers.take(6).map(|part| part.parse().unwrap_or(0)).collect();
    while numbers.len() > 3 && numbers.last() == Some(&0) {
        numbers.pop();
    }
    let mut args: Vec<Arg> = numbers.iter().map(|n| plain(Py::raw(n.to_string()))).collect();
    args.push(named("tz", Py::text("UTC")));
    let at = Py::Call("pendulum.datetime".to_owned(), args);
    match zone.filter(|zone| *zone != "UTC") {
        None => at,
        Some(zone) => {
            let shown = format!("{}.in_timezone", at.write(0, 0, 0));
            Py::Call(shown, vec![plain(Py::text(zone))])
        }
    }
}

/// The schedule, and the zone of its clock.
fn schedule(plan: &Plan, version: AirflowVersion, losses: &mut Vec<Loss>) -> (Py, Option<String>) {
    match &plan.schedule {
        Schedule::None => (Py::raw("None"), None),
        Schedule::Once => (Py::text("@once"), None),
        Schedule::Every(ns) => (timedelta(*ns), None),
        Schedule::Cron(line, zone) => (Py::text(line.as_str()), Some(zone.to_string())),
        Schedule::On(events) => match on(events, version, true) {
            Some(schedule) => (schedule, None),
            None => {
                let message = "Airflow has no such combination of assets and times: the DAG has no schedule";
                let help = "write assets with `&&` and `||`, or one `cron(…) || …`";
                losses.push(Loss::of(Fate::Lost, None, message).help(help));
                (Py::raw("None"), None)
            }
        },
    }
}

fn on(events: &ScheduleExpr, version: AirflowVersion, outer: bool) -> Option<Py> {
    if let (ScheduleExpr::Any(parts), true) = (events, outer) {
        let cron = parts.iter().find_map(|part| match part {
            ScheduleExpr::Cron(line, zone) => Some((line, zone)),
            _ => None,
        });
        let assets: Vec<ScheduleExpr> =
            parts.iter().filter(|part| !matches!(part, ScheduleExpr::Cron(..))).cloned().collect();
        if let Some((line, zone)) = cron.filter(|_| assets.len() + 1 == parts.len()) {
            let assets = match assets.as_slice() {
                [one] => on(one, version, false)?,
                _ => on(&ScheduleExpr::Any(assets), version, false)?,
            };
            let timetable = Py::Call(
                "CronTriggerTimetable".to_owned(),
                vec![plain(Py::text(line.as_str())), named("timezone", Py::text(zone.as_str()))],
            );
            let two = version == AirflowVersion::Two;
            let (name, kind) =
                if two { ("DatasetOrTimeSchedule", "datasets") } else { ("AssetOrTimeSchedule", "assets") };
            return Some(Py::Call(name.to_owned(), vec![named("timetable", timetable), named(kind, assets)]));
        }
    }
    match events {
        ScheduleExpr::Asset(uri) if outer => Some(Py::List(vec![asset(uri, version)])),
        ScheduleExpr::Asset(uri) => Some(asset(uri, version)),
        ScheduleExpr::Cron(..) => None,
        ScheduleExpr::All(parts) => combined(parts, " & ", version, outer),
        ScheduleExpr::Any(parts) => combined(parts, " | ", version, outer),
    }
}

fn combined(parts: &[ScheduleExpr], operator: &str, version: AirflowVersion, outer: bool) -> Option<Py> {
    let parts: Option<Vec<String>> =
        parts.iter().map(|part| Some(on(part, version, false)?.write(0, 0, 0))).collect();
    let text = parts?.join(operator);
    Some(Py::raw(if outer { text } else { format!("({text})") }))
}

/// `Asset("uri")`.
pub(super) fn asset(uri: &str, version: AirflowVersion) -> Py {
    let name = if version == AirflowVersion::Two { "Dataset" } else { "Asset" };
    Py::Call(name.to_owned(), vec![plain(Py::text(uri))])
}

/// Is it given by whoever starts a run? Secrets are not.
pub(super) fn is_param(input: &InputSpec) -> bool {
    !input.labels.contains(Labels::SECRET)
}

fn params(plan: &Plan, losses: &mut Vec<Loss>) -> Vec<(Py, Py)> {
    let inputs: Vec<&InputSpec> = plan.inputs.iter().filter(|input| is_param(input)).collect();
    inputs.into_iter().map(|input| (Py::text(input.name.as_str()), param(plan, input, losses))).collect()
}

fn param(plan: &Plan, input: &InputSpec, losses: &mut Vec<Loss>) -> Py {
    let default = input.default.as_ref().map(|expr| constant(expr, &plan.schemas));
    let mut types = json_types(&input.ty);
    let mut args = Vec::new();
    match default {
        Some(Some(value)) if input.env.is_none() => {
            args.push(plain(Py::json(&codec::encode(&value, &plan.schemas))));
        }
        None if input.env.is_none() && plan.schedule == Schedule::None && !types.contains(&"null") => {}
        other => {
            if other.is_none() && input.env.is_none() && !types.contains(&"null") {
                let message = format!("the input `{}` has no default, and a schedule gives none", input.name);
                losses.push(Loss::of(Fate::Lost, None, message).help("give it a default, or `from env(…)`"));
            }
            // Null stands for what the step finds itself: the environment, or the default.
            if !types.is_empty() && !types.contains(&"null") {
                types.insert(0, "null");
            }
            args.push(plain(Py::raw("None")));
        }
    }
    match types.as_slice() {
        [] => {}
        [one] => args.push(named("type", Py::text(*one))),
        many => args.push(named("type", Py::texts(many.iter().copied()))),
    }
    if let Some(members) = members(plan, &input.ty) {
        args.push(named("enum", Py::texts(members)));
    }
    if !input.doc.is_empty() {
        args.push(named("description", Py::text(input.doc.trim())));
    }
    Py::Call("Param".to_owned(), args)
}

/// JSON's names of a type; empty: any.
fn json_types(ty: &Type) -> Vec<&'static str> {
    match ty {
        Type::Bool => vec!["boolean"],
        Type::Int => vec!["integer"],
        Type::Float => vec!["number"],
        Type::String | Type::Bytes | Type::Timestamp | Type::Duration | Type::Url | Type::Path => {
            vec!["string"]
        }
        Type::List(_) => vec!["array"],
        Type::Map(_) | Type::Record(_) => vec!["object"],
        Type::Optional(inner) => {
            let mut types = json_types(inner);
            if !types.is_empty() {
                types.insert(0, "null");
            }
            types
        }
        _ => Vec::new(),
    }
}

fn members(plan: &Plan, ty: &Type) -> Option<Vec<String>> {
    let Type::Named(name) = ty else { return None };
    match plan.schemas.get(name)? {
        Schema::Enum(schema) => Some(schema.members.iter().map(|m| m.wire.to_string()).collect()),
        Schema::Record(_) => None,
    }
}
