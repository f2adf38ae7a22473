//! What an expression of a Python file may be known to be.

use super::dict::Dict;
use super::syntax::ast;
use super::time::DateTime;
use rustchain_grammar::Span;
use std::rc::Rc;

/// An abstract value. Cheap to clone: composite values live in the machine's heap.
#[derive(Clone, Debug)]
pub enum Value {
    /// `None`.
    None,
    /// `...`.
    Ellipsis,
    /// `True`, `False`.
    Bool(bool),
    /// An integer of 64 bits; larger ones are symbolic.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string.
    Str(Rc<str>),
    /// Bytes.
    Bytes(Rc<[u8]>),
    /// `datetime.timedelta`, in microseconds.
    Delta(i64),
    /// `datetime.datetime`, `date` or `pendulum.DateTime`.
    DateTime(Rc<DateTime>),
    /// Something of a module that is not read: its dotted path, e.g. `airflow.sdk.DAG`.
    External(Rc<str>),
    /// An object of the host (the model of a framework).
    Native(Native),
    /// A composite value.
    Obj(ObjId),
    /// Not known; how it came about is kept.
    Symbol(Rc<Symbol>),
}

/// An object that the host owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Native {
    /// Which of the host's tables.
    pub kind: u16,
    /// Which row.
    pub id: u32,
}

/// A composite value in the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjId(pub u32);

/// A module that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ModuleId(pub u32);

/// A table of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub u32);

/// A place in one of the files that were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Site {
    /// The file.
    pub module: ModuleId,
    /// The place.
    pub span: Span,
}

/// A value that is not known.
#[derive(Debug)]
pub struct Symbol {
    /// How it came about.
    pub kind: SymbolKind,
    /// What it is when every input has its default.
    pub assumed: Option<Value>,
    /// Where it came about.
    pub site: Site,
    /// Height of the tree below.
    pub depth: u32,
}

/// How an unknown value came about.
#[derive(Debug)]
pub enum SymbolKind {
    /// An environment variable.
    Env(Rc<str>),
    /// An input that the host knows, e.g. an Airflow variable: its kind and name.
    Input(&'static str, Rc<str>),
    /// The result of a call that is not modelled.
    Call(Rc<str>, Args),
    /// A call of an unknown value.
    CallOf(Value, Args),
    /// `base.name`.
    Attr(Value, Rc<str>),
    /// `base[key]`.
    Item(Value, Value),
    /// Text made of parts.
    Concat(Vec<Value>),
    /// An operator with its operands.
    Op(&'static str, Vec<Value>),
    /// An element of an unknown iterable.
    Element(Value),
    /// Anything else: why it is not known.
    Unknown(Rc<str>),
}

/// The arguments of a call.
#[derive(Clone, Debug, Default)]
pub struct Args {
    /// Positional, in order.
    pub pos: Vec<Value>,
    /// By name, in order.
    pub kw: Vec<(Rc<str>, Value)>,
    /// `**x` with an unknown `x`.
    pub unknown_kw: Option<Value>,
    /// `*x` with an unknown `x`.
    pub unknown_pos: Option<Value>,
}

impl Args {
    /// Positional arguments only.
    pub fn of(pos: Vec<Value>) -> Self {
        Args { pos, ..Args::default() }
    }

    /// The argument called `name`.
    pub fn named(&self, name: &str) -> Option<&Value> {
        self.kw.iter().find(|(k, _)| &**k == name).map(|(_, v)| v)
    }

    /// The argument called `name`, or the one at `index`.
    pub fn get(&self, index: usize, name: &str) -> Option<&Value> {
        self.named(name).or_else(|| self.pos.get(index))
    }

    /// Removes and gives the argument called `name`.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let index = self.kw.iter().position(|(k, _)| &**k == name)?;
        Some(self.kw.remove(index).1)
    }

    /// Sets the argument called `name`.
    pub fn set(&mut self, name: &str, value: Value) {
        match self.kw.iter_mut().find(|(k, _)| &**k == name) {
            Some(slot) => slot.1 = value,
            None => self.kw.push((name.into(), value)),
        }
    }
}

/// A composite value.
#[derive(Debug)]
pub enum Object {
    /// A list.
    List(Vec<Value>),
    /// A tuple.
    Tuple(Rc<[Value]>),
    /// A dict; also `OrderedDict`, and `defaultdict` with the factory.
    Dict(Dict, Option<Value>),
    /// A set or frozenset.
    Set(Dict),
    /// An iterator over known items; also what a generator gives.
    Iterator(Vec<Value>, usize),
    /// `slice(a, b, c)`.
    Slice(Value, Value, Value),
    /// A function or lambda of a file that was read.
    Function(Rc<Function>),
    /// A class of a file that was read.
    Class(Rc<Class>),
    /// An instance: its class (an own class or an external one) and its attributes.
    Instance(Value, Dict),
    /// A function bound to its first argument.
    Bound(Value, Value),
    /// A method of a built-in or host value.
    Method(Value, Rc<str>),
    /// `functools.partial`.
    Partial(Value, Args),
    /// `property`, `staticmethod`, `classmethod`, `cached_property`.
    Wrapped(&'static str, Value),
    /// `super()`: the class to search after and the instance.
    Super(Value, Value),
    /// A module that was read.
    Module(ModuleId),
    /// `pathlib.Path`.
    Path(Rc<str>),
}

/// A function of a file that was read. Its body is evaluated only when it is called.
#[derive(Debug)]
pub struct Function {
    /// Its name; `<lambda>` for a lambda.
    pub name: Rc<str>,
    /// Parameters and body.
    pub code: Code,
    /// Names around it.
    pub scope: ScopeId,
    /// Default values of the parameters, in order of declaration.
    pub defaults: Vec<Option<Value>>,
    /// Where it stands: the whole definition.
    pub site: Site,
    /// Its docstring.
    pub doc: Option<Rc<str>>,
    /// The class that it is a method of.
    pub owner: std::cell::RefCell<Option<Value>>,
    /// True where it holds `yield`.
    pub is_generator: bool,
}

impl Function {
    /// Its parameters.
    pub fn parameters(&self) -> Option<&ast::Parameters> {
        match &self.code {
            Code::Def(def) => Some(&def.parameters),
            Code::Lambda(lambda) => lambda.parameters.as_deref(),
        }
    }
}

/// What a function runs.
#[derive(Debug)]
pub enum Code {
    /// `def`.
    Def(Rc<ast::StmtFunctionDef>),
    /// `lambda`.
    Lambda(Rc<ast::ExprLambda>),
}

/// A field of a dataclass or named tuple: its name and its default.
pub type Field = (Rc<str>, Option<Value>);

/// A class of a file that was read.
#[derive(Debug)]
pub struct Class {
    /// Its name.
    pub name: Rc<str>,
    /// Its bases: own classes, external ones or unknown.
    pub bases: Vec<Value>,
    /// Names of its body.
    pub scope: ScopeId,
    /// Where it stands.
    pub site: Site,
    /// Fields of a dataclass or named tuple, in order, with their defaults.
    pub fields: std::cell::RefCell<Option<Vec<Field>>>,
    /// True for an enum: names give members.
    pub is_enum: bool,
}

impl Value {
    /// A string value.
    pub fn str(text: impl Into<Rc<str>>) -> Value {
        Value::Str(text.into())
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(s) => Some(s),
            _ => None,
        }
    }

    /// True for an unknown value.
    pub fn is_symbol(&self) -> bool {
        matches!(self, Value::Symbol(_))
    }

    /// What is known, or what is assumed of the unknown.
    pub fn assumed(&self) -> Option<Value> {
        match self {
            Value::Symbol(s) => s.assumed.clone(),
            known => Some(known.clone()),
        }
    }
}
