//! Made by `cargo xtask stdlib` from `stdlib/*.mission`. Do not edit.

use crate::LibraryType;
use rustchain_plan::Signature;
use smol_str::SmolStr;

pub(crate) fn signatures() -> Vec<Signature> {
    Vec::new()
}

pub(crate) fn types() -> Vec<(SmolStr, LibraryType)> {
    Vec::new()
}
