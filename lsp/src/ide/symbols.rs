//! Outline and workspace symbols.

use super::analysed::{body_of, stmt_name, word};
use super::{Location, Snapshot};
use rustchain_compiler::index::Symbol;
use rustchain_grammar::Span;
use rustchain_grammar::ast::{Expr, ExprKind, Item, ItemKind, Name, Stmt, StmtKind};
use std::path::Path;

/// An entry of the outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// Its name.
    pub name: String,
    /// A few more words.
    pub detail: String,
    /// What it is.
    pub symbol: Symbol,
    /// All of it.
    pub whole: Span,
    /// Its name's place.
    pub selection: Span,
    /// What stands in it.
    pub children: Vec<Outline>,
}

/// The outline of a file.
pub fn outline(snapshot: &Snapshot, path: &Path) -> Vec<Outline> {
    let Some(file) = snapshot.analysed(path) else { return Vec::new() };
    let mut found: Vec<Outline> = file.analysis.syntax.items.iter().filter_map(of_item).collect();
    if file.is_foreign() {
        fn mapped(file: &super::Analysed, entries: Vec<Outline>) -> Vec<Outline> {
            let mut out: Vec<Outline> = Vec::new();
            for mut entry in entries {
                let children = mapped(file, std::mem::take(&mut entry.children));
                match (file.span(entry.whole), file.span(entry.selection)) {
                    (Some(whole), Some(selection)) => {
                        let selection = if whole.contains(selection.start) && whole.contains(selection.end) {
                            selection
                        } else {
                            Span::new(whole.start, whole.start)
                        };
                        out.push(Outline { whole, selection, children, ..entry });
                    }
                    _ => out.extend(children),
                }
            }
            out
        }
        found = mapped(&file, found);
    }
    found
}

/// Declarations of all missions of the project whose name has the letters of the query, in order.
pub fn workspace(snapshot: &Snapshot, query: &str) -> Vec<(String, Symbol, Location)> {
    let query = query.to_lowercase();
    let mut found = Vec::new();
    for path in snapshot.missions() {
        let Some(file) = snapshot.analysed(&path) else { continue };
        for name in file.declarations() {
            let top =
                !matches!(name.symbol, Symbol::Variable | Symbol::Field | Symbol::Member | Symbol::Parameter);
            if top && has_letters(&name.name.to_lowercase(), &query) {
                found.push((name.name.to_string(), name.symbol, file.location(name.place)));
            }
        }
    }
    found
}

fn has_letters(name: &str, query: &str) -> bool {
    let mut letters = name.chars();
    query.chars().all(|q| letters.any(|l| l == q))
}

/// A declaration by itself.
pub fn top(item: &Item) -> Option<Outline> {
    of_item(item)
}

fn of_item(item: &Item) -> Option<Outline> {
    use ItemKind as K;
    let (name, symbol, children) = match &item.kind {
        K::Let(d) => (&d.name, Symbol::Let, Vec::new()),
        K::Enum(d) => {
            let members = d.members.iter().map(|m| leaf(&m.name, Symbol::Member, m.name.span));
            (&d.name, Symbol::Type, members.collect())
        }
        K::Record(d) => {
            let fields = d.fields.iter().map(|f| leaf(&f.name, Symbol::Field, f.span));
            (&d.name, Symbol::Type, fields.collect())
        }
        K::TypeAlias(d) => (&d.name, Symbol::Type, Vec::new()),
        K::Provider(d) => (&d.name, Symbol::Provider, Vec::new()),
        K::Memory(d) => (&d.name, Symbol::Memory, Vec::new()),
        K::Policy(d) => (&d.name, Symbol::Policy, Vec::new()),
        K::Agent(d) => (&d.name, Symbol::Agent, Vec::new()),
        K::Tool(d) => (&d.name, Symbol::Tool, Vec::new()),
        K::Chain(d) => (&d.name, Symbol::Chain, body_of(item).iter().filter_map(of_stmt).collect()),
        K::Mission(d) => (&d.name, Symbol::Mission, body_of(item).iter().filter_map(of_stmt).collect()),
        K::Test(d) => {
            let name = Name { text: d.title.0.clone(), span: d.title.1 };
            let mut entry = leaf(&name, Symbol::Form, item.span);
            entry.detail = "test".to_owned();
            return Some(entry);
        }
        K::Fn(_) | K::Error => return None,
    };
    Some(Outline { children, ..leaf(name, symbol, item.span) })
}

fn of_stmt(stmt: &Stmt) -> Option<Outline> {
    let name = stmt_name(stmt)?;
    let (symbol, children): (Symbol, Vec<Outline>) = match &stmt.kind {
        StmtKind::Step(step) => (Symbol::Step, inside(&step.value)),
        StmtKind::Group(group) => (Symbol::Group, group.body.iter().filter_map(of_stmt).collect()),
        StmtKind::Output(_) => (Symbol::Output, Vec::new()),
        StmtKind::Let(_) => (Symbol::Let, Vec::new()),
        _ => (Symbol::Parameter, Vec::new()),
    };
    Some(Outline { children, ..leaf(name, symbol, stmt.span) })
}

fn inside(expr: &Expr) -> Vec<Outline> {
    match &expr.kind {
        ExprKind::For { body, .. } | ExprKind::Loop { body, .. } | ExprKind::Poll { body, .. } => {
            body.iter().filter_map(of_stmt).collect()
        }
        _ => Vec::new(),
    }
}

fn leaf(name: &Name, symbol: Symbol, whole: Span) -> Outline {
    let whole =
        if whole.contains(name.span.start) && whole.contains(name.span.end) { whole } else { name.span };
    Outline {
        name: if name.text.is_empty() { "…".to_owned() } else { name.text.to_string() },
        detail: word(symbol).to_owned(),
        symbol,
        whole,
        selection: name.span,
        children: Vec::new(),
    }
}
