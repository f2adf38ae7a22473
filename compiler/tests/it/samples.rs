//! The design's worked translations compile; run where they are at hand.

use crate::support::shown;
use rustchain_compiler::{DiskVfs, MemoryVfs, Options, analyse};
use std::path::{Path, PathBuf};

/// The folder of samples, by the environment.
fn folder() -> Option<PathBuf> {
    std::env::var_os("RUSTCHAIN_SAMPLES").map(PathBuf::from)
}

#[test]
fn every_sample_compiles() {
    let Some(folder) = folder() else { return };
    let mut failed = String::new();
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        let mut vfs = MemoryVfs::over(Box::new(DiskVfs));
        let beside = path.with_file_name("generate_specifications_automated.mission");
        vfs.insert(beside, GENERATE);
        let analysis = analyse(&vfs, Path::new(&path), Options::default()).expect("a file");
        if analysis.has_errors() {
            failed.push_str(&shown(&analysis));
        }
        for mission in &analysis.missions {
            mission.plan.validate().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}

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
