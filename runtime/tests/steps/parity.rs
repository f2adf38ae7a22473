//! Every function of the library that is not pure is built, and nothing else is.

use rustchain_runtime::registry::STEP_KINDS;
use std::collections::BTreeSet;

#[test]
fn each_signature_has_one_implementation() {
    let signatures: BTreeSet<&str> =
        rustchain_stdlib::signatures().filter(|s| !s.pure).map(|s| s.name.as_str()).collect();
    let built: BTreeSet<&str> = STEP_KINDS.iter().map(|kind| kind.name).collect();
    assert!(!signatures.is_empty());
    let missing: Vec<_> = signatures.difference(&built).collect();
    let unknown: Vec<_> = built.difference(&signatures).collect();
    assert_eq!((missing, unknown), (Vec::new(), Vec::new()));
}
