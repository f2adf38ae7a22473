//! What an editor is told, on small texts with a cursor.

use crate::support::{at, file, path, with};
use rustchain_grammar::{Severity, Span};
use rustchain_lsp::ide::{self, Change, Snapshot};
use std::path::Path;

const DESK: &str = r#"edition 2026

/// How urgent.
enum Severity { low, high }

record Verdict {
  severity: Severity
  /// one sentence
  summary: string
}

provider fast = openai("gpt-4o-mini", temperature: 0.0, max_tokens: 200)

/// Shortens.
chain digest(text: string, words: int = 60) -> string {
  step short = ask<string>(model: fast, prompt: "In ${words} words:\n${text}") with { timeout 30s }
  return short
}

mission desk {
  /// Where the tickets are.
  input source: path = "tickets.txt"
  policy {
    allow fs.read "*.txt"
    allow fs.write "out/**"
    allow llm [fast]
    budget { tokens: 10_000 }
  }
  defaults { timeout 30s }

  step text = fs.read(path: source)
  step verdicts = for line in split(text, "\n"), max 4, limit 10 {
    ask<Verdict>(model: fast, prompt: line)
  }
  let urgent = [v.summary for v in verdicts if v.severity == Severity.high]
  step file = fs.write(path: "out/report.txt", text: join(urgent, "\n"))

  output report: path = file
}

test "it reports" for desk {
  given source = "a.txt"
  mock fs.read -> "one"
  mock ask in verdicts -> Verdict { severity: Severity.high, summary: "x" }
  expect ran(file) && report == "out/report.txt"
}
"#;

/// DESK with the cursor before the n-th place (from 0) of some text.
fn cursor(before: &str, n: usize) -> (Snapshot, u32) {
    let offset = DESK.match_indices(before).nth(n).expect("there").0;
    (with(&path(), DESK), offset as u32)
}

fn hover(before: &str, n: usize) -> String {
    let (snapshot, offset) = cursor(before, n);
    ide::hover::hover(&snapshot, &path(), offset).map_or("nothing".to_owned(), |h| h.markdown)
}

/// The labels of the offers where `$0` stands.
fn offers(text: &str) -> Vec<String> {
    let (snapshot, offset) = at(text);
    let found = ide::completion::complete(&snapshot, &path(), offset).unwrap_or_default();
    found.offers.into_iter().map(|o| o.label).collect()
}

/// DESK with some text put in before a place, the cursor in it.
fn typing(before: &str, typed: &str) -> Vec<String> {
    offers(&DESK.replacen(before, &format!("{typed}{before}"), 1))
}

fn applied(text: &str, changes: &[Change]) -> String {
    let mut changes: Vec<&Change> = changes.iter().collect();
    changes.sort_by_key(|c| std::cmp::Reverse(c.location.span.start));
    let mut text = text.to_owned();
    for change in changes {
        text.replace_range(change.location.span.range(), &change.text);
    }
    text
}

#[test]
fn the_fixture_has_no_findings() {
    let found = ide::diagnostics::diagnostics(&with(&path(), DESK), &path());
    // The guard of the path that an input chooses is no finding, but worth a note.
    let told: Vec<_> = found.iter().map(|d| (d.code, &d.message)).collect();
    assert!(found.iter().all(|d| d.severity == Severity::Note), "{told:?}");
}

#[test]
fn a_step_hovers_as_its_type_effects_and_the_policys_word() {
    insta::assert_snapshot!(hover("file = fs.write", 0));
}

#[test]
fn a_step_that_asks_a_model_hovers_with_its_bound() {
    insta::assert_snapshot!(hover("short = ask", 0));
}

#[test]
fn a_mission_hovers_as_all_it_does() {
    insta::assert_snapshot!(hover("desk {", 0));
}

#[test]
fn a_library_function_hovers_as_its_signature() {
    insta::assert_snapshot!(hover("fs.read(", 0));
}

#[test]
fn a_type_hovers_as_its_declaration() {
    insta::assert_snapshot!(hover("Severity.high", 0));
}

#[test]
fn a_field_hovers_with_its_docs() {
    insta::assert_snapshot!(hover("summary for v", 0));
}

#[test]
fn a_name_leads_to_its_declaration() {
    for (use_, n, declaration) in [
        ("source)", 0, "source: path"),
        ("Severity.high", 0, "Severity {"),
        ("high]", 0, "high }"),
        ("verdicts if", 0, "verdicts = for"),
        ("fast, prompt", 0, "fast = openai"),
        ("desk {\n  given", 0, "desk {\n  /// Where"),
        ("report ==", 0, "report: path"),
        ("verdicts -> Verdict", 0, "verdicts = for"),
    ] {
        let (snapshot, offset) = cursor(use_, n);
        let found = ide::navigation::definition(&snapshot, &path(), offset).map(|l| l.span.start as usize);
        assert_eq!(found, DESK.find(declaration), "{use_}");
    }
}

#[test]
fn a_name_is_found_everywhere_it_stands_tests_included() {
    let (snapshot, offset) = cursor("verdicts = for", 0);
    let found = ide::navigation::references(&snapshot, &path(), offset, true);
    let lines: Vec<usize> =
        found.iter().map(|l| DESK[..l.span.start as usize].matches('\n').count() + 1).collect();
    assert_eq!(lines, [32, 35, 44]);
    assert_eq!(ide::navigation::references(&snapshot, &path(), offset, false).len(), 2);
    assert_eq!(ide::navigation::highlights(&snapshot, &path(), offset).len(), 3);
}

#[test]
fn a_rename_changes_every_use_and_compiles() {
    for (name, new) in [
        ("verdicts = for", "judged"),
        ("Severity {", "Urgency"),
        ("high }", "grave"),
        ("summary: string", "words"),
        ("desk {", "office"),
        ("digest(", "shorten"),
        ("source: path", "tickets"),
        ("line in", "row"),
        ("fast = openai", "quick"),
    ] {
        let (snapshot, offset) = cursor(name, 0);
        let changes = ide::navigation::rename(&snapshot, &path(), offset, new).expect(name);
        let text = applied(DESK, &changes);
        let found = ide::diagnostics::diagnostics(&with(&path(), &text), &path());
        assert!(found.iter().all(|d| d.severity == Severity::Note), "{name}: {found:?}\n{text}");
        assert!(text.contains(new), "{name}");
    }
}

#[test]
fn a_rename_that_would_break_the_file_says_how() {
    let rename = |before: &str, new: &str| {
        let (snapshot, offset) = cursor(before, 0);
        ide::navigation::rename(&snapshot, &path(), offset, new).expect_err("refused")
    };
    insta::assert_snapshot!(
        [
            rename("verdicts = for", "text"),
            rename("verdicts = for", "1st"),
            rename("verdicts = for", "match"),
            rename("Severity {", "urgency"),
            rename("fs.read(", "load"),
        ]
        .join("\n")
    );
}

#[test]
fn a_rename_reaches_the_files_that_import() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("there");
    let shared = root.join("shared.mission");
    let user = root.join("user.mission");
    std::fs::write(&shared, "edition 2026\n\nchain shout(text: string) -> string = upper(text)\n")
        .expect("written");
    let text = "edition 2026\n\nimport \"./shared.mission\" as shared\n\nmission m {\n  step a = shared.shout(text: \"x\")\n  output a: string = a\n}\n";
    std::fs::write(&user, text).expect("written");
    let snapshot = Snapshot::with_roots(vec![root]);
    let changes = ide::navigation::rename(&snapshot, &shared, 22, "cry").expect("renamed");
    let files: Vec<&Path> = changes.iter().map(|c| c.location.path.as_path()).collect();
    assert_eq!(files, [shared.as_path(), user.as_path()]);
    let changes: Vec<Change> = changes.into_iter().filter(|c| c.location.path == user).collect();
    assert!(applied(text, &changes).contains("shared.cry(text"));
}

#[test]
fn completion_knows_where_the_cursor_stands() {
    let has = |list: &[String], wanted: &[&str]| {
        for name in wanted {
            assert!(list.iter().any(|o| o == name), "no {name} in {list:?}");
        }
    };
    has(&offers("$0"), &["mission", "record", "import"]);
    has(&typing("  step text", "  $0\n"), &["step", "let", "output"]);
    has(&typing("    allow fs.read", "    $0\n"), &["allow", "deny", "budget"]);
    has(&typing("    allow fs.read", "    allow $0\n"), &["fs.write", "net.read", "llm"]);
    has(&typing("  step text", "  input x: $0\n"), &["string", "list", "Severity"]);
    has(&typing("  let urgent", "  step x = $0\n"), &["text", "verdicts", "digest", "http"]);
    has(&typing("  let urgent", "  step x = ask<string>($0)\n"), &["model:", "prompt:"]);
    has(&typing("  let urgent", "  step x = ask<string>(model: $0)\n"), &["fast"]);
    has(&typing("  let urgent", "  step x = digest($0)\n"), &["text:", "words:"]);
    has(&typing("  let urgent", "  step x = noop() with { $0 }\n"), &["retry", "timeout", "when"]);
    has(&typing("  mock fs.read", "  $0\n"), &["given", "mock", "expect"]);
}

#[test]
fn after_a_dot_come_fields_members_and_functions() {
    assert_eq!(typing("  step file", "  step x = verdicts[0].$0\n"), ["severity", "summary"]);
    assert_eq!(typing("  step file", "  step x = Severity.$0\n"), ["low", "high"]);
    assert!(typing("  step file", "  step x = http.$0\n").contains(&"get".to_owned()));
    assert_eq!(typing("  step file", "  step x = nothing_at_all.$0\n"), Vec::<String>::new());
}

#[test]
fn nothing_is_offered_in_comments_and_text() {
    assert_eq!(typing("  step file", "  // st$0\n"), Vec::<String>::new());
    assert_eq!(typing("  step file", "  step x = \"st$0\"\n"), Vec::<String>::new());
    assert!(!typing("  step file", "  step x = \"a ${$0}\"\n").is_empty(), "a hole is code");
}

#[test]
fn signatures_follow_the_argument() {
    let help = |typed: &str| {
        let (snapshot, offset) =
            at(&DESK.replacen("  let urgent", &format!("  step x = {typed}\n  let urgent"), 1));
        ide::signature::help(&snapshot, &path(), offset).expect("help")
    };
    let first = help("fs.write($0)");
    assert!(first.label.starts_with("fs.write(path: path, text: string"), "{}", first.label);
    assert_eq!(first.active, Some(0));
    assert_eq!(help("fs.write(path: \"a\", $0)").active, Some(1));
    assert_eq!(help("fs.write(text: \"a\", path: $0)").active, Some(0));
    assert_eq!(help("digest(text: \"a\", $0)").label, "digest(text: string, words: int = 60) -> string");
}

#[test]
fn hints_show_what_is_not_written() {
    let hints = ide::hints::hints(&with(&path(), DESK), &path(), Span::new(0, DESK.len() as u32));
    let mut text = DESK.to_owned();
    for hint in hints.iter().rev() {
        text.insert_str(hint.offset as usize, &format!("«{}»", hint.label));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn lenses_run_test_and_count() {
    let lenses = ide::lens::lenses(&with(&path(), DESK), &path());
    let told: Vec<String> = lenses
        .iter()
        .map(|l| format!("{}: {}", DESK[..l.span.start as usize].matches('\n').count() + 1, l.title))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn the_outline_has_every_declaration_and_step() {
    fn told(entries: &[ide::symbols::Outline], depth: usize, out: &mut String) {
        for entry in entries {
            out.push_str(&format!("{}{} ({})\n", "  ".repeat(depth), entry.name, entry.detail));
            told(&entry.children, depth + 1, out);
        }
    }
    let mut out = String::new();
    told(&ide::symbols::outline(&with(&path(), DESK), &path()), 0, &mut out);
    insta::assert_snapshot!(out);
}

#[test]
fn selections_grow_from_the_word_to_the_file() {
    let (snapshot, offset) = cursor("v.severity", 0);
    let spans = ide::folding::selections(&snapshot, &path(), offset);
    let texts: Vec<&str> = spans.iter().map(|s| &DESK[s.range()]).collect();
    assert_eq!(texts[0], "v");
    assert_eq!(texts[1], "v.severity == Severity.high");
    assert_eq!(*texts.last().expect("some"), DESK);
    assert!(spans.windows(2).all(|w| w[1].start <= w[0].start && w[0].end <= w[1].end));
}

#[test]
fn the_call_hierarchy_is_the_graph() {
    let (snapshot, offset) = cursor("verdicts = for", 0);
    let names = |items: Vec<ide::calls::StepItem>| items.into_iter().map(|i| i.name).collect::<Vec<_>>();
    assert_eq!(ide::calls::prepare(&snapshot, &path(), offset).expect("a step").detail, "for");
    assert_eq!(names(ide::calls::incoming(&snapshot, &path(), offset)), ["text"]);
    assert_eq!(names(ide::calls::outgoing(&snapshot, &path(), offset)), ["file"]);
}

#[test]
fn the_graph_has_blocks_arrows_and_verdicts() {
    let graph = ide::graph::graph(&with(&path(), DESK), &path(), None).expect("a mission");
    insta::assert_debug_snapshot!(graph);
}

#[test]
fn every_safe_fix_is_one_action() {
    let text = "edition 2026\n\nmission m {\n  step a = fs.wrte(path: \"out/a\", text: \"x\")\n  output a: path = a\n}\n";
    let snapshot = with(&path(), text);
    let at = text.find("wrte").expect("there") as u32;
    let actions = ide::actions::actions(&snapshot, &path(), Span::new(at, at));
    let titles: Vec<&str> = actions.iter().map(|a| a.title.as_str()).collect();
    insta::assert_debug_snapshot!(titles);
}

#[test]
fn a_finding_can_be_allowed_with_a_reason() {
    let text = DESK.replace("  defaults { timeout 30s }\n", "");
    let snapshot = with(&path(), &text);
    let found = ide::diagnostics::diagnostics(&snapshot, &path());
    let first = found
        .iter()
        .find(|d| d.severity == Severity::Low || d.severity == Severity::Medium)
        .expect("a finding");
    let span = first.primary.span;
    let actions = ide::actions::actions(&snapshot, &path(), span);
    let allow = actions.iter().find(|a| a.title.starts_with("allow RC")).expect("an action");
    let text = applied(&text, &allow.changes);
    let left = ide::diagnostics::diagnostics(&with(&path(), &text), &path());
    assert!(left.iter().all(|d| d.code != first.code), "{left:?}");
}

#[test]
fn clauses_are_added_to_a_step() {
    let (snapshot, offset) = cursor("step file", 0);
    let actions = ide::actions::actions(&snapshot, &path(), Span::new(offset, offset));
    let timeout = actions.iter().find(|a| a.title == "add `timeout` to `file`").expect("an action");
    let text = applied(DESK, &timeout.changes);
    assert!(text.contains("text: join(urgent, \"\\n\")) with { timeout 30s }"), "{text}");
}

#[test]
fn selected_steps_become_a_chain() {
    let start = DESK.find("  step text = fs.read").expect("there");
    let end = DESK.find("  let urgent").expect("there");
    let range = Span::new(start as u32, end as u32 - 1);
    let text = DESK.replace("step verdicts = for line in split(text, \"\\n\"), max 4, limit 10 {\n    ask<Verdict>(model: fast, prompt: line)\n  }", "step verdicts = [text]")
        .replace("v.summary for v in verdicts if v.severity == Severity.high", "v for v in verdicts")
        .replace("  mock ask in verdicts -> Verdict { severity: Severity.high, summary: \"x\" }\n", "");
    let end = text.find("  let urgent").expect("there") as u32 - 1;
    let snapshot = with(&path(), &text);
    let actions = ide::actions::actions(&snapshot, &path(), Span::new(range.start, end));
    let extract = actions.iter().find(|a| a.title.starts_with("extract")).expect("an action");
    let after = applied(&text, &extract.changes);
    let errors = ide::diagnostics::diagnostics(&with(&path(), &after), &path());
    assert!(errors.iter().all(|d| d.severity != Severity::Error), "{errors:?}\n{after}");
    assert!(after.contains("step verdicts = verdicts_chain(source: source)"), "{after}");
}

#[test]
fn formatting_touches_only_what_differs() {
    let broken = DESK.replace("step file = fs.write(path:", "step   file=fs.write(  path:");
    let snapshot = with(&path(), &broken);
    let change = ide::format::document(&snapshot, &path()).expect("parses").expect("a change");
    assert_eq!(applied(&broken, std::slice::from_ref(&change)), DESK);
    assert_eq!(change.text.lines().count(), 1);
    let elsewhere = ide::format::range(&snapshot, &path(), Span::new(0, 20)).expect("parses");
    assert!(elsewhere.is_empty());
    let error = ide::format::document(&with(&path(), "mission {"), &path()).expect_err("refused");
    assert!(error.starts_with("the file has syntax errors"), "{error}");
}

#[test]
fn a_yaml_mission_is_checked_and_completed_in_its_own_text() {
    let yaml = "version: \"1.0\"\nname: demo\nsteps:\n  - id: first\n    name: First\n    step_type: noop\n  - id: second\n    name: Second\n    step_type: nop\n    depends_on: [frist]\n";
    let path = Path::new("/project/demo.yaml");
    let snapshot = with(path, yaml);
    let found = ide::diagnostics::diagnostics(&snapshot, path);
    let told: Vec<(&str, &str)> = found.iter().map(|d| (d.code, &yaml[d.primary.span.range()])).collect();
    assert!(told.iter().any(|(_, text)| text.contains("frist")), "{told:?}");
    let end = yaml.find("step_type: nop\n").expect("there") as u32 + 14;
    let types = ide::completion::complete(&snapshot, path, end).expect("offers");
    assert!(types.offers.iter().any(|o| o.label == "noop"));
    let list = yaml.find("frist").expect("there") as u32;
    let ids = ide::completion::complete(&snapshot, path, list).expect("offers");
    assert_eq!(ids.offers.iter().map(|o| o.label.as_str()).collect::<Vec<_>>(), ["first", "second"]);
}

#[test]
fn a_yaml_mission_can_be_written_as_a_mission_beside_it() {
    let yaml = "version: \"1.0\"\nname: demo\nsteps:\n  - id: first\n    name: First\n    step_type: noop\n  - id: second\n    name: Second\n    step_type: noop\n    depends_on: [first]\n";
    let path = Path::new("/project/demo.yaml");
    let snapshot = with(path, yaml);
    let actions = ide::actions::actions(&snapshot, path, Span::new(0, 0));
    let (target, text) =
        actions.iter().find_map(|a| a.creates.as_ref()).expect("an action that makes a file");
    assert_eq!(target, Path::new("/project/demo.mission"));
    assert!(text.contains("step first = ") && text.contains("after [first]"), "{text}");
    let found = ide::diagnostics::diagnostics(&with(target, text), target);
    assert!(found.iter().all(|d| d.severity < Severity::High), "{found:?}");
    assert_eq!(rustchain_grammar::format(text).expect("it parses").text, *text);
}

#[test]
fn every_mission_of_the_gallery_answers_everywhere() {
    for entry in [
        "missions/triage/triage.mission",
        "missions/summarise/summarise.mission",
        "tests/fixtures/whole/refunds.mission",
    ] {
        let (path, text) = file(entry);
        let snapshot = with(&path, &text);
        for (offset, _) in text.char_indices().step_by(7) {
            let offset = offset as u32;
            let _ = ide::hover::hover(&snapshot, &path, offset);
            let _ = ide::completion::complete(&snapshot, &path, offset);
            let _ = ide::signature::help(&snapshot, &path, offset);
            let _ = ide::navigation::definition(&snapshot, &path, offset);
            let _ = ide::actions::actions(&snapshot, &path, Span::new(offset, offset));
        }
        let tokens = ide::tokens::tokens(&snapshot, &path, Span::new(0, text.len() as u32));
        assert!(tokens.windows(2).all(|w| w[0].span.end <= w[1].span.start));
        assert!(tokens.len() > 20);
    }
}
