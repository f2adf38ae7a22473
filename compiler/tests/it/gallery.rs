//! Every mission of the gallery compiles.

use crate::support::shown;
use rustchain_compiler::{DiskVfs, Options, analyse};
use std::path::{Path, PathBuf};

#[test]
fn every_mission_of_the_gallery_compiles() {
    let mut folders: Vec<PathBuf> = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../missions")];
    let mut wrong = String::new();
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(folder).expect("a folder").flatten().map(|e| e.path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|e| e != "mission") {
                continue;
            }
            count += 1;
            let analysis = analyse(&DiskVfs, &path, Options::default()).expect("a file");
            if analysis.has_errors() {
                wrong.push_str(&shown(&analysis));
            }
            for mission in &analysis.missions {
                mission.plan.validate().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            }
        }
    }
    assert!(count >= 10, "the gallery has {count} missions");
    assert!(wrong.is_empty(), "\n{wrong}");
}
