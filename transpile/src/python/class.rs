//! Classes of the files that are read: definition, instances, inheritance, enums, dataclasses.

use super::dict::Dict;
use super::host::Host;
use super::machine::{Eval, Machine, Raised};
use super::syntax::{ast, span_of};
use super::value::{Args, Class, Object, Site, SymbolKind, Value};
use std::rc::Rc;

/// Bases whose subclasses have fields.
const RECORDS: [&str; 9] = [
    "typing.NamedTuple",
    "pydantic.BaseModel",
    "pydantic.main.BaseModel",
    "pydantic.v1.BaseModel",
    "pydantic.BaseSettings",
    "pydantic_settings.BaseSettings",
    "langchain.pydantic_v1.BaseModel",
    "langchain_core.pydantic_v1.BaseModel",
    "sqlmodel.SQLModel",
];

/// Bases that make a class an enum.
const ENUMS: [&str; 5] = ["enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.Flag", "enum.IntFlag"];

impl<H: Host> Machine<'_, H> {
    pub(super) fn exec_class(&mut self, def: &ast::StmtClassDef) -> Eval<()> {
        let span = span_of(def);
        let args = match &def.arguments {
            Some(arguments) => self.eval_args(arguments)?,
            None => Args::default(),
        };
        let outer = self.scope;
        let scope = self.new_scope(outer, true);
        self.scope = scope;
        let body = self.deeper(span, |m| m.exec_block(&def.body));
        self.scope = outer;
        body?;
        let is_enum = args.pos.iter().any(|b| match b {
            Value::External(path) => ENUMS.contains(&&**path),
            _ => matches!(self.object_of(b), Some(Object::Class(c)) if c.is_enum),
        });
        let is_record = args.pos.iter().any(|b| {
            let (_, foreign) = self.lineage(b);
            foreign.iter().any(|f| matches!(f, Value::External(p) if RECORDS.contains(&&**p)))
        });
        let class = Class {
            name: def.name.id.as_str().into(),
            bases: args.pos,
            scope,
            site: self.site(span),
            fields: Default::default(),
            is_enum,
        };
        let mut value = self.alloc(Object::Class(Rc::new(class)));
        if is_record {
            self.make_dataclass(&value);
        }
        let names: Vec<Value> = self.scope_ref(scope).vars.values().cloned().collect();
        for name in names {
            self.own(&name, &value);
        }
        for decorator in def.decorator_list.iter().rev() {
            let callee = self.eval(&decorator.expression)?;
            let site = self.site(span);
            let result = self.call(&callee, Args::of(vec![value.clone()]), site)?;
            if !result.is_symbol() {
                value = result;
            }
        }
        self.bind(&def.name.id, value);
        Ok(())
    }

    fn own(&mut self, member: &Value, class: &Value) {
        match self.object_of(member) {
            Some(Object::Function(f)) if f.owner.borrow().is_none() => {
                *f.owner.borrow_mut() = Some(class.clone());
            }
            Some(Object::Wrapped(_, inner)) => {
                let inner = inner.clone();
                self.own(&inner, class);
            }
            _ => {}
        }
    }

    /// Remembers `x: T` in a class body.
    pub(super) fn note_annotation(&mut self, name: &str) {
        let scope = self.scope;
        let table = self.scope_mut(scope);
        if table.is_class && !table.order.iter().any(|n| &**n == name) {
            table.order.push(name.into());
        }
    }

    /// Gives a class the fields of a dataclass.
    pub(super) fn make_dataclass(&mut self, class: &Value) {
        let Some(Object::Class(class)) = self.object_of(class) else { return };
        let class = class.clone();
        let mut fields: Vec<(Rc<str>, Option<Value>)> = Vec::new();
        for base in &class.bases {
            if let Some(Object::Class(base)) = self.object_of(base) {
                fields.extend(base.fields.borrow().iter().flatten().cloned());
            }
        }
        let scope = self.scope_ref(class.scope);
        for name in &scope.order {
            let value = scope.vars.get(name);
            let is_method = value.is_some_and(|v| {
                matches!(
                    self.object_of(v),
                    Some(Object::Function(_) | Object::Wrapped(..) | Object::Class(_))
                )
            });
            if name.starts_with("__") || is_method {
                continue;
            }
            fields.retain(|(n, _)| n != name);
            fields.push((name.clone(), value.cloned()));
        }
        *class.fields.borrow_mut() = Some(fields);
    }

    /// The class and its own bases, nearest first, then the external or unknown ones.
    pub(super) fn lineage(&self, class: &Value) -> (Vec<(Value, Rc<Class>)>, Vec<Value>) {
        let mut own: Vec<(Value, Rc<Class>)> = Vec::new();
        let mut foreign = Vec::new();
        let mut queue = std::collections::VecDeque::from([class.clone()]);
        while let Some(next) = queue.pop_front() {
            match self.object_of(&next) {
                Some(Object::Class(c)) if own.len() < 64 => {
                    if !own.iter().any(|(_, seen)| Rc::ptr_eq(seen, c)) {
                        own.push((next.clone(), c.clone()));
                        queue.extend(c.bases.iter().cloned());
                    }
                }
                _ => foreign.push(next),
            }
        }
        (own, foreign)
    }

    /// The path of the first external base of a class.
    pub fn external_base(&self, class: &Value) -> Option<Rc<str>> {
        if let Value::External(path) = class {
            return Some(path.clone());
        }
        let (_, foreign) = self.lineage(class);
        let mut paths = foreign.into_iter().filter_map(|f| match f {
            Value::External(path) => Some(path),
            _ => None,
        });
        let plain = ["builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"];
        paths.find(|p| !plain.contains(&&**p) && !RECORDS.contains(&&**p))
    }

    /// The name of a class.
    pub fn class_name(&self, class: &Value) -> String {
        match (class, self.object_of(class)) {
            (_, Some(Object::Class(c))) => c.name.to_string(),
            (Value::External(path), _) => path.rsplit('.').next().unwrap_or(path).to_owned(),
            _ => "object".into(),
        }
    }

    /// The classes of the files that a class is or derives from, nearest first.
    pub fn own_classes(&self, class: &Value) -> Vec<Rc<Class>> {
        self.lineage(class).0.into_iter().map(|(_, c)| c).collect()
    }

    /// A name of the body of a class or of its own bases.
    pub fn class_attr(&self, class: &Value, name: &str) -> Option<Value> {
        let (own, _) = self.lineage(class);
        own.iter().find_map(|(_, c)| self.scope_ref(c.scope).vars.get(name).cloned())
    }

    pub(super) fn instantiate(&mut self, class: &Value, mut args: Args, site: Site) -> Eval<Value> {
        let Some(Object::Class(definition)) = self.object_of(class) else { return Ok(Value::None) };
        let definition = definition.clone();
        if definition.is_enum {
            return self.enum_by_value(class, args.pos.first(), site);
        }
        let instance = match self.class_attr(class, "__new__") {
            Some(make) => {
                let mut given = args.clone();
                given.pos.insert(0, class.clone());
                let made = self.call(&make, given, site)?;
                match self.class_of(&made).is_some_and(|c| self.same(&c, class)) {
                    true => made,
                    false => return Ok(made),
                }
            }
            None => self.alloc(Object::Instance(class.clone(), Dict::new())),
        };
        let Value::Obj(id) = instance else { return Ok(instance) };
        let base = self.external_base(class);
        if let Some(base) = &base {
            H::before_init(self, id, base, &mut args, site)?;
        }
        if let Some(init) = self.class_attr(class, "__init__") {
            args.pos.insert(0, instance.clone());
            self.call(&init, args, site)?;
            return Ok(instance);
        }
        if let Some(base) = base {
            if is_exception(&base) {
                let message = args.pos.first().cloned().unwrap_or(Value::str(""));
                self.set_plain_attr(&instance, "__message__", message);
            }
            H::init_base(self, id, &base, &args, site)?;
            return Ok(instance);
        }
        let fields = self.own_classes(class).iter().find_map(|c| c.fields.borrow().clone());
        if let Some(fields) = fields {
            self.init_fields(&instance, fields, args, site)?;
        }
        Ok(instance)
    }

    fn init_fields(
        &mut self,
        instance: &Value,
        fields: Vec<(Rc<str>, Option<Value>)>,
        mut args: Args,
        site: Site,
    ) -> Eval<()> {
        let mut pos = std::mem::take(&mut args.pos).into_iter();
        for (name, default) in fields {
            let given = pos.next().or_else(|| args.take(&name));
            let value = match (given, default) {
                (Some(value), _) => value,
                (None, Some(default)) => self.field_default(default, site)?,
                (None, None) => self.unknown(format!("the field `{name}`, which is not given"), site.span),
            };
            self.set_plain_attr(instance, &name, value);
        }
        if let Some(post) = self.attr_opt(instance, "__post_init__", site.span)? {
            self.call(&post, Args::default(), site)?;
        }
        Ok(())
    }

    /// The fields of an instance of a dataclass, model or named tuple, in order.
    pub(super) fn fields_of(&self, value: &Value) -> Option<Vec<(Rc<str>, Value)>> {
        let Some(Object::Instance(class, attrs)) = self.object_of(value) else { return None };
        let fields = self.own_classes(class).iter().find_map(|c| c.fields.borrow().clone())?;
        fields.into_iter().map(|(name, _)| attrs.get_str(&name).cloned().map(|v| (name, v))).collect()
    }

    /// The items of an instance of a named tuple.
    pub(super) fn named_tuple_items(&self, value: &Value) -> Option<Vec<Value>> {
        let class = self.class_of(value)?;
        let is_tuple = |f: &Value| matches!(f, Value::External(p) if &**p == "typing.NamedTuple");
        self.lineage(&class).1.iter().any(is_tuple).then_some(())?;
        Some(self.fields_of(value)?.into_iter().map(|(_, v)| v).collect())
    }

    /// `instance` with some fields changed.
    pub(super) fn replaced(&mut self, instance: &Value, args: &Args) -> Option<Value> {
        let Some(Object::Instance(class, attrs)) = self.object_of(instance) else { return None };
        let (class, mut attrs) = (class.clone(), attrs.clone());
        for (name, value) in &args.kw {
            attrs.insert_str(name, value.clone());
        }
        Some(self.alloc(Object::Instance(class, attrs)))
    }

    /// `field(default_factory=list)` gives a fresh list; Pydantic's `Field("a")` gives its default.
    fn field_default(&mut self, default: Value, site: Site) -> Eval<Value> {
        let symbol = match &default {
            Value::Symbol(symbol) => Some(symbol.clone()),
            _ => None,
        };
        let (path, args) = match (self.object_of(&default), symbol.as_ref().map(|s| &s.kind)) {
            (Some(Object::Partial(Value::External(path), args)), _) => (path.clone(), args.clone()),
            (_, Some(SymbolKind::Call(path, args))) => (path.clone(), args.clone()),
            _ => return Ok(default),
        };
        let is_pydantic = path.starts_with("pydantic") && path.ends_with(".Field")
            || path.starts_with("langchain") && path.ends_with("pydantic_v1.Field");
        if &*path != "dataclasses.field" && !is_pydantic {
            return Ok(default);
        }
        let given = args.named("default").or(args.pos.first().filter(|_| is_pydantic));
        match given {
            Some(Value::Ellipsis) => return Ok(default),
            Some(value) => return Ok(value.clone()),
            None if is_pydantic && args.named("default_factory").is_none() => return Ok(default),
            None => {}
        }
        match args.named("default_factory").cloned() {
            Some(factory) => self.call(&factory, Args::default(), site),
            None => Ok(Value::None),
        }
    }

    pub(super) fn set_plain_attr(&mut self, instance: &Value, name: &str, value: Value) {
        self.memory += 96;
        if let Value::Obj(id) = instance
            && let Some(Object::Instance(_, attrs)) = self.object_mut(*id)
        {
            attrs.insert_str(name, value);
        }
    }

    // --- enums --------------------------------------------------------------------------------

    /// A member of an enum of text that a library defines.
    pub fn text_enum_member(&mut self, class: &str, name: &str, value: &str) -> Value {
        let definition = Class {
            name: class.into(),
            bases: vec![Value::External("builtins.str".into()), Value::External("enum.Enum".into())],
            scope: self.new_scope(self.scope, true),
            site: Site::default(),
            fields: Default::default(),
            is_enum: true,
        };
        let class = self.alloc(Object::Class(Rc::new(definition)));
        let mut attrs = Dict::new();
        attrs.insert_str("name", Value::str(name));
        attrs.insert_str("value", Value::str(value));
        self.alloc(Object::Instance(class, attrs))
    }

    /// The member of an enum class behind one of its names.
    pub(super) fn enum_member(&mut self, class: &Value, name: &str) -> Option<Value> {
        let (own, _) = self.lineage(class);
        let (owner, definition) =
            own.iter().find(|(_, c)| self.scope_ref(c.scope).vars.contains_key(name))?.clone();
        let value = self.scope_ref(definition.scope).vars.get(name)?.clone();
        match self.object_of(&value) {
            Some(Object::Function(_) | Object::Wrapped(..) | Object::Class(_)) => return None,
            Some(Object::Instance(c, _)) if self.same(c, &owner) => return Some(value),
            _ if name.starts_with("__") => return None,
            _ => {}
        }
        let value = match &value {
            Value::External(path) if &**path == "enum.auto()" => {
                let text_like = self.lineage(&owner).1.iter().any(
                    |f| matches!(f, Value::External(p) if matches!(&**p, "enum.StrEnum" | "builtins.str")),
                );
                if text_like { Value::str(name.to_lowercase()) } else { self.next_number(&definition, name) }
            }
            _ => value,
        };
        let mut attrs = Dict::new();
        attrs.insert_str("name", Value::str(name));
        attrs.insert_str("value", value);
        let member = self.alloc(Object::Instance(owner, attrs));
        self.bind_in(definition.scope, name, member.clone());
        Some(member)
    }

    /// What `auto()` gives: one more than the member before.
    fn next_number(&mut self, class: &Rc<Class>, name: &str) -> Value {
        let scope = self.scope_ref(class.scope);
        let mut last = 0;
        for other in scope.order.iter().take_while(|n| &***n != name) {
            let value = scope.vars.get(other);
            let known = value.and_then(|v| self.plain_attr(v, "value")).or_else(|| value.cloned());
            match known {
                Some(Value::Int(i)) => last = i,
                Some(Value::External(path)) if &*path == "enum.auto()" => last += 1,
                _ => {}
            }
        }
        Value::Int(last.saturating_add(1))
    }

    pub(super) fn enum_members(&mut self, class: &Value) -> Eval<Vec<Value>> {
        let (own, _) = self.lineage(class);
        let names: Vec<Rc<str>> =
            own.iter().rev().flat_map(|(_, c)| self.scope_ref(c.scope).order.clone()).collect();
        Ok(names.iter().filter_map(|n| self.enum_member(class, n)).collect())
    }

    fn enum_by_value(&mut self, class: &Value, wanted: Option<&Value>, site: Site) -> Eval<Value> {
        let Some(wanted) = wanted else { return Ok(self.unknown("an enum made at run time", site.span)) };
        if wanted.is_symbol() {
            return Ok(self.unknown("an enum member by an unknown value", site.span));
        }
        for member in self.enum_members(class)? {
            let value = self.plain_attr(&member, "value");
            if value.is_some_and(|v| self.equal(&v, wanted) == Some(true)) {
                return Ok(member);
            }
        }
        Err(self.raise("ValueError", "not a member of the enum", site.span))
    }

    /// An attribute that was set on an instance.
    pub fn plain_attr(&self, instance: &Value, name: &str) -> Option<Value> {
        match self.object_of(instance)? {
            Object::Instance(_, attrs) => attrs.get_str(name).cloned(),
            _ => None,
        }
    }

    /// The class of an instance.
    pub fn class_of(&self, instance: &Value) -> Option<Value> {
        match self.object_of(instance)? {
            Object::Instance(class, _) => Some(class.clone()),
            _ => None,
        }
    }

    // --- exceptions ---------------------------------------------------------------------------

    /// Does `except class` catch what was raised?
    pub(super) fn catches(&self, class: &Value, raised: &Raised) -> bool {
        if let Some(Object::Tuple(classes)) = self.object_of(class) {
            return classes.iter().any(|c| self.catches(c, raised));
        }
        match class {
            Value::External(path) => {
                let wanted = last(path);
                if matches!(wanted, "Exception" | "BaseException") {
                    return true;
                }
                let (own, foreign) = self.lineage(&raised.class);
                own.iter().any(|(_, c)| &*c.name == wanted)
                    || foreign.iter().any(|f| matches!(f, Value::External(p) if derives(last(p), wanted)))
            }
            Value::Obj(_) => self.lineage(&raised.class).0.iter().any(|(c, _)| self.same(c, class)),
            _ => true,
        }
    }
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

fn is_exception(path: &str) -> bool {
    let name = last(path);
    name.ends_with("Error") || name.ends_with("Exception")
}

/// Is the built-in exception `name` the class `wanted` or derived from it?
fn derives(name: &str, wanted: &str) -> bool {
    let parents: &[&str] = match name {
        "ModuleNotFoundError" => &["ImportError"],
        "KeyError" | "IndexError" => &["LookupError"],
        "FileNotFoundError" | "PermissionError" => &["OSError", "IOError", "EnvironmentError"],
        "ZeroDivisionError" | "OverflowError" => &["ArithmeticError"],
        "JSONDecodeError" | "UnicodeDecodeError" => &["ValueError"],
        "NotImplementedError" | "RecursionError" => &["RuntimeError"],
        _ => &[],
    };
    name == wanted || parents.contains(&wanted)
}
