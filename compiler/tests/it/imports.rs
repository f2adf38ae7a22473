//! Files that import each other, and texts made from other formats.

use crate::support::shown;
use rustchain_compiler::{Analysis, Generated, MemoryVfs, Options, Translate, analyse};
use rustchain_grammar::{FileId, Span};
use std::path::Path;

fn compile(files: &[(&str, &str)]) -> Analysis {
    let mut vfs = MemoryVfs::new();
    for (path, text) in files {
        vfs.insert(path, *text);
    }
    analyse(&vfs, Path::new(files[0].0), Options::default()).expect("a file")
}

const SHARED: &str = r#"
enum Level { low, high }
record Entry { level: Level = Level.low, words: list<string> = default_words }
let default_words = ["a", "b"]
provider fast = openai("gpt-4o-mini")
policy readers { allow fs.read "in/**", allow llm [fast] }
chain count(e: Entry) -> int = len(e.words)
chain ask_about(e: Entry) -> Entry {
  step text = fs.read(path: "in/a.txt")
  step reply = ask<Entry>(model: fast, prompt: text)
  return reply
}
"#;

#[test]
fn declarations_of_an_import_are_used_by_its_alias() {
    let main = r#"
import "./lib/shared.mission" as s
record Entry { own: int }
mission m {
  policy s.readers
  input e: s.Entry = s.Entry {}
  step n = s.count(e: e) + len(s.default_words)
  step asked = s.ask_about(e: e) with { when e.level == s.Level.low }
  output n: int = n
  output mine: Entry = Entry { own: n }
  output asked: s.Entry? = asked
}
"#;
    let analysis = compile(&[("a/m.mission", main), ("a/lib/shared.mission", SHARED)]);
    assert!(!analysis.has_errors(), "{}", shown(&analysis));
    let plan = &analysis.missions[0].plan;
    plan.validate().expect("sound");
    let keys: Vec<&str> = plan.schemas.keys().map(|k| k.as_str()).filter(|k| k.contains('.')).collect();
    assert_eq!(keys, ["mission.Entry", "s.Entry", "s.Level"]);
    assert_eq!(plan.providers.keys().next().map(|k| k.as_str()), Some("s.fast"));
}

#[test]
fn a_cycle_a_missing_file_and_a_broken_import() {
    let analysis = compile(&[
        (
            "m.mission",
            "import \"./b.mission\" as b\nimport \"./shaerd.mission\" as s\nimport \"https://x.example/y.mission\" as y\nmission m { step n = s.count(x: 1)\n step k = y.z(a: 2) }",
        ),
        ("b.mission", "import \"./m.mission\" as m"),
        ("shared.mission", SHARED),
    ]);
    insta::assert_snapshot!(shown(&analysis));
}

#[test]
fn errors_of_an_import_are_told_there_once() {
    let analysis = compile(&[
        (
            "m.mission",
            "import \"./b.mission\" as b\nmission one { step n = b.f(x: 1) }\nmission two { step n = b.f(x: 2) }\nmission three { step n = 1 }",
        ),
        ("b.mission", "chain f(x: int) -> string = x"),
    ]);
    let found: Vec<(&str, &str)> = analysis
        .diagnostics
        .iter()
        .filter(|d| d.severity == rustchain_grammar::Severity::Error)
        .map(|d| (analysis.sources.file(d.primary.file).path.as_str(), d.code))
        .collect();
    assert_eq!(found, [("b.mission", "RC0201")]);
    let plans: Vec<&str> = analysis.missions.iter().map(|m| m.plan.mission.as_str()).collect();
    assert_eq!(plans, ["three"]);
}

struct Shouting;

impl Translate for Shouting {
    fn translate(&self, path: &Path, text: &str, _: FileId) -> Option<Generated> {
        path.extension().is_some_and(|e| e == "loud").then(|| Generated {
            text: text.to_lowercase(),
            origin: vec![(Span::new(0, text.len() as u32), Span::new(0, text.len() as u32))],
            diagnostics: Vec::new(),
        })
    }
}

#[test]
fn a_generated_text_knows_its_origin() {
    let mut vfs = MemoryVfs::new();
    vfs.insert("m.loud", "MISSION M { STEP A = NOTHING }");
    let options = Options { translate: Some(&Shouting), ..Options::default() };
    let analysis = analyse(&vfs, Path::new("m.loud"), options).expect("a file");
    let d = &analysis.diagnostics[0];
    assert_eq!(d.code, "RC0101");
    let (file, _) = analysis.sources.resolve(d.primary.file, d.primary.span);
    assert!(analysis.sources.file(file).text.starts_with("MISSION"));
}
