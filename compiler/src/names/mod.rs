//! Declarations: what each file declares, what it imports, and how a name finds its declaration.

pub(crate) mod order;
pub(crate) mod placement;
pub(crate) mod refs;
pub mod suggest;
pub(crate) mod walk;

use crate::source::Module;
use rustchain_grammar::ast::{Item, ItemKind, Name, Path};
use rustchain_grammar::{Applicability, Diagnostic, FileId, Span};
use smol_str::SmolStr;
use std::collections::HashMap;

/// A top-level declaration: module and item index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct DeclRef {
    /// Index of the module.
    pub module: usize,
    /// Index in its items.
    pub item: usize,
}

/// The name spaces of declarations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Space {
    /// Enums, records, aliases.
    Type,
    /// Chains, tools, agents, missions.
    Callable,
    /// Lets, providers, memories.
    Value,
    /// Policies.
    Policy,
}

impl Space {
    const ALL: [Space; 4] = [Space::Type, Space::Callable, Space::Value, Space::Policy];

    fn word(self) -> &'static str {
        match self {
            Space::Type => "type",
            Space::Callable => "callable",
            Space::Value => "value",
            Space::Policy => "policy",
        }
    }
}

/// The declarations of one module.
#[derive(Debug, Default)]
pub(crate) struct Table {
    spaces: [HashMap<SmolStr, usize>; 4],
}

impl Table {
    /// The declarations of a space by name.
    pub fn space(&self, space: Space) -> &HashMap<SmolStr, usize> {
        &self.spaces[space as usize]
    }
}

/// The name and space of a declaration.
pub(crate) fn declared(item: &Item) -> Option<(&Name, Space)> {
    Some(match &item.kind {
        ItemKind::Let(d) => (&d.name, Space::Value),
        ItemKind::Enum(d) => (&d.name, Space::Type),
        ItemKind::Record(d) => (&d.name, Space::Type),
        ItemKind::TypeAlias(d) => (&d.name, Space::Type),
        ItemKind::Provider(d) => (&d.name, Space::Value),
        ItemKind::Policy(d) => (&d.name, Space::Policy),
        ItemKind::Agent(d) => (&d.name, Space::Callable),
        ItemKind::Chain(d) => (&d.name, Space::Callable),
        ItemKind::Tool(d) => (&d.name, Space::Callable),
        ItemKind::Memory(d) => (&d.name, Space::Value),
        ItemKind::Mission(d) => (&d.name, Space::Callable),
        ItemKind::Test(_) | ItemKind::Fn(_) | ItemKind::Error => return None,
    })
}

/// Collects the declarations of a module; a name declared twice in one space is reported.
pub(crate) fn collect(module: &Module, diagnostics: &mut Vec<Diagnostic>) -> Table {
    let mut table = Table::default();
    for (index, item) in module.ast.items.iter().enumerate() {
        if let ItemKind::Fn(f) = &item.kind {
            let message = "only the standard library declares `fn`";
            diagnostics.push(
                Diagnostic::error("RC0110", module.file, f.name.span, message)
                    .help("write a `chain` for a reusable sequence of steps, a `tool` for foreign code"),
            );
        }
        let Some((name, space)) = declared(item) else { continue };
        if name.text.is_empty() {
            continue;
        }
        match table.spaces[space as usize].entry(name.text.clone()) {
            std::collections::hash_map::Entry::Vacant(slot) => {
                slot.insert(index);
            }
            std::collections::hash_map::Entry::Occupied(first) => {
                let first = &module.ast.items[*first.get()];
                let place = declared(first).map_or(first.span, |(n, _)| n.span);
                diagnostics.push(duplicate(module.file, name, space.word(), place));
            }
        }
    }
    table
}

/// A name that is declared twice.
pub(crate) fn duplicate(file: FileId, name: &Name, what: &str, first: Span) -> Diagnostic {
    let message = format!("the {what} `{}` is declared twice", name.text);
    Diagnostic::error("RC0104", file, name.span, message)
        .also(file, first, "first declared here")
        .help("give one of them another name")
}

/// Adds "did you mean" with its edit, where a candidate is near.
pub(crate) fn did_you_mean<'a>(
    diagnostic: Diagnostic,
    span: Span,
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let Some(best) = suggest::best(name, candidates) else { return diagnostic };
    diagnostic.help(format!("did you mean `{best}`?")).fix(
        format!("replace by `{best}`"),
        Applicability::Suggest,
        span,
        best,
    )
}

/// How a path of one or two segments finds its declaration.
pub(crate) enum Found {
    /// Here it is.
    Decl(DeclRef),
    /// The first segment is an import that failed; reported already.
    BrokenImport,
    /// Not declared.
    No,
}

/// All modules with their tables.
pub(crate) struct Names {
    /// One a module.
    pub tables: Vec<Table>,
}

impl Names {
    /// The declaration of `name` in a module.
    pub fn local(&self, module: usize, space: Space, name: &str) -> Option<DeclRef> {
        let item = *self.tables.get(module)?.space(space).get(name)?;
        Some(DeclRef { module, item })
    }

    /// The declaration of a dotted path: `x`, or `import.x`.
    pub fn path(&self, modules: &[Module], module: usize, space: Space, path: &[&str]) -> Found {
        match path {
            [name] => self.local(module, space, name).map_or(Found::No, Found::Decl),
            [alias, name] => match modules[module].imports.get(*alias) {
                Some(Some(target)) => self.local(*target, space, name).map_or(Found::No, Found::Decl),
                Some(None) => Found::BrokenImport,
                None => Found::No,
            },
            _ => Found::No,
        }
    }

    /// The names of a space as a module can write them: its own, and those of its imports with their alias.
    pub fn candidates(&self, modules: &[Module], module: usize, space: Space) -> Vec<String> {
        let own = self.tables[module].space(space).keys().map(|k| k.to_string());
        let mut all: Vec<String> = own.collect();
        for (alias, target) in &modules[module].imports {
            let Some(target) = target else { continue };
            let names = self.tables[*target].space(space).keys();
            all.extend(names.map(|n| format!("{alias}.{n}")));
        }
        all.sort();
        all
    }

    /// An unimported file of the same analysis that declares the name: its alias elsewhere and its path.
    pub fn elsewhere(&self, modules: &[Module], module: usize, name: &str) -> Option<usize> {
        (0..self.tables.len())
            .find(|m| *m != module && Space::ALL.iter().any(|s| self.tables[*m].space(*s).contains_key(name)))
            .filter(|m| !modules[module].imports.values().any(|v| *v == Some(*m)))
    }
}

/// The segments of a path as texts.
pub(crate) fn segments(path: &Path) -> Vec<&str> {
    path.segments.iter().map(|s| s.text.as_str()).collect()
}
