//! One fault in the language page's sample gives one error, at the fault.

use crate::support::{at, shown};
use rustchain_compiler::{DiskVfs, Options, analyse_text};
use rustchain_grammar::Severity;

/// (what is replaced, by what, the code, what the error points at)
const FAULTS: &[(&str, &str, &str, &str)] = &[
    ("import \"./redact.mission\" as redact", "", "RC0102", "redact.scrub"),
    ("import \"./redact.mission\"", "import \"./redcat.mission\"", "RC0106", "\"./redcat.mission\""),
    ("body: string, received", "body: strin, received", "RC0103", "strin"),
    ("severity: Severity\n", "severity: Sevrity\n", "RC0103", "Sevrity"),
    ("where len(summary) <= 200", "where len(sumary) <= 200", "RC0101", "sumary"),
    ("where confidence >= 0.0 &&", "where confidence >= \"0\" &&", "RC0207", ">="),
    ("tags: list<string> = []", "tags: list<string> = 1", "RC0201", "1"),
    ("anthropic(\"claude-sonnet-4\", temperature: 0.2), fast])", "fsat])", "RC0220", "fsat"),
    ("allow net.write \"https", "allow net.wriet \"https", "RC0115", "net.wriet"),
    ("allow llm [fast, careful]", "allow llm [fast, carefull]", "RC0220", "carefull"),
    ("model careful", "model carful", "RC0220", "carful"),
    ("prompt \"${question}\"", "prompt \"${quesion}\"", "RC0101", "quesion"),
    ("json.select]", "json.selct]", "RC0102", "json.selct"),
    (
        "use Finding { cause: \"unknown\", evidence",
        "use Finding { couse: \"unknown\", evidence",
        "RC0202",
        "couse",
    ),
    ("redact.scrub(text: text)", "redact.scrub(txt: text)", "RC0204", "txt"),
    ("return short", "return shrt", "RC0101", "shrt"),
    ("policy support\n", "policy suport\n", "RC0116", "suport"),
    ("defaults { timeout 30s }", "defaults { timeout 30 }", "RC0201", "30"),
    ("step fetch = http.get<list<Ticket>>", "step fetch = http.gte<list<Ticket>>", "RC0102", "http.gte"),
    ("since=${since}\",\n    headers", "since=${sicne}\",\n    headers", "RC0101", "sicne"),
    ("retry 2 on [timeout, http_5xx]", "retry 2 on [timeout, http_5x]", "RC0112", "http_5x"),
    ("backoff: exponential(1s)", "backoff: exponentail(1s)", "RC0102", "exponentail"),
    ("for t in fetch, max 4", "for t in fetched, max 4", "RC0101", "fetched"),
    ("received ${t.received}", "received ${t.recieved}", "RC0202", "recieved"),
    ("severity: Severity.medium, summary", "severity: Severity.mediun, summary", "RC0202", "mediun"),
    ("if v.severity >= Severity.high]", "if v.severity >= 3]", "RC0207", ">="),
    ("researcher(question: urgent[0].summary)", "researcher(question: urgent[0])", "RC0201", "urgent[0]"),
    ("cause: cause?.cause ?? \"none\"", "cause: cause.cause ?? \"none\"", "RC0206", "cause"),
    ("with { after [escalate] }", "with { after [escalated] }", "RC0111", "escalated"),
    (
        "fs.write(path: \"out/report.md\", text: digest)",
        "fs.write(path: \"out/report.md\")",
        "RC0203",
        "fs.write",
    ),
    ("output report: string = digest", "output report: int = digest", "RC0201", "digest"),
    ("output escalated: bool = ran(escalate)", "output escalated: bool = ran(esclate)", "RC0111", "esclate"),
    ("given since = ", "given sicne = ", "RC0101", "sicne"),
    ("mock ask in verdicts", "mock ask in verdict", "RC0122", "verdict"),
    ("mock researcher ->", "mock reseacher ->", "RC0102", "reseacher"),
    ("expect runs(escalate) == 1", "expect runs(esclate) == 1", "RC0111", "esclate"),
    ("lower(report) && escalated", "lower(report) && escalatd", "RC0101", "escalatd"),
    ("words: 120)", "words: \"120\")", "RC0201", "\"120\""),
    ("input since: timestamp", "input since: timestmp", "RC0103", "timestmp"),
    (
        "step short = ask<string>(model: fast, prompt",
        "step clean2 = ask<string>(model: fast, prompt",
        "RC0101",
        "short",
    ),
    ("step clean = redact.scrub(text: text)", "step clean = redact.scrub(text: short)", "RC0108", "clean"),
];

#[test]
fn one_fault_one_error() {
    let path = at("whole/triage.mission");
    let text = std::fs::read_to_string(&path).expect("a file");
    let mut wrong = String::new();
    for (from, to, code, place) in FAULTS {
        assert!(text.contains(from), "the sample has no `{from}`");
        let faulty = text.replacen(from, to, 1);
        let mut analysis = analyse_text(&DiskVfs, &path, &faulty, Options::default());
        analysis.diagnostics.retain(|d| d.severity == Severity::Error);
        let found: Vec<(&str, &str)> = analysis
            .diagnostics
            .iter()
            .map(|d| (d.code, &analysis.sources.file(d.primary.file).text[d.primary.span.range()]))
            .collect();
        if found != [(*code, *place)] {
            wrong.push_str(&format!("`{from}` → `{to}`: wanted {code} at `{place}`\n{}\n", shown(&analysis)));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// A fix that is offered for a fault makes the text sound again, or is none.
#[test]
fn fixes_apply() {
    let path = at("whole/triage.mission");
    let text = std::fs::read_to_string(&path).expect("a file");
    let mut wrong = String::new();
    for (from, to, code, _) in FAULTS {
        let faulty = text.replacen(from, to, 1);
        let analysis = analyse_text(&DiskVfs, &path, &faulty, Options::default());
        let Some(d) = analysis.diagnostics.iter().find(|d| d.code == *code) else { continue };
        let Some(fix) = d.fixes.first() else { continue };
        let mut edits: Vec<_> = fix.edits.iter().collect();
        edits.sort_by_key(|e| std::cmp::Reverse(e.span.start));
        let mut fixed = faulty.clone();
        for edit in edits {
            fixed.replace_range(edit.span.range(), &edit.text);
        }
        let after = analyse_text(&DiskVfs, &path, &fixed, Options::default());
        if after.has_errors() {
            wrong.push_str(&format!("`{to}`, fix `{}`:\n{}\n", fix.title, shown(&after)));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
