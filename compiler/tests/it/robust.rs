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

#[test]
fn long_and_deep_expressions_are_answered() {
    let long = |part: &str, count: usize| vec![part; count].join(" + ");
    let texts = [
        format!("mission m {{ input x: int = 1\n step a = {} }}", long("x", 20_000)),
        format!("mission m {{ step a = {} }}", long("1", 20_000)),
        format!("mission m {{ input x: bool = true\n step a = {}1 }}", "if x then 1 else ".repeat(3_000)),
        format!("mission m {{ input x: json = null\n step a = x{} }}", ".y".repeat(20_000)),
        format!("mission m {{ step a = {}1{} }}", "(".repeat(100), ")".repeat(100)),
        format!("mission m {{ step a = {}1{} }}", "[".repeat(5_000), "]".repeat(5_000)),
        format!("mission m {{ input x: bool = true\n step a = {}x }}", "!".repeat(20_000)),
        format!("record R {{ x: {}int{} }}", "list<".repeat(5_000), ">".repeat(5_000)),
        format!("record R {{ x: int{} }}", "?".repeat(20_000)),
    ];
    for text in texts {
        let _ = analyse(&text);
    }
}

#[test]
fn many_steps_in_a_row_are_answered() {
    let mut text = String::from("mission m {\n  step s0 = 1\n");
    for n in 1..3_000 {
        text.push_str(&format!("  step s{n} = s{} + 1\n", n - 1));
    }
    text.push_str("}\n");
    assert!(!analyse(&text).has_errors());
}
