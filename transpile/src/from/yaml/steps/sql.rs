//! SQL: values enter as parameters, never as text.

use super::Missing;
use crate::from::yaml::doc::Doc;
use crate::from::yaml::literal;
use crate::from::yaml::node::{Kind, Node};
use crate::from::yaml::translate::Translator;
use crate::from::yaml::units::Unit;
use crate::from::yaml::values::Resolved;
use rustchain_grammar::Severity;

/// `sql_query` on SQLite; other databases become a `hole`.
pub(super) fn lower(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let query = t.need(unit, "query")?;
    let database = t.param(unit, "database_url").cloned();
    let Some(db) = database.as_ref().and_then(sqlite_path) else {
        let span = database.map_or(unit.step.kind.span, |node| node.span);
        let message = "only SQLite files can be queried: it becomes a `hole`";
        let help =
            "give `database_url: sqlite://path/to/file.db`, or run the database's own client with `exec.run`";
        t.sink.lossy(Severity::Medium, span, message, help);
        return Ok(t.hole(unit, "sql_query", "list<map<string, json>>", &unit.step.params.clone()));
    };
    let (text, mut params) = bound(t, &query);
    if let Some(node) = t.param(unit, "params").cloned() {
        let stated: Vec<Doc> = node.items().iter().map(|item| t.json(item)).collect();
        params.splice(0..0, stated);
    }
    let reads = ["select", "with", "pragma", "explain", "values"];
    let first = text.trim_start().split(char::is_whitespace).next().unwrap_or_default().to_lowercase();
    let query_doc = literal::raw("sql\"\"\"", &text, t.text, query.span);
    let mut args = vec![Doc::named("db", t.template(&db)), Doc::named("query", query_doc)];
    if !params.is_empty() {
        args.push(Doc::named("params", Doc::list(params)));
    }
    if reads.contains(&first.as_str()) {
        return Ok(t.call(unit, "sql.query", args));
    }
    Ok(t.call(unit, "sql.execute", args))
}

/// The path in `sqlite://path`, `sqlite:path`, or a plain path of a database file.
fn sqlite_path(node: &Node) -> Option<Node> {
    let text = node.text()?;
    let path = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:"));
    let path = match path {
        Some("memory:" | ":memory:" | "memory") => ":memory:",
        Some(path) => path,
        None if text == ":memory:" => text,
        None if [".db", ".sqlite", ".sqlite3"].iter().any(|end| text.ends_with(end))
            && !text.contains("://") =>
        {
            text
        }
        None => return None,
    };
    let span = node.span;
    Some(Node { kind: Kind::Text(path.into()), span })
}

/// The query with `?1`, `?2` for its references (quotes around them taken off), and their values.
fn bound(t: &mut Translator<'_>, query: &Node) -> (String, Vec<Doc>) {
    let (mut text, mut params) = (String::new(), Vec::new());
    let mut quoted = false;
    for piece in t.pieces(query) {
        match piece {
            Resolved::Text(piece) => {
                let rest = if quoted { piece.strip_prefix('\'').unwrap_or(&piece) } else { &piece };
                text.push_str(rest);
                quoted = false;
            }
            Resolved::Value(value) => {
                quoted = text.ends_with('\'');
                if quoted {
                    text.pop();
                }
                params.push(value.doc);
                text.push_str(&format!("?{}", params.len()));
            }
        }
    }
    (text, params)
}
