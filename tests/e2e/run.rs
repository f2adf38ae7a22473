//! Running, compiled plans, logs.

use crate::project::Project;
use serde_json::{Value, json};

const LOOPS: &str = r#"edition 2026

chain double(n: int) -> int = n * 2

mission m {
  input start: int = 1
  policy {
    allow fs.write "out/**"
    allow exec "echo"
  }

  step grown = loop n from start until n > 20, max 10 { double(n: n) }
  step lines = for i in range(0, 3), max 2 {
    step said = exec.run(program: "echo", args: ["line ${i}"]) with { timeout 5s }
    trim(said.stdout)
  }
  step kind = match grown > 30 { true => "big", _ => "small" }
  step file = fs.write(path: "out/lines.txt", text: join(lines, "\n"))

  output grown: int = grown
  output kind: string = kind
}
"#;

/// The log of the only run, without what differs from run to run.
fn events(project: &Project) -> Vec<Value> {
    let runs = project.path().join(".rustchain/runs");
    let ids: Vec<_> = std::fs::read_dir(&runs).expect("runs").filter_map(Result::ok).collect();
    assert_eq!(ids.len(), 1);
    let log = std::fs::read_to_string(ids[0].path().join("log.jsonl")).expect("a log");
    let mut records: Vec<Value> = log.lines().map(|l| serde_json::from_str(l).expect("a record")).collect();
    for record in &mut records {
        let fields = record.as_object_mut().expect("an object");
        for field in ["time", "duration", "prev", "hash", "run"] {
            fields.remove(field);
        }
    }
    // What runs at once may be logged in either order.
    records.sort_by_key(|r| (r["path"].to_string(), r["event"].to_string()));
    for record in &mut records {
        record.as_object_mut().expect("an object").remove("seq");
    }
    records
}

#[test]
fn a_compiled_plan_runs_as_its_mission() {
    let source = Project::with("m.mission", LOOPS);
    let plan = Project::with("m.mission", LOOPS);
    let from_source = source.json(0, &["run", "m.mission", "--format", "json"]);
    plan.expect(0, &["compile", "m.mission", "-o", "m.plan.json"]);
    std::fs::remove_file(plan.path().join("m.mission")).expect("removed");
    let from_plan = plan.json(0, &["run", "--plan", "m.plan.json", "--format", "json"]);
    assert_eq!(from_source["outputs"], json!({ "grown": 32, "kind": "big" }));
    assert_eq!(from_source["outputs"], from_plan["outputs"]);
    assert_eq!(events(&source), events(&plan));
    assert_eq!(plan.read("out/lines.txt"), "line 0\nline 1\nline 2");
}

#[test]
fn the_hash_does_not_depend_on_path_or_white_space() {
    let hash =
        |project: &Project, file: &str| project.json(0, &["plan", file, "--format", "json"])["hash"].clone();
    let here = Project::with("m.mission", LOOPS);
    let there =
        Project::with("deep/down/other.mission", &LOOPS.replace("  step", "\n  // a comment\n  step"));
    let changed = Project::with("m.mission", &LOOPS.replace("max 10", "max 11"));
    assert_eq!(hash(&here, "m.mission"), hash(&there, "deep/down/other.mission"));
    assert_ne!(hash(&here, "m.mission"), hash(&changed, "m.mission"));
}

#[test]
fn a_changed_log_is_found() {
    let project = Project::with("m.mission", LOOPS);
    project.expect(0, &["run", "m.mission"]);
    project.expect(0, &["audit", "verify"]);
    let runs = std::fs::read_dir(project.path().join(".rustchain/runs")).expect("runs");
    let log = runs.filter_map(Result::ok).next().expect("a run").path().join("log.jsonl");
    let text = std::fs::read_to_string(&log).expect("the log");
    std::fs::write(&log, text.replacen("succeeded", "Succeeded", 1)).expect("written");
    let ended = project.expect(1, &["audit", "verify"]);
    assert!(ended.stdout.contains("record"), "{}", ended.stdout);
    let lines: Vec<&str> = text.lines().collect();
    std::fs::write(&log, lines[..lines.len() - 1].join("\n") + "\n").expect("written");
    let ended = project.expect(1, &["audit", "verify"]);
    assert!(ended.stdout.contains("incomplete"), "{}", ended.stdout);
}

#[test]
fn past_runs_are_listed_and_shown() {
    let project = Project::with("m.mission", LOOPS);
    project.expect(0, &["run", "m.mission"]);
    let list = project.expect(0, &["runs", "list"]);
    assert!(list.stdout.contains("succeeded") && list.stdout.contains(" m "), "{}", list.stdout);
    let show = project.json(0, &["runs", "show", "last", "--format", "json"]);
    assert_eq!(show["schema_version"], 1);
    let ids: Vec<&str> =
        show["steps"].as_array().expect("steps").iter().filter_map(|s| s["id"].as_str()).collect();
    assert!(ids.contains(&"lines[2]/said"), "{ids:?}");
}

#[test]
fn a_guard_refuses_at_run_time_with_exit_4() {
    let text = "edition 2026\n\nmission m {\n  input name: string\n  policy { allow fs.write \"out/*.txt\" }\n  \
                step a = fs.write(path: \"out/${name}\", text: \"x\")\n}\n";
    let project = Project::with("m.mission", text);
    project.expect(0, &["run", "m.mission", "-i", "name=a.txt"]);
    let ended = project.expect(4, &["run", "m.mission", "-i", "name=a.sh"]);
    assert!(ended.stderr.contains("fs.write") && !project.has("out/a.sh"), "{}", ended.stderr);
    // What would leave the folder is no path at all.
    project.expect(1, &["run", "m.mission", "-i", "name=../../a.txt"]);
    assert!(!project.has("a.txt"));
}

#[test]
fn a_dry_run_does_nothing() {
    let project = Project::with("m.mission", LOOPS);
    let ended = project.expect(0, &["run", "m.mission", "--dry-run"]);
    assert!(ended.stdout.contains("file") && ended.stdout.contains("fs.write"), "{}", ended.stdout);
    assert!(!project.has("out") && !project.has(".rustchain"));
}

#[test]
fn one_step_of_a_plan_is_evaluated_alone() {
    let text = "edition 2026\n\nmission m {\n  input a: int\n  step b = a + 1\n  step c = b * 10\n  output c: int = c\n}\n";
    let project = Project::with("m.mission", text);
    project.expect(0, &["compile", "m.mission"]);
    let mut child = project
        .command(&["step", "m.plan.json", "c"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("starts");
    use std::io::Write;
    let mut stdin = child.stdin.take().expect("stdin");
    stdin.write_all(br#"{"b": 5}"#).expect("written");
    drop(stdin);
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "50");
}

#[test]
fn python_tools_give_typed_results_and_mapped_tracebacks() {
    let text = "edition 2026\n\ntool area(w: float, h: float) -> float = python(\"shapes.py:area\")\n\n\
                mission m {\n  input w: float\n  policy { allow exec \"python3\" }\n  \
                step a = area(w: w, h: 2.0) with { timeout 20s }\n  output a: float = a\n}\n";
    let project = Project::with("m.mission", text);
    project.write("shapes.py", "def area(w, h):\n    print('measuring')\n    if w < 0:\n        raise ValueError('negative width')\n    return w * h\n");
    let result = project.json(0, &["run", "m.mission", "-i", "w=1.5", "--format", "json"]);
    assert_eq!(result["outputs"]["a"], 3.0);
    let ended = project.expect(1, &["run", "m.mission", "-i", "w=-1"]);
    assert!(
        ended.stderr.contains("negative width")
            && ended.stderr.contains("shapes.py")
            && ended.stderr.contains('4'),
        "{}",
        ended.stderr
    );
}

#[test]
fn an_unknown_request_to_the_cassette_is_a_clear_error() {
    let text = "edition 2026\n\nprovider p = openai(\"gpt-4o-mini\", max_tokens: 10)\n\nmission m {\n  policy { allow llm [p] }\n  \
                step a = ask<string>(model: p, prompt: \"hello\") with { timeout 5s }\n  output a: string = a\n}\n";
    let project = Project::with("m.mission", text);
    let ended = project.expect(1, &["run", "m.mission", "--llm", "replay"]);
    assert!(ended.stderr.contains("record"), "{}", ended.stderr);
}

#[test]
fn a_shim_stands_for_a_hole() {
    let project = Project::with(
        "m.mission",
        r#"edition 2026

mission m {
  policy { allow fs.write "out/**" }
  step sent = hole<path>(kind: "SlackOperator", source: "dag.py:7", args: { channel: "ops", text: "hello" })
  output sent: path = sent
}
"#,
    );
    let refused = project.expect(1, &["run", "m.mission"]);
    assert!(
        refused.stderr.contains("`sent`") && refused.stderr.contains("`SlackOperator`"),
        "{}",
        refused.stderr
    );
    project.write(
        "chat.mission",
        "edition 2026\n\n/// Writes where the other system would send.\nchain post(channel: string, text: string) -> path {\n  \
         step file = fs.write(path: \"out/message.txt\", text: \"${channel}: ${text}\")\n  return file\n}\n",
    );
    project.write("shims.toml", "SlackOperator = \"chat.mission#post\"\n");
    project.expect(0, &["run", "m.mission", "--shims", "shims.toml"]);
    assert_eq!(project.read("out/message.txt"), "ops: hello");
    // The check knows a hole, with or without what was cached before, and what stands for it.
    for (expected, arguments) in [(1, &[][..]), (0, &["--shims", "shims.toml"]), (1, &[])] {
        project.expect(expected, &[&["check", "m.mission", "--deny", "medium"], arguments].concat());
    }

    project.write("shims.toml", "SlackOperator = \"chat.mission#pots\"\n");
    let unknown = project.expect(1, &["run", "m.mission", "--shims", "shims.toml"]);
    assert!(
        unknown.stderr.contains("RC0102") && unknown.stderr.contains("did you mean `post`?"),
        "{}",
        unknown.stderr
    );
    project.write("shims.toml", "SlackOperator = \"chat.mission\"\n");
    let wrong = project.expect(2, &["run", "m.mission", "--shims", "shims.toml"]);
    assert!(wrong.stderr.contains("shims.toml:1"), "{}", wrong.stderr);
}

#[test]
fn a_question_that_nobody_answers_is_refused_before_anything_runs() {
    let text = "edition 2026\nmission m {\n  policy { allow fs.write \"out.txt\", allow human }\n  step first = fs.write(path: \"out.txt\", text: \"x\")\n  step go = human.approve(subject: \"Go?\") with { after [first] }\n  output go: bool = go\n}\n";
    let project = Project::with("m.mission", text);
    let ended = project.expect(4, &["run", "m.mission"]);
    assert!(ended.stderr.contains("step `go`: Go?"), "{}", ended.stderr);
    assert!(!project.has("out.txt"));
    project.expect(4, &["run", "--dry-run", "m.mission"]);

    // A step that says what holds where nobody answers may run.
    project.write(
        "m.mission",
        &text.replace("after [first] }", "after [first], on error [denied]: use false }"),
    );
    let ended = project.expect(0, &["run", "m.mission"]);
    assert!(ended.stdout.contains("go: false"), "{}", ended.stdout);
}
