//! The state of an evaluation: heap, names, modules, bounds, and what is uncertain.

use super::dict::{Dict, Key};
use super::host::Host;
use super::syntax::{self, SyntaxProblem, ast};
use super::value::{Args, ModuleId, ObjId, Object, ScopeId, Site, Symbol, SymbolKind, Value};
use crate::vfs::Vfs;
use rustchain_grammar::Span;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// The result of an evaluation.
pub type Eval<T> = Result<T, Stop>;

/// Why an evaluation ended early.
#[derive(Clone, Debug)]
pub enum Stop {
    /// The file raises an exception.
    Raise(Raised),
    /// A bound was reached.
    Limit(String, Site),
}

/// An exception of the file.
#[derive(Clone, Debug)]
pub struct Raised {
    /// Its class: an own class or an external one such as `builtins.KeyError`.
    pub class: Value,
    /// Its text.
    pub message: String,
    /// Where it was raised.
    pub site: Site,
}

/// How much work a file may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Statements and expressions evaluated.
    pub steps: u64,
    /// Bytes of values.
    pub memory: usize,
    /// Nested calls and expressions.
    pub depth: u32,
    /// Modules read.
    pub modules: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { steps: 2_000_000, memory: 64 << 20, depth: 400, modules: 400 }
    }
}

/// What surrounds a file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Folders in which modules are looked for, in order.
    pub roots: Vec<String>,
    /// The dotted name of the package that the main file lies in; empty where it lies in none.
    pub package: String,
    /// Environment variables that are known.
    pub env: BTreeMap<String, String>,
    /// True where an environment variable that is not in `env` is known to be unset.
    pub env_is_complete: bool,
    /// True where a statement of a file that raises does not end it: what is raised goes to [`Machine::raised`] and the
    /// next statement follows, as in a notebook.
    pub keep_going: bool,
    /// Bounds.
    pub limits: Limits,
}

/// A file that was read.
pub(super) struct Module {
    pub name: Rc<str>,
    pub path: Rc<str>,
    pub source: Rc<str>,
    /// Where its line breaks are; found when a line is asked for.
    pub breaks: std::cell::OnceCell<Vec<u32>>,
    pub scope: ScopeId,
    pub is_package: bool,
    pub done: bool,
}

/// A table of names.
pub(super) struct Scope {
    pub vars: HashMap<Rc<str>, Value>,
    pub parent: Option<ScopeId>,
    pub is_class: bool,
    pub redirected: HashMap<Rc<str>, ScopeId>,
    pub order: Vec<Rc<str>>,
}

/// An evaluation.
pub struct Machine<'v, H: Host> {
    /// The framework's model.
    pub host: H,
    /// What surrounds the file.
    pub options: Options,
    /// Statements that the parser did not understand, by file.
    pub problems: Vec<(ModuleId, SyntaxProblem)>,
    /// What statements of the files raised, where [`Options::keep_going`] holds.
    pub raised: Vec<Raised>,
    pub(super) vfs: &'v dyn Vfs,
    pub(super) heap: Vec<Object>,
    pub(super) dirty: std::collections::HashSet<ObjId>,
    pub(super) scopes: Vec<Scope>,
    pub(super) modules: Vec<Module>,
    pub(super) by_name: HashMap<Rc<str>, Option<ModuleId>>,
    pub(super) functions: HashMap<(ModuleId, u32), Rc<ast::StmtFunctionDef>>,
    /// What the file keeps on objects that are not read, by its place, with that object.
    pub(super) kept: HashMap<Rc<str>, (Value, Value)>,
    /// Where the functions stand that were called.
    pub(super) called: std::collections::HashSet<Site>,
    pub(super) lambdas: HashMap<(ModuleId, u32), Rc<ast::ExprLambda>>,
    pub(super) builtins: ScopeId,
    /// The modules that are no own files whose names were imported by `*`, the last at the end.
    pub(super) starred: Vec<Rc<str>>,
    pub(super) module: ModuleId,
    pub(super) scope: ScopeId,
    pub(super) yields: Vec<Vec<Value>>,
    pub(super) self_stack: Vec<(Value, Value)>,
    pub(super) handling: Vec<Raised>,
    /// `try` blocks with handlers that are open.
    pub(super) guards: u32,
    pub(super) uncertain: Vec<Rc<str>>,
    pub(super) maybe_returned: Vec<Value>,
    pub(super) watermarks: Vec<usize>,
    pub(super) steps: u64,
    /// A statement of the main file asked for too much, and the rest was given half as much again.
    pub(super) is_extended: bool,
    pub(super) memory: usize,
    pub(super) depth: u32,
}

impl<'v, H: Host> Machine<'v, H> {
    /// A machine that has read nothing.
    pub fn new(host: H, vfs: &'v dyn Vfs, options: Options) -> Self {
        let root = Scope {
            vars: HashMap::new(),
            parent: None,
            is_class: false,
            redirected: HashMap::new(),
            order: Vec::new(),
        };
        Machine {
            host,
            options,
            problems: Vec::new(),
            raised: Vec::new(),
            vfs,
            heap: Vec::new(),
            dirty: Default::default(),
            scopes: vec![root],
            modules: Vec::new(),
            by_name: HashMap::new(),
            functions: HashMap::new(),
            kept: HashMap::new(),
            called: Default::default(),
            lambdas: HashMap::new(),
            builtins: ScopeId(0),
            starred: Vec::new(),
            module: ModuleId(0),
            scope: ScopeId(0),
            yields: Vec::new(),
            self_stack: Vec::new(),
            handling: Vec::new(),
            guards: 0,
            uncertain: Vec::new(),
            maybe_returned: Vec::new(),
            watermarks: Vec::new(),
            steps: 0,
            is_extended: false,
            memory: 0,
            depth: 0,
        }
    }

    /// The files that were read, in order: path and text.
    pub fn files(&self) -> impl Iterator<Item = (ModuleId, &str, &str)> {
        self.modules.iter().enumerate().map(|(i, m)| (ModuleId(i as u32), &*m.path, &*m.source))
    }

    /// The text of a place.
    pub fn source_of(&self, site: Site) -> &str {
        self.modules.get(site.module.0 as usize).and_then(|m| m.source.get(site.span.range())).unwrap_or("")
    }

    /// The path of a file.
    pub fn path_of(&self, module: ModuleId) -> &str {
        self.modules.get(module.0 as usize).map_or("", |m| &*m.path)
    }

    /// The 1-based line of a place.
    pub fn line_of(&self, site: Site) -> usize {
        let Some(module) = self.modules.get(site.module.0 as usize) else { return 1 };
        let find = || module.source.match_indices('\n').map(|(at, _)| at as u32).collect();
        module.breaks.get_or_init(find).partition_point(|at| *at < site.span.start) + 1
    }

    /// The 0-based column of a place, in bytes.
    pub fn column_of(&self, site: Site) -> usize {
        let text = self.modules.get(site.module.0 as usize).map_or("", |m| &*m.source);
        let head = text.get(..site.span.start as usize).unwrap_or(text);
        head.len() - head.rfind('\n').map_or(0, |at| at + 1)
    }

    /// Why what happens now may not happen; `None` where it certainly does.
    pub fn doubt(&self) -> Option<Rc<str>> {
        self.uncertain.last().cloned()
    }

    /// A place in the current file.
    pub fn site(&self, span: Span) -> Site {
        Site { module: self.module, span }
    }

    // --- bounds -------------------------------------------------------------------------------

    /// Counts work.
    pub(super) fn step(&mut self, span: Span) -> Eval<()> {
        self.steps += 1;
        self.charge(0, span)?;
        if self.steps > self.options.limits.steps {
            return Err(
                self.limit(format!("the file asks for more than {} steps", self.options.limits.steps), span)
            );
        }
        Ok(())
    }

    /// Counts the work of copying and comparing that many names.
    pub(super) fn work(&mut self, names: usize, span: Span) -> Eval<()> {
        self.steps = self.steps.saturating_add(names as u64 * 8);
        self.step(span)
    }

    /// Counts bytes before they are allocated.
    pub fn charge(&mut self, bytes: usize, span: Span) -> Eval<()> {
        self.memory = self.memory.saturating_add(bytes);
        if self.memory > self.options.limits.memory {
            let most = self.options.limits.memory >> 20;
            return Err(self.limit(format!("the file builds more than {most} MiB of values"), span));
        }
        Ok(())
    }

    /// Counts bytes that were allocated: the next step ends where they are too many.
    pub fn owe(&mut self, bytes: usize) {
        self.memory = self.memory.saturating_add(bytes);
    }

    /// The end of an evaluation that asks for too much.
    pub fn limit(&self, message: String, span: Span) -> Stop {
        Stop::Limit(message, self.site(span))
    }

    /// Runs `f` one level deeper.
    pub(super) fn deeper<T>(&mut self, span: Span, f: impl FnOnce(&mut Self) -> Eval<T>) -> Eval<T> {
        if self.depth >= self.options.limits.depth {
            return Err(
                self.limit(format!("calls or expressions are nested deeper than {}", self.depth), span)
            );
        }
        self.depth += 1;
        let result = f(self);
        self.depth -= 1;
        result
    }

    // --- heap ---------------------------------------------------------------------------------

    /// Puts an object into the heap.
    pub fn alloc(&mut self, object: Object) -> Value {
        self.memory += 64;
        self.heap.push(object);
        Value::Obj(ObjId(self.heap.len() as u32 - 1))
    }

    /// The object of an id that this machine gave.
    pub fn object(&self, id: ObjId) -> Option<&Object> {
        self.heap.get(id.0 as usize)
    }

    /// As [`Machine::object`], to change it; in doubt the object is marked.
    pub fn object_mut(&mut self, id: ObjId) -> Option<&mut Object> {
        if self.watermarks.last().is_some_and(|w| (id.0 as usize) < *w) {
            self.dirty.insert(id);
        }
        self.heap.get_mut(id.0 as usize)
    }

    /// The object behind a value.
    pub fn object_of(&self, value: &Value) -> Option<&Object> {
        match value {
            Value::Obj(id) => self.object(*id),
            _ => None,
        }
    }

    /// Sets an attribute of an instance.
    pub fn set_attribute(&mut self, instance: ObjId, name: &str, value: Value) {
        self.set_plain_attr(&Value::Obj(instance), name, value);
    }

    /// A name of the body of one class, its bases left out.
    pub fn class_attr_of(&self, class: &super::value::Class, name: &str) -> Option<Value> {
        self.scope_ref(class.scope).vars.get(name).cloned()
    }

    /// The files that can be read.
    pub fn vfs(&self) -> &'v dyn Vfs {
        self.vfs
    }

    /// True where the function was called.
    pub fn was_called(&self, function: &super::value::Function) -> bool {
        self.called.contains(&function.site)
    }

    /// Gives the evaluation that many more steps than it has taken, where it has not reached its bound.
    pub fn allow_steps(&mut self, more: u64) {
        self.options.limits.steps = self.steps.saturating_add(more);
    }

    /// The first instance of an own class.
    pub fn instance_of(&self, class: &Value) -> Option<Value> {
        let Value::Obj(class) = class else { return None };
        let is_of = |o: &Object| matches!(o, Object::Instance(Value::Obj(own), _) if own == class);
        self.heap.iter().position(is_of).map(|at| Value::Obj(ObjId(at as u32)))
    }

    /// How many objects there are.
    pub fn objects(&self) -> usize {
        self.heap.len()
    }

    /// Every function of the files that was defined, with its value.
    pub fn functions(&self) -> impl Iterator<Item = (Value, Rc<super::value::Function>)> {
        self.functions_since(0)
    }

    /// The functions that were defined when there were so many objects already.
    pub fn functions_since(
        &self,
        objects: usize,
    ) -> impl Iterator<Item = (Value, Rc<super::value::Function>)> {
        self.heap.iter().enumerate().skip(objects).filter_map(|(i, object)| match object {
            Object::Function(f) => Some((Value::Obj(ObjId(i as u32)), f.clone())),
            _ => None,
        })
    }

    /// True where the object was changed under a condition that is not known.
    pub fn is_dirty(&self, value: &Value) -> bool {
        matches!(value, Value::Obj(id) if self.dirty.contains(id))
    }

    /// A new list.
    pub fn list(&mut self, items: Vec<Value>) -> Value {
        self.memory += items.len() * 24;
        self.alloc(Object::List(items))
    }

    /// A new tuple.
    pub fn tuple(&mut self, items: Vec<Value>) -> Value {
        self.memory += items.len() * 24;
        self.alloc(Object::Tuple(items.into()))
    }

    /// A new dict with string keys.
    pub fn dict_of(&mut self, items: impl IntoIterator<Item = (Rc<str>, Value)>) -> Value {
        let mut dict = Dict::new();
        for (key, value) in items {
            dict.insert(Key::Str(key.clone()), Value::Str(key), value);
        }
        self.memory += dict.len() * 96;
        self.alloc(Object::Dict(dict, None))
    }

    /// The dict behind a value.
    pub fn as_dict(&self, value: &Value) -> Option<&Dict> {
        match self.object_of(value)? {
            Object::Dict(dict, _) => Some(dict),
            _ => None,
        }
    }

    /// The elements of a list, tuple or set, without asking the host.
    pub fn as_items(&self, value: &Value) -> Option<Vec<Value>> {
        match self.object_of(value)? {
            Object::List(items) => Some(items.clone()),
            Object::Tuple(items) => Some(items.to_vec()),
            Object::Set(set) => Some(set.iter().map(|(k, _)| k.clone()).collect()),
            _ => None,
        }
    }

    // --- unknown values -----------------------------------------------------------------------

    /// A value that is not known.
    pub fn symbol(&self, kind: SymbolKind, assumed: Option<Value>, span: Span) -> Value {
        let depth = 1 + symbol_depth(&kind);
        let kind =
            if depth > 48 { SymbolKind::Unknown("a long chain of unknown values".into()) } else { kind };
        let depth = if depth > 48 { 1 } else { depth };
        Value::Symbol(Rc::new(Symbol { kind, assumed, site: self.site(span), depth }))
    }

    /// A value that is not known, for a reason in words.
    pub fn unknown(&self, reason: impl Into<Rc<str>>, span: Span) -> Value {
        self.symbol(SymbolKind::Unknown(reason.into()), None, span)
    }

    /// An exception of a built-in class.
    pub fn raise(&self, class: &str, message: impl Into<String>, span: Span) -> Stop {
        Stop::Raise(Raised {
            class: Value::External(format!("builtins.{class}").into()),
            message: message.into(),
            site: self.site(span),
        })
    }

    // --- names --------------------------------------------------------------------------------

    pub(super) fn new_scope(&mut self, parent: ScopeId, is_class: bool) -> ScopeId {
        self.memory += 128;
        self.scopes.push(Scope {
            vars: HashMap::new(),
            parent: Some(parent),
            is_class,
            redirected: HashMap::new(),
            order: Vec::new(),
        });
        ScopeId(self.scopes.len() as u32 - 1)
    }

    pub(super) fn scope_ref(&self, id: ScopeId) -> &Scope {
        // Ids come from `new_scope` alone and scopes are never removed.
        &self.scopes[id.0 as usize]
    }

    pub(super) fn scope_mut(&mut self, id: ScopeId) -> &mut Scope {
        // As `scope_ref`.
        &mut self.scopes[id.0 as usize]
    }

    pub(super) fn lookup(&self, name: &str) -> Option<Value> {
        let mut at = Some(self.scope);
        let mut first = true;
        while let Some(id) = at {
            let scope = self.scope_ref(id);
            if let Some(target) = scope.redirected.get(name) {
                return self.scope_ref(*target).vars.get(name).cloned();
            }
            if (first || !scope.is_class)
                && let Some(value) = scope.vars.get(name)
            {
                return Some(value.clone());
            }
            first = false;
            at = scope.parent;
        }
        None
    }

    /// Sets a name in the current scope.
    pub(super) fn bind(&mut self, name: &str, value: Value) {
        let scope = self.scope_ref(self.scope).redirected.get(name).copied().unwrap_or(self.scope);
        self.bind_in(scope, name, value);
    }

    pub(super) fn bind_in(&mut self, scope: ScopeId, name: &str, value: Value) {
        self.memory += 48;
        let table = self.scope_mut(scope);
        if let Some(slot) = table.vars.get_mut(name) {
            *slot = value;
            return;
        }
        let name: Rc<str> = name.into();
        table.order.push(name.clone());
        table.vars.insert(name, value);
    }

    pub(super) fn module_ref(&self, id: ModuleId) -> &Module {
        // Ids come from `read_module` alone and modules are never removed.
        &self.modules[id.0 as usize]
    }

    /// Runs a file as the main module.
    ///
    /// # Errors
    /// The file cannot be parsed, raises, or asks for too much.
    pub fn run_file(&mut self, path: &str, source: &str, name: &str) -> Eval<ModuleId> {
        let id = self.add_module(name, path, source, false);
        self.run_module(id)?;
        Ok(id)
    }

    pub(super) fn add_module(&mut self, name: &str, path: &str, source: &str, is_package: bool) -> ModuleId {
        let scope = self.new_scope(self.builtins, false);
        let id = ModuleId(self.modules.len() as u32);
        self.memory += source.len();
        self.modules.push(Module {
            name: name.into(),
            path: path.into(),
            source: source.into(),
            breaks: std::cell::OnceCell::new(),
            scope,
            is_package,
            done: false,
        });
        self.by_name.insert(name.into(), Some(id));
        self.bind_in(scope, "__name__", Value::str(name));
        self.bind_in(scope, "__file__", Value::str(path));
        id
    }

    pub(super) fn run_module(&mut self, id: ModuleId) -> Eval<()> {
        let source = self.module_ref(id).source.clone();
        let scope = self.module_ref(id).scope;
        let (tree, problems) = match syntax::parse(&source) {
            Ok(parsed) => parsed,
            Err(problem) => {
                let site = Site { module: id, span: problem.span };
                return Err(Stop::Limit(problem.message, site));
            }
        };
        self.problems.extend(problems.into_iter().map(|p| (id, p)));
        let doc = super::exec::docstring(&tree.body).map_or(Value::None, Value::Str);
        self.bind_in(scope, "__doc__", doc);
        let saved = (self.module, self.scope);
        (self.module, self.scope) = (id, scope);
        // An import that is tried may fail as a whole.
        let result = match self.options.keep_going && (id == ModuleId(0) || self.guards == 0) {
            true => self.deeper(Span::default(), |m| m.exec_each(&tree.body)),
            false => self.deeper(Span::default(), |m| m.exec_block(&tree.body)),
        };
        (self.module, self.scope) = saved;
        if let Some(module) = self.modules.get_mut(id.0 as usize) {
            module.done = true;
        }
        result.map(|_| ())
    }

    /// The value of an expression of a file that was read, with the names of a scope.
    ///
    /// # Errors
    /// The expression raises or asks for too much.
    pub fn eval_at(&mut self, module: ModuleId, scope: ScopeId, expr: &ast::Expr) -> Eval<Value> {
        let saved = (self.module, self.scope);
        (self.module, self.scope) = (module, scope);
        let value = self.eval(expr);
        (self.module, self.scope) = saved;
        value
    }

    /// What the body of a class names, in order, its bases left out.
    pub fn names_of(&self, class: &super::value::Class) -> Vec<Value> {
        let scope = self.scope_ref(class.scope);
        scope.order.iter().filter_map(|name| scope.vars.get(name).cloned()).collect()
    }

    /// The names of a module with their values, in order of first assignment.
    pub fn globals(&self, id: ModuleId) -> Vec<(Rc<str>, Value)> {
        let scope = self.scope_ref(self.module_ref(id).scope);
        scope.order.iter().filter_map(|n| scope.vars.get(n).map(|v| (n.clone(), v.clone()))).collect()
    }

    /// The names of a module.
    pub fn scope_of(&self, id: ModuleId) -> ScopeId {
        self.module_ref(id).scope
    }

    /// The names that a function sees from its surroundings.
    pub fn name_seen_by(&self, scope: ScopeId, name: &str) -> Option<Value> {
        let mut at = Some(scope);
        while let Some(id) = at {
            let table = self.scope_ref(id);
            if !table.is_class
                && let Some(value) = table.vars.get(name)
            {
                return Some(value.clone());
            }
            at = table.parent;
        }
        None
    }
}

fn symbol_depth(kind: &SymbolKind) -> u32 {
    let of = |v: &Value| if let Value::Symbol(s) = v { s.depth } else { 0 };
    let of_args = |a: &Args| a.pos.iter().chain(a.kw.iter().map(|(_, v)| v)).map(of).max().unwrap_or(0);
    match kind {
        SymbolKind::Env(_) | SymbolKind::Input(..) | SymbolKind::Unknown(_) => 0,
        SymbolKind::Call(_, args) => of_args(args),
        SymbolKind::CallOf(callee, args) => of(callee).max(of_args(args)),
        SymbolKind::Attr(base, _) | SymbolKind::Element(base) => of(base),
        SymbolKind::Item(base, key) => of(base).max(of(key)),
        SymbolKind::Concat(parts) | SymbolKind::Op(_, parts) => parts.iter().map(of).max().unwrap_or(0),
    }
}
