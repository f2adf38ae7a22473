//! Imports: own modules are read through the Vfs, everything else is external.

use super::host::{Host, ImportVerdict};
use super::machine::{Eval, Machine, Stop};
use super::roots;
use super::syntax::ast;
use super::value::{ModuleId, Object, Site, Value};
use rustchain_grammar::Span;
use std::rc::Rc;

/// Modules of types.
const TYPING: &[&str] = &["typing", "typing_extensions"];
/// What they give.
const TYPING_NAMES: &[&str] = &[
    "Annotated",
    "Any",
    "AnyStr",
    "AsyncIterator",
    "AsyncGenerator",
    "Awaitable",
    "Callable",
    "ClassVar",
    "Coroutine",
    "DefaultDict",
    "Deque",
    "Dict",
    "Final",
    "FrozenSet",
    "Generator",
    "Generic",
    "Iterable",
    "Iterator",
    "List",
    "Literal",
    "Mapping",
    "MutableMapping",
    "NamedTuple",
    "NotRequired",
    "Optional",
    "Protocol",
    "Required",
    "Self",
    "Sequence",
    "Set",
    "Tuple",
    "Type",
    "TypeAlias",
    "TypedDict",
    "TypeVar",
    "Union",
    "cast",
    "overload",
    "override",
];

impl<H: Host> Machine<'_, H> {
    pub(super) fn exec_import(&mut self, alias: &ast::Alias, span: Span) -> Eval<()> {
        let path = alias.name.id.as_str();
        let value = self.import_value(path, self.site(span))?;
        match &alias.asname {
            Some(name) => self.bind(&name.id, value),
            None => {
                let top = path.split('.').next().unwrap_or(path);
                let value = if top == path { value } else { self.import_value(top, self.site(span))? };
                self.bind(top, value);
            }
        }
        Ok(())
    }

    pub(super) fn exec_import_from(&mut self, s: &ast::StmtImportFrom, span: Span) -> Eval<()> {
        let Some(module) = self.absolute_name(s) else {
            for alias in &s.names {
                // `from . import nodes` beside a file that lies in no package.
                let sibling = match s.level == 1 && s.module.is_none() {
                    true => self.load_module(alias.name.id.as_str(), span)?,
                    false => None,
                };
                let value = match sibling {
                    Some(id) => self.alloc(Object::Module(id)),
                    None => self.unknown("a relative import outside a package", span),
                };
                self.bind(alias.asname.as_ref().unwrap_or(&alias.name).id.as_str(), value);
            }
            return Ok(());
        };
        let own = self.load_module(&module, span)?;
        if own.is_none() && H::import(self, &module) == ImportVerdict::Missing {
            return Err(self.raise("ModuleNotFoundError", format!("No module named '{module}'"), span));
        }
        for alias in &s.names {
            let name = alias.name.id.as_str();
            if name == "*" {
                self.import_star(own, &module, span);
                continue;
            }
            let value = match own {
                Some(id) => self.member_of(id, &module, name, span)?,
                None => self.external_member(&module, name, span)?,
            };
            self.bind(alias.asname.as_ref().unwrap_or(&alias.name).id.as_str(), value);
        }
        Ok(())
    }

    fn external_member(&mut self, module: &str, name: &str, span: Span) -> Eval<Value> {
        let full = format!("{module}.{name}");
        if let Some(id) = self.load_module(&full, span)? {
            return Ok(self.alloc(Object::Module(id)));
        }
        if H::import(self, &full) == ImportVerdict::Missing {
            return Err(self.raise(
                "ImportError",
                format!("cannot import name '{name}' from '{module}'"),
                span,
            ));
        }
        let base = Value::External(module.into());
        Ok(self.attr_opt(&base, name, span)?.unwrap_or(Value::External(full.into())))
    }

    fn member_of(&mut self, id: ModuleId, module: &str, name: &str, span: Span) -> Eval<Value> {
        let scope = self.module_ref(id).scope;
        if let Some(value) = self.scope_ref(scope).vars.get(name) {
            return Ok(value.clone());
        }
        if let Some(sub) = self.load_module(&format!("{module}.{name}"), span)? {
            return Ok(self.alloc(Object::Module(sub)));
        }
        if !self.module_ref(id).done {
            return Ok(self.unknown(format!("`{name}` of a module that imports itself"), span));
        }
        // Outside `try` the file counts on it: an installed package of the same name has it.
        if self.guards == 0 {
            return Ok(Value::External(format!("{module}.{name}").into()));
        }
        Err(self.raise("ImportError", format!("cannot import name '{name}' from '{module}'"), span))
    }

    fn import_star(&mut self, own: Option<ModuleId>, module: &str, span: Span) {
        let Some(id) = own else {
            let site = self.site(span);
            let is_typing = TYPING.contains(&module);
            if is_typing || H::import(self, module) == ImportVerdict::Present {
                self.starred.push(module.into());
            }
            if is_typing || H::exports(module, "").is_some() {
                return;
            }
            H::unsure(self, &format!("`from {module} import *` of a module that is not there"), site);
            return;
        };
        let scope = self.module_ref(id).scope;
        let listed: Option<Vec<Rc<str>>> = self
            .scope_ref(scope)
            .vars
            .get("__all__")
            .and_then(|v| self.as_items(v))
            .map(|items| items.iter().filter_map(Value::as_str).map(Rc::from).collect());
        for (name, value) in self.globals(id) {
            let wanted = match &listed {
                Some(names) => names.contains(&name),
                None => !name.starts_with('_'),
            };
            if wanted {
                self.bind(&name, value);
            }
        }
    }

    /// A name that the file does not bind and that came with a `*`: of the last module that is known to give it, else of
    /// the last whose names are not known, where it is a class.
    pub(super) fn starred_name(&mut self, name: &str, span: Span) -> Option<Value> {
        let gives = |module: &Rc<str>| match TYPING.contains(&&**module) {
            true => Some(TYPING_NAMES.contains(&name)),
            false => H::exports(module, name),
        };
        let last = |wanted: Option<bool>| self.starred.iter().rev().find(|m| gives(m) == wanted).cloned();
        let is_class = name.starts_with(|c: char| c.is_ascii_uppercase());
        let module = last(Some(true)).or_else(|| last(None).filter(|_| is_class))?;
        let full = Value::External(format!("{module}.{name}").into());
        Some(self.external_member(&module, name, span).unwrap_or(full))
    }

    /// The full name of the module of a `from … import`.
    fn absolute_name(&self, s: &ast::StmtImportFrom) -> Option<String> {
        let tail = s.module.as_ref().map(|m| m.id.as_str());
        if s.level == 0 {
            return tail.map(str::to_owned);
        }
        let here = self.module_ref(self.module);
        let mut parts: Vec<&str> = here.name.split('.').collect();
        // The main file is read as the module of its package, except that its siblings need no package.
        if self.module == ModuleId(0) && !self.options.package.is_empty() && (s.level > 1 || tail.is_none()) {
            parts = self.options.package.split('.').chain(parts).collect();
        }
        let drop = s.level as usize - usize::from(here.is_package);
        if drop > parts.len() {
            return None;
        }
        parts.truncate(parts.len() - drop);
        parts.extend(tail);
        (!parts.is_empty()).then(|| parts.join("."))
    }

    /// What `import path` gives for the last part of the path.
    pub(super) fn import_value(&mut self, path: &str, site: Site) -> Eval<Value> {
        if let Some(id) = self.load_module(path, site.span)? {
            return Ok(self.alloc(Object::Module(id)));
        }
        if H::import(self, path) == ImportVerdict::Missing {
            return Err(self.raise("ModuleNotFoundError", format!("No module named '{path}'"), site.span));
        }
        Ok(Value::External(path.into()))
    }

    pub(super) fn submodule(&mut self, id: ModuleId, name: &str, span: Span) -> Eval<Option<Value>> {
        let full = format!("{}.{name}", self.module_ref(id).name);
        let loaded = self.load_module(&full, span)?;
        Ok(loaded.map(|id| self.alloc(Object::Module(id))))
    }

    /// The folder that holds the package `name` begins with, where the main file lies in a folder of that name and no
    /// library has it.
    fn named_folder(&self, name: &str) -> Option<&str> {
        let top = name.split('.').next().filter(|_| H::import(self, name) != ImportVerdict::Present)?;
        Some(roots::parent(roots::ancestor_named(&self.module_ref(ModuleId(0)).path, top)?))
    }

    /// Reads and runs an own module once; `None` where it is not among the own files.
    fn load_module(&mut self, name: &str, span: Span) -> Eval<Option<ModuleId>> {
        if let Some(known) = self.by_name.get(name) {
            return Ok(*known);
        }
        let tail = name.replace('.', "/");
        if tail.is_empty() || tail.contains("//") {
            return Ok(None);
        }
        let mut found = None;
        let named = self.named_folder(name);
        'roots: for root in self.options.roots.iter().map(String::as_str).chain(named) {
            let base = super::stdlib::join_path(root, &tail);
            for (path, is_package) in [(format!("{base}/__init__.py"), true), (format!("{base}.py"), false)] {
                if self.vfs.exists(&path) {
                    found = Some((path, is_package));
                    break 'roots;
                }
            }
        }
        let Some((path, is_package)) = found else {
            self.by_name.insert(name.into(), None);
            return Ok(None);
        };
        if self.modules.len() >= self.options.limits.modules {
            return Err(
                self.limit(format!("the file imports more than {} modules", self.modules.len()), span)
            );
        }
        let Ok(source) = self.vfs.read(&path) else {
            self.by_name.insert(name.into(), None);
            return Ok(None);
        };
        if let Some((package, _)) = name.rsplit_once('.') {
            self.load_module(package, span)?;
        }
        self.charge(source.len(), span)?;
        let id = self.add_module(name, &path, &source, is_package);
        match self.run_module(id) {
            Ok(()) => Ok(Some(id)),
            Err(Stop::Raise(raised)) => {
                self.by_name.insert(name.into(), None);
                Err(Stop::Raise(raised))
            }
            Err(limit) => Err(limit),
        }
    }
}
