//! The pages of the checks: the bad example gives the code, the good one does not.

use crate::support::{applied, check, codes, shown};
use rustchain_compiler::checks::{Fixable, LATER, RULES, rule_of};
use rustchain_compiler::explain::explain;
use rustchain_grammar::{Applicability, Severity};

fn example(code: &str, section: &str) -> String {
    let page = explain(code).unwrap_or_else(|| panic!("{code} has no page"));
    let examples = page.examples(section);
    let (_, text) = examples.first().unwrap_or_else(|| panic!("{code} has no example under {section}"));
    (*text).to_owned()
}

#[test]
fn bad_examples_give_the_code_and_good_ones_do_not() {
    let mut wrong = String::new();
    for rule in RULES {
        for (section, expected) in [("Bad", true), ("Good", false)] {
            let analysis = check(&example(rule.code, section));
            let found = codes(&analysis);
            let broken =
                found.iter().any(|c| c.starts_with("RC00") || c.starts_with("RC01") || c.starts_with("RC02"));
            if found.contains(&rule.code) == expected && !broken {
                continue;
            }
            wrong.push_str(&format!("{} {section}: {found:?}\n", rule.code));
            if broken || !expected {
                wrong.extend(analysis.diagnostics.iter().map(|d| shown(&analysis, d)));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn good_examples_have_no_error_and_nothing_high() {
    let mut wrong = String::new();
    for rule in RULES {
        let analysis = check(&example(rule.code, "Good"));
        for d in analysis.diagnostics.iter().filter(|d| d.severity >= Severity::High) {
            wrong.push_str(&format!("{}: {}", rule.code, shown(&analysis, d)));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn severities_are_those_of_the_catalogue() {
    let mut wrong = String::new();
    for rule in RULES {
        let analysis = check(&example(rule.code, "Bad"));
        let worst = analysis.diagnostics.iter().filter(|d| d.code == rule.code).map(|d| d.severity).max();
        if worst != Some(rule.severity) {
            wrong.push_str(&format!("{}: {worst:?}, not {:?}\n", rule.code, rule.severity));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// The catalogue says of each rule whether its findings can be mended by an edit.
#[test]
fn fixes_are_those_of_the_catalogue() {
    let mut wrong = String::new();
    for rule in RULES {
        let page = explain(rule.code).unwrap_or_else(|| panic!("{} has no page", rule.code));
        let examples = page.examples("Bad").into_iter();
        let found = examples.flat_map(|(_, text)| check(text).diagnostics).filter(|d| d.code == rule.code);
        let safe: Vec<bool> =
            found.flat_map(|d| d.fixes).map(|f| f.applicability == Applicability::Safe).collect();
        let found = match (safe.is_empty(), safe.contains(&true)) {
            (true, _) => Fixable::No,
            (false, true) => Fixable::Safe,
            (false, false) => Fixable::Suggest,
        };
        if found != rule.fix {
            wrong.push_str(&format!("{}: {found:?}, not {:?}\n", rule.code, rule.fix));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// A safe fix changes nothing but what it is for: the other findings, and the effects of the plan's steps
/// that stay, are as before.
#[test]
fn safe_fixes_change_nothing_else() {
    let mut seen = 0;
    for rule in RULES.iter().filter(|r| r.fix == Fixable::Safe) {
        let text = example(rule.code, "Bad");
        let analysis = check(&text);
        let of_rule = analysis.diagnostics.iter().filter(|d| d.code == rule.code);
        for fix in of_rule.flat_map(|d| &d.fixes).filter(|f| f.applicability == Applicability::Safe) {
            let again = check(&applied(&text, fix));
            let others = |a: &rustchain_compiler::Analysis| {
                let rest = a.diagnostics.iter().filter(|d| d.code != rule.code);
                rest.map(|d| (d.code, d.message.clone())).collect::<Vec<_>>()
            };
            assert!(!again.has_errors(), "{}: {:?}", rule.code, again.diagnostics);
            assert_eq!(others(&analysis), others(&again), "{}", rule.code);
            let calls = |a: &rustchain_compiler::Analysis| {
                let nodes = a.missions.iter().flat_map(|m| &m.plan.root.nodes);
                nodes.filter(|n| matches!(n.body, rustchain_plan::Body::Call(_))).count()
            };
            assert_eq!(calls(&analysis), calls(&again), "{}", rule.code);
            seen += 1;
        }
    }
    assert!(seen >= 6, "{seen}");
}

#[test]
fn what_comes_later_has_no_rule() {
    for (code, name, why) in LATER {
        assert!(rule_of(code).is_none() && explain(code).is_none(), "{code}");
        assert!(!name.is_empty() && !why.is_empty());
    }
}

#[test]
fn diagnostics_of_the_bad_examples() {
    let mut all = String::new();
    for rule in RULES {
        let analysis = check(&example(rule.code, "Bad"));
        let of_code = analysis.diagnostics.iter().filter(|d| d.code == rule.code);
        of_code.for_each(|d| all.push_str(&shown(&analysis, d)));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn fixes_make_the_finding_go_away() {
    let mut wrong = String::new();
    for rule in RULES {
        let text = example(rule.code, "Bad");
        let analysis = check(&text);
        for d in analysis.diagnostics.iter().filter(|d| d.code == rule.code) {
            for fix in &d.fixes {
                let after = applied(&text, fix);
                let again = check(&after);
                let safe = fix.applicability == Applicability::Safe;
                let still = again.diagnostics.iter().filter(|e| e.code == rule.code).count();
                let before = analysis.diagnostics.iter().filter(|e| e.code == rule.code).count();
                let errors = again.diagnostics.iter().filter(|e| e.severity == Severity::Error).count();
                let more =
                    errors > analysis.diagnostics.iter().filter(|e| e.severity == Severity::Error).count();
                if still >= before || (more && safe) || codes(&again).iter().any(|c| c < &"RC03") {
                    wrong.push_str(&format!("{}: {}\n{after}\n", rule.code, fix.title));
                    wrong.extend(again.diagnostics.iter().map(|d| shown(&again, d)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
