//! Faults seeded one at a time into a whole mission: one diagnostic each, at the right place; where a fix is
//! offered, it applies and the mission compiles again.

use crate::project::{Project, repository};
use serde_json::Value;

/// A fault: what stands in the mission, what it becomes, the code, the text under the primary label, and
/// whether a fix must be offered that mends it.
struct Fault {
    name: &'static str,
    from: &'static str,
    to: &'static str,
    code: &'static str,
    at: &'static str,
    fixable: bool,
}

const fn fault(
    name: &'static str,
    from: &'static str,
    to: &'static str,
    code: &'static str,
    at: &'static str,
    fixable: bool,
) -> Fault {
    Fault { name, from, to, code, at, fixable }
}

const FAULTS: &[Fault] = &[
    fault("typo in a field", "${r.reason}", "${r.reson}", "", "reson", true),
    fault("typo in a step", "after [hold]", "after [hodl]", "", "hodl", true),
    fault("typo in a function", "http.post<json>(", "http.pots<json>(", "", "http.pots", true),
    fault("typo in a type", "amount: float\n", "amount: flaot\n", "", "flaot", true),
    fault("typo in an enum member", "j.risk >= Risk.high", "j.risk >= Risk.hihg", "", "hihg", true),
    fault("typo in a parameter", "idempotency_key:", "idempotencykey:", "", "idempotencykey", true),
    fault(
        "typo in a provider",
        "model: quick,\n      system",
        "model: quikc,\n      system",
        "",
        "quikc",
        true,
    ),
    fault("typo in an error kind", "on [timeout, http_5xx]", "on [timeuot, http_5xx]", "", "timeuot", true),
    fault("typo in an input", "refunds-${since}", "refunds-${sinse}", "", "sinse", true),
    fault("typo in a policy name", "policy desk\n", "policy dekst\n", "", "dekst", true),
    fault("typo in a record", "use Insight {", "use Insihgt {", "", "Insihgt", true),
    fault("text for an int", "words: 100", "words: \"100\"", "", "\"100\"", false),
    fault(
        "int for a bool",
        "when len(risky) > 0\n    on",
        "when len(risky)\n    on",
        "",
        "len(risky)",
        false,
    ),
    fault("wrong output type", "output held: bool", "output held: string", "", "ran(hold)", false),
    fault("missing record field", ", share: 0.0 }", " }", "", "Judgement", false),
    fault("unknown record field", "why: \"not judged\",", "wyh: \"not judged\",", "", "wyh", true),
    fault(
        "optional used as present",
        "insight?.pattern ?? \"none\"",
        "insight.pattern",
        "",
        "insight",
        false,
    ),
    fault(
        "missing argument",
        "investigator(case: risky[0].why)",
        "investigator()",
        "",
        "investigator",
        false,
    ),
    fault("missing import", "import \"./mask.mission\" as mask\n\n", "", "", "mask.mails", false),
    fault("import of no file", "./mask.mission", "./maks.mission", "", "\"./maks.mission\"", true),
    fault(
        "uncovered effect",
        "  allow net.write \"https://shop.example.com/api/holds\"\n",
        "",
        "RC0301",
        "\"${shop}/api/holds\"",
        true,
    ),
    fault(
        "effect that is denied",
        "fs.write(path: \"out/refunds.md\", text: summary)",
        "exec.run(program: \"ls\")",
        "RC0301",
        "\"ls\"",
        false,
    ),
    fault(
        "secret in a judge's prompt",
        "Request ${r.id}, opened",
        "Token ${token}, opened",
        "RC0451",
        "token",
        false,
    ),
    fault(
        "secret in an output",
        "output summary: string = summary",
        "output summary: string = token",
        "RC0452",
        "token",
        false,
    ),
    fault(
        "untrusted path",
        "\"out/refunds.md\", text",
        "\"out/${summary}.md\", text",
        "RC0405",
        "summary",
        false,
    ),
    fault(
        "untrusted host",
        "url: \"${shop}/api/holds\"",
        "url: \"https://${risky[0].why}/api\"",
        "RC0406",
        "",
        false,
    ),
    fault(
        "unbounded agent",
        "  budget { turns: 6, tokens: 20_000, usd: 0.40, wall: 60s }\n",
        "",
        "RC0601",
        "investigator",
        true,
    ),
    fault(
        "cycle",
        "step file = fs.write(path: \"out/refunds.md\", text: summary) with { after [hold] }",
        "step file = fs.write(path: \"out/refunds.md\", text: \"${again}\")\n  step again = \"${file}\"",
        "",
        "",
        false,
    ),
    fault(
        "missing brace",
        "  output held: bool = ran(hold)\n}\n",
        "  output held: bool = ran(hold)\n",
        "RC0002",
        "",
        true,
    ),
    fault("missing equals", "let risky = [", "let risky [", "RC0001", "", false),
    fault("duplicate step", "step file =", "step hold =", "", "hold", false),
    fault(
        "reading a later region's step",
        "output held: bool = ran(hold)",
        "output held: bool = ran(clean)",
        "",
        "clean",
        false,
    ),
    fault("unknown clause", "timeout 30s }", "timout 30s }", "", "timout", false),
    fault("bad duration", "wall: 15m }", "wall: 15x }", "", "", false),
];

fn whole() -> String {
    let path = repository().join("tests/fixtures/whole/refunds.mission");
    std::fs::read_to_string(path).expect("the fixture")
}

fn project(text: &str) -> Project {
    let project = Project::with("refunds.mission", text);
    let mask =
        std::fs::read_to_string(repository().join("tests/fixtures/whole/mask.mission")).expect("the fixture");
    project.write("mask.mission", &mask);
    project
}

#[test]
fn the_whole_mission_compiles_and_its_test_passes() {
    let project = project(&whole());
    project.expect(0, &["check", "."]);
    project.expect(0, &["fmt", "--check", "."]);
    project.expect(0, &["test", "."]);
}

#[test]
fn each_fault_gives_one_diagnostic_at_its_place() {
    let whole = whole();
    let mut wrong = Vec::new();
    let mut table = String::new();
    for fault in FAULTS {
        assert!(whole.contains(fault.from), "{}: the fixture has no {:?}", fault.name, fault.from);
        let broken = whole.replacen(fault.from, fault.to, 1);
        let project = project(&broken);
        let ended = project.run(&["check", "refunds.mission", "--format", "json"]);
        let found: Value = serde_json::from_str(&ended.stdout).unwrap_or_default();
        let errors = errors(&found);
        let shown: Vec<String> = errors.iter().map(|e| format!("{} at {:?}: {}", e.0, e.1, e.2)).collect();
        table.push_str(&format!("{}\n  {}\n", fault.name, shown.join("\n  ")));
        match errors.as_slice() {
            [(code, at, _)] if (fault.code.is_empty() || code == fault.code) && at.contains(fault.at) => {}
            _ => wrong.push(format!(
                "{}: expected one error {} at {:?}, found {shown:#?}",
                fault.name, fault.code, fault.at
            )),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    insta::assert_snapshot!("faults", table);
}

#[test]
fn a_fix_that_is_offered_mends_the_fault() {
    let whole = whole();
    let mut wrong = Vec::new();
    for fault in FAULTS.iter().filter(|f| f.fixable) {
        let project = project(&whole.replacen(fault.from, fault.to, 1));
        let ended = project.run(&["check", "refunds.mission", "--fix", "--unsafe-fixes"]);
        let again = project.run(&["check", "refunds.mission"]);
        if again.code != 0 {
            wrong.push(format!("{}:\n{}\n{}", fault.name, ended.stderr, again.stdout));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Code, text under the primary label, message of each error.
fn errors(found: &Value) -> Vec<(String, String, String)> {
    let all = found["diagnostics"].as_array().into_iter().flatten();
    let errors = all.filter(|d| d["severity"] == "error");
    errors
        .map(|d| {
            let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
            (text(&d["code"]), text(&d["location"]["text"]), text(&d["message"]))
        })
        .collect()
}
