//! What the grammar crate promises, tested from outside.

mod ast;
mod diagnostics;
mod files;
mod formatting;
mod linear;
mod pages;
mod reparse;
mod robust;
mod soup;
mod tree;
