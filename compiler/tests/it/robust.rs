//! Broken texts: no panic, and something is said.

use crate::support::{analyse, at};

#[test]
fn every_prefix_is_answered() {
    let text = std::fs::read_to_string(at("whole/triage.mission")).expect("a file");
    for (end, _) in text.char_indices().filter(|(i, _)| i % 23 == 0) {
        let analysis = analyse(&text[..end]);
        assert!(analysis.missions.iter().all(|m| m.plan.validate().is_ok()));
    }
}

#[test]
fn every_line_can_be_left_out() {
    let text = std::fs::read_to_string(at("whole/triage.mission")).expect("a file");
    let lines: Vec<&str> = text.lines().collect();
    for left_out in 0..lines.len() {
        let kept: Vec<&str> =
            lines.iter().enumerate().filter(|(i, _)| *i != left_out).map(|(_, l)| *l).collect();
        let analysis = analyse(&kept.join("\n"));
        for mission in &analysis.missions {
            mission.plan.validate().unwrap_or_else(|e| panic!("without line {}: {e}", left_out + 1));
        }
    }
}
