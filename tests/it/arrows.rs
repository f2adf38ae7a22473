//! The one-way arrows of docs/ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Crate, and the workspace crates it may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("rustchain-grammar", &[]),
    ("rustchain-plan", &[]),
    ("rustchain-stdlib", &["rustchain-plan"]),
    ("rustchain-compiler", &["rustchain-grammar", "rustchain-stdlib", "rustchain-plan"]),
    ("rustchain-transpile", &["rustchain-grammar", "rustchain-plan"]),
    ("rustchain-runtime", &["rustchain-plan"]),
    (
        "rustchain-lsp",
        &[
            "rustchain-grammar",
            "rustchain-plan",
            "rustchain-stdlib",
            "rustchain-compiler",
            "rustchain-transpile",
        ],
    ),
];

/// Crates that must not reach the network or a clock (invariant 3).
const PURE: &[&str] =
    &["rustchain-grammar", "rustchain-plan", "rustchain-stdlib", "rustchain-compiler", "rustchain-transpile"];

/// What brings network, clock or threads of its own.
const IMPURE: &[&str] = &["tokio", "reqwest", "hyper", "rustls", "rusqlite", "notify"];

fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let normal =
                package["dependencies"].as_array().into_iter().flatten().filter(|d| d["kind"].is_null());
            let names = normal.filter_map(|d| d["name"].as_str()).map(str::to_owned).collect();
            (package["name"].as_str().unwrap_or_default().to_owned(), names)
        })
        .collect()
}

#[test]
fn crates_depend_only_along_the_arrows() {
    let dependencies = dependencies();
    for (krate, allowed) in ARROWS {
        let found = &dependencies[*krate];
        for name in found.iter().filter(|n| n.starts_with("rustchain")) {
            assert!(allowed.contains(&name.as_str()), "{krate} must not depend on {name}");
        }
    }
}

#[test]
fn pure_crates_do_no_network_and_no_clock() {
    let dependencies = dependencies();
    for krate in PURE {
        for name in IMPURE {
            assert!(!dependencies[*krate].contains(*name), "{krate} must not depend on {name}");
        }
    }
}

#[test]
fn pest_stays_in_the_grammar() {
    for (krate, found) in dependencies() {
        let uses_pest = found.iter().any(|n| n.starts_with("pest"));
        assert!(!uses_pest || krate == "rustchain-grammar", "{krate} must not depend on pest");
    }
}

#[test]
fn the_runtime_never_sees_source_text() {
    let found = &dependencies()["rustchain-runtime"];
    assert!(!found.contains("rustchain-grammar") && !found.contains("rustchain-compiler"));
}
