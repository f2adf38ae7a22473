//! Steps for which Airflow has the same thing itself: a bash script whose result nobody reads, a step that does
//! nothing.

use super::constant::constant;
use super::python::{Arg, Py, named};
use rustchain_plan::plan::{Body, Call, CalleeKind, Node, OnErrorAction};
use rustchain_plan::types::Schemas;
use rustchain_plan::{ErrorKind, KindPattern, Value};

/// The operator's class and its own arguments.
pub(super) struct Native {
    pub class: &'static str,
    pub args: Vec<Arg>,
}

/// The native operator of a step; `is_read`: something reads its value.
pub(super) fn native(node: &Node, schemas: &Schemas, is_read: bool) -> Option<Native> {
    let Body::Call(call) = &node.body else { return None };
    let unlike = node.when.is_some() || node.within.is_some() || node.cache.is_some() || is_read;
    let guarded = !call.guards.is_empty() || call.needs_approval || call.kind != CalleeKind::Step;
    let retried = node.retry.as_ref().is_some_and(|retry| !retry.kinds.iter().all(is_any));
    if unlike || guarded || retried {
        return None;
    }
    match call.callee.as_str() {
        "noop" if node.on_error.is_empty() => Some(Native { class: "EmptyOperator", args: Vec::new() }),
        "exec.bash" => bash(node, call, schemas),
        _ => None,
    }
}

fn is_any(pattern: &KindPattern) -> bool {
    *pattern == KindPattern::Any
}

fn bash(node: &Node, call: &Call, schemas: &Schemas) -> Option<Native> {
    let arg = |name: &str| call.args.get(name).map(|expr| constant(expr, schemas));
    let script = arg("script")??;
    let plain = match (arg("stdin"), arg("check")) {
        (Some(Some(Value::String(stdin))), None) => stdin.is_empty(),
        (None, Some(Some(Value::Bool(check)))) => check,
        (None, None) => true,
        _ => false,
    };
    let skips = skipped_codes(node)?;
    let mut args =
        vec![named("bash_command", Py::text(command(script.as_text()?)?)), named("cwd", cwd(arg("cwd"))?)];
    if let Some(env) = arg("env") {
        let env = variables(&env?)?;
        if !env.is_empty() {
            args.push(named("env", Py::Dict(env)));
            args.push(named("append_env", Py::bool(true)));
        }
    }
    let codes = Py::List(skips.iter().map(|code| Py::raw(code.to_string())).collect());
    args.push(named("skip_on_exit_code", if skips.is_empty() { Py::raw("None") } else { codes }));
    args.push(named("do_xcom_push", Py::bool(false)));
    plain.then_some(Native { class: "BashOperator", args })
}

/// The exit codes that `on error` makes a skip; `None`: it says something that the operator cannot.
fn skipped_codes(node: &Node) -> Option<Vec<i64>> {
    let mut codes = Vec::new();
    for rule in &node.on_error {
        if rule.action != OnErrorAction::Skip || rule.kinds.is_empty() {
            return None;
        }
        for kind in &rule.kinds {
            let KindPattern::Is(ErrorKind::Exit(code)) = kind else { return None };
            codes.push(i64::from(*code));
        }
    }
    Some(codes)
}

/// A script as the operator takes it: with pipefail, as `exec.bash` has it, and nothing for Jinja to find.
fn command(script: &str) -> Option<String> {
    if script.contains("endraw") || script.contains('\0') {
        return None;
    }
    let literal = has_jinja(script).then(|| format!("{{% raw %}}{script}{{% endraw %}}"));
    let text = literal.unwrap_or_else(|| script.to_owned());
    // A command that ends like the name of a script is read as one.
    let end = if text.ends_with(".sh") || text.ends_with(".bash") { " " } else { "" };
    Some(format!("set -o pipefail\n{text}{end}"))
}

fn has_jinja(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark))
}

fn cwd(given: Option<Option<Value>>) -> Option<Py> {
    match given {
        None | Some(Some(Value::Null)) => Some(Py::raw("ROOT")),
        Some(Some(path)) => {
            let text = path.as_text().filter(|text| !has_jinja(text))?;
            Some(Py::raw(format!("os.path.join(ROOT, {})", super::python::quoted(text))))
        }
        Some(None) => None,
    }
}

fn variables(env: &Value) -> Option<Vec<(Py, Py)>> {
    let Value::Map(map) = env else { return None };
    let pairs = map.iter().map(|(name, value)| {
        let text = value.as_text().filter(|text| !has_jinja(text) && !text.ends_with(".sh"))?;
        Some((Py::text(name.as_str()), Py::text(text)))
    });
    pairs.collect()
}
