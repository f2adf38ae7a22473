//! Rules of sequence over the schedules of a plan.

use crate::support::check;
use rustchain_grammar::Severity;

const READ: &str = r#"fs.read(path: "private/notes.txt")"#;
const SEND: &str = r#"http.post<json>(url: "https://a.example/in", body: { a: 1 }, idempotency_key: "k")"#;
const ASK: &str = r#"human.approve(subject: "Send it?")"#;

/// A mission with a rule; gives the worst severity of RC0303, with its notes.
fn told(rule: &str, steps: &str) -> Option<(Severity, String)> {
    let text = format!(
        r#"edition 2026
provider fast = openai("gpt-4o-mini", max_tokens: 100)
agent worker(task: string) -> string {{
  model fast
  prompt "${{task}}"
  tools [fs.read("private/**"), http.post("https://a.example/**")]
  budget {{ turns: 4, tokens: 1_000, usd: 0.10, wall: 60s }}
}}
mission m {{
  input items: list<string>
  input yes: bool
  input name: string
  policy {{
    allow fs.read "private/**"
    allow net.write "https://a.example/**"
    allow net.read "https://a.example/**"
    allow fs.write "out/**"
    allow human
    allow llm [fast]
    require approval for net.write
    {rule}
  }}
{steps}
}}
"#
    );
    let analysis = check(&text.replace("READ", READ).replace("SEND", SEND).replace("ASK", ASK));
    let broken: Vec<_> = analysis.diagnostics.iter().filter(|d| d.code < "RC03").collect();
    assert!(broken.is_empty() && !analysis.missions.is_empty(), "{broken:?}");
    let found = analysis.diagnostics.iter().filter(|d| d.code == "RC0303");
    found.max_by_key(|d| d.severity).map(|d| (d.severity, d.notes.join(" ")))
}

fn severity(rule: &str, steps: &str) -> Option<Severity> {
    told(rule, steps).map(|(s, _)| s)
}

const NEVER: &str = "never net.write after fs.read \"private/**\"";

#[test]
fn never_after_looks_at_every_order() {
    assert_eq!(severity(NEVER, "  step send = SEND\n  step read = READ with { after [send] }"), None);
    let (worst, why) =
        told(NEVER, "  step a = READ\n  step b = \"${a}!\"\n  step send = SEND with { after [b] }")
            .expect("a finding");
    assert_eq!(worst, Severity::Error);
    assert!(why.contains("`a` → `b` → `send`"), "{why}");
    let unordered = told(NEVER, "  step read = READ\n  step send = SEND").expect("a finding");
    assert_eq!(unordered.0, Severity::Error);
    assert!(unordered.1.contains("`read` → `send`"), "{unordered:?}");
}

#[test]
fn arms_exclude_each_other_but_rounds_do_not() {
    let arms = "  step x = if yes then READ else trust(\"a\", reason: \"constant\")\n";
    assert_eq!(severity(NEVER, arms), None);
    let one_of = "step one = if yes then http.request<json>(method: \"POST\", url: \"https://a.example/in\") else http.request<json>(method: \"GET\", url: \"https://a.example/in\")";
    let rule = "never net.write after net.read";
    assert_eq!(severity(rule, &format!("  {one_of}")), None);
    let looped = format!("  step all = for item in items, max 1 {{ {one_of} }}");
    assert_eq!(severity(rule, &looped.replace("step one = ", "")), Some(Severity::Error));
}

#[test]
fn an_eager_trigger_orders_nothing() {
    let steps = |rule: &str| {
        format!(
            "  step send = SEND\n  step other = \"x\"\n  step read = READ with {{ after [send, other], {rule} }}"
        )
    };
    assert_eq!(severity(NEVER, &steps("trigger all_done")), None);
    assert_eq!(severity(NEVER, &steps("trigger one_success")), Some(Severity::Error));
    assert_eq!(severity(NEVER, &steps("trigger always")), Some(Severity::Error));
}

#[test]
fn one_call_reads_before_it_writes() {
    let download = "  step get = http.download(url: \"https://a.example/f\", path: \"out/f\")";
    assert_eq!(severity("never fs.write after net.read", download), Some(Severity::Error));
    assert_eq!(severity("never net.read after fs.write", download), None);
    assert_eq!(severity("fs.write only after net.read", download), None);
}

#[test]
fn another_attempt_comes_after_the_first() {
    let rule = "never net.write \"https://a.example/in\" after net.write \"https://a.example/in\"";
    assert_eq!(severity(rule, "  step send = SEND"), None);
    assert_eq!(severity(rule, "  step send = SEND with { retry 1 on [timeout] }"), Some(Severity::Error));
}

#[test]
fn a_model_with_both_is_told_and_guarded() {
    let steps = "  step work = worker(task: name)";
    assert_eq!(severity(NEVER, steps), Some(Severity::Medium));
    assert_eq!(severity("at most 1 net.write", steps), Some(Severity::Medium));
    assert_eq!(severity("net.write only after human", steps), Some(Severity::Error));
}

#[test]
fn what_is_not_known_is_left_to_the_run() {
    let steps = "  step read = READ\n  step send = http.post<json>(url: \"https://a.example/${name}\", body: { a: 1 }, idempotency_key: \"k\")";
    let rule = "never net.write \"https://a.example/secret\" after fs.read";
    assert_eq!(severity(rule, steps), Some(Severity::Note));
    assert_eq!(severity("never net.write \"https://b.example/**\" after fs.read", steps), None);
}

const ONLY: &str = "net.write only after human";

#[test]
fn only_after_needs_a_step_that_surely_succeeded() {
    assert_eq!(severity(ONLY, "  step ok = ASK\n  step send = SEND with { after [ok] }"), None);
    assert_eq!(
        severity(ONLY, "  step ok = ASK\n  step mid = \"${ok}\"\n  step send = SEND with { after [mid] }"),
        None
    );
    assert_eq!(severity(ONLY, "  step ok = ASK\n  step send = SEND"), Some(Severity::Error));
    for clause in ["when yes", "on error: continue", "on error: skip"] {
        let steps = format!("  step ok = ASK with {{ {clause} }}\n  step send = SEND with {{ after [ok] }}");
        assert_eq!(severity(ONLY, &steps), Some(Severity::Error), "{clause}");
    }
    let late = "  step ok = ASK\n  step send = SEND with { after [ok], trigger all_done }";
    assert_eq!(severity(ONLY, late), Some(Severity::Error));
}

#[test]
fn only_after_sees_into_and_out_of_blocks() {
    let outside = "  step ok = ASK\n  step all = for item in items, max 1 { SEND } with { after [ok] }";
    assert_eq!(severity(ONLY, outside), None);
    let inside_a_for =
        "  step all = for item in items, max 1 { ASK }\n  step send = SEND with { after [all] }";
    assert_eq!(severity(ONLY, inside_a_for), Some(Severity::Error));
    let both_arms = "  step ok = if yes then ASK else human.approve(subject: \"Really?\")\n  step send = SEND with { after [ok] }";
    assert_eq!(severity(ONLY, both_arms), None);
}

#[test]
fn at_most_counts_rounds_attempts_and_the_dearest_arm() {
    assert_eq!(severity("at most 1 net.write", "  step send = SEND"), None);
    let (_, why) =
        told("at most 2 net.write", "  step send = SEND with { retry 2 on [timeout] }").expect("a finding");
    assert!(why.contains("`send` 3×"), "{why}");
    let each =
        |n: u32| format!("  step all = for x in take(items, {n}), max 1 {{ SEND }}\n  step last = SEND\n");
    assert_eq!(severity("at most 5 net.write", &each(4)), None);
    assert_eq!(severity("at most 4 net.write", &each(4)), Some(Severity::Error));
    assert_eq!(
        severity("at most 5 net.write", "  step all = for x in items, max 1 { SEND }"),
        Some(Severity::Error)
    );
    let arms = "  step x = if yes then SEND else http.post<json>(url: \"https://a.example/b\", body: { a: 1 }, idempotency_key: \"k\")";
    assert_eq!(severity("at most 1 net.write", arms), None);
}
