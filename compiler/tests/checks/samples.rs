//! Programs as a user writes them.

use crate::support::{check, codes, shown};
use rustchain_grammar::Severity;

const TRIAGE: &str = include_str!("../fixtures/whole/triage.mission");

#[test]
fn nothing_is_wrong_with_the_triage_sample() {
    let analysis = check(TRIAGE);
    let bad: String = analysis
        .diagnostics
        .iter()
        .filter(|d| d.severity >= Severity::Medium)
        .map(|d| shown(&analysis, d))
        .collect();
    assert_eq!(bad, "");
}

#[test]
fn the_escalation_needs_an_approval() {
    let analysis = check(TRIAGE);
    let plan = &analysis.missions[0].plan;
    let node = plan.root.nodes.iter().find(|n| n.id == "escalate").expect("a step");
    let rustchain_plan::Body::Call(call) = &node.body else { panic!("a call") };
    assert!(call.needs_approval);
}

/// Laundering by a file: what is written is what is read.
#[test]
fn labels_survive_a_file() {
    let analysis = check(
        r#"edition 2026
mission m {
  policy {
    allow net.read "https://example.com/**"
    allow fs.write "out/a.txt"
    allow fs.read "out/a.txt"
    allow exec "bash"
  }
  defaults { timeout 10s }
  step page = http.get<string>(url: "https://example.com/a")
  step save = fs.write(path: "out/a.txt", text: page)
  step text = fs.read(path: "out/a.txt") with { after [save] }
  step run = exec.bash(script: "echo ${text}")
}
"#,
    );
    assert!(codes(&analysis).contains(&"RC0401"), "{:?}", codes(&analysis));
}

/// Labels through a chain, a comprehension and a loop.
#[test]
fn labels_pass_chains_comprehensions_and_loops() {
    let analysis = check(
        r#"edition 2026
record Item { name: string, size: int }
chain shout(text: string) -> string = upper(text)
mission m {
  policy {
    allow net.read "https://example.com/**"
    allow exec "bash"
  }
  defaults { timeout 10s }
  step items = http.get<list<Item>>(url: "https://example.com/a")
  let names = [shout(text: i.name) for i in items if i.size > 3]
  step all = loop s from "" until len(s) > 100, max 5 { s + join(names, " ") }
  step run = exec.bash(script: "echo ${all}")
}
"#,
    );
    let d = analysis.diagnostics.iter().find(|d| d.code == "RC0401").expect("found");
    insta::assert_snapshot!(shown(&analysis, d));
}

/// A length, an enum and a bool may steer.
#[test]
fn low_capacity_conditions_may_steer() {
    let analysis = check(
        r#"edition 2026
enum Mood { good, bad }
record Verdict { mood: Mood, urgent: bool, score: int where score >= 0 && score <= 5, text: string }
mission m {
  policy {
    allow net.read "https://example.com/**"
    allow fs.write "out/**"
  }
  defaults { timeout 10s }
  step verdict = http.get<Verdict>(url: "https://example.com/a")
  step a = fs.write(path: "out/a", text: "x") with { when verdict.mood == Mood.bad }
  step b = fs.write(path: "out/b", text: "x") with { when verdict.urgent && verdict.score > 3 }
  step c = fs.write(path: "out/c", text: "x") with { when len(verdict.text) > 3 }
  step d = fs.write(path: "out/d", text: "x") with { when "x" in verdict.text }
}
"#,
    );
    let found: Vec<String> =
        analysis.diagnostics.iter().filter(|d| d.code == "RC0408").map(|d| shown(&analysis, d)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("in verdict.text"), "{found:?}");
}

/// A mission without a policy: one cause, one diagnostic, one policy.
#[test]
fn a_mission_without_a_policy_is_told_once() {
    let text = r#"edition 2026
mission m {
  step a = http.get<string>(url: "https://example.com/a") with { timeout 10s }
  step b = fs.write(path: "out/b", text: a)
}
"#;
    let analysis = check(text);
    let of_code: Vec<_> = analysis.diagnostics.iter().filter(|d| d.code == "RC0301").collect();
    assert_eq!(of_code.len(), 1);
    let fixed = crate::support::applied(text, &of_code[0].fixes[0]);
    assert!(!check(&fixed).has_errors(), "{fixed}");
}

/// A step called in many instances of a chain is reported once.
#[test]
fn a_chain_is_reported_once() {
    let analysis = check(
        r#"edition 2026
chain get(name: string) -> string {
  step page = http.get<string>(url: "https://example.com/a") with { timeout 10s }
  return page
}
mission m {
  policy { allow fs.read "a" }
  step a = get(name: "a")
  step b = get(name: "b")
  output a: string = a + b
}
"#,
    );
    assert_eq!(analysis.diagnostics.iter().filter(|d| d.code == "RC0301").count(), 1);
}

fn cost_of(text: &str) -> rustchain_compiler::cost::Cost {
    rustchain_compiler::cost::cost(&check(text).missions[0].plan)
}

/// Retries, `for` over a known list, `max_tokens`, context window and price.
#[test]
fn cost_of_a_bounded_mission() {
    use rustchain_compiler::cost::Bound;
    let cost = cost_of(
        r#"edition 2026
provider fast = openai("gpt-4o-mini", max_tokens: 400)
mission m {
  policy { allow llm [fast] }
  step all = for t in ["a", "b", "c"] {
    ask<string>(model: fast, prompt: t)
  } with { timeout 10s, retry 1 on [timeout] }
  output n: int = len(all)
}
"#,
    );
    assert_eq!(cost.calls[0].times, Bound::AtMost(6));
    assert_eq!(cost.tokens, Bound::AtMost(6 * (128_000 + 400)));
    let Bound::AtMost(usd) = cost.usd else { panic!("{:?}", cost.usd) };
    assert!((usd - 6.0 * (128_000.0 * 0.15 + 400.0 * 0.6) / 1e6).abs() < 1e-9, "{usd}");
    assert_eq!(cost.wall, Bound::AtMost(60_000_000_000));
}

/// What is not known is said, and is not 0; a budget bounds it all the same.
#[test]
fn cost_of_an_unknown_model_is_unknown() {
    use rustchain_compiler::cost::Bound;
    let text = r#"edition 2026
provider odd = openai("no-such-model")
mission m {
  policy { allow llm [odd] }
  step a = ask<string>(model: odd, prompt: "x") with { timeout 10s }
  output a: string = a
}
"#;
    assert!(matches!(cost_of(text).usd, Bound::Unknown(_)));
    let text = text.replace("allow llm [odd]", "allow llm [odd], budget { usd: 0.5 }");
    assert_eq!(cost_of(&text).usd, Bound::AtMost(0.5));
    let text = text.replace("step a = ask<string>(model: odd, prompt: \"x\") with { timeout 10s }\n  output a: string = a", "input xs: list<string>\n  step a = for x in xs { ask<string>(model: odd, prompt: x) }\n  output n: int = len(a)").replace(", budget { usd: 0.5 }", "");
    assert!(matches!(cost_of(&text).tokens, Bound::Unbounded(_)));
}

/// A mission called as a step is bounded by its own budget, each time it is evaluated.
#[test]
fn cost_of_a_called_mission_is_bounded_by_its_budget() {
    use rustchain_compiler::cost::Bound;
    let text = r#"edition 2026
provider odd = openai("no-such-model")
mission m {
  policy { allow llm [odd] }
  step one = sub(text: "one")
  step more = for word in ["two", "three"] { sub(text: word) }
  output last: string = "${one} ${len(more)}"
}
mission sub {
  input text: string
  policy { allow llm [odd], budget { tokens: 1000, usd: 0.25, wall: 20s } }
  step a = ask<string>(model: odd, prompt: text)
  output a: string = a
}
"#;
    let cost = cost_of(text);
    assert_eq!((cost.tokens, cost.usd), (Bound::AtMost(3000), Bound::AtMost(0.75)));
    assert_eq!(cost.wall, Bound::AtMost(60_000_000_000));
    let tighter = text.replacen("allow llm [odd] }", "allow llm [odd], budget { tokens: 1500 } }", 1);
    assert_eq!(cost_of(&tighter).tokens, Bound::AtMost(1500));
}

/// The time this thread was on a processor, where the system tells it: other work does not count.
fn thread_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split(' ').next()?.parse::<u64>().ok().map(|nanos| nanos as f64 / 1e9)
}

/// A chain of many steps takes time in proportion: eight times the steps at most sixteen times, for what the clock does
/// not see. Quadratic would be sixty-four.
#[test]
fn time_grows_with_size() {
    let seconds = |steps: usize| {
        let mut text = String::from(
            "edition 2026\nmission m {\n  policy { allow fs.write \"out/**\", allow fs.read \"out/**\" }\n  step s0 = fs.read(path: \"out/0\")\n",
        );
        for i in 1..steps {
            text.push_str(&format!("  step s{i} = fs.write(path: \"out/{i}\", text: \"${{s{}}}\")\n", i - 1));
        }
        text.push_str("}\n");
        let before = thread_seconds();
        let analysis = check(&text);
        let after = thread_seconds();
        assert!(!analysis.has_errors(), "{}", shown(&analysis, &analysis.diagnostics[0]));
        before.zip(after).map(|(before, after)| after - before)
    };
    let measured: Option<Vec<(f64, f64)>> = (0..3).map(|_| seconds(250).zip(seconds(2_000))).collect();
    let Some(measured) = measured else { return };
    let ratio = measured.iter().map(|(short, long)| long / short).min_by(f64::total_cmp);
    assert!(ratio.is_some_and(|ratio| ratio < 16.0), "{measured:?}");
}
