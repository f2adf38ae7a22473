//! What a mission engine must do where others do not: one test a promise.

use crate::project::Project;

fn mission(body: &str) -> Project {
    Project::with("m.mission", &format!("edition 2026\n\nmission m {{\n{body}\n}}\n"))
}

#[test]
fn independent_steps_run_at_once() {
    // Each script waits until all four have begun: one after the other they would time out.
    let meet = r#"touch "$ME"; for i in $(seq 100); do [ "$(ls | grep -c '^met')" = 4 ] && exit 0; sleep 0.05; done; exit 1"#;
    let steps: String = (1..=4)
        .map(|n| format!("  step s{n} = exec.bash(script: bash\"\"\"{meet}\"\"\", env: {{ ME: \"met{n}\" }}) with {{ timeout 20s }}\n"))
        .collect();
    let project = mission(&format!("  policy {{ allow exec \"bash\" }}\n{steps}"));
    project.expect(0, &["run", "m.mission", "--max-parallel", "4"]);
}

#[test]
fn a_failed_step_fails_the_run() {
    let project = mission(
        "  policy { allow exec \"false\" }\n  step a = exec.run(program: \"false\") with { timeout 5s }",
    );
    let ended = project.expect(1, &["run", "m.mission"]);
    assert!(ended.stderr.contains("a") && ended.stderr.contains("exit(1)"), "{}", ended.stderr);
    assert!(!ended.stderr.to_lowercase().contains("success"), "{}", ended.stderr);
}

#[test]
fn what_needs_a_failed_step_is_blocked_through_the_chain() {
    let project = mission(
        "  on failure: finish\n  policy { allow exec \"false\" }\n  step a = exec.run(program: \"false\") with { timeout 5s }\n  \
         step b = a.stdout\n  step c = \"${b}!\"\n  step d = \"alone\"\n  output d: string = d",
    );
    let result = project.json(1, &["run", "m.mission", "--format", "json"]);
    let outcome = |id: &str| {
        let steps = result["steps"].as_array().expect("steps");
        let step = steps.iter().find(|s| s["id"] == id).unwrap_or_else(|| panic!("no step {id}"));
        step["outcome"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(
        [outcome("a"), outcome("b"), outcome("c"), outcome("d")],
        ["failed", "blocked", "blocked", "succeeded"]
    );
}

#[test]
fn a_failure_names_its_step_and_keeps_what_was_done() {
    let project = mission(
        "  policy { allow fs.read \"**\" }\n  step done = \"here\"\n  step missing = fs.read(path: \"nowhere.txt\")\n  \
         output done: string = done",
    );
    let ended = project.expect(1, &["run", "m.mission", "--format", "json"]);
    let result: serde_json::Value = serde_json::from_str(&ended.stdout).expect("json");
    assert_eq!(result["outputs"]["done"], "here");
    assert_eq!(result["errors"][0]["step"], "missing");
    assert_eq!(result["errors"][0]["kind"], "not_found");
}

#[test]
fn a_timeout_kills_the_whole_process_tree() {
    let script = r#"(sleep 1; touch child_lived) & sleep 6; touch lived"#;
    let project = mission(&format!(
        "  policy {{ allow exec \"bash\" }}\n  step slow = exec.bash(script: bash\"\"\"{script}\"\"\") with {{\n    timeout 300ms\n    on error: continue\n  }}\n  \
         step next = \"went on\" with {{ after [slow] }}\n  output next: string = next"
    ));
    let result = project.json(0, &["run", "m.mission", "--format", "json"]);
    assert_eq!(result["outputs"]["next"], "went on");
    std::thread::sleep(std::time::Duration::from_millis(1200));
    assert!(!project.has("child_lived") && !project.has("lived"));
}

#[test]
fn the_order_of_independent_steps_is_the_order_of_the_source() {
    let project = mission("  step c = 1\n  step a = 2\n  step b = 3");
    for _ in 0..6 {
        let result = project.json(0, &["run", "m.mission", "--max-parallel", "1", "--format", "json"]);
        let ids: Vec<&str> =
            result["steps"].as_array().expect("steps").iter().filter_map(|s| s["id"].as_str()).collect();
        assert_eq!(ids, ["c", "a", "b"]);
    }
}

#[test]
fn a_cycle_is_an_error_that_shows_its_path() {
    let project = mission("  step a = b + 1\n  step b = c + 1\n  step c = a + 1");
    let ended = project.expect(1, &["check", "m.mission"]);
    assert_eq!(ended.stdout.matches("error[").count(), 1, "{}", ended.stdout);
    assert!(ended.stdout.contains("a") && ended.stdout.contains("→"), "{}", ended.stdout);
}

#[test]
fn json_output_is_nothing_but_json() {
    let project = mission("  step a = 1\n  output a: int = a");
    for args in [
        ["check", "m.mission", "--format", "json"],
        ["run", "m.mission", "--format", "json"],
        ["plan", "m.mission", "--format", "json"],
    ] {
        let value = project.json(0, &args);
        assert_eq!(value["schema_version"], 1, "{args:?}");
    }
}

#[test]
fn inputs_are_checked_before_anything_runs() {
    let project = mission(
        "  input n: int where n >= 1\n  input m: string\n  policy { allow fs.write \"**\" }\n  \
         step a = fs.write(path: \"ran.txt\", text: m)",
    );
    let ended = project.expect(1, &["run", "m.mission", "-i", "n=0", "-i", "mm=x"]);
    assert!(
        ended.stderr.contains("`m`") && ended.stderr.contains("`mm`") && ended.stderr.contains("`n`"),
        "{}",
        ended.stderr
    );
    assert!(!project.has("ran.txt"));
}

#[test]
fn ctrl_c_ends_children_and_runs_teardowns() {
    let project = mission(
        "  policy { allow exec \"bash\", allow fs.write \"**\" }\n  step start = fs.write(path: \"started.txt\", text: \"x\")\n  \
         step work = exec.bash(script: \"touch working; sleep 30; touch finished\") with { after [start], timeout 60s }\n  \
         step stop = fs.write(path: \"stopped.txt\", text: \"x\") with { teardown start }",
    );
    let mut child =
        project.command(&["run", "m.mission"]).stderr(std::process::Stdio::null()).spawn().expect("starts");
    let begun = std::time::Instant::now();
    while !project.has("working") && begun.elapsed().as_secs() < 20 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let id = child.id().to_string();
    std::process::Command::new("kill").args(["-INT", &id]).status().expect("kill");
    let code = child.wait().expect("ends").code();
    assert_eq!(code, Some(130));
    assert!(project.has("stopped.txt") && !project.has("finished"));
}
