//! What each name in the texts stands for: for editors.

use crate::names::DeclRef;
use crate::spans::Place;
use crate::types::Cx;
use crate::types::call::Target;
use rustchain_grammar::ast::{self, ItemKind};
use rustchain_grammar::{FileId, Span};
use rustchain_plan::Type;
use smol_str::SmolStr;
use std::collections::HashSet;

/// What a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Symbol {
    /// A step.
    Step,
    /// A group of steps.
    Group,
    /// A `let`.
    Let,
    /// An input, a secret, a parameter.
    Parameter,
    /// A variable of `for`, `loop` or a comprehension.
    Variable,
    /// An output.
    Output,
    /// A field of a record.
    Field,
    /// A member of an enum.
    Member,
    /// A record, enum or alias.
    Type,
    /// A chain.
    Chain,
    /// An agent.
    Agent,
    /// A tool.
    Tool,
    /// A mission.
    Mission,
    /// A step kind or function of the library.
    Library,
    /// A form of the language (`decode`, `ran`).
    Form,
    /// A provider.
    Provider,
    /// A memory.
    Memory,
    /// A policy.
    Policy,
}

/// A name in a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub symbol: Symbol,
    /// The name: dotted for what stands in groups and in the library, `Record.field` for fields and members.
    pub name: SmolStr,
    /// The type of its value, where it has one.
    pub ty: Option<Type>,
    /// Its declaration's name; the use itself where it declares. `None` for the library.
    pub declaration: Option<Place>,
}

/// All names of an analysis, by place.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// Sorted by place.
    pub uses: Vec<Use>,
}

impl Index {
    /// Adds names.
    pub(crate) fn extend(&mut self, uses: Vec<Use>) {
        self.uses.extend(uses);
        self.uses.sort();
        // A body that is embedded elsewhere is looked at there too, where its parameters have no place.
        self.uses.dedup_by(|next, kept| {
            let same = next.place == kept.place && next.symbol == kept.symbol && next.name == kept.name;
            if same && kept.declaration.is_none() {
                std::mem::swap(next, kept);
            }
            same
        });
    }

    /// The names at a place.
    fn standing_at(&self, place: Place) -> &[Use] {
        let from = self.uses.partition_point(|u| u.place < place);
        let rest = &self.uses[from..];
        &rest[..rest.partition_point(|u| u.place == place)]
    }

    /// The innermost name at a byte of a file.
    pub fn at(&self, file: rustchain_grammar::FileId, offset: u32) -> Option<&Use> {
        let here = self.uses.iter().filter(|u| u.place.file == file && u.place.span.contains(offset));
        here.min_by_key(|u| u.place.span.len())
    }

    /// Every name with the same declaration, the declaration included.
    pub fn references(&self, declaration: Place) -> impl Iterator<Item = &Use> {
        self.uses.iter().filter(move |u| u.declaration == Some(declaration))
    }
}

impl Cx<'_> {
    /// Takes note of a name, where an index is made.
    pub(crate) fn note(
        &mut self,
        span: Span,
        symbol: Symbol,
        name: &str,
        ty: Option<&Type>,
        declaration: Option<Place>,
    ) {
        let Some(index) = &self.program.index else { return };
        if span.is_empty() {
            return;
        }
        let place = self.place(span);
        index.borrow_mut().push(Use { place, symbol, name: name.into(), ty: ty.cloned(), declaration });
    }

    /// Is an index made?
    pub(crate) fn indexing(&self) -> bool {
        self.program.index.is_some()
    }

    /// Takes note of a declaration by name.
    pub(crate) fn note_decl(&mut self, span: Span, decl: DeclRef, ty: Option<&Type>) {
        if !self.indexing() {
            return;
        }
        let program = self.program;
        let item = program.item(decl);
        let Some((name, _)) = crate::names::declared(item) else { return };
        let symbol = match &item.kind {
            ItemKind::Let(_) => Symbol::Let,
            ItemKind::Provider(_) => Symbol::Provider,
            ItemKind::Memory(_) => Symbol::Memory,
            ItemKind::Policy(_) => Symbol::Policy,
            ItemKind::Agent(_) => Symbol::Agent,
            ItemKind::Chain(_) => Symbol::Chain,
            ItemKind::Tool(_) => Symbol::Tool,
            ItemKind::Mission(_) => Symbol::Mission,
            _ => Symbol::Type,
        };
        let declaration = Place { file: program.modules[decl.module].file, span: name.span };
        self.note(span, symbol, &program.plan_name(decl), ty, Some(declaration));
    }

    /// Takes note of a declared type by its path.
    pub(crate) fn note_type(&mut self, span: Span, path: &[&str]) {
        if !self.indexing() {
            return;
        }
        let program = self.program;
        let found = program.names.path(&program.modules, self.module, crate::names::Space::Type, path);
        if let crate::names::Found::Decl(decl) = found {
            self.note_decl(span, decl, None);
        }
    }

    /// Takes note of what a call calls.
    pub(crate) fn note_target(&mut self, callee: &ast::Expr) {
        if !self.indexing() {
            return;
        }
        let span = match &callee.kind {
            ast::ExprKind::Field { name, .. } if !matches!(self.target(callee), Target::Library(_)) => {
                name.span
            }
            _ => callee.span,
        };
        match self.target(callee) {
            Target::Library(signature) => {
                self.note(span, Symbol::Library, &signature.name, Some(&signature.result), None);
            }
            Target::Declared(decl) => {
                let result = self.program.callable(decl).result.clone();
                self.note_decl(span, decl, Some(&result));
            }
            Target::Form(form) => self.note(span, Symbol::Form, form.name(), None, None),
            _ => {}
        }
    }

    /// Takes note of a field or member of a declared type.
    pub(crate) fn note_part(&mut self, span: Span, key: &str, part: &str, ty: Option<&Type>) {
        if !self.indexing() {
            return;
        }
        let decl = self.program.nominal(key).and_then(|n| n.decl);
        let mut symbol = Symbol::Field;
        let declaration = decl.and_then(|decl| {
            let file = self.program.modules[decl.module].file;
            let span = match &self.program.item(decl).kind {
                ItemKind::Record(r) => r.fields.iter().find(|f| f.name.text == part)?.name.span,
                ItemKind::Enum(e) => {
                    symbol = Symbol::Member;
                    e.members.iter().find(|m| m.name.text == part)?.name.span
                }
                _ => return None,
            };
            Some(Place { file, span })
        });
        let name = format!("{}.{part}", self.type_name(key));
        self.note(span, symbol, &name, ty, declaration);
    }

    /// Takes note of every declaration itself, and of the parts of types.
    pub(crate) fn note_declarations(&mut self, decl: DeclRef) {
        if !self.indexing() {
            return;
        }
        let program = self.program;
        let item = program.item(decl);
        let Some((name, _)) = crate::names::declared(item) else { return };
        self.note_decl(name.span, decl, None);
        let Some(key) = program.key(decl) else { return };
        match &item.kind {
            ItemKind::Record(record) => {
                let infos = program.record_fields(&key);
                for (i, field) in record.fields.iter().enumerate() {
                    let ty = infos.as_ref().and_then(|f| f.get(i)).map(|f| f.ty.clone());
                    self.note_part(field.name.span, &key, &field.name.text, ty.as_ref());
                }
            }
            ItemKind::Enum(e) => {
                for member in &e.members {
                    self.note_part(member.name.span, &key, &member.name.text, None);
                }
            }
            _ => {}
        }
    }
}

impl Index {
    /// Adds the names that tests and constraints of the wanted declarations read: they are resolved against what is
    /// declared already.
    pub(crate) fn link(&mut self, file: FileId, syntax: &ast::File, wanted: impl Fn(usize) -> bool) {
        let mut found = Vec::new();
        for (_, item) in syntax.items.iter().enumerate().filter(|(i, _)| wanted(*i)) {
            match &item.kind {
                ItemKind::Test(test) => self.link_test(file, syntax, test, &mut found),
                ItemKind::Record(record) => {
                    for field in &record.fields {
                        let constraint = field.constraint.iter();
                        constraint.for_each(|e| self.link_names(file, e, &[field.name.span], &mut found));
                    }
                }
                ItemKind::Mission(mission) => {
                    for stmt in &mission.body {
                        let (ast::StmtKind::Input(input) | ast::StmtKind::Secret(input)) = &stmt.kind else {
                            continue;
                        };
                        let constraint = input.constraint.iter();
                        constraint.for_each(|e| self.link_names(file, e, &[input.name.span], &mut found));
                    }
                }
                _ => {}
            }
        }
        let resolved = |u: &Use| self.standing_at(u.place).iter().any(|k| k.declaration.is_some());
        found.retain(|u: &Use| !resolved(u));
        let places: HashSet<Place> = found.iter().map(|u| u.place).collect();
        self.uses.retain(|known| known.declaration.is_some() || !places.contains(&known.place));
        self.uses.extend(found);
        self.uses.sort();
    }

    fn link_test(&self, file: FileId, syntax: &ast::File, test: &ast::TestDecl, found: &mut Vec<Use>) {
        let text = test.mission.text();
        let mission = syntax.items.iter().find_map(|i| match &i.kind {
            ItemKind::Mission(m) if m.name.text == text => Some((m, i.span)),
            _ => None,
        });
        let Some((mission, whole)) = mission else { return };
        self.push(file, test.mission.span, mission.name.span, found);
        let begin = Place { file, span: Span::new(whole.start, whole.start) };
        let from = self.uses.partition_point(|u| u.place < begin);
        let inside: Vec<&Use> = self.uses[from..]
            .iter()
            .take_while(|u| u.place.file == file && whole.contains(u.place.span.start))
            .filter(|u| u.declaration == Some(u.place))
            .collect();
        let named = |name: &str, symbols: &[Symbol]| {
            inside.iter().find(|u| symbols.contains(&u.symbol) && u.name == name).map(|u| u.place.span)
        };
        for line in &test.lines {
            match &line.kind {
                ast::TestLineKind::Given(name, _) => {
                    if let Some(input) = named(&name.text, &[Symbol::Parameter]) {
                        self.push(file, name.span, input, found);
                    }
                }
                ast::TestLineKind::Mock { target, within, .. } => {
                    if let [only] = target.segments.as_slice() {
                        let items = syntax.items.iter().filter_map(crate::names::declared);
                        let callee = items.filter(|(n, _)| n.text == only.text).map(|(n, _)| n.span).next();
                        callee.into_iter().for_each(|c| self.push(file, only.span, c, found));
                    }
                    if let Some(first) = within.as_ref().and_then(|p| p.segments.first())
                        && let Some(step) = named(&first.text, &[Symbol::Step])
                    {
                        self.push(file, first.span, step, found);
                    }
                }
                ast::TestLineKind::Expect(e) => {
                    let order = [Symbol::Output, Symbol::Step, Symbol::Parameter];
                    let all: Vec<Span> = order
                        .iter()
                        .flat_map(|s| inside.iter().filter(move |u| u.symbol == *s).map(|u| u.place.span))
                        .collect();
                    self.link_names(file, e, &all, found);
                }
                ast::TestLineKind::Error => {}
            }
        }
    }

    /// Every bare name of an expression that one of the declarations (best first) has.
    fn link_names(&self, file: FileId, expr: &ast::Expr, declarations: &[Span], found: &mut Vec<Use>) {
        if let ast::ExprKind::Name(name) = &expr.kind {
            let known = |span: &&Span| {
                let place = Place { file, span: **span };
                self.declared(place).is_some_and(|u| last(&u.name) == name.text)
            };
            if let Some(declaration) = declarations.iter().find(known) {
                self.push(file, name.span, *declaration, found);
            }
        }
        crate::names::walk::children(expr, &mut |inner| self.link_names(file, inner, declarations, found));
    }

    fn declared(&self, place: Place) -> Option<&Use> {
        self.standing_at(place).iter().find(|u| u.declaration == Some(place))
    }

    fn push(&self, file: FileId, span: Span, declaration: Span, found: &mut Vec<Use>) {
        let declaration = Place { file, span: declaration };
        let Some(known) = self.declared(declaration) else { return };
        found.push(Use { place: Place { file, span }, declaration: Some(declaration), ..known.clone() });
    }
}

/// `share` of `Judgement.share`.
fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
