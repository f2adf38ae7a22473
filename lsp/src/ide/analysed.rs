//! A file with all that the compiler knows of it.

use super::Location;
use super::snapshot::{Text, View};
use crate::project::{Foreign, policies_of, root_of};
use rustchain_compiler::effects::scope::{Site, sites};
use rustchain_compiler::index::{Symbol, Use};
use rustchain_compiler::spans::Place;
use rustchain_compiler::{Analysis, CompiledMission, Options, analyse_text};
use rustchain_grammar::ast::{self, Item, Stmt, StmtKind};
use rustchain_grammar::{FileId, Span};
use rustchain_plan::Node;
use std::path::{Path, PathBuf};

/// A file and its analysis.
#[derive(Clone)]
pub struct Analysed {
    /// The file.
    pub path: PathBuf,
    /// What the compiler found.
    pub analysis: Analysis,
    /// The files of organisation policies.
    policies: Vec<PathBuf>,
    /// The texts it depends on; `None` where there was no such file.
    pub(super) read: Vec<(PathBuf, Option<Text>)>,
}

impl Analysed {
    pub(super) fn new(path: &Path, text: &str, view: &View<'_>) -> Analysed {
        let root = root_of(path);
        let policies = policies_of(&root);
        let options = Options {
            root: Some(&root),
            translate: Some(&Foreign),
            index: true,
            policies: &policies,
            ..Options::default()
        };
        let analysis = analyse_text(view, path, text, options);
        Analysed { path: path.to_owned(), analysis, policies, read: view.take_read() }
    }

    /// The file with another text, for the work that the edit needs; `None` where that is all. What it imports must be
    /// what it was.
    pub(super) fn edited(self, text: &Text) -> Option<Analysed> {
        let Analysed { path, analysis, policies, mut read } = self;
        if policies != policies_of(&root_of(&path)) {
            return None;
        }
        let analysis = analysis.edited(&text.0)?;
        read.iter_mut().filter(|(read, _)| *read == path).for_each(|(_, state)| *state = Some(text.clone()));
        Some(Analysed { path, analysis, policies, read })
    }

    /// The text as the user wrote it.
    pub fn text(&self) -> &str {
        &self.analysis.sources.file(FileId(0)).text
    }

    /// The mission text: the user's own, or what his file was translated to.
    pub fn mission_text(&self) -> &str {
        &self.analysis.sources.file(self.analysis.entry).text
    }

    /// Is the file in another format than mission text?
    pub fn is_foreign(&self) -> bool {
        self.analysis.entry != FileId(0)
    }

    /// A byte of the user's text as a byte of the mission text.
    pub fn to_mission(&self, offset: u32) -> Option<u32> {
        if !self.is_foreign() {
            return Some(offset);
        }
        let source = self.analysis.sources.file(self.analysis.entry);
        let holds = source.origin.iter().filter(|(_, _, there)| there.contains(offset));
        let (here, _, there) = holds.min_by_key(|(_, _, there)| there.len())?;
        let verbatim = source.text.get(here.range()) == self.text().get(there.range());
        Some(if verbatim { here.start + (offset - there.start) } else { here.start })
    }

    /// A place of the analysis as the user sees it.
    pub fn location(&self, place: Place) -> Location {
        let (file, span) = self.analysis.sources.resolve(place.file, place.span);
        Location { path: PathBuf::from(&self.analysis.sources.file(file).path), span }
    }

    /// A span of the mission text as the user sees it; `None` where it comes from nothing he wrote.
    pub fn span(&self, span: Span) -> Option<Span> {
        let (file, span) = self.analysis.sources.resolve(self.analysis.entry, span);
        (file == FileId(0)).then_some(span)
    }

    /// The name at a byte of the user's text.
    pub fn name_at(&self, offset: u32) -> Option<&Use> {
        self.analysis.index.at(self.analysis.entry, self.to_mission(offset)?)
    }

    /// The names of this file's own text, in order.
    pub fn names(&self) -> impl Iterator<Item = &Use> {
        let file = self.analysis.entry;
        self.analysis.index.uses.iter().filter(move |u| u.place.file == file)
    }

    /// The names that declare, in order.
    pub fn declarations(&self) -> impl Iterator<Item = &Use> {
        self.names().filter(|u| u.declaration == Some(u.place))
    }

    /// The step that a place names: its mission, static id path and node.
    pub fn step(&self, name: Place) -> Option<(&CompiledMission, String)> {
        self.analysis.missions.iter().find_map(|mission| {
            let found = mission.spans.nodes.iter().find(|(_, places)| places.name == name)?;
            Some((mission, found.0.clone()))
        })
    }

    /// The top-level item that holds a byte of the mission text.
    pub fn item_at(&self, offset: u32) -> Option<&Item> {
        self.analysis.syntax.items.iter().find(|i| i.span.contains(offset))
    }
}

/// Calls `with` for the node of a static id path.
pub fn with_site<T>(mission: &CompiledMission, path: &str, with: impl FnOnce(&Site<'_>) -> T) -> Option<T> {
    sites(&mission.plan).iter().find(|s| s.path == path).map(with)
}

/// The node of a static id path, cloned out of its region.
pub fn node(mission: &CompiledMission, path: &str) -> Option<Node> {
    with_site(mission, path, |site| site.node.clone())
}

/// What a symbol is called.
pub fn word(symbol: Symbol) -> &'static str {
    match symbol {
        Symbol::Step => "step",
        Symbol::Group => "group",
        Symbol::Let => "let",
        Symbol::Parameter => "input",
        Symbol::Variable => "variable",
        Symbol::Output => "output",
        Symbol::Field => "field",
        Symbol::Member => "member",
        Symbol::Type => "type",
        Symbol::Chain => "chain",
        Symbol::Agent => "agent",
        Symbol::Tool => "tool",
        Symbol::Mission => "mission",
        Symbol::Library => "library",
        Symbol::Form => "form",
        Symbol::Provider => "provider",
        Symbol::Memory => "memory",
        Symbol::Policy => "policy",
    }
}

/// Calls `each` for every statement, outer ones first, with how deep it stands.
pub fn statements<'a>(body: &'a [Stmt], each: &mut dyn FnMut(&'a Stmt)) {
    for stmt in body {
        each(stmt);
        match &stmt.kind {
            StmtKind::Group(group) => statements(&group.body, each),
            StmtKind::Step(step) => in_expr(&step.value, each),
            StmtKind::Value(value) => in_expr(value, each),
            _ => {}
        }
    }
}

fn in_expr<'a>(expr: &'a ast::Expr, each: &mut dyn FnMut(&'a Stmt)) {
    match &expr.kind {
        ast::ExprKind::For { body, .. }
        | ast::ExprKind::Loop { body, .. }
        | ast::ExprKind::Poll { body, .. } => statements(body, each),
        ast::ExprKind::If { then, otherwise, .. } => {
            in_expr(then, each);
            in_expr(otherwise, each);
        }
        ast::ExprKind::Match { arms, .. } => arms.iter().for_each(|a| in_expr(&a.value, each)),
        ast::ExprKind::Paren(inner) => in_expr(inner, each),
        _ => {}
    }
}

/// The statements of a declaration that has any.
pub fn body_of(item: &Item) -> &[Stmt] {
    match &item.kind {
        ast::ItemKind::Mission(mission) => &mission.body,
        ast::ItemKind::Chain(chain) => &chain.body,
        _ => &[],
    }
}

/// The docs of a declaration or statement whose name stands at a span.
pub fn docs_at(file: &ast::File, name: Span) -> Option<String> {
    let mut found = None;
    for item in &file.items {
        if !item.span.contains(name.start) {
            continue;
        }
        let (own, parts) = names_of(item);
        if own == Some(name) {
            found = Some(item.docs.text.clone());
        }
        for (span, docs) in parts {
            if span == name {
                found = Some(docs.to_owned());
            }
        }
        statements(body_of(item), &mut |stmt| {
            if stmt_name(stmt).is_some_and(|n| n.span == name) {
                found = Some(stmt.docs.text.clone());
            }
        });
    }
    found.filter(|d| !d.is_empty())
}

fn names_of(item: &Item) -> (Option<Span>, Vec<(Span, &str)>) {
    use ast::ItemKind as K;
    match &item.kind {
        K::Let(d) => (Some(d.name.span), Vec::new()),
        K::Enum(d) => {
            (Some(d.name.span), d.members.iter().map(|m| (m.name.span, m.docs.text.as_str())).collect())
        }
        K::Record(d) => {
            (Some(d.name.span), d.fields.iter().map(|f| (f.name.span, f.docs.text.as_str())).collect())
        }
        K::TypeAlias(d) => (Some(d.name.span), Vec::new()),
        K::Provider(d) => (Some(d.name.span), Vec::new()),
        K::Memory(d) => (Some(d.name.span), Vec::new()),
        K::Policy(d) => (Some(d.name.span), Vec::new()),
        K::Agent(d) => (Some(d.name.span), Vec::new()),
        K::Chain(d) => (Some(d.name.span), Vec::new()),
        K::Tool(d) => (Some(d.name.span), Vec::new()),
        K::Mission(d) => (Some(d.name.span), Vec::new()),
        K::Test(_) | K::Fn(_) | K::Error => (None, Vec::new()),
    }
}

/// The name a statement gives.
pub fn stmt_name(stmt: &Stmt) -> Option<&ast::Name> {
    Some(match &stmt.kind {
        StmtKind::Let(d) | StmtKind::Output(d) => &d.name,
        StmtKind::Step(d) => &d.name,
        StmtKind::Group(d) => &d.name,
        StmtKind::Input(d) | StmtKind::Secret(d) => &d.name,
        _ => return None,
    })
}
