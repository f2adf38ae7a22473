//! The language page's sample.

use crate::support::{at, shown};
use rustchain_compiler::{DiskVfs, MemoryVfs, Options, analyse};
use rustchain_grammar::Severity;

#[test]
fn the_sample_of_the_language_page_compiles() {
    let path = at("whole/triage.mission");
    let analysis = analyse(&DiskVfs, &path, Options::default()).expect("a file");
    let errors: Vec<_> = analysis.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{}", shown(&analysis));
    let mission = &analysis.missions[0];
    mission.plan.validate().expect("sound");
    assert_eq!(mission.tests.len(), 1);
    insta::assert_snapshot!(mission.plan.to_json_pretty().expect("json"));
    insta::assert_debug_snapshot!(mission.tests);
}

#[test]
fn the_hash_does_not_depend_on_the_path() {
    let text = std::fs::read_to_string(at("whole/triage.mission")).expect("a file");
    let redact = std::fs::read_to_string(at("whole/redact.mission")).expect("a file");
    let hash = |folder: &str| {
        let mut vfs = MemoryVfs::new();
        vfs.insert(format!("{folder}/t.mission"), text.clone());
        vfs.insert(format!("{folder}/redact.mission"), redact.clone());
        let path = format!("{folder}/t.mission");
        let analysis = analyse(&vfs, path.as_ref(), Options::default()).expect("a file");
        analysis.missions[0].plan.hash_hex().expect("a hash")
    };
    assert_eq!(hash("a"), hash("/somewhere/else"));
}
