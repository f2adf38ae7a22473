//! Attack missions and their benign twins: `NAME.bad.mission` names the rule that must refuse it in its
//! first line, `NAME.good.mission` has the same shape and nothing at severity high or above.

use crate::support::{check, shown};
use rustchain_grammar::Severity;
use std::path::PathBuf;

fn missions(end: &str) -> Vec<(String, String)> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/attacks"));
    let mut all: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("a folder")
        .flatten()
        .filter_map(|e| {
            let name = e.file_name().into_string().ok()?;
            let text = std::fs::read_to_string(e.path()).expect("a file");
            name.ends_with(end).then_some((name, text))
        })
        .collect();
    all.sort();
    all
}

#[test]
fn every_attack_is_told_by_its_rule() {
    let all = missions(".bad.mission");
    assert!(all.len() >= 40, "{}", all.len());
    let mut wrong = String::new();
    for (name, text) in all {
        let rest = text.split("Refused: ").nth(1).unwrap_or_else(|| panic!("{name} names no rule"));
        let rule = &rest[..6];
        let analysis = check(&text);
        let broken = analysis.diagnostics.iter().any(|d| d.code < "RC03");
        if broken || !analysis.diagnostics.iter().any(|d| d.code == rule) {
            wrong.push_str(&format!("{name}: {rule} is missing\n"));
            analysis.diagnostics.iter().for_each(|d| wrong.push_str(&shown(&analysis, d)));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn no_twin_is_flagged() {
    let mut wrong = String::new();
    for (name, text) in missions(".good.mission") {
        let analysis = check(&text);
        for d in analysis.diagnostics.iter().filter(|d| d.severity >= Severity::High) {
            wrong.push_str(&format!("{name}: {}", shown(&analysis, d)));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
