//! Policies: organisation policies, comparison, suggestion, and rules while a mission runs.

use crate::project::{Ended, Project};
use crate::server::Server;

const FETCH: &str = r#"edition 2026

mission m {
  input page: string = "a"
  policy { allow net.read "https://shop.example.com/**" }
  step get = http.get<string>(url: "https://shop.example.com/${page}") with { timeout 10s, retry 1 on [timeout] { backoff: constant(1s) } }
  output got: string = get
}
"#;

fn bound(policy: &str, mission: &str) -> Project {
    let project = Project::with("m.mission", mission);
    project.write("rustchain.toml", "policies = [\"company.mission\"]\n");
    project.write("company.mission", &format!("edition 2026\n\npolicy company {{\n{policy}\n}}\n"));
    project
}

fn errors(ended: &Ended) -> Vec<&str> {
    ended.stdout.lines().filter(|l| l.starts_with("error")).collect()
}

#[test]
fn a_mission_cannot_widen_an_organisation_policy() {
    bound("  allow net.read \"https://shop.example.com/**\"", FETCH).expect(0, &["check", "m.mission"]);
    let narrower = bound("  allow net.read \"https://shop.example.com/b\"", FETCH);
    let ended = narrower.expect(0, &["check", "m.mission", "--deny", "error"]);
    assert!(ended.stdout.contains("decided when the mission runs"), "{}", ended.stdout);
    let refused = narrower.expect(4, &["run", "m.mission"]);
    assert!(refused.stderr.contains("does not allow"), "{}", refused.stderr);

    let other = bound("  allow net.read \"https://other.example.com/**\"", FETCH);
    let ended = other.expect(1, &["check", "m.mission"]);
    assert_eq!(errors(&ended).len(), 1, "{}", ended.stdout);
    assert!(ended.stdout.contains("organisation policy `company` does not allow"), "{}", ended.stdout);
    assert!(ended.stdout.contains("company.mission"), "{}", ended.stdout);
    other.expect(1, &["run", "m.mission"]);
}

#[test]
fn an_organisation_policy_without_grants_only_forbids() {
    bound("  deny exec\n  budget { usd: 1.00 }", FETCH).expect(0, &["check", "m.mission"]);
    let denied = bound("  deny net.read \"https://shop.example.com/a\"", &FETCH.replace("${page}", "a"));
    let ended = denied.expect(1, &["check", "m.mission"]);
    assert!(ended.stdout.contains("which the policy denies"), "{}", ended.stdout);
}

#[test]
fn an_organisation_policy_may_forbid_to_infer() {
    let inferred =
        FETCH.replace("policy { allow net.read \"https://shop.example.com/**\" }", "policy inferred");
    bound("  deny exec", &inferred).expect(0, &["check", "m.mission"]);
    let ended = bound("  deny inferred", &inferred).expect(1, &["check", "m.mission"]);
    assert!(ended.stdout.contains("an organisation policy forbids it"), "{}", ended.stdout);
}

#[test]
fn an_organisation_policy_that_is_not_there_stops_everything() {
    let project = Project::with("m.mission", FETCH);
    project.write("rustchain.toml", "policies = [\"nowhere.mission\"]\n");
    let ended = project.expect(1, &["check", "m.mission"]);
    assert!(ended.stdout.contains("RC0901"), "{}", ended.stdout);
    project.expect(1, &["run", "m.mission"]);
}

#[test]
fn a_plan_compiled_elsewhere_is_bound_too() {
    let free = Project::with("m.mission", FETCH);
    free.expect(0, &["compile", "m.mission"]);
    let project = bound("  deny net.read \"https://shop.example.com/a\"", FETCH);
    project.write("m.plan.json", &free.read("m.plan.json"));
    let ended = project.expect(4, &["run", "--plan", "m.plan.json"]);
    assert!(ended.stderr.contains("without the organisation policy `company`"), "{}", ended.stderr);
    project.expect(0, &["compile", "m.mission"]);
    let ended = project.expect(4, &["run", "--plan", "m.plan.json"]);
    assert!(ended.stderr.contains("does not allow"), "{}", ended.stderr);
}

#[test]
fn a_comparison_tells_each_widening_with_an_example() {
    let old = r#"edition 2026

policy desk {
  allow net.read "https://shop.example.com/orders/**"
  allow net.write "https://pay.example.com/**" where body.amount <= 100
  deny fs.read "private/**"
  allow fs.read "**"
  budget { usd: 1.00 }
  at most 2 net.write
  never flow personal to llm
}
"#;
    let new = old
        .replace("orders/**", "**")
        .replace("<= 100", "<= 500")
        .replace("  deny fs.read \"private/**\"\n", "")
        .replace("1.00", "5.00")
        .replace("at most 2", "at most 9")
        .replace("  never flow personal to llm\n", "");
    let project = Project::with("old.mission", old);
    project.write("new.mission", &new);
    project.expect(0, &["policy", "diff", "old.mission", "old.mission"]);
    project.expect(0, &["policy", "diff", "new.mission", "old.mission"]);
    let found = project.json(1, &["policy", "diff", "old.mission", "new.mission", "--format", "json"]);
    let all = found["diagnostics"].as_array().expect("findings");
    let notes: Vec<String> =
        all.iter().map(|d| d["notes"][0].as_str().unwrap_or_default().to_owned()).collect();
    let has = |text: &str| notes.iter().any(|n| n.contains(text));
    assert!(has(r#"net.read "https://shop.example.com/x""#), "{notes:?}");
    assert!(has("body.amount = 101") || has("body.amount = 500"), "{notes:?}");
    assert!(has(r#"fs.read "private/"#), "{notes:?}");
    assert!(has("a run that uses 5 USD"), "{notes:?}");
    assert!(has("3 times net.write"), "{notes:?}");
    assert!(has("personal data in llm"), "{notes:?}");
    assert_eq!(all.len(), 6, "{notes:?}");
    assert!(all.iter().all(|d| d["code"] == "RC0314"), "{notes:?}");
}

#[test]
fn suggested_lines_are_written_and_compile() {
    let inferred =
        FETCH.replace("policy { allow net.read \"https://shop.example.com/**\" }", "policy inferred");
    let project = Project::with("m.mission", &inferred);
    project.expect(0, &["policy", "suggest", "m.mission"]);
    let text = project.read("m.mission");
    assert!(text.contains("allow net.read \"https://shop.example.com/*\""), "{text}");
    assert!(!text.contains("inferred"), "{text}");
    project.expect(0, &["check", "m.mission", "--deny", "low"]);

    let without = FETCH.replace("  policy { allow net.read \"https://shop.example.com/**\" }\n", "");
    project.write("m.mission", &without);
    project.expect(0, &["policy", "suggest", "m.mission"]);
    project.expect(0, &["check", "m.mission", "--deny", "low"]);

    let wrong = FETCH.replace("net.read \"https://shop.example.com/**\"", "exec \"git\"");
    project.write("m.mission", &wrong);
    project.expect(0, &["policy", "suggest", "m.mission"]);
    let text = project.read("m.mission");
    assert!(text.contains("net.read") && !text.contains("exec"), "{text}");
    project.expect(0, &["check", "m.mission", "--deny", "low"]);
}

#[test]
fn trust_and_cost_are_listed() {
    let text = r#"edition 2026

provider fast = openai("gpt-4o-mini", max_tokens: 100)

mission m {
  policy { allow llm [fast], allow net.read "https://a.example/**", budget { usd: 3.00, tokens: 500_000, wall: 2m } }
  step page = http.get<string>(url: "https://a.example/p") with { timeout 10s }
  step name = trust(page, reason: "our own page")
  step answer = ask<string>(model: fast, prompt: "${name}") with { timeout 10s }
  output answer: string = answer
}
"#;
    let project = Project::with("m.mission", text);
    let ended = project.expect(0, &["check", "--trust", "m.mission"]);
    assert!(ended.stdout.contains("m.mission:8:15  untrusted  \"our own page\""), "{}", ended.stdout);
    let facts = project.json(0, &["check", "--trust", "m.mission", "--format", "json"]);
    assert_eq!(facts["missions"][0]["lowered"][0]["reason"], "our own page");
    let ended = project.expect(0, &["check", "--cost", "m.mission"]);
    for part in ["time    120 s", "`answer`: 1 evaluations", "prices:", "as of 20"] {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.stdout);
    }
    let facts = project.json(0, &["check", "--cost", "m.mission", "--format", "json"]);
    let usd = facts["missions"][0]["cost"]["usd"]["at_most"].as_f64().expect("a bound");
    assert!(usd > 0.0 && usd < 3.0, "{usd}");
}

const RULED: &str = r#"edition 2026

mission m {
  input first: string = "a"
  input second: string = "b"
  on failure: finish
  policy {
    allow net.write "https://a.example/**"
    allow net.read "https://a.example/**"
    RULE
  }
  step one = http.post<string>(url: "https://a.example/${first}", body: null, idempotency_key: "1") with { timeout 5s }
  step two = http.post<string>(url: "https://a.example/${second}", body: null, idempotency_key: "2") with { timeout 5s, after [one] }
}

test "the rule holds" for m {
  given first = "FIRST"
  given second = "SECOND"
  mock http.post -> "ok"
  expect EXPECT
}
"#;

fn ruled(rule: &str, first: &str, second: &str, expect: &str) {
    let text = RULED.replace("RULE", rule).replace("FIRST", first).replace("SECOND", second);
    let project = Project::with("m.mission", &text.replace("EXPECT", expect));
    project.expect(0, &["check", "m.mission"]);
    project.expect(0, &["test", "m.mission"]);
}

#[test]
fn what_the_run_decides_about_a_sequence_is_refused_there() {
    let pay = "at most 1 net.write \"https://a.example/pay\"";
    ruled(pay, "pay", "other", "ran(one) && ran(two)");
    ruled(pay, "pay", "pay", "ran(one) && failed(two, refused)");
    let never = "never net.write \"https://a.example/out\" after net.write \"https://a.example/private\"";
    ruled(never, "private", "in", "ran(one) && ran(two)");
    ruled(never, "private", "out", "ran(one) && failed(two, refused)");
    ruled(never, "out", "private", "ran(one) && ran(two)");
}

#[test]
fn a_condition_is_decided_on_the_arguments() {
    let text = r#"edition 2026

mission m {
  input amount: int
  policy { allow net.write "https://pay.example.com/**" where body.amount <= 100 }
  step pay = http.post<string>(url: "https://pay.example.com/charge", body: { amount: amount }, idempotency_key: "k") with { timeout 5s }
}

test "little" for m {
  given amount = 100
  mock http.post -> "ok"
  expect ran(pay)
}

test "much" for m {
  given amount = 101
  expect failed(pay, refused)
}
"#;
    let project = Project::with("m.mission", text);
    project.expect(0, &["check", "m.mission"]);
    project.expect(0, &["test", "m.mission"]);
}

const CALLED: &str = r#"edition 2026

mission inner {
  input page: string
  policy { allow net.read "https://a.example/open*" }
  step get = http.get<string>(url: "https://a.example/${page}") with { timeout 5s }
  output got: string = get
}
"#;

fn caller(page: &str, inputs: &str) -> String {
    format!(
        r#"edition 2026

import "./inner.mission" as lib

mission outer {{
{inputs}
  policy {{ allow net.read "https://a.example/**" }}
  step call = lib.inner(page: {page})
  output got: string = call.got
}}
"#
    )
}

#[test]
fn a_called_mission_keeps_its_own_policy() {
    let project = Project::with("inner.mission", CALLED);
    project.write("outer.mission", &caller("\"closed\"", ""));
    let ended = project.expect(1, &["check", "outer.mission"]);
    assert!(
        ended.stdout.contains("the policy of the mission that `call` calls does not allow"),
        "{}",
        ended.stdout
    );

    let test = r#"
test "closed" for outer {
  given page = "closed"
  expect failed(call)
}

test "open" for outer {
  given page = "open1"
  mock http.get -> "x"
  expect ran(call)
}
"#;
    let text = caller("page", "  input page: string");
    project.write("outer.mission", &format!("{text}{test}"));
    project.expect(0, &["check", "outer.mission"]);
    project.expect(0, &["test", "outer.mission"]);
}

#[test]
fn missions_of_imported_files_are_checked() {
    let project = Project::with("inner.mission", &CALLED.replace("open*", "else/**").replace("${page}", "x"));
    project.write("outer.mission", &caller("\"a\"", ""));
    let ended = project.expect(1, &["check", "outer.mission"]);
    assert!(ended.stdout.contains("inner.mission"), "{}", ended.stdout);
}

/// A model's answer that names tokens and no cost.
fn answer() -> String {
    r#"{"id":"1","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":100000,"completion_tokens":100000,"total_tokens":200000}}"#.to_owned()
}

#[test]
fn a_budget_in_dollars_binds_where_the_provider_names_no_cost() {
    let server = Server::start(|_, _| (200, answer()));
    let text = |usd: &str| {
        format!(
            r#"edition 2026

provider p = openai("gpt-4o", base_url: "{}/v1", api_key: "k", max_tokens: 10)

mission m {{
  policy {{ allow llm [p], budget {{ usd: {usd} }} }}
  step a = ask<string>(model: p, prompt: "x") with {{ timeout 20s }}
  output a: string = a
}}
"#,
            server.url
        )
    };
    let project = Project::with("m.mission", &text("50.00"));
    project.expect(0, &["run", "m.mission", "--llm", "live"]);
    project.write("m.mission", &text("0.10"));
    let ended = project.expect(1, &["run", "m.mission", "--llm", "live"]);
    assert!(ended.stderr.contains("budget"), "{}", ended.stderr);
}

#[test]
fn an_unset_variable_with_something_in_its_place() {
    let server = Server::start(|_, _| (200, answer()));
    let text = format!(
        r#"edition 2026

provider p = openai(env("NO_SUCH_MODEL") ?? "gpt-4o", base_url: env("NO_SUCH_BASE") ?? "{}/v1", api_key: "k", max_tokens: 10)

mission m {{
  policy {{ allow llm [p], allow env "NO_SUCH_*" }}
  step a = ask<string>(model: p, prompt: "x") with {{ timeout 20s }}
  output a: string = a
}}
"#,
        server.url
    );
    let project = Project::with("m.mission", &text);
    let ended = project.expect(0, &["run", "m.mission", "--llm", "live"]);
    assert!(ended.stdout.contains("ok"), "{}", ended.stdout);
    assert_eq!(server.requests().len(), 1);
}

/// A conversation with an agent: each answer of the model in order.
fn turn(calls: &[(&str, &str)]) -> String {
    let calls: Vec<serde_json::Value> = calls
        .iter()
        .enumerate()
        .map(|(i, (name, arguments))| {
            serde_json::json!({ "id": format!("c{i}"), "type": "function", "function": { "name": name, "arguments": arguments } })
        })
        .collect();
    let message = match calls.is_empty() {
        true => serde_json::json!({ "role": "assistant", "content": "done" }),
        false => serde_json::json!({ "role": "assistant", "content": null, "tool_calls": calls }),
    };
    let reason = if calls.is_empty() { "stop" } else { "tool_calls" };
    serde_json::json!({
        "id": "1", "object": "chat.completion", "created": 1, "model": "gpt-4o",
        "choices": [{ "index": 0, "message": message, "finish_reason": reason }],
        "usage": { "prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20 },
    })
    .to_string()
}

#[test]
fn what_a_model_asks_of_its_tools_is_decided_call_by_call() {
    let write = |path: &str| format!(r#"{{"path":"{path}","text":"x"}}"#);
    let asked = [write("out/a.txt"), write("elsewhere/b.txt"), write("out/c.txt"), write("out/d.txt")];
    let server = Server::start(move |n, _| {
        let answer = asked.get(n).map(|args| turn(&[("fs_write", args)]));
        (200, answer.unwrap_or_else(|| turn(&[])))
    });
    let text = format!(
        r#"edition 2026

provider p = openai("gpt-4o", base_url: "{}/v1", api_key: "k", max_tokens: 10)

agent clerk(task: string) -> string {{
  model p
  prompt "${{task}}"
  tools [fs.write]
  budget {{ turns: 6, tokens: 1_000, usd: 0.10, wall: 60s }}
}}

mission m {{
  policy {{ allow llm [p], allow fs.write "out/**", at most 2 fs.write }}
  step work = clerk(task: "Write.") with {{ timeout 60s }}
  output said: string = trust(work, reason: "a test")
}}
"#,
        server.url
    );
    let project = Project::with("m.mission", &text);
    project.expect(0, &["run", "m.mission", "--llm", "live"]);
    assert!(project.has("out/a.txt") && project.has("out/c.txt"));
    assert!(!project.has("elsewhere/b.txt") && !project.has("out/d.txt"));
}
