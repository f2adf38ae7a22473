//! Exceptions of Airflow that functions raise: the tasks file has classes of its own for them.

use crate::from::airflow::Callable;
use crate::from::callable::Dependency;
use crate::python::syntax::{self, ast, span_of};
use ruff_python_ast::visitor::{self, Visitor};
use rustchain_grammar::Span;
use std::collections::BTreeSet;

/// Name, base and meaning of each.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("AirflowException", "Exception", "Fails the step."),
    ("AirflowSkipException", "AirflowException", "Ends the step as skipped."),
    ("AirflowFailException", "AirflowException", "Fails the step, without another attempt."),
    ("AirflowBadRequest", "AirflowException", "Fails the step."),
    ("AirflowConfigException", "AirflowException", "Fails the step."),
    ("AirflowNotFoundException", "AirflowException", "Fails the step."),
    ("AirflowSensorTimeout", "AirflowException", "Fails the step."),
    ("AirflowTaskTimeout", "BaseException", "Fails the step."),
];

/// The modules that they come from.
const MODULES: &[&str] = &["airflow.exceptions", "airflow.sdk.exceptions"];

/// A callable that imports none of [`EXCEPTIONS`] from Airflow, and what it needs of Airflow all the same.
pub(super) fn carried(callable: &Callable) -> (Callable, Vec<String>) {
    let mut made = callable.clone();
    let mut own = BTreeSet::new();
    let mut needs = BTreeSet::new();
    made.source = rewritten(&callable.source, &mut own, &mut needs);
    made.uses = Vec::new();
    for dependency in &callable.uses {
        let text = rewritten(&dependency.text, &mut own, &mut needs);
        // What is left of an import is the other name that it gave an exception.
        let is_import = dependency.is_import && text == dependency.text;
        if !text.trim().is_empty() {
            made.uses.push(Dependency { text, is_import, ..dependency.clone() });
        }
    }
    let classes = EXCEPTIONS.iter().filter(|(name, ..)| own.contains(name));
    let classes = classes.map(|(name, base, meaning)| Dependency {
        name: (*name).to_owned(),
        text: format!("class {name}({base}):\n    \"\"\"{meaning}\"\"\""),
        is_import: false,
    });
    made.uses.splice(0..0, classes);
    (made, needs.into_iter().collect())
}

/// A text whose imports of [`EXCEPTIONS`] are gone; notes those, and the modules of Airflow that it imports still.
fn rewritten(text: &str, own: &mut BTreeSet<&'static str>, needs: &mut BTreeSet<String>) -> String {
    if !text.contains("airflow") {
        return text.to_owned();
    }
    let Ok((module, _)) = syntax::parse(text) else { return text.to_owned() };
    let mut imports = Imports { own, needs, depth: 0, changes: Vec::new() };
    imports.visit_body(&module.body);
    let mut out = text.to_owned();
    for (span, instead) in imports.changes.into_iter().rev() {
        let range = if instead.is_empty() { whole_line(&out, span) } else { span.range() };
        out.replace_range(range, &instead);
    }
    out
}

/// The line of a statement where it has one for itself, with an empty line behind it.
fn whole_line(text: &str, span: Span) -> std::ops::Range<usize> {
    let range = span.range();
    let start = text.get(..range.start).and_then(|head| head.rfind('\n')).map_or(0, |at| at + 1);
    let end =
        text.get(range.end..).and_then(|tail| tail.find('\n')).map_or(text.len(), |at| range.end + at + 1);
    let blank = |part: Option<&str>| part.is_some_and(|part| part.trim().is_empty());
    if !blank(text.get(start..range.start)) || !blank(text.get(range.end..end)) {
        return range;
    }
    let empty = text.get(end..).filter(|_| end > range.end).is_some_and(|tail| tail.starts_with('\n'));
    start..end + usize::from(empty)
}

struct Imports<'a> {
    own: &'a mut BTreeSet<&'static str>,
    needs: &'a mut BTreeSet<String>,
    /// Blocks around the statements.
    depth: u32,
    /// Statements and what stands instead, in order.
    changes: Vec<(Span, String)>,
}

impl Imports<'_> {
    /// What stands instead of an import of exceptions only.
    fn instead(&mut self, import: &ast::StmtImportFrom) -> Option<String> {
        let module = import.module.as_ref()?;
        if !MODULES.contains(&module.id.as_str()) {
            return None;
        }
        let known = |alias: &ast::Alias| EXCEPTIONS.iter().find(|(name, ..)| *name == alias.name.id.as_str());
        let found: Option<Vec<_>> = import.names.iter().map(|alias| Some((alias, known(alias)?))).collect();
        let mut renamed = Vec::new();
        for (alias, (name, base, _)) in found? {
            self.own.insert(name);
            self.own.extend(EXCEPTIONS.iter().map(|(name, ..)| *name).filter(|name| name == base));
            let other = alias.asname.as_ref().filter(|other| other.id.as_str() != *name);
            renamed.extend(other.map(|other| format!("{} = {name}", other.id)));
        }
        Some(renamed.join("; "))
    }
}

impl<'a> Visitor<'a> for Imports<'_> {
    fn visit_body(&mut self, body: &'a [ast::Stmt]) {
        let mut left = body.len();
        self.depth += 1;
        for stmt in body {
            let instead = match stmt {
                ast::Stmt::ImportFrom(import) => self.instead(import),
                _ => None,
            };
            let Some(mut instead) = instead else {
                self.visit_stmt(stmt);
                continue;
            };
            left -= 1;
            if left == 0 && self.depth > 1 && instead.is_empty() {
                instead = "pass".to_owned();
            }
            self.changes.push((span_of(stmt), instead));
        }
        self.depth -= 1;
    }

    fn visit_stmt(&mut self, stmt: &'a ast::Stmt) {
        let is_airflow = |path: &str| path == "airflow" || path.starts_with("airflow.");
        match stmt {
            ast::Stmt::Import(import) => {
                let paths = import.names.iter().map(|alias| alias.name.id.to_string());
                self.needs.extend(paths.filter(|path| is_airflow(path)));
            }
            ast::Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |module| module.id.as_str());
                if import.level == 0 && is_airflow(module) {
                    let names = import.names.iter().map(|alias| format!("{module}.{}", alias.name.id));
                    self.needs.extend(names);
                }
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }
}
