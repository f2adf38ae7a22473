//! Airflow's own serialised DAGs (format versions 1, 2 and 3): the graph and the arguments, without Python.
//!
//! The format keeps only the names of Python callables: every such task is a loss of its body.

use super::finish::is_rule;
use super::model::{AirflowDag, AirflowFile, AirflowGroup, AirflowLoss, AirflowTask, Data, Mapping, Origin};
use super::state::Effect;
use crate::from::callable::Callable;
use crate::python::Plain;
use crate::python::time::{DateTime, SECOND};
use rustchain_grammar::Span;
use std::collections::{HashMap, HashSet};

/// Format versions that are read.
const VERSIONS: std::ops::RangeInclusive<i64> = 1..=3;
/// Deepest value that is carried over.
const MAX_DEPTH: u32 = 24;

/// Members of a task that are not arguments of its operator.
#[rustfmt::skip]
const NO_ARGUMENTS: &[&str] = &[
    "allow_nested_operators", "downstream_task_ids", "doc_md", "label", "on_failure_fail_dagrun", "operator_class",
    "partial_kwargs", "python_callable_name", "start_from_trigger", "start_trigger_args", "task_id", "task_type",
    "template_ext", "template_fields", "template_fields_renderers", "ui_color", "ui_fgcolor", "weight_rule",
    "is_setup", "is_teardown", "trigger_rule", "retries", "deps", "subdag", "expand_input", "op_kwargs_expand_input",
    "has_retry_policy", "reschedule",
];

/// A file that holds one serialised DAG or a list of them.
pub(super) fn read(path: &str, text: &str) -> AirflowFile {
    let mut reader = Reader::new(path, text);
    let dags = match Plain::from_json(text) {
        Ok(Plain::List(items)) => items.iter().filter_map(|d| reader.dag(d)).collect(),
        Ok(one) => reader.dag(&one).into_iter().collect(),
        Err(e) => {
            let at = offset(text, e.line(), e.column());
            let span = Span::new(at, at);
            reader.lose(None, None, Effect::Graph, format!("invalid JSON: {e}"), span);
            Vec::new()
        }
    };
    AirflowFile { dags, losses: reader.losses, sources: vec![(path.to_owned(), text.to_owned())] }
}

fn offset(text: &str, line: usize, column: usize) -> u32 {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    u32::try_from(at).unwrap_or(u32::MAX)
}

struct Reader<'t> {
    path: &'t str,
    /// Where lines start.
    lines: Vec<usize>,
    /// Where `"key": "value"` first stands, for the keys that name something.
    places: HashMap<(&'t str, &'t str), Span>,
    losses: Vec<AirflowLoss>,
}

impl<'t> Reader<'t> {
    fn new(path: &'t str, text: &'t str) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut places = HashMap::new();
        for key in ["task_id", "dag_id", "_dag_id", "_group_id"] {
            let quoted = format!("\"{key}\"");
            for (at, _) in text.match_indices(&quoted) {
                let rest = text.get(at + quoted.len()..).unwrap_or("").trim_start();
                let Some(rest) = rest.strip_prefix(':') else { continue };
                let Some(value) = rest.trim_start().strip_prefix('"') else { continue };
                let start = text.len() - value.len();
                let value = value.split('"').next().unwrap_or("");
                let bound = |at: usize| u32::try_from(at.min(text.len())).unwrap_or(u32::MAX);
                let span = Span::new(bound(at), bound(start + value.len() + 1));
                places.entry((key, value)).or_insert(span);
            }
        }
        Reader { path, lines, places, losses: Vec::new() }
    }

    fn lose(&mut self, dag: Option<&str>, task: Option<&str>, effect: Effect, message: String, span: Span) {
        self.losses.push(AirflowLoss {
            dag_id: dag.map(str::to_owned),
            task_id: task.map(str::to_owned),
            effect,
            message,
            origin: self.origin(span),
        });
    }

    fn origin(&self, span: Span) -> Origin {
        let line = self.lines.partition_point(|start| *start <= span.start as usize).max(1);
        Origin { file: self.path.to_owned(), span, line }
    }

    /// The place of `"key": "value"` in the text.
    fn place(&self, key: &'static str, value: &str) -> Span {
        self.places.get(&(key, value)).copied().unwrap_or_default()
    }

    fn dag(&mut self, outer: &Plain) -> Option<AirflowDag> {
        let version = get(outer, "__version").and_then(int);
        let Some(dag) = get(outer, "dag") else {
            let message = "this JSON holds no serialised DAG: it has no member `dag`".to_owned();
            self.lose(None, None, Effect::Graph, message, Span::default());
            return None;
        };
        let Some(id) = get(dag, "dag_id").or_else(|| get(dag, "_dag_id")).and_then(text) else {
            self.lose(None, None, Effect::Graph, "the DAG has no `dag_id`".to_owned(), Span::default());
            return None;
        };
        let place = self.place("dag_id", id);
        if !version.is_some_and(|v| VERSIONS.contains(&v)) {
            let shown = version.map_or("no version".to_owned(), |v| format!("version {v}"));
            let message = format!("the format has {shown}: versions 1, 2 and 3 are read");
            self.lose(Some(id), None, Effect::Graph, message, place);
        }
        let defaults = get(outer, "client_defaults").and_then(|d| get(d, "tasks"));
        let mut groups = Vec::new();
        let mut group_of = HashMap::new();
        if let Some(root) = get(dag, "task_group").or_else(|| get(dag, "_task_group")) {
            self.groups(root, None, &mut groups, &mut group_of);
        }
        let mut tasks = Vec::new();
        let mut edges = Vec::new();
        for entry in get(dag, "tasks").map_or(&[][..], items) {
            let task = unwrapped(entry);
            let Some(task_id) = get(task, "task_id").and_then(text) else {
                self.lose(Some(id), None, Effect::Graph, "a task has no `task_id`".to_owned(), place);
                continue;
            };
            for below in get(task, "downstream_task_ids")
                .or_else(|| get(task, "_downstream_task_ids"))
                .map_or(&[][..], items)
            {
                if let Some(below) = text(below) {
                    let label = get(dag, "edge_info")
                        .and_then(|e| get(e, task_id))
                        .and_then(|e| get(e, below))
                        .and_then(|e| get(e, "label"))
                        .and_then(text);
                    edges.push((task_id.to_owned(), below.to_owned(), label.map(str::to_owned)));
                }
            }
            let group = group_of.get(task_id).cloned();
            tasks.push(self.task(id, task_id, task, defaults, group));
        }
        edges.sort();
        self.loose_ends(id, &tasks, &edges, place);
        Some(AirflowDag {
            dag_id: id.to_owned(),
            args: dag_args(dag, id),
            doc: get(dag, "doc_md").and_then(text).map(str::to_owned),
            tasks,
            groups,
            edges,
            origin: self.origin(place),
        })
    }

    fn loose_ends(
        &mut self,
        id: &str,
        tasks: &[AirflowTask],
        edges: &[(String, String, Option<String>)],
        place: Span,
    ) {
        let known: HashSet<&str> = tasks.iter().map(|t| t.task_id.as_str()).collect();
        for (up, down, _) in edges {
            if !known.contains(down.as_str()) {
                let message = format!("the edge from `{up}` leads to `{down}`, which is no task");
                self.lose(Some(id), Some(up), Effect::Graph, message, place);
            }
        }
    }

    fn groups(
        &self,
        group: &Plain,
        parent: Option<&AirflowGroup>,
        out: &mut Vec<AirflowGroup>,
        group_of: &mut HashMap<String, String>,
    ) {
        let label = get(group, "_group_id").and_then(text).unwrap_or_default();
        let prefix = parent.filter(|p| !p.group_id.is_empty()).map(|p| p.group_id.clone());
        let with_prefix = get(group, "prefix_group_id").is_none_or(|p| *p != Plain::Bool(false));
        let full = match &prefix {
            Some(prefix) if !label.is_empty() => format!("{prefix}.{label}"),
            _ => label.to_owned(),
        };
        let mut this = AirflowGroup {
            group_id: full.clone(),
            label: label.to_owned(),
            parent: prefix,
            tooltip: get(group, "tooltip").and_then(text).filter(|t| !t.is_empty()).map(str::to_owned),
            mapping: get(group, "expand_input").and_then(mapping),
            children: Vec::new(),
            origin: self.origin(self.place("_group_id", label)),
        };
        let at = out.len();
        let Some(Plain::Map(children)) = get(group, "children") else { return };
        let outer =
            AirflowGroup { group_id: if with_prefix { full.clone() } else { String::new() }, ..this.clone() };
        if !full.is_empty() {
            out.push(this.clone());
        }
        for (name, child) in children {
            match items(child) {
                [kind, _] if text(kind) == Some("operator") => {
                    this.children.push((false, name.clone()));
                    if !full.is_empty() {
                        group_of.insert(name.clone(), full.clone());
                    }
                }
                [kind, inner] if text(kind) == Some("taskgroup") => {
                    this.children.push((true, name.clone()));
                    self.groups(inner, Some(&outer), out, group_of);
                }
                _ => {}
            }
        }
        if let Some(slot) = out.get_mut(at).filter(|_| !full.is_empty()) {
            slot.children = this.children;
        }
    }

    fn task(
        &mut self,
        dag: &str,
        id: &str,
        task: &Plain,
        defaults: Option<&Plain>,
        group: Option<String>,
    ) -> AirflowTask {
        let place = self.place("task_id", id);
        let partial = get(task, "partial_kwargs").map(unwrapped);
        let of = |name: &str| {
            get(task, name)
                .or_else(|| partial.and_then(|p| get(p, name)))
                .or_else(|| defaults.and_then(|d| get(d, name)))
        };
        let class =
            get(task, "task_type").or_else(|| get(task, "_task_type")).and_then(text).unwrap_or("Operator");
        let module = of("_task_module").and_then(text).unwrap_or("airflow");
        let flag = |name: &str| of(name) == Some(&Plain::Bool(true));
        let callable = get(task, "python_callable_name").and_then(text).map(|name| Callable {
            name: name.rsplit('.').next().unwrap_or(name).to_owned(),
            origin: self.origin(place),
            ..Callable::default()
        });
        if let Some(callable) = &callable {
            let message =
                format!("the serialised form has only the name of the function `{}`", callable.name);
            self.lose(Some(dag), Some(id), Effect::Body, message, place);
        }
        let mut args: Vec<(String, Data)> = vec![("task_id".into(), Data::Str(id.to_owned()))];
        let given = [Some(task), partial].into_iter().flatten();
        for (name, value) in given.flat_map(members) {
            let plain = !name.starts_with('_') && !NO_ARGUMENTS.contains(&name.as_str());
            let callback = name.starts_with("has_on_") && *value == Plain::Bool(true);
            if callback {
                let message =
                    format!("the serialised form does not have the `{}`", name.trim_start_matches("has_"));
                self.lose(Some(dag), Some(id), Effect::Attribute, message, place);
            }
            if plain && !name.starts_with("has_on_") && !args.iter().any(|(n, _)| n == name) {
                args.push((name.clone(), argument(name, value)));
            }
        }
        let mut trigger_rule = of("trigger_rule").and_then(text).unwrap_or("all_success");
        if !is_rule(trigger_rule) {
            let message = format!("`{trigger_rule}` is no trigger rule");
            self.lose(Some(dag), Some(id), Effect::Attribute, message, place);
            trigger_rule = "all_success";
        }
        let is_python = callable.is_some();
        let (call_pos, call_kw) = if is_python { call_arguments(&mut args) } else { Default::default() };
        AirflowTask {
            task_id: id.to_owned(),
            label: id.rsplit('.').next().unwrap_or(id).to_owned(),
            operator: class.to_owned(),
            path: format!("{module}.{class}"),
            decorator: of("_operator_name")
                .and_then(text)
                .and_then(|n| n.strip_prefix('@'))
                .map(str::to_owned),
            trigger_rule: trigger_rule.to_owned(),
            retries: of("retries").and_then(int).unwrap_or(0),
            group,
            mapping: get(task, "op_kwargs_expand_input")
                .or_else(|| get(task, "expand_input"))
                .and_then(mapping),
            is_setup: flag("is_setup"),
            is_teardown: flag("is_teardown"),
            fails_dag_run: flag("on_failure_fail_dagrun"),
            defaults: defaults
                .into_iter()
                .flat_map(members)
                .filter(|(n, _)| !NO_ARGUMENTS.contains(&n.as_str()) && !args.iter().any(|(a, _)| a == n))
                .map(|(n, v)| (n.clone(), argument(n, v)))
                .collect(),
            args,
            callable,
            call_pos,
            call_kw,
            origin: self.origin(place),
        }
    }
}

fn call_arguments(args: &mut Vec<(String, Data)>) -> (Vec<Data>, Vec<(String, Data)>) {
    let mut take = |name: &str| {
        let at = args.iter().position(|(n, _)| n == name)?;
        Some(args.remove(at).1)
    };
    let pos = match take("op_args") {
        Some(Data::List(items)) => items,
        _ => Vec::new(),
    };
    let kw = match take("op_kwargs") {
        Some(Data::Dict(items)) => {
            items.into_iter().filter_map(|(k, v)| Some((k.as_str()?.to_owned(), v))).collect()
        }
        _ => Vec::new(),
    };
    (pos, kw)
}

fn mapping(input: &Plain) -> Option<Mapping> {
    let value = get(input, "value").map(unwrapped)?;
    match get(input, "type").and_then(text)? {
        "dict-of-lists" => {
            Some(Mapping::Product(members(value).map(|(k, v)| (k.clone(), data(v, 0))).collect()))
        }
        _ => Some(Mapping::Kwargs(data(value, 0))),
    }
}

/// Arguments of `DAG(…)`.
fn dag_args(dag: &Plain, id: &str) -> Vec<(String, Data)> {
    let mut args =
        vec![("dag_id".to_owned(), Data::Str(id.to_owned())), ("schedule".to_owned(), schedule(dag))];
    for name in ["start_date", "end_date"] {
        if let Some(at) = get(dag, name).and_then(number) {
            args.push((name.to_owned(), moment(at, get(dag, "timezone"))));
        }
    }
    for name in ["catchup", "tags", "description", "max_active_runs", "dag_display_name"] {
        if let Some(value) = get(dag, name) {
            args.push((name.to_owned(), data(value, 0)));
        }
    }
    if let Some(timeout) = get(dag, "dagrun_timeout").and_then(number) {
        args.push(("dagrun_timeout".to_owned(), delta(timeout)));
    }
    if let Some(params) = get(dag, "params").map(params).filter(|p| !p.is_empty()) {
        args.push(("params".to_owned(), Data::Dict(params)));
    }
    if let Some(defaults) = get(dag, "default_args") {
        args.push(("default_args".to_owned(), data(defaults, 0)));
    }
    args
}

fn schedule(dag: &Plain) -> Data {
    let Some(given) = get(dag, "timetable").or_else(|| get(dag, "schedule_interval")) else {
        return Data::None;
    };
    let (Some(path), Some(inner)) = (get(given, "__type").and_then(text), get(given, "__var")) else {
        return data(given, 0);
    };
    timetable(path, inner)
}

fn timetable(path: &str, inner: &Plain) -> Data {
    let condition =
        || get(inner, "asset_condition").or_else(|| get(inner, "dataset_condition")).map(|c| data(c, 0));
    let call = |kw: Vec<(&str, Data)>| Data::Call {
        path: path.to_owned(),
        pos: Vec::new(),
        kw: kw.into_iter().map(|(n, v)| (n.to_owned(), v)).collect(),
    };
    match path.rsplit('.').next().unwrap_or(path) {
        "timedelta" => number(inner).map_or(Data::None, delta),
        "NullTimetable" => Data::None,
        "CronTriggerTimetable" | "CronDataIntervalTimetable" => {
            let of = |name: &str| get(inner, name).map_or(Data::None, |v| data(v, 0));
            call(vec![("cron", of("expression")), ("timezone", of("timezone"))])
        }
        "DeltaTriggerTimetable" | "DeltaDataIntervalTimetable" => {
            call(vec![("delta", get(inner, "delta").and_then(number).map_or(Data::None, delta))])
        }
        "AssetTriggeredTimetable" | "DatasetTriggeredTimetable" => condition().unwrap_or(Data::None),
        "AssetOrTimeSchedule" | "DatasetOrTimeSchedule" => {
            let inner = get(inner, "timetable");
            let time = match (
                inner.and_then(|t| get(t, "__type")).and_then(text),
                inner.and_then(|t| get(t, "__var")),
            ) {
                (Some(path), Some(inner)) => timetable(path, inner),
                _ => Data::None,
            };
            call(vec![("assets", condition().unwrap_or(Data::None)), ("timetable", time)])
        }
        _ => call(members(inner).map(|(n, v)| (n.as_str(), data(v, 0))).collect()),
    }
}

/// Parameters with their schemas, from pairs (version 1 on) or a mapping.
fn params(value: &Plain) -> Vec<(Data, Data)> {
    let value = unwrapped(value);
    let pairs: Vec<(String, &Plain)> = match value {
        Plain::Map(items) => items.iter().map(|(k, v)| (k.clone(), v)).collect(),
        other => items(other)
            .iter()
            .filter_map(|pair| match items(pair) {
                [name, param] => Some((text(name)?.to_owned(), param)),
                _ => None,
            })
            .collect(),
    };
    pairs
        .into_iter()
        .map(|(name, param)| {
            let mut kw: Vec<(String, Data)> = Vec::new();
            if get(param, "__class").is_none() {
                return (Data::Str(name), data(param, 0));
            }
            for key in ["default", "description"] {
                if let Some(value) = get(param, key) {
                    kw.push((key.to_owned(), data(value, 0)));
                }
            }
            if let Some(schema) = get(param, "schema").map(unwrapped) {
                kw.extend(members(schema).map(|(k, v)| (k.clone(), data(v, 0))));
            }
            (Data::Str(name), Data::Call { path: "airflow.sdk.Param".to_owned(), pos: Vec::new(), kw })
        })
        .collect()
}

/// An argument; times of operators are seconds.
fn argument(name: &str, value: &Plain) -> Data {
    let seconds = ["retry_delay", "max_retry_delay", "execution_timeout"].contains(&name);
    match value {
        Plain::Int(_) | Plain::Float(_) if seconds => number(value).map_or(Data::None, delta),
        Plain::Map(_) if name == "params" => Data::Dict(params(value)),
        Plain::List(_) if name == "params" => Data::Dict(params(value)),
        _ => data(value, 0),
    }
}

/// A serialised value.
fn data(value: &Plain, depth: u32) -> Data {
    if depth > MAX_DEPTH {
        return Data::Unknown("a value that is nested too deep".to_owned(), None);
    }
    match value {
        Plain::Null => Data::None,
        Plain::Bool(b) => Data::Bool(*b),
        Plain::Int(i) => Data::Int(*i),
        Plain::Float(f) => Data::Float(*f),
        Plain::Str(s) => pulled(s).unwrap_or_else(|| Data::Str(s.clone())),
        Plain::List(items) => Data::List(items.iter().map(|v| data(v, depth + 1)).collect()),
        Plain::Map(pairs) => match get(value, "__type").and_then(text) {
            Some(kind) => typed(kind, value, depth),
            None => {
                Data::Dict(pairs.iter().map(|(k, v)| (Data::Str(k.clone()), data(v, depth + 1))).collect())
            }
        },
    }
}

fn typed(kind: &str, value: &Plain, depth: u32) -> Data {
    let inner = get(value, "__var").unwrap_or(&Plain::Null);
    let asset = |class: &str| {
        let kw = ["name", "uri"]
            .iter()
            .filter_map(|n| get(value, n).and_then(text).map(|t| ((*n).to_owned(), Data::Str(t.to_owned()))))
            .collect();
        Data::Call { path: format!("airflow.sdk.{class}"), pos: Vec::new(), kw }
    };
    match kind {
        "dict" => match inner {
            Plain::Map(pairs) => {
                Data::Dict(pairs.iter().map(|(k, v)| (Data::Str(k.clone()), data(v, depth + 1))).collect())
            }
            other => data(other, depth + 1),
        },
        "set" | "tuple" => data(inner, depth + 1),
        "timedelta" => number(inner).map_or(Data::None, delta),
        "datetime" => number(inner).map_or(Data::None, |at| moment(at, None)),
        "asset" | "dataset" => asset("Asset"),
        "asset_alias" | "dataset_alias" => asset("AssetAlias"),
        "asset_ref" => {
            let name = get(inner, "name").or_else(|| get(inner, "uri")).and_then(text).unwrap_or_default();
            let kw = vec![("name".to_owned(), Data::Str(name.to_owned()))];
            Data::Call { path: "airflow.sdk.Asset".to_owned(), pos: Vec::new(), kw }
        }
        "asset_all" | "asset_any" | "dataset_all" | "dataset_any" => Data::Call {
            path: format!("airflow.sdk.{}", if kind.ends_with("all") { "AssetAll" } else { "AssetAny" }),
            pos: get(value, "objects").map_or(&[][..], items).iter().map(|o| data(o, depth + 1)).collect(),
            kw: Vec::new(),
        },
        "xcomref" => match get(inner, "task_id").and_then(text) {
            Some(task) => Data::XCom {
                task: task.to_owned(),
                key: get(inner, "key").and_then(text).filter(|k| *k != "return_value").map(str::to_owned),
            },
            None => Data::Unknown("a reference to results of several tasks".to_owned(), None),
        },
        "arg_not_set" => Data::None,
        other => Data::Unknown(format!("a serialised `{other}`"), None),
    }
}

/// The result that Airflow writes as a template: `{{ task_instance.xcom_pull(task_ids='a', …, key='k') }}`.
fn pulled(template: &str) -> Option<Data> {
    let inner = template.strip_prefix("{{ task_instance.xcom_pull(")?.strip_suffix(") }}")?;
    let mut task = None;
    let mut key = None;
    for part in inner.split(", ") {
        let (name, value) = part.split_once('=')?;
        let value = value.strip_prefix('\'')?.strip_suffix('\'')?;
        match name {
            "task_ids" => task = Some(value.to_owned()),
            "key" => key = Some(value.to_owned()),
            "dag_id" => {}
            _ => return None,
        }
    }
    Some(Data::XCom { task: task?, key: key.filter(|k| k != "return_value") })
}

fn delta(seconds: f64) -> Data {
    Data::Delta((seconds * SECOND as f64).round() as i64)
}

fn moment(epoch: f64, zone: Option<&Plain>) -> Data {
    let wall = (epoch * SECOND as f64).round() as i64;
    let at = DateTime { wall: 0, zone: Some("UTC".to_owned()), date_only: false }.plus(wall);
    let zone = zone.and_then(text).unwrap_or("UTC");
    at.map_or(Data::None, |at| Data::Time(at.iso(), Some(zone.to_owned())))
}

/// The value inside `{"__type": …, "__var": …}`.
fn unwrapped(value: &Plain) -> &Plain {
    get(value, "__var").unwrap_or(value)
}

fn members(value: &Plain) -> std::slice::Iter<'_, (String, Plain)> {
    match value {
        Plain::Map(items) => items.iter(),
        _ => [].iter(),
    }
}

fn get<'p>(value: &'p Plain, name: &str) -> Option<&'p Plain> {
    members(value).find(|(k, _)| k == name).map(|(_, v)| v)
}

fn items(value: &Plain) -> &[Plain] {
    match value {
        Plain::List(items) => items,
        _ => &[],
    }
}

fn text(value: &Plain) -> Option<&str> {
    match value {
        Plain::Str(text) => Some(text),
        _ => None,
    }
}

fn int(value: &Plain) -> Option<i64> {
    match value {
        Plain::Int(i) => Some(*i),
        _ => None,
    }
}

fn number(value: &Plain) -> Option<f64> {
    match value {
        Plain::Int(i) => Some(*i as f64),
        Plain::Float(f) => Some(*f),
        _ => None,
    }
}
