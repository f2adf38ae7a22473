//! Policies compared, and findings selected.

use crate::support::check;
use rustchain_compiler::checks::{Selection, fails};
use rustchain_compiler::effects::{allow_lines, rows, widened};
use rustchain_grammar::Severity;
use rustchain_plan::Policy;

fn policy(lines: &str) -> Policy {
    let analysis = check(&format!("edition 2026\nmission m {{\n  policy {{\n{lines}\n  }}\n}}\n"));
    assert!(!analysis.has_errors(), "{:?}", analysis.diagnostics);
    analysis.missions[0].plan.policy.clone()
}

fn told(old: &str, new: &str) -> Vec<String> {
    let all = widened(&policy(old), &policy(new));
    all.iter().map(|w| format!("{} e.g. {}", w.what, w.example.as_deref().unwrap_or("-"))).collect()
}

#[test]
fn a_wider_grant_is_told_with_an_example() {
    let old = r#"allow net.read "https://a.example/x/**""#;
    assert_eq!(told(old, old), Vec::<String>::new());
    assert_eq!(told(old, r#"allow net.read "https://a.example/x/y""#), Vec::<String>::new());
    assert_eq!(
        told(old, r#"allow net.read "https://a.example/**""#),
        vec![r#"`allow net.read "https://a.example/**"` e.g. net.read "https://a.example/x""#]
    );
    assert_eq!(
        told(old, &format!("{old}\nallow exec \"git\"")),
        vec![r#"`allow exec "git"` e.g. exec "git""#]
    );
}

#[test]
fn a_dropped_denial_is_told() {
    let old = "allow fs.read \"data/**\"\ndeny fs.read \"data/private/**\"";
    let found = told(old, r#"allow fs.read "data/**""#);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("data/private/"), "{found:?}");
}

#[test]
fn words_that_open_a_policy_are_told() {
    let old = "allow exec \"git\"\nsandbox strict";
    assert_eq!(
        told(old, "allow exec \"git\""),
        ["`sandbox strict` is gone e.g. a program outside of the sandbox"]
    );
    assert_eq!(told("allow exec \"git\"", old), Vec::<String>::new());
    let personal = "allow exec \"git\"\nallow personal";
    let found = told("allow exec \"git\"", personal);
    assert_eq!(found, ["`allow personal` e.g. personal data in the prompt of a model"]);
    assert_eq!(told(personal, "allow exec \"git\""), Vec::<String>::new());
    let levels = ["", "prompt untrusted approve", "prompt untrusted allow"]
        .map(|l| format!("allow exec \"git\"\n{l}"));
    for (i, old) in levels.iter().enumerate() {
        for (j, new) in levels.iter().enumerate() {
            assert_eq!(told(old, new).len(), usize::from(j > i), "{old} -> {new}");
        }
    }
}

#[test]
fn an_approval_is_needed_for_what_it_names_alone() {
    let analysis = check(
        r#"edition 2026
mission m {
  policy {
    allow net.read "https://a.example/**"
    allow net.write "https://a.example/**"
    require approval for net.write "https://a.example/pay/**" when untrusted
  }
  defaults { timeout 5s }
  step page = http.get<string>(url: "https://a.example/x")
  step log = http.post<string>(url: "https://a.example/log", body: page)
  step fixed = http.post<string>(url: "https://a.example/pay/1", body: "one")
  step paid = http.post<string>(url: "https://a.example/pay/2", body: page)
  output size: int = len(log) + len(fixed) + len(paid)
}
"#,
    );
    let asked: Vec<&str> = analysis.missions[0]
        .plan
        .root
        .nodes
        .iter()
        .filter(|n| matches!(&n.body, rustchain_plan::Body::Call(call) if call.needs_approval))
        .map(|n| n.id.as_str())
        .collect();
    assert_eq!(asked, ["paid"], "{:?}", analysis.diagnostics);
}

#[test]
fn rows_say_what_is_known_of_a_value() {
    let analysis = check(
        r#"edition 2026
provider fast = openai("gpt-4o-mini", max_tokens: 10)
tool clean(path: string) -> string = python("tools.py:clean") { effect fs.write "out/**" }
chain get(address: url) -> string {
  step page = http.get<string>(url: address)
  return page
}
mission m {
  input host: string
  input id: int
  policy inferred
  step a = get(address: "https://a.example/fixed")
  step b = http.get<string>(url: "https://${host}.example/t")
  step c = http.get<string>(url: "https://a.example/t?q=${host}")
  step d = http.get<string>(url: "https://a.example/t/${host}/${id}")
  step e = ask<Message>(model: fast, prompt: "x", tools: [clean])
}
"#,
    );
    assert!(!analysis.missions.is_empty(), "{:?}", analysis.diagnostics);
    insta::assert_snapshot!(allow_lines(&rows(&analysis.missions[0].plan)).join("\n"));
}

#[test]
fn rows_become_allow_lines() {
    let analysis = check(
        r#"edition 2026
provider fast = openai("gpt-4o-mini", max_tokens: 10)
mission m {
  input id: int
  policy inferred
  step a = http.get<string>(url: "https://a.example/t/${id}?since=${run.started}")
  step b = ask<string>(model: fast, prompt: a)
  step c = fs.write(path: "./out/${id}.md", text: b)
  step d = exec.run(program: if id > 3 then "git" else "make")
  step e = clock.now()
}
"#,
    );
    assert_eq!(
        allow_lines(&rows(&analysis.missions[0].plan)),
        [
            r#"allow net.read "https://a.example/t/*""#,
            r#"allow fs.write "out/*.md""#,
            r#"allow exec "git""#,
            r#"allow exec "make""#,
            "allow llm [fast]",
            "allow clock",
        ]
    );
}

#[test]
fn findings_are_selected_and_denied() {
    let found = check("edition 2026\nmission m {\n  policy inferred\n  input n: int\n  step a = n + 1\n}\n")
        .diagnostics;
    assert!(!fails(&found, Severity::High));
    assert!(fails(&found, Severity::Medium));
    let selection = Selection { except: ["RC0317".to_owned()].into(), ..Selection::default() };
    let rest = selection.apply(found);
    assert!(rest.iter().all(|d| d.code != "RC0317"));
    assert!(!fails(&rest, Severity::Medium));
}

#[test]
fn conditions_are_compared_by_arguments() {
    let with = |condition: &str| format!(r#"allow net.write "https://p.example/**" where {condition}"#);
    let told = |old: &str, new: &str| told(&with(old), &with(new)).join("; ");
    assert_eq!(told("body.amount <= 100", "body.amount <= 50"), "");
    assert_eq!(told("body.amount < 100.5", "body.amount <= 100"), "");
    assert!(told("body.amount <= 100", "body.amount <= 500").contains("with body.amount = "));
    // A fraction is no whole number: the comparison with one refused it.
    assert!(told("body.amount <= 100", "body.amount < 100.5").contains("with body.amount = 99.5"));
    assert!(told("body.amount <= 100 && body.to == \"a\"", "body.amount <= 100").contains("body.to = "));
    assert_eq!(told("body.amount <= 100", "body.amount <= 100 && body.to == \"a\""), "");
    assert!(told("body.to == \"a\"", "body.to != \"b\"").contains("body.to = \"bx\""));
    // What is not compared with constants alone is told without an example where none is found.
    assert!(told("len(headers) <= 2", "len(headers) <= 1").ends_with("e.g. -"));
}
