//! What a plan embeds: only what its nodes use.

use crate::names::DeclRef;
use crate::types::Cx;
use rustchain_plan::plan::{Agent, Memory, Provider, Tool};
use rustchain_plan::types::Schemas;
use rustchain_plan::{Region, Schema, Signature, Type};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// What was used so far.
#[derive(Default)]
pub(crate) struct Used {
    /// Keys of nominal types.
    pub types: BTreeSet<SmolStr>,
    /// Signatures by name.
    pub signatures: BTreeMap<SmolStr, Signature>,
    /// Providers by key.
    pub providers: BTreeMap<SmolStr, Provider>,
    /// Memory stores by key.
    pub memories: BTreeMap<SmolStr, Memory>,
    /// Agents by key.
    pub agents: BTreeMap<SmolStr, Agent>,
    /// Foreign tools by key.
    pub tools: BTreeMap<SmolStr, Tool>,
    /// Chains offered as tools, by key.
    pub chain_tools: BTreeMap<SmolStr, Region>,
    /// Declarations being or already embedded.
    pub seen: BTreeSet<DeclRef>,
}

impl Cx<'_> {
    /// The plan needs the schemas of a type.
    pub fn use_type(&mut self, ty: &Type) {
        match ty {
            Type::Named(key) => self.use_key(key),
            Type::List(t) | Type::Map(t) | Type::Optional(t) => self.use_type(t),
            Type::Record(fields) => fields.values().for_each(|t| self.use_type(t)),
            _ => {}
        }
    }

    /// The plan needs a schema.
    pub fn use_key(&mut self, key: &SmolStr) {
        if !self.used.types.contains(key) {
            self.used.types.insert(key.clone());
        }
    }

    /// The plan needs a library signature.
    pub fn use_signature(&mut self, signature: &Signature) {
        if self.used.signatures.contains_key(&signature.name) {
            return;
        }
        self.used.signatures.insert(signature.name.clone(), signature.clone());
        for param in &signature.params {
            self.use_type(&param.ty);
        }
        self.use_type(&signature.result);
    }

    /// The schemas of all types in use and of those they speak of.
    pub fn used_schemas(&mut self) -> Schemas {
        let mut schemas = Schemas::new();
        loop {
            let next = self.used.types.iter().find(|k| !schemas.contains_key(*k)).cloned();
            let Some(key) = next else { return schemas };
            let told = self.diagnostics.len();
            let schema = self.schema(&key);
            if self.diagnostics.len() > told {
                // The declaration itself reports these.
                self.diagnostics.truncate(told);
                self.tainted = true;
            }
            let Some(schema) = schema else {
                self.tainted = true;
                self.used.types.remove(&key);
                continue;
            };
            if let Schema::Record(record) = &schema {
                for field in &record.fields {
                    self.tainted |= mentions_error(&field.ty);
                    self.use_type(&field.ty);
                }
            }
            schemas.insert(key, schema);
        }
    }
}

/// Is a part of the type broken?
pub(crate) fn mentions_error(ty: &Type) -> bool {
    match ty {
        Type::Error => true,
        Type::List(t) | Type::Map(t) | Type::Optional(t) => mentions_error(t),
        Type::Record(fields) => fields.values().any(mentions_error),
        _ => false,
    }
}
