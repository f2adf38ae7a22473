//! What is wrong, as a person reads it: one snapshot a fixture of `fixtures/bad`.

use crate::support::{analyse, at, shown};
use std::path::PathBuf;

#[test]
fn every_bad_fixture_is_told() {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(at("bad")).expect("a folder").flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_stem().and_then(|s| s.to_str()).expect("a name").to_owned();
        let text = std::fs::read_to_string(&path).expect("a file");
        // One mission text a `---` part: each has one cause.
        let mut all = String::new();
        for part in text.split("\n---\n") {
            let analysis = analyse(part);
            let mut only_errors = analysis;
            only_errors.diagnostics.retain(|d| d.severity == rustchain_grammar::Severity::Error);
            all.push_str(part.trim());
            all.push_str("\n>>>\n");
            all.push_str(&shown(&only_errors));
            all.push('\n');
        }
        insta::assert_snapshot!(name, all);
    }
}
