//! What `cargo xtask` makes or checks is fresh.

use std::process::Command;

fn xtask(args: &[&str]) {
    let ended = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "--package", "xtask", "--"])
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn the_table_of_the_library_is_fresh() {
    xtask(&["stdlib", "--check"]);
}

#[test]
fn the_page_of_the_checks_is_fresh() {
    xtask(&["rules", "--check"]);
}

#[test]
fn every_requirement_has_a_proof_that_runs() {
    xtask(&["specs", "--check"]);
}
