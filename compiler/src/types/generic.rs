//! Type parameters: inference and substitution.

use super::assign;
use super::program::Program;
use rustchain_plan::types::{FieldSchema, RecordSchema};
use rustchain_plan::{Schema, Type};
use smol_str::SmolStr;

/// What each type parameter stands for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bindings {
    known: Vec<(SmolStr, Type)>,
}

impl Bindings {
    /// Given bindings.
    pub fn new(known: Vec<(SmolStr, Type)>) -> Bindings {
        Bindings { known }
    }

    /// What a parameter stands for.
    pub fn get(&self, name: &str) -> Option<&Type> {
        self.known.iter().find(|(n, _)| n == name).map(|(_, t)| t)
    }

    /// Sets a parameter, joining with what is known.
    fn bind(&mut self, name: &SmolStr, ty: &Type) {
        match self.known.iter_mut().find(|(n, _)| n == name) {
            Some((_, known)) => {
                if let Some(joined) = assign::join(known, ty) {
                    *known = joined;
                }
            }
            None => self.known.push((name.clone(), ty.clone())),
        }
    }

    /// Learns from an argument of type `found` where `declared` is wanted.
    pub fn infer(&mut self, declared: &Type, found: &Type) {
        match (declared, found) {
            (_, Type::Error) => {}
            (Type::Param(name), _) => self.bind(name, found),
            (Type::Optional(d), Type::Optional(f)) => self.infer(d, f),
            (Type::Optional(_), Type::Null) => {}
            (Type::Optional(d), f) => self.infer(d, f),
            (Type::List(d), Type::List(f)) | (Type::Map(d), Type::Map(f)) if **f != Type::Null => {
                self.infer(d, f)
            }
            _ => {}
        }
    }

    /// As [`Bindings::infer`], for the wanted result: only what is not known yet.
    pub fn infer_missing(&mut self, declared: &Type, wanted: &Type) {
        match (declared, wanted) {
            (Type::Param(name), _) if self.get(name).is_none() && *wanted != Type::Error => {
                self.known.push((name.clone(), wanted.non_null().clone()));
            }
            (Type::Optional(d), w) => self.infer_missing(d, w.non_null()),
            (Type::List(d), Type::List(w)) | (Type::Map(d), Type::Map(w)) => self.infer_missing(d, w),
            (d, Type::Optional(w)) => self.infer_missing(d, w),
            _ => {}
        }
    }

    /// `ty` with every parameter replaced; `None` where one is not known.
    pub fn apply(&self, program: &Program, ty: &Type) -> Option<Type> {
        Some(match ty {
            Type::Param(name) => self.get(name)?.clone(),
            Type::List(t) => self.apply(program, t)?.list(),
            Type::Map(t) => self.apply(program, t)?.map(),
            Type::Optional(t) => self.apply(program, t)?.optional(),
            Type::Record(fields) => {
                let fields = fields.iter().map(|(n, t)| Some((n.clone(), self.apply(program, t)?)));
                Type::Record(fields.collect::<Option<_>>()?)
            }
            Type::Applied(name, args) => {
                let args: Option<Vec<Type>> = args.iter().map(|a| self.apply(program, a)).collect();
                Type::Named(program.instance(name, &args?)?)
            }
            other => other.clone(),
        })
    }
}

/// A generic library schema with its parameters replaced.
pub(crate) fn instantiate_schema(program: &Program, schema: &Schema, bindings: &[(SmolStr, Type)]) -> Schema {
    let bindings = Bindings::new(bindings.to_vec());
    match schema {
        Schema::Enum(_) => schema.clone(),
        Schema::Record(record) => {
            let field = |f: &FieldSchema| FieldSchema {
                ty: bindings.apply(program, &f.ty).unwrap_or(Type::Error),
                ..f.clone()
            };
            let fields = record.fields.iter().map(field).collect();
            Schema::Record(RecordSchema { doc: record.doc.clone(), fields })
        }
    }
}
