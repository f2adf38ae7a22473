//! What a framework tells the evaluator about its own objects.

use super::machine::{Eval, Machine};
use super::value::{Args, Native, ObjId, Site, Value};

/// Can a module that is not among the own files be imported?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportVerdict {
    /// It is installed: its names are external values.
    Present,
    /// It is certainly absent: the import raises `ImportError`.
    Missing,
    /// Nobody knows: its names are external values.
    Unknown,
}

/// The model of a framework. Every question may be answered with `None`: then the evaluator's own rule holds.
pub trait Host: Sized {
    /// A call of something external, by its dotted path.
    ///
    /// # Errors
    /// The call raises.
    fn call(m: &mut Machine<'_, Self>, path: &str, args: &Args, site: Site) -> Eval<Option<Value>>;

    /// A call of a host object.
    ///
    /// # Errors
    /// The call raises.
    fn call_native(m: &mut Machine<'_, Self>, callee: Native, args: &Args, site: Site)
    -> Eval<Option<Value>>;

    /// A call of a method of a host object, of an instance with an external base, or of a symbol.
    ///
    /// # Errors
    /// The call raises.
    fn call_method(
        m: &mut Machine<'_, Self>,
        receiver: &Value,
        name: &str,
        args: &Args,
        site: Site,
    ) -> Eval<Option<Value>>;

    /// An instance of a class of an own file that derives from `base` is made: `instance` is fresh and its
    /// `__init__` has not run. The host may change the arguments.
    ///
    /// # Errors
    /// The call raises.
    fn before_init(
        m: &mut Machine<'_, Self>,
        instance: ObjId,
        base: &str,
        args: &mut Args,
        site: Site,
    ) -> Eval<()>;

    /// The `__init__` of an external base is reached, through `super()` or by inheritance.
    ///
    /// # Errors
    /// The call raises.
    fn init_base(m: &mut Machine<'_, Self>, instance: ObjId, base: &str, args: &Args, site: Site)
    -> Eval<()>;

    /// An attribute of an external, a host object or an instance.
    ///
    /// # Errors
    /// The access raises.
    fn attr(m: &mut Machine<'_, Self>, base: &Value, name: &str) -> Eval<Option<Value>>;

    /// Sets an attribute; true where the host took it.
    ///
    /// # Errors
    /// The assignment raises.
    fn set_attr(m: &mut Machine<'_, Self>, base: &Value, name: &str, value: &Value) -> Eval<bool>;

    /// A binary operator, by its symbol.
    ///
    /// # Errors
    /// The operation raises.
    fn binary(
        m: &mut Machine<'_, Self>,
        op: &str,
        left: &Value,
        right: &Value,
        site: Site,
    ) -> Eval<Option<Value>>;

    /// `base[key]`.
    ///
    /// # Errors
    /// The access raises.
    fn item(m: &mut Machine<'_, Self>, base: &Value, key: &Value) -> Eval<Option<Value>>;

    /// `with value as x`: what `x` is.
    ///
    /// # Errors
    /// Entering raises.
    fn enter(m: &mut Machine<'_, Self>, value: &Value, site: Site) -> Eval<Option<Value>>;

    /// The end of a `with` that the host entered.
    fn exit(m: &mut Machine<'_, Self>, value: &Value) -> Eval<()>;

    /// The elements of a host object.
    ///
    /// # Errors
    /// Iteration raises.
    fn iterate(m: &mut Machine<'_, Self>, value: &Value) -> Eval<Option<Vec<Value>>>;

    /// `str(value)`.
    fn text(m: &Machine<'_, Self>, value: &Value) -> Option<String>;

    /// The function of a file that a host object stands for, e.g. a decorated one.
    fn function_behind(_m: &Machine<'_, Self>, _value: &Value) -> Option<Value> {
        None
    }

    /// How many objects the host has made, where nothing else of a loop matters to it.
    fn made(_m: &Machine<'_, Self>) -> Option<usize> {
        None
    }

    /// A name holds one of two values, and which is not known: the one that stands for both, where the host can tell.
    fn either(
        _m: &mut Machine<'_, Self>,
        _first: &Value,
        _second: &Value,
        _reason: &str,
        _site: Site,
    ) -> Option<Value> {
        None
    }

    /// Is a module that is not among the own files there?
    fn import(m: &Machine<'_, Self>, module: &str) -> ImportVerdict;

    /// Does `from module import *` of a module that is there give this name? `None` where that is not known.
    fn exports(_module: &str, _name: &str) -> Option<bool> {
        None
    }

    /// A call that is not modelled got these arguments: may it have changed what the host knows?
    fn unknown_call(m: &mut Machine<'_, Self>, callee: &str, args: &Args, site: Site);

    /// The file does something that the evaluator cannot follow and that may matter to the host.
    fn unsure(m: &mut Machine<'_, Self>, reason: &str, site: Site);
}
