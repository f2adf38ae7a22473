//! Jinja templates of task arguments: text and real expressions.
//!
//! The expression language of Jinja is close enough to Python's for its parser (`|` reads as an operator).

use super::dag::quoted_field;
use super::text;
use crate::from::airflow::{AirflowDag, AirflowTask};
use crate::python::syntax::{self, ast};

/// A piece of a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// Text.
    Text(String),
    /// An expression of the mission language, with a name that fits it.
    Expr { code: String, name: String },
}

/// What a template may refer to.
pub(super) trait Scope {
    /// The expression of the result of a task, or of a key of it; `None` where there is no such task.
    fn xcom(&mut self, task: &str, key: Option<&str>) -> Option<String>;
    /// The type of the result of a task, or of a key of it.
    fn xcom_type(&self, task: &str, key: Option<&str>) -> String;
    /// Something that the text of a template says otherwise than Airflow does.
    fn differs(&mut self, message: &str);
    /// The name of the input of a DAG parameter.
    fn param(&mut self, name: &str) -> Option<String>;
    /// The name of the input of an Airflow variable.
    fn variable(&mut self, name: &str, json: bool) -> Option<String>;
}

/// A scope that has every name: to ask whether a template can be read at all.
pub(super) struct Anything;

impl Scope for Anything {
    fn xcom(&mut self, task: &str, _key: Option<&str>) -> Option<String> {
        Some(task.to_owned())
    }

    fn xcom_type(&self, _task: &str, _key: Option<&str>) -> String {
        "json".into()
    }

    fn differs(&mut self, _message: &str) {}

    fn param(&mut self, name: &str) -> Option<String> {
        Some(name.to_owned())
    }

    fn variable(&mut self, name: &str, json: bool) -> Option<String> {
        (!json).then(|| name.to_owned())
    }
}

/// Reads a template.
///
/// # Errors
/// The first construct that has no counterpart, in words.
pub(super) fn read(
    template: &str,
    dag: &AirflowDag,
    task: &AirflowTask,
    scope: &mut dyn Scope,
) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    read_into(template, dag, task, scope, &[], &mut pieces, 0)?;
    Ok(pieces)
}

/// True where a text is a template.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

fn read_into(
    template: &str,
    dag: &AirflowDag,
    task: &AirflowTask,
    scope: &mut dyn Scope,
    locals: &[(String, String)],
    out: &mut Vec<Piece>,
    depth: u32,
) -> Result<(), String> {
    if depth > 8 || out.len() > 2_000 {
        return Err("a template nested too deep".into());
    }
    let mut rest = template;
    while let Some(at) = rest.find(['{']) {
        let (head, tail) = rest.split_at(at);
        let open = tail.get(..2).unwrap_or("");
        let close = match open {
            "{{" => "}}",
            "{%" => "%}",
            "{#" => "#}",
            _ => {
                push_text(out, rest.get(..=at).unwrap_or(rest));
                rest = rest.get(at + 1..).unwrap_or("");
                continue;
            }
        };
        push_text(out, head);
        let end = tail.find(close).ok_or("a template tag without its end")?;
        let inner = tail.get(2..end).unwrap_or("");
        rest = tail.get(end + 2..).unwrap_or("");
        if inner.starts_with('-') {
            trim_last(out);
        }
        if inner.ends_with('-') {
            rest = rest.trim_start();
        }
        let inner = inner.trim_matches('-').trim();
        match open {
            "{#" => {}
            "{{" => out.push(expression(inner, dag, task, scope, locals)?),
            _ => rest = statement(inner, rest, dag, task, scope, locals, out, depth)?,
        }
    }
    push_text(out, rest);
    Ok(())
}

fn push_text(out: &mut Vec<Piece>, text: &str) {
    if text.is_empty() {
        return;
    }
    match out.last_mut() {
        Some(Piece::Text(last)) => last.push_str(text),
        _ => out.push(Piece::Text(text.to_owned())),
    }
}

fn trim_last(out: &mut [Piece]) {
    if let Some(Piece::Text(last)) = out.last_mut() {
        last.truncate(last.trim_end().len());
    }
}

/// `{% for x in … %}` over constants is written out; everything else has no counterpart.
#[allow(clippy::too_many_arguments)]
fn statement<'t>(
    inner: &str,
    rest: &'t str,
    dag: &AirflowDag,
    task: &AirflowTask,
    scope: &mut dyn Scope,
    locals: &[(String, String)],
    out: &mut Vec<Piece>,
    depth: u32,
) -> Result<&'t str, String> {
    let Some((name, items)) = inner.strip_prefix("for ").and_then(|r| r.split_once(" in ")) else {
        let word = inner.split_whitespace().next().unwrap_or("");
        return Err(format!("the Jinja statement `{word}`"));
    };
    let (body, after) = loop_body(rest).ok_or("a Jinja `for` without `endfor`")?;
    for item in constants(items)? {
        let mut inside = locals.to_vec();
        inside.push((name.trim().to_owned(), item));
        read_into(body, dag, task, scope, &inside, out, depth + 1)?;
    }
    Ok(after)
}

/// The body of a `for` and what follows its `endfor`.
fn loop_body(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0usize;
    let mut from = 0usize;
    while let Some(at) = text.get(from..)?.find("{%") {
        let start = from + at;
        let end = start + text.get(start..)?.find("%}")? + 2;
        let word = text.get(start + 2..end - 2)?.trim_matches('-').trim();
        if word.starts_with("for ") {
            depth += 1;
        } else if word == "endfor" {
            if depth == 0 {
                return Some((text.get(..start)?, text.get(end..)?));
            }
            depth -= 1;
        }
        from = end;
    }
    None
}

fn constants(items: &str) -> Result<Vec<String>, String> {
    let unsupported = || format!("a Jinja loop over `{}`", items.trim());
    let expr = parse(items.trim()).ok_or_else(unsupported)?;
    match &expr {
        ast::Expr::Call(call) => {
            let is_range = matches!(&*call.func, ast::Expr::Name(n) if n.id.as_str() == "range");
            let bounds: Option<Vec<i64>> = call
                .arguments
                .args
                .iter()
                .map(|a| match a {
                    ast::Expr::NumberLiteral(n) => match &n.value {
                        ast::Number::Int(i) => i.as_i64(),
                        _ => None,
                    },
                    _ => None,
                })
                .collect();
            match (is_range, bounds.as_deref()) {
                (true, Some([end])) if *end <= 1_000 => Ok((0..*end).map(|i| i.to_string()).collect()),
                (true, Some([start, end])) if end - start <= 1_000 => {
                    Ok((*start..*end).map(|i| i.to_string()).collect())
                }
                _ => Err(unsupported()),
            }
        }
        ast::Expr::List(list) => list.elts.iter().map(|e| literal(e).ok_or_else(unsupported)).collect(),
        ast::Expr::Tuple(list) => list.elts.iter().map(|e| literal(e).ok_or_else(unsupported)).collect(),
        _ => Err(unsupported()),
    }
}

fn literal(expr: &ast::Expr) -> Option<String> {
    match expr {
        ast::Expr::StringLiteral(s) => Some(s.value.to_str().to_owned()),
        ast::Expr::NumberLiteral(n) => match &n.value {
            ast::Number::Int(i) => i.as_i64().map(|i| i.to_string()),
            ast::Number::Float(f) => Some(format!("{f:?}")),
            ast::Number::Complex { .. } => None,
        },
        _ => None,
    }
}

fn parse(text: &str) -> Option<ast::Expr> {
    let (module, problems) = syntax::parse(text).ok()?;
    if !problems.is_empty() {
        return None;
    }
    match module.body.into_iter().next()? {
        ast::Stmt::Expr(e) => Some(*e.value),
        _ => None,
    }
}

fn expression(
    inner: &str,
    dag: &AirflowDag,
    task: &AirflowTask,
    scope: &mut dyn Scope,
    locals: &[(String, String)],
) -> Result<Piece, String> {
    if let Some((_, value)) = locals.iter().rev().find(|(n, _)| n == inner) {
        return Ok(Piece::Text(value.clone()));
    }
    let unsupported = || format!("the Jinja expression `{inner}`");
    let expr = parse(inner).ok_or_else(unsupported)?;
    if let Some(text) = literal(&expr) {
        return Ok(Piece::Text(text));
    }
    let mut translator = Translator { dag, task, scope };
    match translator.translate(&expr).ok_or_else(unsupported)? {
        Term::Text(text) => Ok(Piece::Text(text)),
        Term::Day(days) => {
            Ok(Piece::Expr { code: format!("format({}, \"%Y-%m-%d\")", shifted(days)), name: "ds".into() })
        }
        Term::Code { code, name } => Ok(Piece::Expr { code, name }),
        Term::Result { code, ty, name } => {
            if !matches!(ty.as_str(), "string" | "int" | "float") {
                scope.differs(
                    "what is no text or number is written as JSON, not as Python does (`true` for `True`)",
                );
            }
            Ok(Piece::Expr { code, name })
        }
    }
}

fn shifted(days: i64) -> String {
    match days {
        0 => "run.scheduled".into(),
        d if d > 0 => format!("run.scheduled + {d}d"),
        d => format!("run.scheduled - {}d", -d),
    }
}

/// The meaning of an expression.
enum Term {
    /// Known text.
    Text(String),
    /// The run's date as text, moved by days.
    Day(i64),
    /// An expression of the mission language.
    Code { code: String, name: String },
    /// The result of a task, or a part of it.
    Result { code: String, ty: String, name: String },
}

/// Methods of a dict, which hide members of the same name behind a dot.
const DICT_METHODS: &[&str] =
    &["clear", "copy", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values"];

/// A key or index.
enum Key {
    Name(String),
    Index(i64),
}

impl Key {
    fn of(expr: &ast::Expr) -> Option<Key> {
        match expr {
            ast::Expr::StringLiteral(text) => Some(Key::Name(text.value.to_str().to_owned())),
            ast::Expr::UnaryOp(minus) if minus.op == ast::UnaryOp::USub => {
                Some(Key::Index(literal(&minus.operand)?.parse::<i64>().ok()?.checked_neg()?))
            }
            other => Some(Key::Index(literal(other)?.parse().ok()?)),
        }
    }
}

/// A part of a result; `None` where its type has no such part.
fn part(code: &str, ty: &str, key: &Key) -> Option<Term> {
    let item = |head: &str| ty.strip_prefix(head)?.strip_suffix('>').map(str::to_owned);
    let (code, ty, name) = match (key, ty) {
        (Key::Name(key), "json") => (format!("{code}.{}", quoted_field(key)), "json".into(), key.clone()),
        (Key::Name(key), _) => (format!("{code}[{}]", text::string(key)), item("map<string, ")?, key.clone()),
        (Key::Index(at), "json") => (format!("{code}[{at}]"), "json".into(), "item".into()),
        (Key::Index(at), _) => (format!("{code}[{at}]"), item("list<")?, "item".into()),
    };
    Some(Term::Result { code, ty, name })
}

fn code(code: &str, name: &str) -> Option<Term> {
    Some(Term::Code { code: code.to_owned(), name: name.to_owned() })
}

struct Translator<'a> {
    dag: &'a AirflowDag,
    task: &'a AirflowTask,
    scope: &'a mut dyn Scope,
}

impl Translator<'_> {
    fn translate(&mut self, expr: &ast::Expr) -> Option<Term> {
        if let Some(path) = dotted(expr) {
            return self.path(&path);
        }
        match expr {
            ast::Expr::Attribute(attribute) => {
                let name = attribute.attr.id.as_str();
                match self.translate(&attribute.value)? {
                    Term::Result { code, ty, .. } if !DICT_METHODS.contains(&name) => {
                        part(&code, &ty, &Key::Name(name.to_owned()))
                    }
                    _ => None,
                }
            }
            ast::Expr::Subscript(s) => {
                let Some(base) = dotted(&s.value) else {
                    let Term::Result { code, ty, .. } = self.translate(&s.value)? else { return None };
                    return part(&code, &ty, &Key::of(&s.slice)?);
                };
                let key = literal(&s.slice)?;
                match base.as_str() {
                    "params" | "dag_run.conf" => self.input(&key),
                    "var.value" | "var.json" => self.path(&format!("{base}.{key}")),
                    _ => None,
                }
            }
            ast::Expr::Call(call) => self.call(call),
            ast::Expr::BinOp(b) if b.op == ast::Operator::BitOr => self.filter(&b.left, &b.right),
            _ => None,
        }
    }

    fn input(&mut self, name: &str) -> Option<Term> {
        let input = self.scope.param(name)?;
        code(&input, name)
    }

    fn path(&mut self, path: &str) -> Option<Term> {
        let date = |format: &str, name: &str| code(&format!("format(run.scheduled, \"{format}\")"), name);
        match path {
            "ds" => Some(Term::Day(0)),
            "ds_nodash" => date("%Y%m%d", "ds_nodash"),
            "ts" => date("%Y-%m-%dT%H:%M:%S+00:00", "ts"),
            "ts_nodash" => date("%Y%m%dT%H%M%S", "ts_nodash"),
            "ts_nodash_with_tz" => date("%Y%m%dT%H%M%S+0000", "ts_nodash_with_tz"),
            "logical_date" | "execution_date" | "dag_run.logical_date" | "dag_run.execution_date" => {
                code("run.scheduled", "logical_date")
            }
            "data_interval_start" | "dag_run.data_interval_start" => {
                code("run.interval_start", "data_interval_start")
            }
            "data_interval_end" | "dag_run.data_interval_end" => {
                code("run.interval_end", "data_interval_end")
            }
            "run_id" | "dag_run.run_id" => code("run.id", "run_id"),
            "ti.try_number" | "task_instance.try_number" => code("run.attempt", "try_number"),
            "dag.dag_id" | "dag_run.dag_id" | "ti.dag_id" | "task_instance.dag_id" | "dag_id" => {
                Some(Term::Text(self.dag.dag_id.clone()))
            }
            "task.task_id" | "ti.task_id" | "task_instance.task_id" | "task_id" => {
                Some(Term::Text(self.task.task_id.clone()))
            }
            "task_instance_key_str" => code(
                &format!(
                    "\"{}__{}__${{format(run.scheduled, \"%Y%m%d\")}}\"",
                    self.dag.dag_id, self.task.task_id
                ),
                "task_instance_key_str",
            ),
            _ => {
                if let Some(name) =
                    path.strip_prefix("params.").or_else(|| path.strip_prefix("dag_run.conf."))
                {
                    return self.input(name);
                }
                if let Some(name) = path.strip_prefix("var.value.") {
                    let input = self.scope.variable(name, false)?;
                    return code(&input, name);
                }
                if let Some(name) = path.strip_prefix("var.json.").filter(|n| !n.contains('.')) {
                    let input = self.scope.variable(name, true)?;
                    return code(&input, name);
                }
                None
            }
        }
    }

    fn call(&mut self, call: &ast::ExprCall) -> Option<Term> {
        let callee = dotted(&call.func)?;
        let named = |name: &str| {
            let keyword = call
                .arguments
                .keywords
                .iter()
                .find(|k| k.arg.as_ref().is_some_and(|a| a.id.as_str() == name));
            keyword.map(|k| &k.value)
        };
        match callee.as_str() {
            "ti.xcom_pull" | "task_instance.xcom_pull" => {
                let other_dag = named("dag_id").or(call.arguments.args.get(1)).is_some_and(|dag| {
                    literal(dag).as_ref() != Some(&self.dag.dag_id)
                        && !matches!(dotted(dag).as_deref(), Some("dag.dag_id" | "dag_id"))
                });
                let unlike = ["include_prior_dates", "map_indexes", "default", "run_id"];
                if other_dag || unlike.iter().any(|name| named(name).is_some()) {
                    return None;
                }
                let source = named("task_ids").or(call.arguments.args.first())?;
                let task = match source {
                    ast::Expr::List(l) if l.elts.len() == 1 => literal(l.elts.first()?)?,
                    other => literal(other)?,
                };
                let key = named("key").map(literal).unwrap_or(None).filter(|k| k != "return_value");
                if named("key").is_some() && key.is_none() && named("key").and_then(literal).is_none() {
                    return None;
                }
                let code = self.scope.xcom(&task, key.as_deref())?;
                let ty = self.scope.xcom_type(&task, key.as_deref());
                Some(Term::Result { code, ty, name: key.unwrap_or(task) })
            }
            "macros.ds_add" => {
                let [day, by] = &*call.arguments.args else { return None };
                let by: i64 = match by {
                    ast::Expr::UnaryOp(u) if u.op == ast::UnaryOp::USub => {
                        literal(&u.operand)?.parse::<i64>().ok()?.checked_neg()?
                    }
                    other => literal(other)?.parse().ok()?,
                };
                match self.translate(day)? {
                    Term::Day(days) => Some(Term::Day(days.checked_add(by)?)),
                    _ => None,
                }
            }
            "dag_run.conf.get" | "params.get" => {
                let name = literal(call.arguments.args.first()?)?;
                self.input(&name)
            }
            "var.value.get" | "var.json.get" => {
                let name = literal(call.arguments.args.first()?)?;
                self.path(&format!("{}.{name}", callee.strip_suffix(".get")?))
            }
            _ => {
                let (base, method) = callee.rsplit_once('.')?;
                if method != "strftime" && method != "isoformat" {
                    return None;
                }
                let Term::Code { code: base, name } = self.path(base)? else { return None };
                let format = match method {
                    "strftime" => literal(call.arguments.args.first()?)?,
                    _ => "%Y-%m-%dT%H:%M:%S+00:00".into(),
                };
                code(&format!("format({base}, {})", text::string(&format)), &name)
            }
        }
    }

    fn filter(&mut self, value: &ast::Expr, filter: &ast::Expr) -> Option<Term> {
        let (base, name) = match (self.translate(value)?, dotted(filter)?.as_str()) {
            (Term::Result { code: base, name, .. }, "tojson") => {
                self.scope.differs("`tojson` writes no blanks between the parts");
                return code(&format!("json.render({base})"), &name);
            }
            (Term::Result { code, ty, name }, "string" | "safe" | "e") => {
                return Some(Term::Result { code, ty, name });
            }
            (Term::Code { code, name }, _) => (code, name),
            _ => return None,
        };
        match dotted(filter)?.as_str() {
            "ds" if base.starts_with("run.") => code(&format!("format({base}, \"%Y-%m-%d\")"), &name),
            "ds_nodash" if base.starts_with("run.") => code(&format!("format({base}, \"%Y%m%d\")"), &name),
            "ts" if base.starts_with("run.") => {
                code(&format!("format({base}, \"%Y-%m-%dT%H:%M:%S+00:00\")"), &name)
            }
            "ts_nodash" if base.starts_with("run.") => {
                code(&format!("format({base}, \"%Y%m%dT%H%M%S\")"), &name)
            }
            "string" | "safe" | "e" => Some(Term::Code { code: base, name }),
            _ => None,
        }
    }
}

/// `a.b.c` as text.
fn dotted(expr: &ast::Expr) -> Option<String> {
    match expr {
        ast::Expr::Name(n) => Some(n.id.to_string()),
        ast::Expr::Attribute(a) => Some(format!("{}.{}", dotted(&a.value)?, a.attr.id)),
        _ => None,
    }
}
