//! Conditions of grants: what constants, enums, intervals and `where` decide, and what is left to the run.

use crate::support::{check, shown};
use rustchain_grammar::Severity;

/// A mission whose one call is `pay`, under a condition.
fn pay(condition: &str, before: &str, body: &str) -> String {
    format!(
        r#"edition 2026
enum Tier {{ small, large }}
record Charge {{ amount: float where amount >= 0.0 && amount <= 50.0, to: string }}
mission m {{
  policy {{ allow net.write "https://pay.example.com/**" where {condition} }}
{before}
  step pay = http.post<json>(url: "https://pay.example.com/charge", body: {body}, idempotency_key: "k") with {{ timeout 10s }}
}}
"#
    )
}

/// What is said of it: nothing, `guard`, or the note of the refusal.
fn told(condition: &str, before: &str, body: &str) -> String {
    let analysis = check(&pay(condition, before, body));
    let all: String = analysis.diagnostics.iter().map(|d| shown(&analysis, d)).collect();
    let of = |code: &str| analysis.diagnostics.iter().find(|d| d.code == code);
    let calls = &analysis.missions.first().unwrap_or_else(|| panic!("{all}")).plan.root.nodes;
    let guards: usize = calls
        .iter()
        .map(|n| match &n.body {
            rustchain_plan::Body::Call(call) => call.guards.len(),
            _ => 0,
        })
        .sum();
    match (of("RC0304"), of("RC0302")) {
        (Some(refused), None) => refused.notes.join(" "),
        (None, Some(open)) if open.severity == Severity::Note && guards == 1 => "guard".to_owned(),
        (None, None) if guards == 0 && !analysis.has_errors() => "allowed".to_owned(),
        _ => all,
    }
}

#[test]
fn constants_decide() {
    assert_eq!(told("body.amount <= 100", "", "{ amount: 90 }"), "allowed");
    assert_eq!(
        told("body.amount <= 100", "", "{ amount: 250 }"),
        "It does not hold here: `body.amount` is 250."
    );
    assert_eq!(told("idempotency_key == \"k\"", "", "{ amount: 1 }"), "allowed");
    assert!(
        told("idempotency_key == \"other\"", "", "{ amount: 1 }").contains("`idempotency_key` is `\"k\"`")
    );
}

#[test]
fn intervals_decide_both_ways() {
    let charge = "  input charge: Charge";
    let told = |condition: &str| told(condition, charge, "{ amount: charge.amount }");
    assert_eq!(told("body.amount != 60"), "allowed");
    assert_eq!(told("body.amount != -5"), "allowed");
    assert_eq!(told("body.amount != 20"), "guard");
    assert_eq!(told("body.amount < 100 || body.amount > 200"), "allowed");
    assert!(told("body.amount > 100 || body.amount < 0").contains("does not hold"));
    assert_eq!(told("body.amount > 20 || body.amount < 0"), "guard");
}

#[test]
fn an_argument_that_is_not_given_has_its_default() {
    assert_eq!(told("idempotency_key == \"k\" && len(headers) == 0", "", "{ amount: 1 }"), "allowed");
}

#[test]
fn a_missing_member_breaks_a_condition() {
    assert!(told("body.amount <= 100", "", "{ total: 1 }").contains("does not hold"));
}

#[test]
fn enums_decide() {
    let tier = "  input tier: Tier";
    assert_eq!(told("body.tier != \"huge\"", tier, "{ tier: tier }"), "allowed");
    assert_eq!(told("body.tier == \"small\"", tier, "{ tier: tier }"), "guard");
    assert!(told("body.tier == \"huge\"", tier, "{ tier: tier }").contains("does not hold"));
}

#[test]
fn intervals_of_inputs_decide() {
    let bounded = "  input n: int where n >= 0 && n <= 40";
    assert_eq!(told("body.amount <= 100", bounded, "{ amount: n }"), "allowed");
    assert_eq!(told("body.amount <= 100", bounded, "{ amount: n * 2 + 20 }"), "allowed");
    assert_eq!(told("body.amount <= 100", bounded, "{ amount: n * 3 }"), "guard");
    assert_eq!(
        told("body.amount > 100", bounded, "{ amount: n }"),
        "It does not hold here: `body.amount` is from 0 to 40."
    );
    assert_eq!(told("body.amount <= 100", "  input n: int", "{ amount: n }"), "guard");
}

#[test]
fn strict_bounds_are_kept() {
    let bounded = "  input n: float where n < 100.0 && n > 0.0";
    assert_eq!(told("body.amount < 100.0", bounded, "{ amount: n }"), "allowed");
    assert_eq!(told("body.amount > 0.0", bounded, "{ amount: n }"), "allowed");
    let closed = "  input n: float where n <= 100.0";
    assert_eq!(told("body.amount < 100.0", closed, "{ amount: n }"), "guard");
}

#[test]
fn fields_of_records_are_bounded_by_their_where() {
    let input = "  input charge: Charge";
    assert_eq!(told("body.amount <= 50.0", input, "{ amount: charge.amount }"), "allowed");
    assert_eq!(told("body.amount <= 20.0", input, "{ amount: charge.amount }"), "guard");
    assert!(told("body.amount < 0.0", input, "{ amount: charge.amount }").contains("from 0 to 50"));
}

#[test]
fn both_sides_of_and_and_or_count() {
    let bounded = "  input n: int where n >= 1 && n <= 40\n  input to: string";
    assert_eq!(told("body.amount <= 100 && body.amount >= 1", bounded, "{ amount: n, to: to }"), "allowed");
    assert_eq!(told("body.amount <= 100 && body.to == \"a\"", bounded, "{ amount: n, to: to }"), "guard");
    assert_eq!(told("body.amount <= 100 || body.to == \"a\"", bounded, "{ amount: n, to: to }"), "allowed");
    assert!(
        told("body.amount > 50 && body.to == \"a\"", bounded, "{ amount: n, to: to }")
            .contains("from 1 to 40")
    );
}

#[test]
fn a_known_start_decides() {
    let codes = |program: &str| {
        let text = format!(
            r#"edition 2026
mission m {{
  input id: string where len(id) < 9
  policy {{ allow exec "**" where starts_with(program, "git-") }}
  step run = exec.run(program: {program}) with {{ timeout 10s }}
}}
"#
        );
        crate::support::codes(&check(&text))
            .into_iter()
            .filter(|c| c.starts_with("RC030"))
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(r#""git-${id}""#), Vec::<&str>::new());
    assert_eq!(codes(r#""hg-${id}""#), ["RC0304"]);
    assert_eq!(codes(r#""gi${id}""#), ["RC0302"]);
    assert_eq!(codes("id"), ["RC0302"]);
}

#[test]
fn a_denial_under_a_condition_is_decided_too() {
    let text = |amount: &str| {
        format!(
            r#"edition 2026
mission m {{
  input n: int
  policy {{
    allow net.write "https://pay.example.com/**"
    deny net.write "https://pay.example.com/**" where body.amount > 100
  }}
  step pay = http.post<json>(url: "https://pay.example.com/charge", body: {{ amount: {amount} }}, idempotency_key: "k") with {{ timeout 10s }}
}}
"#
        )
    };
    let codes = |amount: &str| crate::support::codes(&check(&text(amount)));
    assert_eq!(codes("5"), Vec::<&str>::new());
    assert_eq!(codes("n"), ["RC0302"]);
    assert_eq!(codes("500"), ["RC0301"]);
}
