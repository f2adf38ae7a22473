//! Worked translations of programs in other systems compile, and are written as the formatter writes them.

use crate::support::{at, shown};
use rustchain_compiler::{DiskVfs, MemoryVfs, Options, analyse};
use std::path::PathBuf;

fn samples() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(at("samples")).expect("the fixtures");
    let mut paths: Vec<PathBuf> = folder.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    assert!(paths.len() >= 25, "{} samples", paths.len());
    paths
}

#[test]
fn every_sample_compiles() {
    let mut failed = String::new();
    for path in samples() {
        let mut vfs = MemoryVfs::over(Box::new(DiskVfs));
        vfs.insert(path.with_file_name("generate_specifications_automated.mission"), GENERATE);
        let analysis = analyse(&vfs, &path, Options::default()).expect("a file");
        if analysis.has_errors() {
            failed.push_str(&shown(&analysis));
        }
        for mission in &analysis.missions {
            mission.plan.validate().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}

#[test]
fn every_sample_is_formatted() {
    for path in samples() {
        let text = std::fs::read_to_string(&path).expect("a text");
        let formatted =
            rustchain_grammar::format(&text).unwrap_or_else(|e| panic!("{}: {e:?}", path.display()));
        assert_eq!(formatted.text, text, "{}", path.display());
    }
}

/// The mission that one sample imports.
const GENERATE: &str = r#"edition 2026
mission generate_specifications {
  input component_path: path
  input component_name: string
  input component_type: string
  input priority_level: string
  input enterprise_features: bool
  policy inferred
  step w = fs.write(path: "out/${component_name}.md", text: "${component_type} ${priority_level} ${enterprise_features}")
  output specification_file: path = w
}
"#;
