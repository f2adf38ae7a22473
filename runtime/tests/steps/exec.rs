//! `exec.*` with real programs.

use crate::support::Project;
use rustchain_plan::{ErrorKind, Value};
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn arguments_reach_the_program_unread_by_a_shell() {
    let args = json!({ "program": "printf", "args": ["%s|", "$HOME", "; echo x", "--"] });
    let out = Project::new().call("exec.run", args).json().await.unwrap();
    assert_eq!(out, json!({ "stdout": "$HOME|; echo x|--|", "stderr": "", "exit_code": 0 }));
}

#[tokio::test]
async fn a_status_other_than_zero_fails_with_it() {
    let project = Project::new();
    let script = json!({ "script": "echo out; echo why >&2; exit 3" });
    let error = project.call("exec.bash", script).error().await;
    assert_eq!(error.kind, ErrorKind::Exit(3));
    assert_eq!(error.message, "`bash` ended with exit status 3: why");
    assert_eq!(error.detail.unwrap()["stdout"], "out\n");
    let unchecked = json!({ "script": "exit 3", "check": false });
    let out = project.call("exec.bash", unchecked).json().await.unwrap();
    assert_eq!(out["exit_code"], 3);
    let error = project.call("exec.bash", json!({ "script": "kill -TERM $$" })).error().await;
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Exit(143), "`bash` was ended by signal 15"));
}

#[tokio::test]
async fn a_broken_pipe_line_fails() {
    let error = Project::new().call("exec.bash", json!({ "script": "false | cat" })).error().await;
    assert_eq!(error.kind, ErrorKind::Exit(1));
}

#[tokio::test]
async fn environment_input_and_folder_are_given() {
    let project = Project::new();
    project.write("sub/x", "");
    let args = json!({
        "script": "read line; echo \"$line $NAME $(basename \"$PWD\")\"",
        "env": { "NAME": "a b" }, "stdin": "hello\n", "cwd": "sub",
    });
    let out = project.call("exec.bash", args).json().await.unwrap();
    assert_eq!(out["stdout"], "hello a b sub\n");
}

#[tokio::test]
async fn the_callers_secrets_are_not_inherited() {
    let out = Project::new().call("exec.run", json!({ "program": "env" })).json().await.unwrap();
    assert!(!out["stdout"].as_str().unwrap().contains("CARGO_"), "{out}");
}

#[tokio::test]
async fn a_missing_program_is_not_found() {
    let project = Project::new();
    let error = project.call("exec.run", json!({ "program": "no-such-program" })).error().await;
    assert_eq!(error.kind, ErrorKind::NotFound);
    project.write("tool", "#!/bin/sh\necho hi");
    let error = project.call("exec.run", json!({ "program": "./tool" })).error().await;
    assert_eq!(error.kind, ErrorKind::Permission);
}

#[tokio::test]
async fn too_much_output_is_an_error() {
    let args = json!({ "script": "head -c 20000000 /dev/zero" });
    let error = Project::new().call("exec.bash", args).error().await;
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Io, "`bash` wrote more than 16 MiB; let it write to a file")
    );
}

#[tokio::test]
async fn started_programs_end_with_the_run() {
    let project = Project::new();
    let start = || project.call("exec.start", json!({ "program": "sleep", "args": ["600"] }));
    let Value::Int(first) = start().run().await.unwrap() else { panic!() };
    let Value::Int(second) = start().run().await.unwrap() else { panic!() };
    assert!(lives(first) && lives(second));
    let kill = |pid: i64| project.call("exec.kill", json!({ "pid": pid }));
    assert_eq!(kill(first).run().await.unwrap(), Value::Bool(true));
    assert!(ends(first).await);
    assert_eq!(kill(first).error().await.kind, ErrorKind::Refused);
    assert_eq!(kill(1).error().await.kind, ErrorKind::Refused);
    drop(project);
    assert!(ends(second).await);
}

/// Does it end within some seconds?
async fn ends(pid: i64) -> bool {
    let began = Instant::now();
    while lives(pid) && began.elapsed() < Duration::from_secs(5) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    !lives(pid)
}

fn lives(pid: i64) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}
