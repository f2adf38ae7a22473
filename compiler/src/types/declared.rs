//! What a declared callable takes and gives.

use super::Cx;
use super::program::Program;
use crate::names::DeclRef;
use rustchain_grammar::ast::{FieldDecl, ItemKind, StmtKind, TypeExpr, TypeExprKind};
use rustchain_plan::{Labels, Type, Value};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A parameter of a declared callable.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    /// The name.
    pub name: SmolStr,
    /// `///` text.
    pub doc: String,
    /// Its type.
    pub ty: Type,
    /// Labels the declaration adds.
    pub labels: Labels,
    /// `trusted T`.
    pub trusted: bool,
    /// May it be left out?
    pub optional: bool,
    /// Its default, where it has one and that is sound.
    pub default: Option<Value>,
    /// Read from the environment where it is not given (inputs of missions).
    pub env: Option<SmolStr>,
}

/// A declared callable.
#[derive(Clone, Debug)]
pub(crate) struct Callable {
    /// Parameters, in order.
    pub params: Vec<Parameter>,
    /// Result.
    pub result: Type,
    /// Labels of the result type as written.
    pub result_labels: Labels,
}

/// The labels of a written type, those of its parts included, and whether it demands `trusted`.
pub(crate) fn labels(ty: &TypeExpr) -> (Labels, bool) {
    let mut found = Labels::NONE;
    let mut trusted = false;
    for name in &ty.labels {
        trusted |= name.text == "trusted";
        found = found.join(Labels::from_name(&name.text).unwrap_or(Labels::NONE));
    }
    let inner: Vec<&TypeExpr> = match &ty.kind {
        TypeExprKind::Named(_, args) => args.iter().collect(),
        TypeExprKind::Optional(inner) => vec![inner],
        TypeExprKind::Record(fields) => fields.iter().map(|f| &f.ty).collect(),
        TypeExprKind::Error => Vec::new(),
    };
    for part in inner {
        let (more, inner_trusted) = labels(part);
        found = found.join(more);
        trusted |= inner_trusted;
    }
    (found, trusted)
}

impl Program {
    /// What a chain, agent, tool or mission takes and gives; what is wrong with it is reported once.
    pub fn callable(&self, decl: DeclRef) -> Rc<Callable> {
        if let Some(known) = self.callables.borrow().get(&decl) {
            return known.clone();
        }
        // A default that calls the callable itself finds no parameters instead of going on for ever.
        let nothing =
            Rc::new(Callable { params: Vec::new(), result: Type::Error, result_labels: Labels::NONE });
        self.callables.borrow_mut().insert(decl, nothing);
        let mut cx = Cx::anonymous(self, decl.module);
        let callable = Rc::new(cx.signature_of(decl));
        self.keep(std::mem::take(&mut cx.diagnostics));
        self.callables.borrow_mut().insert(decl, callable.clone());
        callable
    }
}

impl Cx<'_> {
    fn signature_of(&mut self, decl: DeclRef) -> Callable {
        let program = self.program;
        let (params, result): (&[FieldDecl], Option<&TypeExpr>) = match &program.item(decl).kind {
            ItemKind::Chain(c) => (&c.params, Some(&c.result)),
            ItemKind::Agent(a) => (&a.params, Some(&a.result)),
            ItemKind::Tool(t) => (t.params.as_deref().unwrap_or_default(), t.result.as_ref()),
            ItemKind::Mission(m) => return self.signature_of_mission(&m.body),
            _ => (&[], None),
        };
        self.duplicate_names(params.iter().map(|f| &f.name), "parameter");
        let params = params.iter().map(|f| self.parameter(f)).collect();
        let result_labels = result.map_or(Labels::NONE, |r| labels(r).0);
        let result = result.map_or(Type::Unit, |r| self.resolve_type(r));
        Callable { params, result, result_labels }
    }

    fn parameter(&mut self, field: &FieldDecl) -> Parameter {
        let ty = self.resolve_type(&field.ty);
        let (labels, trusted) = labels(&field.ty);
        let default = field.default.as_ref().and_then(|d| self.check_constant(d, &ty, "a default"));
        if let (Some(condition), Some(value)) = (&field.constraint, &default) {
            let span = field.default.as_ref().map_or(field.span, |d| d.span);
            self.check_constant_constraint(self.module, &field.name.text, &ty, condition, value, span);
        }
        Parameter {
            name: field.name.text.clone(),
            doc: field.docs.text.clone(),
            optional: field.default.is_some() || matches!(ty, Type::Optional(_)),
            ty,
            labels,
            trusted,
            default,
            env: None,
        }
    }

    /// A mission called as a step: its inputs are the parameters, the record of its outputs the result.
    fn signature_of_mission(&mut self, body: &[rustchain_grammar::ast::Stmt]) -> Callable {
        let mut params = Vec::new();
        let mut outputs = BTreeMap::new();
        for stmt in body {
            match &stmt.kind {
                StmtKind::Input(input) | StmtKind::Secret(input) => {
                    let secret = matches!(stmt.kind, StmtKind::Secret(_));
                    let before = self.diagnostics.len();
                    let ty = self.resolve_type(&input.ty);
                    let (mut labels, trusted) = labels(&input.ty);
                    if secret {
                        labels = labels.join(Labels::SECRET);
                    }
                    let default =
                        input.default.as_ref().and_then(|d| self.check_constant(d, &ty, "a default"));
                    // The mission itself reports these.
                    self.diagnostics.truncate(before);
                    let env = input.from.as_ref().and_then(super::builtin::env_name);
                    params.push(Parameter {
                        name: input.name.text.clone(),
                        doc: stmt.docs.text.clone(),
                        optional: input.default.is_some() || env.is_some() || matches!(ty, Type::Optional(_)),
                        ty,
                        labels,
                        trusted,
                        default,
                        env,
                    });
                }
                StmtKind::Output(output) => {
                    let before = self.diagnostics.len();
                    let ty = output.ty.as_ref().map_or(Type::Error, |t| self.resolve_type(t));
                    self.diagnostics.truncate(before);
                    outputs.insert(output.name.text.clone(), ty);
                }
                _ => {}
            }
        }
        Callable { params, result: Type::Record(outputs), result_labels: Labels::NONE }
    }
}
