//! All declarations of an analysis, with what is computed of them once.

use super::Cx;
use super::declared::Callable;
use super::nominal::{FieldInfo, Nominal};
use crate::names::{self, DeclRef, Names, Space};
use crate::source::{Loaded, Module};
use rustchain_grammar::ast::{Item, ItemKind};
use rustchain_grammar::{Diagnostic, SourceMap};
use rustchain_plan::types::Schemas;
use rustchain_plan::{Type, Value};
use smol_str::SmolStr;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The value of a top-level `let`, where it is sound, and its type.
type GlobalLet = (Option<Value>, Type);

/// All declarations.
pub(crate) struct Program {
    /// The texts.
    pub sources: SourceMap,
    /// The modules; the entry is first.
    pub modules: Vec<Module>,
    /// The modules of organisation policies.
    pub policies: Vec<usize>,
    /// Their declarations.
    pub names: Names,
    /// Nominal types by key; instances of generic library records are added as they are met.
    pub(super) nominals: RefCell<HashMap<SmolStr, Nominal>>,
    /// The key of each type declaration.
    pub(super) keys: HashMap<DeclRef, SmolStr>,
    /// What was found while declarations were computed.
    pub(super) diagnostics: RefCell<Vec<Diagnostic>>,
    /// `None` while one is computed.
    pub(super) lets: RefCell<HashMap<DeclRef, Option<GlobalLet>>>,
    pub(super) defaults: RefCell<HashMap<(SmolStr, usize), Option<Value>>>,
    pub(super) callables: RefCell<HashMap<DeclRef, Rc<Callable>>>,
    pub(super) purity: RefCell<HashMap<DeclRef, bool>>,
    /// What stands for holes, by kind.
    pub shims: HashMap<String, DeclRef>,
    /// Names as they are met, where an index is wanted.
    pub index: Option<RefCell<Vec<crate::index::Use>>>,
    lines: RefCell<HashMap<usize, Rc<LineIndex>>>,
    root: PathBuf,
    /// Every nominal type without constraints and defaults, to fold with.
    pub schemas: Schemas,
}

impl Program {
    /// Declares everything and resolves the nominal types.
    pub fn new(loaded: Loaded, root: &Path, index: bool) -> Program {
        let mut diagnostics = loaded.diagnostics;
        let tables = loaded.modules.iter().map(|m| names::collect(m, &mut diagnostics)).collect();
        let mut program = Program {
            sources: loaded.sources,
            modules: loaded.modules,
            policies: loaded.policies,
            names: Names { tables },
            nominals: RefCell::default(),
            keys: HashMap::new(),
            diagnostics: RefCell::new(diagnostics),
            lets: RefCell::default(),
            defaults: RefCell::default(),
            callables: RefCell::default(),
            purity: RefCell::default(),
            shims: HashMap::new(),
            index: index.then(RefCell::default),
            lines: RefCell::default(),
            root: crate::source::normalise(root),
            schemas: Schemas::new(),
        };
        program.keys = program.assign_keys();
        program.declare_nominals();
        program.schemas = program.plain_schemas();
        program
    }

    /// The item of a declaration.
    pub fn item(&self, decl: DeclRef) -> &Item {
        &self.modules[decl.module].ast.items[decl.item]
    }

    /// The key of a declaration in plans: its name, with its module's prefix where it is imported.
    pub fn plan_name(&self, decl: DeclRef) -> SmolStr {
        let name = names::declared(self.item(decl)).map_or("", |(n, _)| n.text.as_str());
        let prefix = &self.modules[decl.module].prefix;
        if prefix.is_empty() { name.into() } else { format!("{prefix}.{name}").into() }
    }

    /// What was found while declarations were computed; empties the list.
    pub fn take_diagnostics(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.diagnostics.borrow_mut())
    }

    pub fn keep(&self, diagnostics: Vec<Diagnostic>) {
        self.diagnostics.borrow_mut().extend(diagnostics);
    }

    /// Every declaration in order, with its item.
    pub fn items(&self) -> impl Iterator<Item = (DeclRef, &Item)> {
        self.modules.iter().enumerate().flat_map(|(module, m)| {
            let numbered = m.ast.items.iter().enumerate();
            numbered.map(move |(item, i)| (DeclRef { module, item }, i))
        })
    }

    /// The value and type of a top-level `let`; no value where it is not constant (reported once).
    pub fn global_let(&self, decl: DeclRef) -> GlobalLet {
        if let Some(known) = self.lets.borrow().get(&decl) {
            // `None`: being computed, so it reads itself; told when that computation ends.
            return known.clone().unwrap_or((None, Type::Error));
        }
        let ItemKind::Let(item) = &self.item(decl).kind else { return (None, Type::Error) };
        self.lets.borrow_mut().insert(decl, None);
        let mut cx = Cx::anonymous(self, decl.module);
        if let Some(cycle) = self.let_cycle(decl) {
            // One cause, told once: the others on the way count as told.
            for other in cycle.iter().filter(|d| **d != decl) {
                self.lets.borrow_mut().insert(*other, Some((None, Type::Error)));
            }
            let path: Vec<String> = cycle.iter().map(|d| self.plan_name(*d).to_string()).collect();
            let message = format!("`{}` is defined by itself", item.name.text);
            let diagnostic = cx
                .error("RC0108", item.name.span, message)
                .note(format!("The definitions go round: {}.", path.join(" → ")));
            cx.report(diagnostic);
        }
        let cyclic = !cx.diagnostics.is_empty();
        let want = item.ty.as_ref().map(|t| cx.resolve_type(t));
        let typed = cx.elab(&item.value, want.as_ref());
        let found = typed.ty.clone();
        let (expr, ty) = match want {
            Some(want) => (cx.coerce(typed, &want, &item.value), want),
            None => (typed.expr, found.clone()),
        };
        let broken = cyclic || found == Type::Error || !cx.diagnostics.is_empty();
        let value = if broken { None } else { cx.constant(&expr, item.value.span, "a top-level `let`") };
        let diagnostics = std::mem::take(&mut cx.diagnostics);
        self.keep(diagnostics);
        let result = (value, ty);
        self.lets.borrow_mut().insert(decl, Some(result.clone()));
        result
    }

    /// The names on a cycle of top-level `let`s through this one.
    fn let_cycle(&self, start: DeclRef) -> Option<Vec<DeclRef>> {
        let mut path = vec![start];
        let mut seen = std::collections::HashSet::new();
        self.walk_lets(start, start, &mut path, &mut seen).then_some(path)
    }

    fn walk_lets(
        &self,
        start: DeclRef,
        at: DeclRef,
        path: &mut Vec<DeclRef>,
        seen: &mut std::collections::HashSet<DeclRef>,
    ) -> bool {
        let ItemKind::Let(item) = &self.item(at).kind else { return false };
        for read in names::refs::Refs::of_expr(&item.value, &|p| rustchain_stdlib::signature(p).is_some()) {
            let head = read.path.split('.').next().unwrap_or_default();
            let Some(next) = self.names.local(at.module, Space::Value, head) else { continue };
            if next == start {
                path.push(next);
                return true;
            }
            if path.len() > 200 || !seen.insert(next) {
                continue;
            }
            path.push(next);
            if self.walk_lets(start, next, path, seen) {
                return true;
            }
            path.pop();
        }
        false
    }

    /// The default of a record's field; `None` where it has none or it is broken.
    pub fn field_default(&self, key: &SmolStr, index: usize) -> Option<Value> {
        let id = (key.clone(), index);
        if let Some(known) = self.defaults.borrow().get(&id) {
            return known.clone();
        }
        self.defaults.borrow_mut().insert(id.clone(), None);
        let value = self.compute_default(key, index);
        self.defaults.borrow_mut().insert(id, value.clone());
        value
    }

    fn compute_default(&self, key: &SmolStr, index: usize) -> Option<Value> {
        let nominal = self.nominal(key)?;
        let Some(decl) = nominal.decl else {
            return nominal.library_default(index);
        };
        let ItemKind::Record(record) = &self.item(decl).kind else { return None };
        let field = record.fields.get(index)?;
        let default = field.default.as_ref()?;
        let ty = self.record_fields(key)?.get(index)?.ty.clone();
        let mut cx = Cx::anonymous(self, decl.module);
        let value = cx.check_constant(default, &ty, "the default of a field");
        self.keep(std::mem::take(&mut cx.diagnostics));
        value
    }

    /// The fields of a record.
    pub fn record_fields(&self, key: &str) -> Option<Rc<Vec<FieldInfo>>> {
        self.nominal(key)?.fields.clone()
    }

    /// The members of an enum: name and wire name.
    pub fn enum_members(&self, key: &str) -> Option<Rc<Vec<(SmolStr, SmolStr)>>> {
        self.nominal(key)?.members.clone()
    }
}

/// Starts of the lines of a text.
pub(crate) struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    fn new(text: &str) -> LineIndex {
        let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1);
        LineIndex { starts: std::iter::once(0).chain(ends).collect() }
    }

    /// The line of a byte, from 1.
    pub fn line(&self, offset: u32) -> u32 {
        self.starts.partition_point(|start| *start <= offset) as u32
    }
}

impl Program {
    /// The lines of a module's text.
    pub fn line_index(&self, module: usize) -> Rc<LineIndex> {
        let mut known = self.lines.borrow_mut();
        let make = || Rc::new(LineIndex::new(&self.sources.file(self.modules[module].file).text));
        known.entry(module).or_insert_with(make).clone()
    }

    /// The path of a module relative to the project root, with `/`.
    pub fn relative_path(&self, module: usize) -> Option<String> {
        let path = &self.modules[module].path;
        // A path from a command line is relative to the current folder, and the root may be absolute.
        let absolute = || crate::source::normalise(&std::path::absolute(path).unwrap_or_default());
        let relative = match path.strip_prefix(&self.root) {
            Ok(inside) => inside.to_owned(),
            Err(_) => absolute().strip_prefix(&self.root).map_or_else(|_| path.clone(), PathBuf::from),
        };
        if relative.is_absolute() {
            return None;
        }
        let parts: Vec<&str> = relative.components().filter_map(|c| c.as_os_str().to_str()).collect();
        Some(parts.join("/"))
    }

    /// Keys of types that share their name with one of the library.
    pub fn shadowing_keys(&self) -> Vec<SmolStr> {
        let mut keys: Vec<SmolStr> =
            self.keys.values().filter(|k| k.starts_with("mission.")).cloned().collect();
        keys.sort();
        keys
    }

    /// The key of a type declaration.
    pub fn key(&self, decl: DeclRef) -> Option<SmolStr> {
        self.keys.get(&decl).cloned()
    }
}
