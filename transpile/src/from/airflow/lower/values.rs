//! Values of a DAG file as expressions of the mission language.

use super::dag::Lowering;
use super::jinja::{self, Piece};
use super::text::{duration, string, timestamp};
use crate::from::airflow::{AirflowTask, Data};

impl Lowering<'_, '_> {
    /// The expression of a value; `Err` says in words what it has no counterpart for.
    pub(super) fn expr(
        &mut self,
        task: &AirflowTask,
        data: &Data,
        templated: bool,
    ) -> Result<String, String> {
        Ok(match data {
            Data::None => "null".into(),
            Data::Bool(b) => b.to_string(),
            Data::Int(i) => i.to_string(),
            Data::Float(f) if f.is_finite() => format!("{f:?}"),
            Data::Float(_) => return Err("a float that is not finite".into()),
            Data::Str(s) if templated && jinja::is_template(s) => {
                let pieces = self.template(task, s)?;
                template_text(&pieces)
            }
            Data::Str(s) => string(s),
            Data::List(items) => {
                let parts =
                    items.iter().map(|i| self.expr(task, i, templated)).collect::<Result<Vec<_>, _>>()?;
                format!("[{}]", parts.join(", "))
            }
            Data::Dict(items) => {
                let mut parts = Vec::new();
                for (key, value) in items {
                    let key = match key {
                        Data::Str(s) => s.clone(),
                        Data::Int(i) => i.to_string(),
                        _ => return Err("a dict with a key that is not text".into()),
                    };
                    parts.push(format!("{}: {}", field(&key), self.expr(task, value, templated)?));
                }
                if parts.is_empty() { "{}".into() } else { format!("{{ {} }}", parts.join(", ")) }
            }
            Data::Delta(d) if *d >= 0 => duration(*d),
            Data::Delta(_) => return Err("a negative timedelta".into()),
            Data::Time(iso, _) => timestamp(iso),
            Data::XCom { task: source, key } => {
                self.xcom_expr(source, key.as_deref()).ok_or_else(|| format!("the result of `{source}`"))?
            }
            Data::GroupArgument(name) => super::names::identifier(name),
            Data::Concat(parts) => {
                let mut out = String::from("\"");
                for part in parts {
                    match part {
                        Data::Str(s) => out.push_str(inner(&string(s))),
                        other => out.push_str(&format!("${{{}}}", self.expr(task, other, templated)?)),
                    }
                }
                out.push('"');
                out
            }
            Data::Env(name, default) => self.env_input(name, default.as_deref()),
            Data::Input(kind, name, default) if kind == "Airflow variable" => {
                self.env_input(&format!("AIRFLOW_VAR_{}", name.to_uppercase()), default.as_deref())
            }
            Data::Input(kind, name, _) => return Err(format!("the {kind} `{name}`")),
            Data::XComMap(..) => return Err("`.map()` of results".into()),
            Data::XComZip(parts) => {
                let mut args = Vec::new();
                for (i, part) in parts.iter().enumerate() {
                    args.push(format!("{}: {}", column(i), self.expr(task, part, templated)?));
                }
                format!("zip({})", args.join(", "))
            }
            Data::XComConcat(parts) => {
                let parts =
                    parts.iter().map(|p| self.expr(task, p, templated)).collect::<Result<Vec<_>, _>>()?;
                parts.join(" + ")
            }
            Data::Function(callable) => return Err(format!("the function `{}`", callable.name)),
            Data::External(path) => return Err(format!("`{path}`")),
            Data::Call { path, .. } => return Err(format!("`{path}(…)`")),
            Data::Op(op, _) => return Err(format!("an expression with `{op}`")),
            Data::Unknown(reason, _) => return Err(reason.clone()),
        })
    }

    /// What an attempt gives; one that fails has read no results.
    pub(super) fn tried<T>(
        &mut self,
        attempt: impl FnOnce(&mut Self) -> Result<T, String>,
    ) -> Result<T, String> {
        let before = self.reads.clone();
        let result = attempt(self);
        if result.is_err() {
            self.reads = before;
        }
        result
    }

    /// As [`Lowering::expr`]; what has no counterpart becomes a text that says so (for the arguments of holes).
    pub(super) fn expr_or_note(&mut self, task: &AirflowTask, data: &Data) -> String {
        match data {
            Data::List(items) => {
                let parts: Vec<String> = items.iter().map(|i| self.expr_or_note(task, i)).collect();
                format!("[{}]", parts.join(", "))
            }
            Data::Dict(items)
                if items.iter().all(|(k, _)| matches!(k, Data::Str(_))) && !items.is_empty() =>
            {
                let parts: Vec<String> = items
                    .iter()
                    .map(|(k, v)| {
                        format!("{}: {}", field(k.as_str().unwrap_or("")), self.expr_or_note(task, v))
                    })
                    .collect();
                format!("{{ {} }}", parts.join(", "))
            }
            Data::Str(s) => {
                self.tried(|lowering| lowering.expr(task, data, true)).unwrap_or_else(|_| string(s))
            }
            other => match self.tried(|lowering| lowering.expr(task, other, true)) {
                Ok(text) => text,
                Err(what) => string(&format!("not known: {what}")),
            },
        }
    }

    /// The pieces of a template.
    pub(super) fn template(&mut self, task: &AirflowTask, template: &str) -> Result<Vec<Piece>, String> {
        let dag = self.dag;
        jinja::read(template, dag, task, self)
    }
}

/// `a`, `b`, … for the columns of a zip.
fn column(i: usize) -> String {
    format!("c{}", i + 1)
}

/// A field name: an identifier, or a string.
pub(super) fn field(name: &str) -> String {
    let text = string(name);
    if super::names::identifier(name) == name {
        name.to_owned()
    } else if text.len() == name.len() + 2 {
        text
    } else {
        // A text that names a field has no escapes, a name in backticks no backtick and no line end.
        format!("`{}`", name.replace(['`', '\n', '\r'], "_"))
    }
}

/// Pieces as a string literal with holes.
pub(super) fn template_text(pieces: &[Piece]) -> String {
    let mut out = String::from("\"");
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(inner(&string(text))),
            Piece::Expr { code, .. } if code.starts_with('"') => out.push_str(inner(code)),
            Piece::Expr { code, .. } => out.push_str(&format!("${{{code}}}")),
        }
    }
    out.push('"');
    out
}

/// A literal without its quotes.
fn inner(literal: &str) -> &str {
    literal.strip_prefix('"').and_then(|l| l.strip_suffix('"')).unwrap_or(literal)
}
