//! Attack missions and their benign twins, in `tests/fixtures/{attacks,benign}` of the workspace: the first
//! line of an attack names the rule that must refuse it; its twin of the same name has the same shape and
//! nothing at severity high or above.

use crate::support::shown;
use rustchain_compiler::{Analysis, DiskVfs, Options, analyse};
use rustchain_grammar::Severity;
use std::path::{Path, PathBuf};

fn missions(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures").join(folder);
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    let mut all: Vec<PathBuf> =
        entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "mission")).collect();
    all.sort();
    all
}

fn check(path: &Path) -> Analysis {
    analyse(&DiskVfs, path, Options { root: path.parent(), ..Options::default() }).expect("a file")
}

fn name(path: &Path) -> String {
    path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The rule that the first line expects.
fn expected(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a file");
    let first = text.lines().next().unwrap_or_default();
    let rule = first.strip_prefix("// expect: ").unwrap_or_else(|| panic!("{} names no rule", name(path)));
    rule.to_owned()
}

#[test]
fn every_attack_is_told_by_its_rule() {
    let all = missions("attacks");
    assert!(all.len() >= 60, "{}", all.len());
    let mut wrong = String::new();
    for path in all {
        let rule = expected(&path);
        let analysis = check(&path);
        let of_rule = analysis.diagnostics.iter().any(|d| d.code == rule);
        let broken = analysis.diagnostics.iter().any(|d| d.code < "RC03");
        let other = analysis.diagnostics.iter().any(|d| d.severity == Severity::Error && d.code != rule);
        if !of_rule || broken || other {
            wrong.push_str(&format!("{}: expected {rule} and no other error\n", name(&path)));
            analysis.diagnostics.iter().for_each(|d| wrong.push_str(&shown(&analysis, d)));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn no_twin_is_flagged() {
    let mut wrong = String::new();
    for path in missions("benign") {
        assert_eq!(expected(&path), "nothing");
        let analysis = check(&path);
        for d in analysis.diagnostics.iter().filter(|d| d.severity >= Severity::High) {
            wrong.push_str(&format!("{}: {}", name(&path), shown(&analysis, d)));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_attack_has_its_twin() {
    let names = |folder| missions(folder).iter().map(|p| name(p)).collect::<Vec<_>>();
    assert_eq!(names("attacks"), names("benign"));
}
