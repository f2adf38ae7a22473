//! Airflow variables, connections, configuration and version tests.

use super::options::AirflowVersion;
use super::state::AirflowHost;
use super::tasks::last;
use crate::python::{Args, Eval, ImportVerdict, Machine, Plain, Site, SymbolKind, Value};

type M<'v> = Machine<'v, AirflowHost>;

/// `Variable.get(…)`, `BaseHook.get_connection(…)`, `conf.get(…)`.
pub(super) fn call(m: &mut M<'_>, path: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
    if !path.starts_with("airflow.") {
        return Ok(None);
    }
    let mut parts = path.rsplit('.');
    let (method, owner) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    Ok(match (owner, method) {
        ("Variable", "get") => variable(m, args, site)?,
        ("Variable", "set" | "delete" | "update") => Some(Value::None),
        ("Variable", "setdefault") => variable(m, args, site)?,
        (_, "get_connection" | "get_connection_from_secrets") | ("Connection", "get") => {
            let name = args.get(0, "conn_id").and_then(|v| m.text(v)).unwrap_or_default();
            Some(m.symbol(SymbolKind::Input("connection", name.into()), None, site.span))
        }
        ("conf", _) => {
            let name: Vec<String> = args.pos.iter().filter_map(|v| m.text(v)).collect();
            let fallback = args.named("fallback").cloned();
            Some(m.symbol(SymbolKind::Input("setting", name.join(".").into()), fallback, site.span))
        }
        _ => None,
    })
}

fn variable(m: &mut M<'_>, args: &Args, site: Site) -> Eval<Option<Value>> {
    let Some(key) = args.get(0, "key") else { return Ok(None) };
    let Some(name) = m.text(key) else { return Ok(None) };
    let default =
        args.named("default_var").or_else(|| args.named("default")).or_else(|| args.pos.get(1)).cloned();
    let as_json = args.named("deserialize_json").is_some_and(|v| m.truth(v) == Some(true));
    if let Some(json) = m.host.variables.get(&name).cloned() {
        let json = match (&json, as_json) {
            (Plain::Str(text), true) => match Plain::from_json(text) {
                Ok(json) => json,
                Err(e) => {
                    return Err(m.raise(
                        "ValueError",
                        format!("the variable `{name}` is no JSON: {e}"),
                        site.span,
                    ));
                }
            },
            (Plain::Str(_), false) => json,
            (other, false) => Plain::Str(other.to_json(None)),
            _ => json,
        };
        return m.from_plain(&json, site.span).map(Some);
    }
    Ok(Some(m.symbol(SymbolKind::Input("Airflow variable", name.into()), default, site.span)))
}

/// A value that the version decides: `AIRFLOW_V_3_0_PLUS`, `airflow.__version__`.
pub(super) fn constant(m: &mut M<'_>, path: &str, name: &str) -> Option<Value> {
    let (major, minor, patch) = m.host.version.numbers();
    if let Some(rest) = name.strip_prefix("AIRFLOW_V_").and_then(|r| r.strip_suffix("_PLUS")) {
        let mut parts = rest.split('_').map(|p| p.parse::<i64>().ok());
        let wanted =
            (parts.next()??, parts.next().flatten().unwrap_or(0), parts.next().flatten().unwrap_or(0));
        return Some(Value::Bool((major, minor, patch) >= wanted));
    }
    if matches!(
        (path, name),
        ("airflow", "__version__") | ("airflow.version", "version") | ("airflow", "version")
    ) && name != "version"
        || (path, name) == ("airflow.version", "version")
    {
        return Some(Value::str(format!("{major}.{minor}.{patch}")));
    }
    let owner = last(path);
    let enum_like = matches!(owner, "TriggerRule" | "WeightRule");
    if enum_like && path.starts_with("airflow") && name.chars().all(|c| c.is_ascii_uppercase() || c == '_') {
        let value = name.to_lowercase();
        // Those of `airflow.sdk` have no text of their own: `TriggerRule.ALL_DONE` in an f-string.
        return Some(match path.starts_with("airflow.sdk") {
            true => m.text_enum_member(owner, name, &value),
            false => Value::str(value),
        });
    }
    None
}

/// Which modules the version certainly has, or has not.
pub(super) fn import(host: &AirflowHost, module: &str) -> ImportVerdict {
    let under =
        |prefix: &str| module == prefix || module.strip_prefix(prefix).is_some_and(|r| r.starts_with('.'));
    let missing = match host.version {
        AirflowVersion::Two => under("airflow.sdk") || under("airflow.task.trigger_rule"),
        AirflowVersion::Three => {
            under("airflow.contrib")
                || under("airflow.operators.subdag")
                || under("airflow.operators.dummy")
                || (under("airflow.operators") && module.ends_with("_operator"))
        }
    };
    match (missing, module.starts_with("airflow")) {
        (true, _) => ImportVerdict::Missing,
        (false, true) => ImportVerdict::Present,
        _ => ImportVerdict::Unknown,
    }
}
