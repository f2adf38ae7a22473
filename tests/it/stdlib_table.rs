//! The library's table is what its sources say, and every pure function is implemented.

use std::process::Command;

#[test]
fn the_table_is_fresh() {
    let ended = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "--package", "xtask", "--", "stdlib", "--check"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}
