//! Signatures of every step kind and pure function, and the records and enums they speak of.
//!
//! `stdlib/*.mission` is the source; `table.rs` is made from it by `cargo xtask stdlib` and kept fresh by a
//! test, so that nothing is parsed at start-up.

mod table;

use rustchain_plan::types::Schema;
use rustchain_plan::{Signature, Type};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A record or enum of the library; generic records have type parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct LibraryType {
    /// Type parameters, in order.
    pub params: Vec<SmolStr>,
    /// What it is; its types may be `Type::Param`.
    pub schema: Schema,
}

struct Library {
    signatures: BTreeMap<SmolStr, Signature>,
    types: BTreeMap<SmolStr, LibraryType>,
}

static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library {
    signatures: table::signatures().into_iter().map(|s| (s.name.clone(), s)).collect(),
    types: table::types().into_iter().collect(),
});

/// The signature of a dotted name.
pub fn signature(name: &str) -> Option<&'static Signature> {
    LIBRARY.signatures.get(name)
}

/// Every signature, by name.
pub fn signatures() -> impl Iterator<Item = &'static Signature> {
    LIBRARY.signatures.values()
}

/// A record or enum by name.
pub fn library_type(name: &str) -> Option<&'static LibraryType> {
    LIBRARY.types.get(name)
}

/// Every record and enum, by name.
pub fn library_types() -> impl Iterator<Item = (&'static SmolStr, &'static LibraryType)> {
    LIBRARY.types.iter()
}

/// The key of an instantiated generic record, as in `Type::Named`: `Response<string>`.
pub fn instance_name(name: &str, args: &[Type]) -> SmolStr {
    let args: Vec<String> = args.iter().map(Type::to_string).collect();
    format!("{name}<{}>", args.join(", ")).into()
}
