//! One mission: its units become statements. What a step needs at the top of the file goes to [`Globals`].

use super::doc::Doc;
use super::model::{At, Mission};
use super::names::{Names, identifier};
use super::node::Node;
use super::report::Sink;
use super::step_types::Ty;
use super::units::{Unit, Units};
use rustchain_grammar::Span;
use std::collections::{BTreeMap, BTreeSet};

/// Declarations that the missions of a file share.
#[derive(Default)]
pub(crate) struct Globals {
    pub names: Names,
    /// (vendor, model) to (name, place).
    pub providers: BTreeMap<(String, String), (String, Span)>,
    /// Store to name.
    pub memories: BTreeMap<String, (String, Span)>,
    pub agents: Vec<Agent>,
}

/// An agent declaration.
pub(crate) struct Agent {
    pub head: Doc,
    pub lines: Vec<Doc>,
}

/// An expression with as much of its type as matters.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub doc: Doc,
    pub ty: Ty,
}

impl Value {
    pub fn new(doc: Doc, ty: Ty) -> Value {
        Value { doc, ty }
    }
}

/// What an input is read for; a secret may go to some places only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A request header, an environment variable of a program, its stdin.
    Guarded,
    /// Anywhere else.
    Open,
}

/// An input of the mission, stated or found in a reference.
pub(crate) struct Input {
    pub ident: String,
    pub ty: &'static str,
    pub env: Option<String>,
    pub default: Option<Doc>,
    pub doc: Option<String>,
    pub constraint: Option<Doc>,
    pub looks_secret: bool,
    pub only_guarded: bool,
    pub span: Span,
}

impl Input {
    /// Declared as `secret`: it looks like one and goes only where secrets may go.
    pub fn is_secret(&self) -> bool {
        self.looks_secret && self.only_guarded && self.env.is_some()
    }
}

/// A statement of a mission.
pub(crate) enum Stmt {
    Step { docs: Vec<String>, doc: Doc },
    Group { docs: Vec<String>, head: Doc, body: Vec<Stmt> },
}

/// Translates one mission.
pub(crate) struct Translator<'a> {
    pub text: &'a str,
    /// As the user wrote it, for `source:` of holes.
    pub path: &'a str,
    pub sink: &'a mut Sink,
    pub mission: &'a Mission,
    pub globals: &'a mut Globals,
    pub units: Units,
    pub names: Names,
    pub inputs: BTreeMap<String, Input>,
    pub input_order: Vec<String>,
    /// The unit that is being translated.
    pub current: usize,
    /// Units that it reads.
    pub reads: BTreeSet<usize>,
    pub place: Place,
    /// Steps to write before it: (name, value).
    pub before: Vec<(String, Doc)>,
    /// Steps to write behind it: (name, value, `when`).
    pub behind: Vec<(String, Doc, Doc)>,
    /// Steps for conditions that nobody understands, written before everything else.
    pub holes: Vec<(String, Doc)>,
}

impl<'a> Translator<'a> {
    pub fn new(
        text: &'a str,
        path: &'a str,
        mission: &'a Mission,
        globals: &'a mut Globals,
        sink: &'a mut Sink,
    ) -> Self {
        let mut names = Names::of_values();
        let units = Units::build(mission, &mut names, text, sink);
        sink.report.missions += 1;
        sink.report.steps += units.all.len();
        let mut translator = Translator {
            text,
            path,
            sink,
            mission,
            globals,
            units,
            names,
            inputs: BTreeMap::new(),
            input_order: Vec::new(),
            current: usize::MAX,
            reads: BTreeSet::new(),
            place: Place::Open,
            before: Vec::new(),
            holes: Vec::new(),
            behind: Vec::new(),
        };
        translator.declare_variables();
        translator
    }

    /// The statements of all steps, in order.
    pub fn steps(&mut self) -> Vec<Stmt> {
        let top = self.units.top.clone();
        top.into_iter().flat_map(|index| self.unit(index)).collect()
    }

    pub fn unit(&mut self, index: usize) -> Vec<Stmt> {
        let Some(unit) = self.units.get(index).cloned() else { return Vec::new() };
        if unit.children.is_empty() {
            return self.leaf(index, &unit);
        }
        let body = unit.children.iter().flat_map(|child| self.unit(*child)).collect();
        let head =
            Doc::Cat(vec![Doc::text("group "), Doc::from(unit.step.id.span, Doc::text(unit.ident.clone()))]);
        vec![Stmt::Group { docs: docs(&unit), head, body }]
    }

    fn leaf(&mut self, index: usize, unit: &Unit) -> Vec<Stmt> {
        self.current = index;
        self.reads.clear();
        self.before.clear();
        self.place = Place::Open;
        let when = self.when(unit);
        let call = self.lower(unit);
        let before = std::mem::take(&mut self.before);
        let after = self.after(unit);
        let clauses = self.clauses(unit);
        let holes = std::mem::take(&mut self.holes).into_iter();
        let mut out: Vec<Stmt> = holes
            .map(|(name, value)| Stmt::Step {
                docs: Vec::new(),
                doc: step(Doc::text(name), value, Vec::new(), unit.step.span),
            })
            .collect();
        let mut first = after;
        for (name, value) in before {
            let mut all: Vec<Doc> = std::mem::take(&mut first).into_iter().collect();
            all.extend(when.clone());
            all.extend(clauses.shared.iter().cloned());
            out.push(Stmt::Step { docs: Vec::new(), doc: step(Doc::text(name), value, all, unit.step.span) });
        }
        let mut all: Vec<Doc> = first.into_iter().collect();
        all.extend(when);
        let behind = std::mem::take(&mut self.behind).into_iter().map(|(name, value, when)| {
            let continued = clauses.shared.iter().filter(|doc| doc.flat().starts_with("on error"));
            let clauses = std::iter::once(when).chain(continued.cloned()).collect();
            Stmt::Step { docs: Vec::new(), doc: step(Doc::text(name), value, clauses, unit.step.span) }
        });
        let behind: Vec<Stmt> = behind.collect();
        all.extend(clauses.shared);
        all.extend(clauses.own);
        let name = Doc::from(unit.step.id.span, Doc::text(unit.ident.clone()));
        out.push(Stmt::Step { docs: docs(unit), doc: step(name, call, all, unit.step.span) });
        out.extend(behind);
        out
    }

    /// `after […]`: what it waits for and does not read.
    fn after(&mut self, unit: &Unit) -> Option<Doc> {
        let mut wanted = unit.after.clone();
        // Of a chain only the first step waits for what the chain waits for.
        let mut at = if unit.before.is_none() { unit.parent } else { None };
        while let Some(parent) = at.and_then(|p| self.units.get(p)) {
            wanted.extend(parent.after.iter().copied());
            at = parent.parent;
        }
        let mut seen = BTreeSet::new();
        let mut paths = Vec::new();
        for (target, span) in wanted {
            let read = self.reads.contains(&self.last_of(target));
            if read || !seen.insert(target) || target == self.current {
                continue;
            }
            paths.push(Doc::from(span, Doc::text(self.name_of(target))));
        }
        (!paths.is_empty()).then(|| Doc::Cat(vec![Doc::text("after "), Doc::list(paths)]))
    }

    /// A unit's name as the current unit writes it.
    pub fn name_of(&self, target: usize) -> String {
        let parent = self.units.get(self.current).and_then(|u| u.parent);
        let mut segments = Vec::new();
        let mut at = Some(target);
        while let Some(unit) = at.and_then(|i| self.units.get(i)) {
            if !segments.is_empty() && at == parent {
                break;
            }
            segments.push(unit.ident.as_str());
            at = unit.parent;
        }
        segments.reverse();
        segments.join(".")
    }

    /// The unit whose value a group's value is.
    pub fn last_of(&self, target: usize) -> usize {
        let mut at = target;
        while let Some(last) = self.units.get(at).and_then(|u| u.children.last()) {
            at = *last;
        }
        at
    }

    /// An unused name for a step of our own making.
    pub fn fresh(&mut self, name: &str) -> String {
        self.names.claim(name)
    }

    /// `FILE:LINE` of a place, as holes name their source.
    pub fn source_of(&self, span: Span) -> String {
        let line = self.text.get(..span.start as usize).map_or(1, |t| t.matches('\n').count() + 1);
        let file = self.path.rsplit(['/', '\\']).next().unwrap_or(self.path);
        format!("{file}:{line}")
    }

    /// The value of a parameter of the current step, by its documented name or an alias.
    pub fn param<'u>(&self, unit: &'u Unit, name: &str) -> Option<&'u Node> {
        let params = &unit.step.params;
        let aliases = unit.kind.and_then(|k| k.param(name)).map(|p| p.aliases).unwrap_or_default();
        std::iter::once(&name).chain(aliases).find_map(|name| params.get(name)).filter(|node| !node.is_null())
    }

    pub fn provider(&mut self, vendor: &str, model: &str, span: Span) -> String {
        let key = (vendor.to_string(), model.to_string());
        if let Some((name, _)) = self.globals.providers.get(&key) {
            return name.clone();
        }
        let base = if self.globals.providers.is_empty() { "llm".into() } else { identifier(&key.1) };
        let base = match self.names.has(&base) {
            true => format!("{base}_model"),
            false => base,
        };
        let name = self.globals.names.claim(&base);
        self.names.reserve(&name);
        self.globals.providers.insert(key, (name.clone(), span));
        name
    }

    pub fn memory(&mut self, store: &str, span: Span) -> String {
        if let Some((name, _)) = self.globals.memories.get(store) {
            return name.clone();
        }
        let mut base = identifier(store);
        if self.names.has(&base) {
            base = format!("{base}_memory");
        }
        let name = self.globals.names.claim(&base);
        self.names.reserve(&name);
        self.globals.memories.insert(store.into(), (name.clone(), span));
        name
    }
}

fn step(name: Doc, value: Doc, clauses: Vec<Doc>, span: Span) -> Doc {
    let mut parts = vec![Doc::text("step "), name, Doc::text(" = "), value];
    if !clauses.is_empty() {
        parts.push(Doc::Block { head: " with ".into(), items: clauses });
    }
    Doc::from(span, Doc::Cat(parts))
}

/// What a person wrote about a step, unless it only repeats the id.
fn docs(unit: &Unit) -> Vec<String> {
    let plain = |text: &str| {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect::<String>()
    };
    let step = &unit.step;
    let mut out: Vec<String> = Vec::new();
    let texts = [&step.name, &step.description];
    for text in texts.into_iter().flatten() {
        let repeats = plain(&text.value) == plain(&step.id.value) || out.contains(&text.value);
        if !repeats && !text.value.trim().is_empty() {
            out.push(text.value.clone());
        }
    }
    out.iter().flat_map(|text| text.lines()).map(|line| line.trim_end().to_string()).collect()
}

/// A duration of so many seconds: `90s`, `5m`, `1500ms`.
pub(crate) fn duration(seconds: f64) -> String {
    let ms = (seconds * 1000.0).round() as i64;
    match ms {
        ms if ms % 1000 != 0 => format!("{ms}ms"),
        ms if ms % 3_600_000 == 0 && ms > 0 => format!("{}h", ms / 3_600_000),
        ms if ms % 60_000 == 0 && ms > 0 => format!("{}m", ms / 60_000),
        ms => format!("{}s", ms / 1000),
    }
}

/// A name that an [`At`] holds, as a piece with its place.
pub(crate) fn named_at(at: &At<String>, text: String) -> Doc {
    Doc::from(at.span, Doc::text(text))
}
