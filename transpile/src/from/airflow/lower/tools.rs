//! Python callables as tools.

use super::dag::Lowering;
use super::own_exceptions;
use super::text::string;
use crate::from::airflow::{AirflowTask, Callable, Data, Effect};
use crate::from::lower::Fate;

/// Arguments that Airflow fills in by name, with their counterpart.
const CONTEXT: &[(&str, &str)] = &[
    ("ds", "format(run.scheduled, \"%Y-%m-%d\")"),
    ("ds_nodash", "format(run.scheduled, \"%Y%m%d\")"),
    ("ts", "format(run.scheduled, \"%Y-%m-%dT%H:%M:%S+00:00\")"),
    ("ts_nodash", "format(run.scheduled, \"%Y%m%dT%H%M%S\")"),
    ("run_id", "run.id"),
    ("logical_date", "run.scheduled"),
    ("execution_date", "run.scheduled"),
    ("data_interval_start", "run.interval_start"),
    ("data_interval_end", "run.interval_end"),
];

/// Arguments that Airflow fills in and that have no counterpart.
const LOST_CONTEXT: &[&str] = &[
    "ti",
    "task_instance",
    "dag_run",
    "dag",
    "task",
    "conf",
    "macros",
    "var",
    "context",
    "params",
    "inlet_events",
    "outlet_events",
    "test_mode",
    "task_state_store",
    "asset_state_store",
    "triggering_asset_events",
    "map_index",
    "prev_ds",
    "next_ds",
    "prev_execution_date",
    "next_execution_date",
    "templates_dict",
    "inlets",
    "outlets",
];

/// What a callable's result is used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ResultKind {
    /// As the function says.
    Own,
    /// A truth value.
    Bool,
    /// A type of the mission, by name.
    Named(String),
}

/// A call of a tool.
pub(super) struct ToolCall {
    /// The tool's name.
    pub name: String,
    /// Arguments in order.
    pub args: Vec<(String, String)>,
}

/// The mission type of a Python annotation.
pub(super) fn type_of(annotation: Option<&str>) -> String {
    let Some(text) = annotation.map(|a| a.trim().trim_matches(['"', '\''])) else { return "json".into() };
    match text {
        "str" => return "string".into(),
        "int" => return "int".into(),
        "float" => return "float".into(),
        "bool" => return "bool".into(),
        "None" => return "unit".into(),
        "datetime" | "datetime.datetime" | "pendulum.DateTime" | "DateTime" => return "timestamp".into(),
        _ => {}
    }
    let generic = |names: &[&str]| {
        names.iter().find_map(|n| text.strip_prefix(n)?.strip_prefix('[')?.strip_suffix(']'))
    };
    if let Some(item) = generic(&["list", "List", "typing.List", "Sequence", "Iterable"]) {
        return format!("list<{}>", type_of(Some(item)));
    }
    if let Some((key, value)) =
        generic(&["dict", "Dict", "typing.Dict", "Mapping"]).and_then(|t| t.split_once(','))
        && key.trim() == "str"
    {
        return format!("map<string, {}>", type_of(Some(value)));
    }
    if let Some(item) =
        generic(&["Optional", "typing.Optional"]).or(text.strip_suffix("| None").map(str::trim))
    {
        let item = type_of(Some(item));
        return if item == "json" || item == "unit" { item } else { format!("{item}?") };
    }
    "json".into()
}

/// True where a function may ask to be skipped.
pub(super) fn may_skip(callable: &Callable) -> bool {
    whole_text(callable).contains("AirflowSkipException")
}

/// A function and all that goes with it.
fn whole_text(callable: &Callable) -> String {
    let uses = callable.uses.iter().map(|dependency| dependency.text.as_str());
    uses.chain([callable.source.as_str()]).collect::<Vec<_>>().join("\n")
}

/// True where a function's own text returns a value.
fn returns_value(source: &str) -> bool {
    source.lines().any(|l| {
        let line = l.trim_start();
        line.strip_prefix("return ").is_some_and(|r| !r.trim().is_empty() && r.trim() != "None")
            || line.contains(": return ")
            || line.starts_with("return(")
    })
}

impl Lowering<'_, '_> {
    /// The type of what a callable gives.
    pub(super) fn result_type(&self, callable: &Callable) -> String {
        match &callable.returns {
            Some(annotation) => type_of(Some(annotation)),
            None if !callable.is_known || returns_value(&callable.source) => "json".into(),
            None => "unit".into(),
        }
    }

    /// The type of the result of a task, or of a key of it, as its step gives it.
    pub(super) fn xcom_type(&self, task: &str, key: Option<&str>) -> String {
        let Some(source) = self.links.task(task) else { return "json".into() };
        let one = match (&source.callable, source.operator.as_str()) {
            (None, "BashOperator") if self.is_command(source) => "string".into(),
            (Some(callable), _) if callable.is_known => self.result_type(callable),
            _ => "json".into(),
        };
        let one = match key.filter(|k| *k != "return_value") {
            None => one,
            Some(_) => one
                .strip_prefix("map<string, ")
                .and_then(|t| t.strip_suffix('>'))
                .map_or_else(|| "json".to_owned(), str::to_owned),
        };
        if source.mapping.is_some() { format!("list<{one}>") } else { one }
    }

    /// A result of type json where another type is wanted is decoded.
    pub(super) fn decoded(&self, value: &Data, text: String, wanted: &str) -> String {
        let Data::XCom { task, key } = value else { return text };
        let needs = !matches!(wanted, "json" | "unit") && self.xcom_type(task, key.as_deref()) == "json";
        if needs { format!("decode<{wanted}>({text})") } else { text }
    }

    /// The call of a Python task's function; `Err` says what has no counterpart.
    pub(super) fn tool_call(
        &mut self,
        task: &AirflowTask,
        pos: &[Data],
        kw: &[(String, Data)],
        mapped: &[(String, String)],
        result: ResultKind,
    ) -> Result<ToolCall, String> {
        let Some(callable) = task.callable.clone() else { return Err("a function that is not known".into()) };
        if !callable.is_known {
            return Err(format!(
                "the function `{}`, which is not among the files",
                callable.path.as_deref().unwrap_or(&callable.name)
            ));
        }
        let open = callable.params.iter().any(|p| p.is_variadic);
        let plain: Vec<_> = callable.params.iter().filter(|p| !p.is_variadic).collect();
        if pos.len() > plain.len() {
            return Err("more positional arguments than parameters".into());
        }
        let mut given: Vec<(String, String)> = Vec::new();
        let wanted = |name: &str| {
            let param = callable.params.iter().find(|p| p.name == name);
            type_of(param.and_then(|p| p.annotation.as_deref()))
        };
        for (param, value) in plain.iter().zip(pos) {
            let text = self.expr(task, value, true)?;
            given.push((param.name.clone(), self.decoded(value, text, &wanted(&param.name))));
        }
        for (name, value) in kw {
            if !plain.iter().any(|p| p.name == *name) && !open {
                return Err(format!("an argument `{name}` that the function does not take"));
            }
            let text = self.expr(task, value, true)?;
            given.push((name.clone(), self.decoded(value, text, &wanted(name))));
        }
        given.extend(mapped.iter().cloned());
        for param in &plain {
            if given.iter().any(|(n, _)| *n == param.name) {
                continue;
            }
            if let Some((_, code)) = CONTEXT.iter().find(|(n, _)| *n == param.name) {
                given.push((param.name.clone(), (*code).to_owned()));
            } else if LOST_CONTEXT.contains(&param.name.as_str()) {
                self.lose_body(task, format!("the function reads `{}` of Airflow's context", param.name));
                if param.default.is_none() {
                    given.push((param.name.clone(), "null".into()));
                }
            } else if param.default.is_none() {
                return Err(format!("the argument `{}`, which is not given", param.name));
            }
        }
        let (callable, needs) = own_exceptions::carried(&callable);
        self.check_body(task, &callable, open, &needs);
        let result = match result {
            ResultKind::Own => self.result_type(&callable),
            ResultKind::Bool => "bool".into(),
            ResultKind::Named(name) => name,
        };
        let name = self.tool(task, &callable, &given, &result, needs.is_empty());
        let args = given.into_iter().map(|(n, v)| (super::names::identifier(&n), v)).collect();
        Ok(ToolCall { name, args })
    }

    /// Reports what a function's text shows to need Airflow.
    fn check_body(&mut self, task: &AirflowTask, callable: &Callable, open: bool, needs: &[String]) {
        let text = whole_text(callable);
        if text.contains("get_current_context") || (open && text.contains("kwargs[")) {
            self.lose_body(task, "the function reads Airflow's context".into());
        }
        if text.contains("xcom_push") || text.contains("xcom_pull") {
            self.lose_body(task, "the function pushes or pulls XComs itself".into());
        }
        if !needs.is_empty() {
            let paths: Vec<String> = needs.iter().map(|path| format!("`{path}`")).collect();
            let message =
                format!("the function needs the package `apache-airflow` at run time: {}", paths.join(", "));
            self.approximate(task, Effect::Body, message);
        }
        if text.contains("BaseHook") || text.contains("Variable.get") || text.contains("Hook(") {
            self.lose_body(task, "the function uses Airflow's connections or variables".into());
        }
        for name in &callable.missing {
            self.lose_body(task, format!("the function uses `{name}`, which could not be carried over"));
        }
    }

    fn tool(
        &mut self,
        task: &AirflowTask,
        callable: &Callable,
        given: &[(String, String)],
        result: &str,
        is_plain: bool,
    ) -> String {
        let params: Vec<String> = given
            .iter()
            .map(|(name, value)| {
                let declared =
                    callable.params.iter().find(|p| p.name == *name).and_then(|p| p.annotation.as_deref());
                let ty = match declared {
                    Some(annotation) => type_of(Some(annotation)),
                    None => literal_type(value),
                };
                let id = super::names::identifier(name);
                let wire = if id == *name { String::new() } else { format!(" as {}", string(name)) };
                let ty = if ty == "unit" { "json".into() } else { ty };
                format!("{id}{wire}: {ty}")
            })
            .collect();
        let files = if is_plain { &mut self.shared.python } else { &mut self.shared.python_with_airflow };
        let place = files.add(callable);
        let mut requires: Vec<String> = match task.arg("requirements") {
            Some(Data::List(items)) => items.iter().filter_map(Data::as_str).map(string).collect(),
            _ => Vec::new(),
        };
        if !is_plain {
            requires.push(string("apache-airflow"));
        }
        let body = if requires.is_empty() {
            String::new()
        } else {
            format!(" {{ requires [{}] }}", requires.join(", "))
        };
        let signature = format!("({}) -> {result} = python({}){body}", params.join(", "), string(&place));
        let key = format!("{}{signature}", callable.name);
        if let Some((_, name)) = self.shared.tools.iter().find(|(k, _)| *k == key) {
            return name.clone();
        }
        let name = self.shared.names.fresh(&callable.name);
        self.shared.tools.push((key, name.clone()));
        let doc = callable.doc.as_deref().map(|d| super::text::docs(d.trim(), 0)).unwrap_or_default();
        let line = format!("tool {name}{signature}");
        let line = if line.len() > 100 { line.replacen(" = python(", " =\n  python(", 1) } else { line };
        self.shared.items.push(format!("{doc}{line}"));
        name
    }

    pub(super) fn lose_body(&mut self, task: &AirflowTask, message: String) {
        let dag = self.dag;
        self.shared.note(Fate::Lost, (&dag.dag_id, Some(&task.task_id)), Effect::Body, message, &task.origin);
    }

    pub(super) fn approximate(&mut self, task: &AirflowTask, effect: Effect, message: String) {
        let dag = self.dag;
        self.shared.note(
            Fate::Approximated,
            (&dag.dag_id, Some(&task.task_id)),
            effect,
            message,
            &task.origin,
        );
    }
}

/// The type of a literal, as far as its text shows it.
fn literal_type(code: &str) -> String {
    if code.starts_with('"') {
        return "string".into();
    }
    if code == "true" || code == "false" {
        return "bool".into();
    }
    if code.parse::<i64>().is_ok() {
        return "int".into();
    }
    if code.parse::<f64>().is_ok() {
        return "float".into();
    }
    if code.starts_with("format(") || code == "run.id" {
        return "string".into();
    }
    if code.starts_with("run.") {
        return "timestamp".into();
    }
    "json".into()
}
