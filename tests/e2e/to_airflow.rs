//! Missions as Airflow DAG files. What real Airflow does with them is tested in `tests/ecosystem/airflow`.

use crate::project::{Project, copy, repository};
use std::path::Path;

fn fixtures() -> Project {
    let project = Project::new();
    copy(&repository().join("tests/fixtures/to_airflow"), project.path());
    project
}

/// The file without what every file has: the functions and classes that tasks use.
fn own_part(text: &str) -> String {
    let parsed = ruff_python_parser::parse_module(text);
    assert!(parsed.is_ok(), "{parsed:?}\n{text}");
    let start = text.find("\n\ndef rustchain(").expect("the shared part");
    let end = text.find("\n\nwith DAG(").expect("the DAG");
    format!("{}\n\n…\n{}", &text[..start], &text[end..])
}

fn exported(project: &Project, mission: &str, version: &str, dag: &str, code: i32) -> String {
    let args = ["transpile", "to-airflow", mission, "-o", "dags", "--airflow", version];
    let ended = project.expect(code, &args);
    let plan = project.read(&format!("dags/{dag}.plan.json"));
    assert!(plan.contains("\"plan_version\""), "{plan}");
    format!("{}\n--- stderr\n{}", own_part(&project.read(&format!("dags/{dag}.py"))), ended.stderr)
}

#[test]
fn a_mission_becomes_a_dag_file_of_airflow_3() {
    let project = fixtures();
    insta::assert_snapshot!(exported(&project, "orders.mission", "3", "shop.orders-daily", 0));
    assert_eq!(project.read("dags/tasks/orders.py"), project.read("tasks/orders.py"));
    assert_eq!(project.read("dags/.airflowignore"), "tasks/orders.py\n");
}

#[test]
fn a_mission_becomes_a_dag_file_of_airflow_2() {
    insta::assert_snapshot!(exported(&fixtures(), "orders.mission", "2", "shop.orders-daily", 0));
}

#[test]
fn lists_of_steps_are_mapped_over_as_they_are() {
    insta::assert_snapshot!(exported(&fixtures(), "mapped.mission", "3", "mapped", 0));
}

#[test]
fn what_airflow_cannot_do_is_told_where_it_stands() {
    let project = fixtures();
    insta::assert_snapshot!(exported(&project, "local.mission", "3", "local", 1));
    project.expect(0, &["transpile", "to-airflow", "local.mission", "-o", "dags", "--allow-loss"]);
    let told =
        project.json(1, &["transpile", "to-airflow", "local.mission", "-o", "dags", "--report", "json"]);
    assert_eq!(told["entries"].as_array().map(Vec::len), Some(5), "{told}");
    assert_eq!(told["entries"][1]["step"], "server");
}

#[test]
fn the_same_mission_gives_the_same_file() {
    let (first, second) = (fixtures(), fixtures());
    let one = exported(&first, "orders.mission", "3", "shop.orders-daily", 0);
    assert_eq!(one, exported(&second, "orders.mission", "3", "shop.orders-daily", 0));
}

#[test]
fn a_plan_file_is_exported_too() {
    let project = fixtures();
    project.expect(0, &["compile", "mapped.mission"]);
    exported(&project, "mapped.plan.json", "3", "mapped", 0);
}

#[test]
fn every_mission_of_the_gallery_is_written_as_python() {
    for entry in std::fs::read_dir(repository().join("missions")).expect("missions").flatten() {
        let name = entry.file_name().into_string().expect("UTF-8");
        let project = Project::gallery(&name);
        let file = name.replace('-', "_");
        let mission = format!("{file}.mission");
        for version in ["2", "3"] {
            let args =
                ["transpile", "to-airflow", &mission, "-o", "dags", "--airflow", version, "--allow-loss"];
            project.expect(0, &args);
            own_part(&project.read(&format!("dags/{file}.py")));
        }
        assert!(Path::new(&project.path().join(format!("dags/{file}.plan.json"))).exists());
    }
}

/// What a task does: the steps it reads are given, and how it ended is told.
#[test]
fn a_step_is_evaluated_for_an_engine() {
    let project = Project::with(
        "m.mission",
        r#"edition 2026
mission m {
  input n: int
  policy { allow exec "bash" }
  step list = [n, n + 1]
  step each = for x in list, max 2 { x * 10 }
  step even = if n % 2 == 0 then exec.bash(script: "echo even") else exec.bash(script: "echo odd")
  step flaky = exec.bash(script: "exit 3") with { on error [timeout]: continue }
  step late = n with { when n > 5 }
  output each: list<int> = each
  output late: bool = ran(late)
}
"#,
    );
    project.expect(0, &["compile", "m.mission"]);
    let step = |code: i32, stdin: &str, args: &[&str]| -> serde_json::Value {
        let mut all = vec!["step", "m.plan.json"];
        all.extend(args);
        all.extend(["--format", "json"]);
        let ended = project.run_with(stdin, &all);
        assert_eq!(ended.code, code, "{} {}", ended.stdout, ended.stderr);
        serde_json::from_str(&ended.stdout).expect("JSON")
    };
    let given = r#"{"inputs": {"n": 4}, "steps": {"list": [4, 5]}}"#;
    let elements = step(0, given, &["each", "--part", "elements"]);
    assert_eq!(elements["value"], serde_json::json!([{"x": 4}, {"x": 5}]));
    let one = step(0, r#"{"element": {"x": 7}}"#, &["each", "--part", "element"]);
    assert_eq!(one["value"], 70);
    assert_eq!(step(0, given, &["even", "--part", "choice"])["value"], "then");
    assert_eq!(step(0, given, &["even/then"])["value"]["stdout"], "even\n");
    assert_eq!(step(0, given, &["late"])["outcome"], "skipped");
    let failed = step(1, given, &["flaky"]);
    assert_eq!((&failed["outcome"], &failed["error"]["kind"]), (&"failed".into(), &"exit(3)".into()));
    let blocked = step(1, r#"{"inputs": {"n": 4}, "absent": ["list"]}"#, &["each", "--part", "elements"]);
    assert_eq!(blocked["error"]["message"], "blocked: the step `list` has no value");
    let outputs = step(0, r#"{"steps": {"each": [40, 50]}, "absent": ["late"]}"#, &["--part", "outputs"]);
    assert_eq!(outputs["value"], serde_json::json!({"each": [40, 50], "late": false}));
}

#[test]
fn attempts_of_a_step_can_be_made_from_outside() {
    let project = Project::with(
        "m.mission",
        r#"edition 2026
mission m {
  policy inferred
  step flaky = exec.bash(script: "exit 3") with { retry 2 on [exit(3)] { backoff: constant(1h) }, on error: use Process { stdout: "", stderr: "", exit_code: 3 } }
}
"#,
    );
    project.expect(0, &["compile", "m.mission"]);
    let attempt = |number: &str| {
        let ended = project
            .run_with("{}", &["step", "m.plan.json", "flaky", "--attempt", number, "--format", "json"]);
        let told: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
        (ended.code, told["again"].clone(), told["outcome"].clone())
    };
    assert_eq!(attempt("1"), (1, true.into(), "failed".into()));
    assert_eq!(attempt("2"), (1, true.into(), "failed".into()));
    assert_eq!(attempt("3"), (0, false.into(), "succeeded".into()));
}

#[test]
fn a_value_that_holds_a_secret_is_not_handed_out() {
    let project = Project::with(
        "m.mission",
        "edition 2026\nmission m {\n  secret token: string from env(\"TOKEN\")\n  policy inferred\n  step leak = \"Bearer ${token}\"\n}\n",
    )
    .env("TOKEN", "s3cr3t-value");
    project.expect(0, &["compile", "m.mission"]);
    let ended = project.run_with("{}", &["step", "m.plan.json", "leak"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("holds a secret"), "{}", ended.stderr);
    assert!(!ended.stdout.contains("s3cr3t") && !ended.stderr.contains("s3cr3t"));
}

#[test]
fn a_tool_outside_of_the_project_is_not_written_beside_the_dag() {
    let project = Project::with(
        "inner/m.mission",
        "edition 2026\n\ntool f() -> int = python(\"../f.py:f\")\n\nmission m {\n  policy { allow exec \"python3\" }\n  \
         step a = f() with { timeout 5s }\n  output a: int = a\n}\n",
    );
    project.write("f.py", "def f():\n    return 1\n");
    let refused = project.expect(2, &["transpile", "to-airflow", "inner/m.mission", "-o", "dags"]);
    assert!(refused.stderr.contains("`../f.py` lies outside of the project"), "{}", refused.stderr);
    assert!(!project.has("dags"));
}
