//! Records and enums: their keys, fields and members, and their schemas.

use super::program::Program;
use super::scope::Local;
use super::{Cx, Typed, declared, generic};
use crate::names::{self, DeclRef, Found, Space};
use rustchain_grammar::Span;
use rustchain_grammar::ast::{self, FieldDecl, ItemKind, TypeExpr, TypeExprKind};
use rustchain_plan::expr::Expr;
use rustchain_plan::types::{EnumSchema, FieldSchema, MemberSchema, RecordSchema};
use rustchain_plan::{Labels, Schema, Type, Value};
use smol_str::SmolStr;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// A field of a record, for typing.
#[derive(Clone, Debug)]
pub(crate) struct FieldInfo {
    /// The name.
    pub name: SmolStr,
    /// The name in JSON.
    pub wire: SmolStr,
    /// Its type.
    pub ty: Type,
    /// May it be left out?
    pub has_default: bool,
    /// Has it a `where`?
    pub constrained: bool,
}

/// A record or an enum.
#[derive(Clone, Debug)]
pub(crate) struct Nominal {
    /// Where it is declared; `None`: in the library.
    pub decl: Option<DeclRef>,
    /// Fields of a record.
    pub fields: Option<Rc<Vec<FieldInfo>>>,
    /// Members of an enum: name, wire name.
    pub members: Option<Rc<Vec<(SmolStr, SmolStr)>>>,
    /// The library's schema, instantiated.
    pub library: Option<Rc<Schema>>,
}

impl Nominal {
    /// The default of a field of a library record.
    pub fn library_default(&self, index: usize) -> Option<Value> {
        match self.library.as_deref()? {
            Schema::Record(record) => record.fields.get(index)?.default.clone(),
            Schema::Enum(_) => None,
        }
    }

    fn of_schema(schema: Schema) -> Nominal {
        let mut nominal = Nominal { decl: None, fields: None, members: None, library: None };
        match &schema {
            Schema::Record(record) => {
                let info = |f: &FieldSchema| FieldInfo {
                    name: f.name.clone(),
                    wire: f.wire.clone(),
                    ty: f.ty.clone(),
                    has_default: f.default.is_some(),
                    constrained: f.constraint.is_some(),
                };
                nominal.fields = Some(Rc::new(record.fields.iter().map(info).collect()));
            }
            Schema::Enum(e) => {
                let members = e.members.iter().map(|m| (m.name.clone(), m.wire.clone())).collect();
                nominal.members = Some(Rc::new(members));
            }
        }
        nominal.library = Some(Rc::new(schema));
        nominal
    }
}

impl Program {
    /// Keys of all type declarations: the name, prefixed in imported modules; `mission.` in front where the
    /// library has a type of that name.
    pub(super) fn assign_keys(&self) -> HashMap<DeclRef, SmolStr> {
        let mut keys = HashMap::new();
        for (decl, item) in self.items() {
            if !matches!(item.kind, ItemKind::Enum(_) | ItemKind::Record(_)) {
                continue;
            }
            let name = self.plan_name(decl);
            let taken = rustchain_stdlib::library_type(&name).is_some();
            keys.insert(decl, if taken { format!("mission.{name}").into() } else { name });
        }
        keys
    }

    /// Resolves the fields and members of every declared type.
    pub(super) fn declare_nominals(&self) {
        for (name, library) in rustchain_stdlib::library_types() {
            if library.params.is_empty() {
                let nominal = Nominal::of_schema(library.schema.clone());
                self.nominals.borrow_mut().insert(name.clone(), nominal);
            }
        }
        for (decl, key) in &self.keys {
            // The first declaration of a name counts.
            let name = names::declared(self.item(*decl)).map(|(n, _)| n.text.clone());
            if name.and_then(|n| self.names.local(decl.module, Space::Type, &n)) != Some(*decl) {
                continue;
            }
            let empty = Nominal { decl: Some(*decl), fields: None, members: None, library: None };
            let nominal = match &self.item(*decl).kind {
                ItemKind::Enum(e) => Nominal { members: Some(Rc::new(members(e))), ..empty },
                _ => Nominal { fields: Some(Rc::default()), ..empty },
            };
            self.nominals.borrow_mut().insert(key.clone(), nominal);
        }
        for (decl, item) in self.items() {
            let mut cx = Cx::anonymous(self, decl.module);
            match &item.kind {
                ItemKind::Record(record) => {
                    cx.duplicate_names(record.fields.iter().map(|f| &f.name), "field");
                    let fields = Rc::new(cx.field_infos(&record.fields));
                    if let Some(key) = self.keys.get(&decl)
                        && let Some(nominal) = self.nominals.borrow_mut().get_mut(key)
                        && nominal.decl == Some(decl)
                    {
                        nominal.fields = Some(fields);
                    }
                }
                ItemKind::Enum(e) => cx.duplicate_names(e.members.iter().map(|m| &m.name), "member"),
                ItemKind::TypeAlias(alias) => {
                    cx.resolve_type(&alias.ty);
                }
                _ => {}
            }
            self.keep(cx.diagnostics);
        }
    }

    /// Every nominal type as far as it is known before expressions are: no constraints, no defaults.
    pub(super) fn plain_schemas(&self) -> rustchain_plan::types::Schemas {
        let schema = |(key, nominal): (&SmolStr, &Nominal)| {
            let schema = match (&nominal.library, &nominal.fields, &nominal.members) {
                (Some(library), _, _) => (**library).clone(),
                (None, Some(fields), _) => {
                    let field = |f: &FieldInfo| FieldSchema {
                        name: f.name.clone(),
                        wire: f.wire.clone(),
                        doc: String::new(),
                        ty: f.ty.clone(),
                        labels: Labels::NONE,
                        constraint: None,
                        default: None,
                    };
                    let fields = fields.iter().map(field).collect();
                    Schema::Record(RecordSchema { doc: String::new(), fields })
                }
                (None, None, members) => {
                    let member = |(name, wire): &(SmolStr, SmolStr)| MemberSchema {
                        name: name.clone(),
                        wire: wire.clone(),
                        doc: String::new(),
                    };
                    let members = members.iter().flat_map(|m| m.iter()).map(member).collect();
                    Schema::Enum(EnumSchema { doc: String::new(), members })
                }
            };
            (key.clone(), schema)
        };
        self.nominals.borrow().iter().map(schema).collect()
    }

    /// A record or enum by key.
    pub fn nominal(&self, key: &str) -> Option<Nominal> {
        self.nominals.borrow().get(key).cloned()
    }

    /// The key of a library record with arguments; instantiates it where it is new.
    pub fn instance(&self, name: &str, args: &[Type]) -> Option<SmolStr> {
        let library = rustchain_stdlib::library_type(name)?;
        if args.is_empty() {
            return Some(name.into());
        }
        let key = rustchain_stdlib::instance_name(name, args);
        if !self.nominals.borrow().contains_key(&key) {
            let bindings: Vec<(SmolStr, Type)> =
                library.params.iter().cloned().zip(args.iter().cloned()).collect();
            let schema = generic::instantiate_schema(self, &library.schema, &bindings);
            self.nominals.borrow_mut().insert(key.clone(), Nominal::of_schema(schema));
        }
        Some(key)
    }
}

fn members(e: &ast::EnumDecl) -> Vec<(SmolStr, SmolStr)> {
    e.members.iter().map(|m| (m.name.text.clone(), wire_name(&m.name, m.wire.as_ref()))).collect()
}

fn wire_name(name: &ast::Name, wire: Option<&(SmolStr, Span)>) -> SmolStr {
    wire.map_or_else(|| name.text.clone(), |(w, _)| w.clone())
}

impl Cx<'_> {
    /// A key as messages show it: as it was declared.
    pub fn type_name(&self, key: &str) -> String {
        key.strip_prefix("mission.").unwrap_or(key).to_owned()
    }

    pub(super) fn duplicate_names<'a>(&mut self, all: impl Iterator<Item = &'a ast::Name>, what: &str) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for name in all {
            match seen.get(name.text.as_str()) {
                Some(first) => {
                    let diagnostic = names::duplicate(self.file(), name, what, *first);
                    self.report(diagnostic);
                }
                None => {
                    seen.insert(&name.text, name.span);
                }
            }
        }
    }

    fn field_infos(&mut self, fields: &[FieldDecl]) -> Vec<FieldInfo> {
        fields
            .iter()
            .map(|f| FieldInfo {
                name: f.name.text.clone(),
                wire: wire_name(&f.name, f.wire.as_ref()),
                ty: self.resolve_type(&f.ty),
                has_default: f.default.is_some(),
                constrained: f.constraint.is_some(),
            })
            .collect()
    }

    /// The key of a declared or library type without parameters; follows aliases to one.
    pub fn nominal_key(&self, path: &[&str]) -> Option<SmolStr> {
        match self.program.names.path(&self.program.modules, self.module, Space::Type, path) {
            Found::Decl(decl) => match &self.program.item(decl).kind {
                ItemKind::TypeAlias(alias) => match &alias.ty.kind {
                    TypeExprKind::Named(target, args)
                        if args.is_empty() && names::segments(target) != path =>
                    {
                        self.nominal_key(&names::segments(target))
                    }
                    _ => None,
                },
                _ => self.program.keys.get(&decl).cloned(),
            },
            Found::BrokenImport => None,
            Found::No => {
                let [name] = path else { return None };
                let library = rustchain_stdlib::library_type(name)?;
                library.params.is_empty().then(|| (*name).into())
            }
        }
    }

    /// A written type.
    pub fn resolve_type(&mut self, ty: &TypeExpr) -> Type {
        self.resolve_depth(ty, 0)
    }

    fn resolve_depth(&mut self, ty: &TypeExpr, depth: u32) -> Type {
        for label in &ty.labels {
            if label.text != "trusted" && Labels::from_name(&label.text).is_none() {
                let message = format!("there is no label `{}`", label.text);
                let d = self.error("RC0114", label.span, message);
                let all = ["untrusted", "secret", "personal", "trusted"];
                let d = names::did_you_mean(d, label.span, &label.text, all);
                self.report(d);
            }
        }
        if depth > 64 {
            let diagnostic = self.error("RC0108", ty.span, "this type is defined by itself");
            self.report(diagnostic);
            return Type::Error;
        }
        match &ty.kind {
            TypeExprKind::Error => Type::Error,
            TypeExprKind::Optional(inner) => self.resolve_depth(inner, depth + 1).optional(),
            TypeExprKind::Record(fields) => {
                self.duplicate_names(fields.iter().map(|f| &f.name), "field");
                let fields =
                    fields.iter().map(|f| (f.name.text.clone(), self.resolve_depth(&f.ty, depth + 1)));
                Type::Record(fields.collect::<BTreeMap<_, _>>())
            }
            TypeExprKind::Named(path, args) => self.named_type(path, args, ty.span, depth),
        }
    }

    fn named_type(&mut self, path: &ast::Path, args: &[TypeExpr], span: Span, depth: u32) -> Type {
        let segments = names::segments(path);
        let found = self.program.names.path(&self.program.modules, self.module, Space::Type, &segments);
        match found {
            Found::BrokenImport => return Type::Error,
            Found::Decl(decl) => {
                self.note_decl(path.span, decl, None);
                if !args.is_empty() {
                    self.type_arguments(path, 0, args.len(), span);
                }
                return match &self.program.item(decl).kind {
                    ItemKind::TypeAlias(alias) => {
                        let module = decl.module;
                        // A broken alias is told where it is declared.
                        let before = self.diagnostics.len();
                        let resolved =
                            self.within_module(module, |cx| cx.resolve_depth(&alias.ty, depth + 1));
                        if depth < 60 && decl.module != self.module {
                            self.diagnostics.truncate(before);
                        }
                        resolved
                    }
                    _ => self.program.keys.get(&decl).map_or(Type::Error, |k| Type::Named(k.clone())),
                };
            }
            Found::No => {}
        }
        if let [name] = segments.as_slice()
            && let Some(ty) = self.builtin_type(name, path, args, span, depth)
        {
            return ty;
        }
        self.unknown_type(path);
        Type::Error
    }

    fn builtin_type(
        &mut self,
        name: &str,
        path: &ast::Path,
        args: &[TypeExpr],
        span: Span,
        depth: u32,
    ) -> Option<Type> {
        let wanted = match name {
            "list" => 1,
            "map" => 2,
            _ if plain_type(name).is_some() => 0,
            _ => rustchain_stdlib::library_type(name)?.params.len(),
        };
        let mut resolved: Vec<Type> = args.iter().map(|a| self.resolve_depth(a, depth + 1)).collect();
        if resolved.len() != wanted {
            self.type_arguments(path, wanted, resolved.len(), span);
            return Some(Type::Error);
        }
        Some(match name {
            "list" => resolved.pop().unwrap_or(Type::Error).list(),
            "map" => {
                let value = resolved.pop().unwrap_or(Type::Error);
                if !matches!(resolved.as_slice(), [Type::String | Type::Error]) {
                    let diagnostic = self.error("RC0201", args[0].span, "the keys of a map are strings");
                    self.report(diagnostic);
                }
                value.map()
            }
            _ => match plain_type(name) {
                Some(ty) => ty,
                None => self.program.instance(name, &resolved).map_or(Type::Error, Type::Named),
            },
        })
    }

    /// A wrong number of type arguments.
    pub fn type_arguments(&mut self, path: &ast::Path, wanted: usize, found: usize, span: Span) {
        let example = match (path.text().as_str(), wanted) {
            ("list", _) => "for example `list<string>`".to_owned(),
            ("map", _) => "for example `map<string, int>`".to_owned(),
            (name, 0) => format!("write `{name}` alone"),
            (name, _) => format!("write `{name}<{}>`", vec!["…"; wanted].join(", ")),
        };
        let message = format!("`{}` takes {wanted} type arguments, found {found}", path.text());
        let diagnostic = self.error("RC0211", span, message).help(example);
        self.report(diagnostic);
    }

    /// A type that is not declared.
    pub fn unknown_type(&mut self, path: &ast::Path) {
        let segments = names::segments(path);
        if let Found::BrokenImport =
            self.program.names.path(&self.program.modules, self.module, Space::Type, &segments)
        {
            return;
        }
        let text = path.text();
        let d = self.error("RC0103", path.span, format!("there is no type `{text}`"));
        let mut names = self.program.names.candidates(&self.program.modules, self.module, Space::Type);
        names.extend(PLAIN_TYPES.iter().map(|(n, _)| (*n).to_owned()));
        names.extend(["list".to_owned(), "map".to_owned()]);
        names.extend(rustchain_stdlib::library_types().map(|(n, _)| n.to_string()));
        let d = names::did_you_mean(d, path.span, &text, names.iter().map(String::as_str));
        let d = self.missing_import(d, &text);
        self.report(d);
    }

    /// The schema of a key, with what it refers to left to the caller.
    pub fn schema(&mut self, key: &SmolStr) -> Option<Schema> {
        let nominal = self.program.nominal(key)?;
        if let Some(schema) = nominal.library {
            return Some((*schema).clone());
        }
        let decl = nominal.decl?;
        let item = self.program.item(decl);
        let doc = item.docs.text.clone();
        match &item.kind {
            ItemKind::Enum(e) => {
                let members = e.members.iter().map(|m| MemberSchema {
                    name: m.name.text.clone(),
                    wire: wire_name(&m.name, m.wire.as_ref()),
                    doc: m.docs.text.clone(),
                });
                Some(Schema::Enum(EnumSchema { doc, members: members.collect() }))
            }
            ItemKind::Record(record) => {
                let infos = nominal.fields?;
                let fields = record.fields.iter().zip(infos.iter()).enumerate();
                let fields = fields.map(|(i, (f, info))| self.field_schema(key, i, decl, f, info)).collect();
                Some(Schema::Record(RecordSchema { doc, fields }))
            }
            _ => None,
        }
    }

    fn field_schema(
        &mut self,
        key: &SmolStr,
        index: usize,
        decl: DeclRef,
        field: &FieldDecl,
        info: &FieldInfo,
    ) -> FieldSchema {
        let (labels, _) = declared::labels(&field.ty);
        let constraint = field
            .constraint
            .as_ref()
            .map(|c| self.within_module(decl.module, |cx| cx.constraint(&field.name.text, &info.ty, c)));
        FieldSchema {
            name: field.name.text.clone(),
            wire: info.wire.clone(),
            doc: field.docs.text.clone(),
            ty: info.ty.clone(),
            labels,
            constraint,
            default: if info.has_default { self.program.field_default(key, index) } else { None },
        }
    }

    /// `where c`: the field's own name stands for its value. On a `T?` it speaks of the value that is there.
    pub fn constraint(&mut self, name: &SmolStr, ty: &Type, condition: &ast::Expr) -> Expr {
        let local = Local::new(name.clone(), ty.non_null().clone());
        self.with_locals(vec![local], |cx| cx.check(condition, &Type::Bool))
    }

    /// Reports constants in a record literal that break a `where`.
    pub fn check_constraints(&mut self, key: &SmolStr, typed: &Typed, span: Span) {
        let Some(infos) = self.program.record_fields(key) else { return };
        if !infos.iter().any(|i| i.constrained) {
            return;
        }
        let rustchain_plan::ExprKind::Record { fields, .. } = &typed.expr.kind else { return };
        let Some(decl) = self.program.nominal(key).and_then(|n| n.decl) else { return };
        let ItemKind::Record(record) = &self.program.item(decl).kind else { return };
        for (name, value) in fields.clone() {
            let rustchain_plan::ExprKind::Const(value) = value.kind else { continue };
            let Some(field) = record.fields.iter().find(|f| f.name.text == name) else { continue };
            let (Some(condition), Some(info)) = (&field.constraint, infos.iter().find(|i| i.name == name))
            else {
                continue;
            };
            self.check_constant_constraint(decl.module, &name, &info.ty, condition, &value, span);
        }
    }

    /// Reports a constant that breaks a `where`.
    pub fn check_constant_constraint(
        &mut self,
        module: usize,
        name: &SmolStr,
        ty: &Type,
        condition: &ast::Expr,
        value: &Value,
        span: Span,
    ) {
        if value.is_null() {
            return;
        }
        let program = self.program;
        let mut cx = Cx::anonymous(program, module);
        let expr = cx.constraint(name, ty, condition);
        if !cx.diagnostics.is_empty() {
            return;
        }
        let Some(false) = super::fold::holds(program, &expr, name, value) else { return };
        let text = cx.text(condition.span).to_owned();
        let place = cx.place(condition.span);
        let message = format!("this value of `{name}` breaks its constraint `{text}`");
        let diagnostic = self.error("RC0217", span, message).also(place.file, place.span, "the constraint");
        self.report(diagnostic);
    }
}

const PLAIN_TYPES: &[(&str, Type)] = &[
    ("bool", Type::Bool),
    ("int", Type::Int),
    ("float", Type::Float),
    ("string", Type::String),
    ("bytes", Type::Bytes),
    ("timestamp", Type::Timestamp),
    ("duration", Type::Duration),
    ("url", Type::Url),
    ("path", Type::Path),
    ("json", Type::Json),
    ("unit", Type::Unit),
];

fn plain_type(name: &str) -> Option<Type> {
    PLAIN_TYPES.iter().find(|(n, _)| *n == name).map(|(_, t)| t.clone())
}
