//! What the step of an operator is.

use super::call::call;
use super::dag::Lowering;
use super::jinja::Piece;
use super::names::identifier;
use super::text::{duration, script, string};
use super::tools::{ResultKind, may_skip};
use crate::from::airflow::{AirflowTask, Data, Effect, Mapping};

/// Operators that decide what runs after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    Branch,
    ShortCircuit,
    Latest,
}

/// Which gate a task is.
pub(super) fn gate(task: &AirflowTask) -> Option<Gate> {
    match task.operator.as_str() {
        "LatestOnlyOperator" => Some(Gate::Latest),
        "ShortCircuitOperator" | "_ShortCircuitDecoratedOperator" => Some(Gate::ShortCircuit),
        name if name.contains("Branch") => Some(Gate::Branch),
        _ => None,
    }
}

/// The value of a step.
pub(super) struct StepValue {
    pub code: String,
    /// Clauses that belong to the operator.
    pub clauses: Vec<String>,
}

impl StepValue {
    fn of(code: String) -> Self {
        StepValue { code, clauses: Vec::new() }
    }
}

const PYTHON: &[&str] = &[
    "PythonOperator",
    "PythonVirtualenvOperator",
    "ExternalPythonOperator",
    "_PythonDecoratedOperator",
    "_PythonVirtualenvDecoratedOperator",
    "_PythonExternalDecoratedOperator",
    "_AssetMainOperator",
];

impl Lowering<'_, '_> {
    /// The value of a task's step; what has no counterpart is a hole.
    pub(super) fn step_value(&mut self, task: &AirflowTask, indent: usize, before: usize) -> StepValue {
        let result = self.tried(|lowering| match &task.mapping {
            None => lowering.plain_value(task, &[], indent, before),
            Some(mapping) => lowering.mapped_value(task, mapping, indent),
        });
        match result {
            Ok(value) => value,
            Err(what) => self.hole(task, &what, indent, before),
        }
    }

    fn mapped_value(
        &mut self,
        task: &AirflowTask,
        mapping: &Mapping,
        indent: usize,
    ) -> Result<StepValue, String> {
        let Mapping::Product(pairs) = mapping else {
            return self.mapped_kwargs(task, mapping, indent);
        };
        let mut bindings = Vec::new();
        let mut names = Vec::new();
        for (arg, value) in pairs {
            let text = match value {
                Data::Dict(_) => return Err(format!("`expand({arg}=…)` over a dict")),
                other => {
                    let text = self.expr(task, other, false)?;
                    let param = task.callable.as_ref().and_then(|c| c.params.iter().find(|p| p.name == *arg));
                    let item = match param {
                        Some(param) => super::tools::type_of(param.annotation.as_deref()),
                        None if arg == "bash_command" => "string".into(),
                        None => "json".into(),
                    };
                    self.decoded(other, text, &format!("list<{item}>"))
                }
            };
            let name = identifier(arg);
            bindings.push(format!("{name} in {text}"));
            names.push((arg.clone(), name));
        }
        let most = match task.arg("max_active_tis_per_dag").or(task.arg("max_active_tis_per_dagrun")) {
            Some(Data::Int(n)) if *n > 0 => *n,
            _ => 16,
        };
        let inner = self.plain_value(task, &names, indent + 2, 0)?;
        Ok(self.for_step(&bindings.join(", "), most, inner, indent))
    }

    fn for_step(&self, bindings: &str, most: i64, inner: StepValue, indent: usize) -> StepValue {
        let head = format!("for {bindings}, max {most}");
        let one = format!("{head} {{ {} }}", inner.code);
        let pad = " ".repeat(indent);
        let code = if !one.contains('\n') && indent + one.len() <= 96 {
            one
        } else {
            format!("{head} {{\n{pad}  {}\n{pad}}}", inner.code)
        };
        StepValue { code, clauses: inner.clauses }
    }

    /// `expand_kwargs(list)`: the elements are records of the function's parameters.
    fn mapped_kwargs(
        &mut self,
        task: &AirflowTask,
        mapping: &Mapping,
        indent: usize,
    ) -> Result<StepValue, String> {
        let Mapping::Kwargs(value) = mapping else { return Err("expand".into()) };
        let Some(callable) = task.callable.clone().filter(|_| PYTHON.contains(&task.operator.as_str()))
        else {
            return Err("`expand_kwargs` of an operator".into());
        };
        let source = self.expr(task, value, false)?;
        let fixed: Vec<&str> = task.call_kw.iter().map(|(k, _)| k.as_str()).collect();
        let fields: Vec<(String, String)> = callable
            .params
            .iter()
            .filter(|p| !p.is_variadic && !fixed.contains(&p.name.as_str()) && p.default.is_none())
            .map(|p| (p.name.clone(), super::tools::type_of(p.annotation.as_deref())))
            .collect();
        let record: Vec<String> = fields.iter().map(|(n, t)| format!("{}: {t}", identifier(n))).collect();
        let source = match value {
            Data::List(_) => source,
            _ => format!("decode<list<{{ {} }}>>({source})", record.join(", ")),
        };
        let names: Vec<(String, String)> =
            fields.iter().map(|(n, _)| (n.clone(), format!("k.{}", identifier(n)))).collect();
        let inner = self.plain_value(task, &names, indent + 2, 0)?;
        Ok(self.for_step(&format!("k in {source}"), 16, inner, indent))
    }

    fn plain_value(
        &mut self,
        task: &AirflowTask,
        mapped: &[(String, String)],
        indent: usize,
        before: usize,
    ) -> Result<StepValue, String> {
        let name = task.operator.as_str();
        if PYTHON.contains(&name) {
            return self.python(task, mapped, ResultKind::Own, indent, before);
        }
        match name {
            "EmptyOperator" | "ExternalTaskMarker" | "_StubOperator" => Ok(StepValue::of("noop()".into())),
            "BashOperator" => self.bash(task, mapped, true, indent, before),
            "LatestOnlyOperator" => Ok(StepValue::of("run.is_latest".into())),
            "ShortCircuitOperator" | "_ShortCircuitDecoratedOperator" => {
                self.python(task, mapped, ResultKind::Bool, indent, before)
            }
            "BashSensor" => {
                let inner = self.bash(task, mapped, false, indent + 2, 0)?;
                let until = format!("{}.exit_code == 0", self.own_name(task));
                Ok(self.poll(task, &until, inner, indent))
            }
            "PythonSensor" | "DecoratedSensorOperator" => {
                let inner = self.python(task, mapped, ResultKind::Bool, indent + 2, 0)?;
                let until = self.own_name(task);
                Ok(self.poll(task, &until, inner, indent))
            }
            "FileSensor" => {
                let path = task.arg("filepath").ok_or("a sensor without a path")?;
                let path = self.expr(task, &path.clone(), true)?;
                let until = self.own_name(task);
                Ok(self.poll(task, &until, StepValue::of(format!("fs.exists(path: {path})")), indent))
            }
            "TimeDeltaSensor" | "TimeDeltaSensorAsync" => match task.arg("delta") {
                Some(Data::Delta(d)) if *d >= 0 => {
                    let text = format!("wait.until(time: run.interval_end + {})", duration(*d));
                    Ok(StepValue { code: text, clauses: self.sensor_failure(task, "timeout") })
                }
                _ => Err("a time that is not known".into()),
            },
            "DateTimeSensor" | "DateTimeSensorAsync" => match task.arg("target_time").cloned() {
                Some(time @ Data::Time(..)) => {
                    let time = self.expr(task, &time, false)?;
                    Ok(StepValue {
                        code: format!("wait.until(time: {time})"),
                        clauses: self.sensor_failure(task, "timeout"),
                    })
                }
                _ => Err("a time that is not known".into()),
            },
            "HttpOperator" | "SimpleHttpOperator" => self.http(task, indent, before),
            "DockerOperator" => self.docker(task, indent, before),
            "BranchPythonOperator"
            | "_BranchPythonDecoratedOperator"
            | "BranchPythonVirtualenvOperator"
            | "BranchExternalPythonOperator"
            | "_BranchPythonVirtualenvDecoratedOperator"
            | "_BranchExternalPythonDecoratedOperator" => {
                let kind = match self.enums.get(&task.task_id) {
                    Some(name) if super::dag::branch_returns_list(task) => {
                        ResultKind::Named(format!("list<{name}>"))
                    }
                    Some(name) => ResultKind::Named(name.clone()),
                    None => ResultKind::Own,
                };
                self.python(task, mapped, kind, indent, before)
            }
            _ => Err(format!("the operator `{name}`")),
        }
    }

    fn own_name(&self, task: &AirflowTask) -> String {
        self.places.get(&task.task_id).map(|p| p.name.clone()).unwrap_or_default()
    }

    fn python(
        &mut self,
        task: &AirflowTask,
        mapped: &[(String, String)],
        result: ResultKind,
        indent: usize,
        before: usize,
    ) -> Result<StepValue, String> {
        let (pos, kw) = if task.decorator.is_some() {
            (task.call_pos.clone(), task.call_kw.clone())
        } else {
            let pos = match task.arg("op_args") {
                Some(Data::List(items)) => items.clone(),
                Some(Data::None) | None => Vec::new(),
                Some(_) => return Err("`op_args` that are not known".into()),
            };
            let kw = match task.arg("op_kwargs") {
                Some(Data::Dict(items)) => {
                    items.iter().filter_map(|(k, v)| Some((k.as_str()?.to_owned(), v.clone()))).collect()
                }
                Some(Data::None) | None => Vec::new(),
                Some(_) => return Err("`op_kwargs` that are not known".into()),
            };
            if mapped.iter().any(|(n, _)| n == "op_args" || n == "op_kwargs") {
                return Err("`op_args` or `op_kwargs` that are mapped".into());
            }
            (pos, kw)
        };
        if task.operator == "_AssetMainOperator" {
            let wants = task.callable.as_ref().is_some_and(|c| !c.params.is_empty());
            if wants {
                return Err("the assets that the function takes".into());
            }
        }
        let made = self.tool_call(task, &pos, &kw, mapped, result)?;
        if task.operator.contains("ExternalPython") || task.operator.contains("PythonExternal") {
            self.approximate(
                task,
                Effect::Attribute,
                "the interpreter `python` of the task is not carried over".into(),
            );
        }
        let mut clauses = Vec::new();
        if task.callable.as_ref().is_some_and(may_skip) {
            clauses.push("on error [skipped]: skip".to_owned());
            if !mapped.is_empty() {
                let message = "an element that skips itself is left out: it does not skip what follows";
                self.approximate(task, Effect::Body, message.into());
            }
        }
        Ok(StepValue { code: call(&made.name, &made.args, indent, before), clauses })
    }

    fn bash(
        &mut self,
        task: &AirflowTask,
        mapped: &[(String, String)],
        check: bool,
        indent: usize,
        before: usize,
    ) -> Result<StepValue, String> {
        let mut args: Vec<(String, String)> = Vec::new();
        let mut env: Vec<(String, String)> = Vec::new();
        let mut holds_99 = false;
        if let Some((_, name)) = mapped.iter().find(|(n, _)| n == "bash_command") {
            args.push(("script".into(), name.clone()));
        } else {
            let command = task.arg("bash_command").cloned().ok_or("a command that is not given")?;
            holds_99 = matches!(&command, Data::Str(s) if s.contains("99"));
            match &command {
                Data::Str(text) if text.ends_with(".sh") || text.ends_with(".bash") => {
                    return Err("a command in a file of its own".into());
                }
                Data::Str(text) => {
                    let pieces = self.template(task, text)?;
                    let text = shell_text(&pieces, &mut env);
                    args.push(("script".into(), script("bash", &text, indent + 2)));
                }
                Data::Concat(parts) => {
                    let mut pieces = Vec::new();
                    for part in parts {
                        match part {
                            Data::Str(text) => pieces.extend(self.template(task, text)?),
                            other => {
                                let code = self.expr(task, other, true)?;
                                pieces.push(Piece::Expr { name: code.clone(), code });
                            }
                        }
                    }
                    let text = shell_text(&pieces, &mut env);
                    args.push(("script".into(), script("bash", &text, indent + 2)));
                }
                other => args.push(("script".into(), self.expr(task, other, true)?)),
            }
        }
        let mut lines: Vec<String> = env.iter().map(|(n, v)| format!("{n}: {v}")).collect();
        match task.arg("env").cloned() {
            Some(Data::Dict(items)) => {
                for (key, value) in &items {
                    let key = key.as_str().ok_or("an environment with keys that are not text")?;
                    let value = self.expr(task, value, true)?;
                    lines.push(format!("{}: {value}", super::values::field(key)));
                }
                if !items.is_empty() && !matches!(task.arg("append_env"), Some(Data::Bool(true))) {
                    let message =
                        "`env` without `append_env` replaces the environment in Airflow, here it is added";
                    self.approximate(task, Effect::Body, message.into());
                }
            }
            Some(Data::None) | None => {}
            Some(_) => return Err("an environment that is not known".into()),
        }
        if let Some((_, name)) = mapped.iter().find(|(n, _)| n == "env") {
            args.push(("env".into(), name.clone()));
        } else if !lines.is_empty() {
            args.push(("env".into(), format!("{{ {} }}", lines.join(", "))));
        }
        if let Some(Data::Str(cwd)) = task.arg("cwd") {
            args.push(("cwd".into(), string(cwd)));
        }
        if !check {
            args.push(("check".into(), "false".into()));
        }
        let mut clauses = Vec::new();
        match task.arg("skip_on_exit_code") {
            Some(Data::Int(code)) if check => clauses.push(format!("on error [exit({code})]: skip")),
            None if check && holds_99 => clauses.push("on error [exit(99)]: skip".into()),
            _ => {}
        }
        if !clauses.is_empty() && task.retries > 0 {
            let message = "the exit status that skips is retried like any other before it skips";
            self.approximate(task, Effect::Body, message.into());
        }
        Ok(StepValue { code: call("exec.bash", &args, indent, before), clauses })
    }

    /// A sensor as a polling loop.
    fn poll(&mut self, task: &AirflowTask, until: &str, inner: StepValue, indent: usize) -> StepValue {
        let micros = |name: &str, default: i64| match task.arg(name) {
            Some(Data::Int(s)) => s.saturating_mul(1_000_000),
            Some(Data::Float(s)) => (s * 1e6) as i64,
            Some(Data::Delta(d)) => *d,
            _ => default,
        };
        let every = duration(micros("poke_interval", 60_000_000));
        let bound = duration(micros("timeout", 7 * 86_400_000_000));
        let head = format!("loop until {until}, every {every}, for {bound}");
        let one = format!("{head} {{ {} }}", inner.code);
        let pad = " ".repeat(indent);
        let code = if !one.contains('\n') && indent + one.len() <= 80 {
            one
        } else {
            format!("{head} {{\n{pad}  {}\n{pad}}}", inner.code)
        };
        let mut clauses = inner.clauses;
        clauses.extend(self.sensor_failure(task, "exhausted"));
        StepValue { code, clauses }
    }

    fn sensor_failure(&self, task: &AirflowTask, kind: &str) -> Vec<String> {
        let mut clauses = Vec::new();
        if matches!(task.arg("soft_fail"), Some(Data::Bool(true))) {
            clauses.push(format!("on error [{kind}]: skip"));
        }
        if kind == "timeout" {
            match task.arg("timeout") {
                Some(Data::Int(s)) => {
                    clauses.push(format!("timeout {}", duration(s.saturating_mul(1_000_000))))
                }
                Some(Data::Float(s)) => clauses.push(format!("timeout {}", duration((s * 1e6) as i64))),
                Some(Data::Delta(d)) => clauses.push(format!("timeout {}", duration(*d))),
                _ => {}
            }
        }
        clauses
    }

    fn http(&mut self, task: &AirflowTask, indent: usize, before: usize) -> Result<StepValue, String> {
        let connection = match task.arg("http_conn_id") {
            Some(Data::Str(s)) => s.clone(),
            None => "http_default".into(),
            Some(_) => return Err("a connection that is not known".into()),
        };
        for name in ["response_check", "response_filter", "extra_options", "auth_type", "pagination_function"]
        {
            if task.arg(name).is_some_and(|d| *d != Data::None) {
                self.lose_body(task, format!("the argument `{name}`"));
            }
        }
        let base = self.env_input(&format!("AIRFLOW_CONN_{}", connection.to_uppercase()), None);
        let endpoint = match task.arg("endpoint").cloned() {
            Some(Data::Str(s)) => {
                let pieces = self.template(task, s.trim_start_matches('/'))?;
                super::values::template_text(&pieces)
            }
            None | Some(Data::None) => "\"\"".into(),
            Some(other) => format!("\"${{{}}}\"", self.expr(task, &other, true)?),
        };
        let method = task.text_arg("method").unwrap_or("POST").to_uppercase();
        let inner = endpoint.get(1..endpoint.len().saturating_sub(1)).unwrap_or("").to_owned();
        let mut args = vec![
            ("method".to_owned(), string(&method)),
            ("url".to_owned(), format!("\"${{{base}}}/{inner}\"")),
        ];
        if let Some(headers @ Data::Dict(items)) = task.arg("headers").cloned().as_ref()
            && !items.is_empty()
        {
            args.push(("headers".into(), self.expr(task, headers, true)?));
        }
        match task.arg("data").cloned() {
            Some(text @ Data::Str(_)) => args.push(("text".into(), self.expr(task, &text, true)?)),
            Some(Data::Dict(items)) if items.is_empty() => {}
            Some(Data::None) | None => {}
            Some(data) => {
                args.push(("body".into(), self.expr(task, &data, true)?));
                self.approximate(task, Effect::Body, "`data` of the request is sent as JSON".into());
            }
        }
        Ok(StepValue::of(call("http.request", &args, indent, before)))
    }

    fn docker(&mut self, task: &AirflowTask, indent: usize, before: usize) -> Result<StepValue, String> {
        let image = task.arg("image").cloned().ok_or("an image that is not given")?;
        let known = [
            "task_id",
            "image",
            "command",
            "environment",
            "trigger_rule",
            "retries",
            "auto_remove",
            "docker_url",
            "network_mode",
        ];
        let other: Vec<String> =
            task.args.iter().map(|(n, _)| n.clone()).filter(|n| !known.contains(&n.as_str())).collect();
        if let Some(first) = other.first() {
            return Err(format!("`{first}` of DockerOperator"));
        }
        let mut argv = vec!["\"run\"".to_owned(), "\"--rm\"".to_owned()];
        if let Some(Data::Str(network)) = task.arg("network_mode") {
            argv.push(string(&format!("--network={network}")));
        }
        if let Some(Data::Dict(items)) = task.arg("environment").cloned() {
            for (key, value) in &items {
                let key = key.as_str().ok_or("an environment with keys that are not text")?;
                let text = self.expr(task, value, true)?;
                argv.push("\"-e\"".into());
                argv.push(match text.strip_prefix('"') {
                    Some(rest) => format!("\"{key}={rest}"),
                    None => format!("\"{key}=${{{text}}}\""),
                });
            }
        }
        argv.push(self.expr(task, &image, true)?);
        match task.arg("command").cloned() {
            Some(Data::List(items)) => {
                for item in &items {
                    argv.push(self.expr(task, item, true)?);
                }
            }
            Some(Data::Str(text)) if !text.contains(['"', '\'', '\\']) => {
                let pieces = self.template(task, &text)?;
                argv.extend(words(&pieces).iter().map(|word| super::values::template_text(word)));
            }
            Some(Data::None) | None => {}
            Some(_) => return Err("a command with quotes".into()),
        }
        let args = vec![
            ("program".to_owned(), "\"docker\"".to_owned()),
            ("args".to_owned(), super::call::list(&argv, indent + 2, 8)),
        ];
        Ok(StepValue::of(call("exec.run", &args, indent, before)))
    }

    /// What cannot be carried over, with the call kept.
    fn hole(&mut self, task: &AirflowTask, what: &str, indent: usize, before: usize) -> StepValue {
        self.lose_body(task, format!("{what} has become a hole"));
        let skip = [
            "task_id",
            "trigger_rule",
            "retries",
            "retry_delay",
            "execution_timeout",
            "python_callable",
            "outlets",
            "inlets",
        ];
        let mut fields = Vec::new();
        for (name, value) in &task.args {
            if !skip.contains(&name.as_str()) {
                fields.push((super::values::field(name), self.expr_or_note(task, value)));
            }
        }
        if let Some(callable) = &task.callable {
            fields.push(("python_callable".into(), string(&callable.name)));
        }
        for (index, value) in task.call_pos.iter().enumerate() {
            fields.push((format!("arg_{index}"), self.expr_or_note(task, value)));
        }
        for (name, value) in &task.call_kw {
            fields.push((super::values::field(name), self.expr_or_note(task, value)));
        }
        if let Some(Mapping::Product(pairs)) = &task.mapping {
            for (name, value) in pairs {
                fields.push((super::values::field(name), self.expr_or_note(task, value)));
            }
        }
        let one = fields.iter().map(|(n, v)| format!("{n}: {v}")).collect::<Vec<_>>().join(", ");
        let record = if fields.is_empty() {
            "{}".to_owned()
        } else if one.len() <= 80 && !one.contains('\n') {
            format!("{{ {one} }}")
        } else {
            let pad = " ".repeat(indent + 4);
            let lines: Vec<String> = fields.iter().map(|(n, v)| format!("{pad}{n}: {v}\n")).collect();
            format!("{{\n{}{}}}", lines.concat(), " ".repeat(indent + 2))
        };
        let args = vec![
            ("kind".to_owned(), string(&task.path)),
            ("source".to_owned(), string(&format!("{}:{}", self.shared.path, task.origin.line))),
            ("args".to_owned(), record),
        ];
        let result = match self.enums.get(&task.task_id) {
            Some(name) => format!("hole<{name}>"),
            None if gate(task).is_some() => "hole<bool>".into(),
            None => "hole<json>".into(),
        };
        StepValue::of(call(&result, &args, indent, before))
    }
}

/// A command with its holes as variables: quoted as the shell needs where each one stands.
fn shell_text(pieces: &[Piece], env: &mut Vec<(String, String)>) -> String {
    let mut out = Script::default();
    let mut reopened = false;
    for piece in pieces {
        match piece {
            Piece::Text(text) => match text.strip_prefix('\'').filter(|_| reopened) {
                Some(rest) => {
                    out.pop();
                    out.push_str(rest);
                    reopened = false;
                }
                None => {
                    out.push_str(text);
                    reopened = false;
                }
            },
            Piece::Expr { code, name } => {
                let variable = variable_for(code, name, env);
                if out.open != Some('\'') {
                    out.push_str(&format!("${{{variable}}}"));
                    continue;
                }
                // A single-quoted text ends before the variable and goes on after it.
                if out.text.ends_with('\'') && (reopened || out.before.0.is_none()) {
                    out.pop();
                } else {
                    out.push_str("'");
                }
                out.push_str(&format!("\"${{{variable}}}\"'"));
                reopened = true;
            }
        }
    }
    out.text
}

/// A piece of shell text, and the quote that is open at its end.
#[derive(Default)]
struct Script {
    text: String,
    open: Option<char>,
    escaped: bool,
    /// `open` and `escaped` before the last character.
    before: (Option<char>, bool),
}

impl Script {
    fn push_str(&mut self, text: &str) {
        for c in text.chars() {
            self.before = (self.open, self.escaped);
            match (self.open, c) {
                _ if self.escaped => self.escaped = false,
                (None, '\'' | '"') => self.open = Some(c),
                (Some(quote), _) if c == quote => self.open = None,
                (None | Some('"'), '\\') => self.escaped = true,
                _ => {}
            }
        }
        self.text.push_str(text);
    }

    /// Takes the last character back; a second one only after more text.
    fn pop(&mut self) {
        self.text.pop();
        (self.open, self.escaped) = self.before;
    }
}

/// The words of a command without quotes.
fn words(pieces: &[Piece]) -> Vec<Vec<Piece>> {
    let mut out: Vec<Vec<Piece>> = Vec::new();
    let mut open = false;
    for piece in pieces {
        let Piece::Text(text) = piece else {
            match out.last_mut().filter(|_| open) {
                Some(word) => word.push(piece.clone()),
                None => out.push(vec![piece.clone()]),
            }
            open = true;
            continue;
        };
        for (i, part) in text.split(char::is_whitespace).enumerate() {
            open &= i == 0;
            if part.is_empty() {
                continue;
            }
            match out.last_mut().filter(|_| open) {
                Some(word) => word.push(Piece::Text(part.to_owned())),
                None => out.push(vec![Piece::Text(part.to_owned())]),
            }
            open = true;
        }
    }
    out
}

fn variable_for(code: &str, name: &str, env: &mut Vec<(String, String)>) -> String {
    let value = if code.starts_with('"') || code.starts_with("format(") {
        code.to_owned()
    } else {
        format!("\"${{{code}}}\"")
    };
    if let Some((present, _)) = env.iter().find(|(_, v)| *v == value) {
        return present.clone();
    }
    let base: String = identifier(name).to_uppercase();
    let mut variable = base.clone();
    let mut n = 2;
    while env.iter().any(|(v, _)| *v == variable) {
        variable = format!("{base}_{n}");
        n += 1;
    }
    env.push((variable.clone(), value));
    variable
}
