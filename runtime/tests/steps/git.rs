//! `git.*` on real repositories.

use crate::support::Project;
use rustchain_plan::ErrorKind;
use serde_json::{Value as Json, json};
use std::process::Command;

fn repository() -> Project {
    let project = Project::new();
    for args in [
        vec!["init", "--quiet", "--initial-branch=main"],
        vec!["config", "user.name", "Ann"],
        vec!["config", "user.email", "ann@example.com"],
        vec!["config", "commit.gpgSign", "false"],
        vec!["config", "tag.gpgSign", "false"],
    ] {
        let git = Command::new("git").args(&args).current_dir(project.folder.path()).status().unwrap();
        assert!(git.success());
    }
    project
}

async fn call(project: &Project, callee: &str, args: Json) -> Json {
    project.call(callee, args).json().await.unwrap()
}

#[tokio::test]
async fn changes_are_seen_and_committed() {
    let project = repository();
    project.write("a b.txt", "1\n");
    project.write("ü/x", "1\n");
    let status = call(&project, "git.status", json!({})).await;
    assert_eq!(status, json!({ "branch": "main", "clean": false, "files": ["a b.txt", "ü/x"] }));
    let args = json!({ "message": "-m first\n\nwhy", "paths": ["a b.txt"] });
    let id = call(&project, "git.commit", args).await;
    assert_eq!(call(&project, "git.status", json!({})).await["files"], json!(["ü/x"]));
    let log = call(&project, "git.log", json!({})).await;
    assert_eq!(
        (&log[0]["id"], &log[0]["subject"], &log[0]["body"]),
        (&id, &json!("-m first"), &json!("why"))
    );
    assert_eq!((&log[0]["author"], &log[0]["email"]), (&json!("Ann"), &json!("ann@example.com")));
    project.write("a b.txt", "2\n");
    let diff = call(&project, "git.diff", json!({})).await;
    assert!(diff.as_str().unwrap().contains("-1\n+2\n"), "{diff}");
    call(&project, "git.commit", json!({ "message": "second" })).await;
    let log = call(&project, "git.log", json!({ "range": "HEAD~1..HEAD" })).await;
    assert_eq!(log.as_array().unwrap().len(), 1);
    let error = project.call("git.commit", json!({ "message": "third" })).error().await;
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Invalid, "there is nothing to commit"));
}

#[tokio::test]
async fn a_conflict_is_undone_and_fails() {
    let project = repository();
    let commit = |text: &'static str| {
        project.write("f", text);
        project.call("git.commit", json!({ "message": text })).run()
    };
    commit("base").await.unwrap();
    assert_eq!(call(&project, "git.branch", json!({ "name": "side" })).await, "side");
    commit("theirs").await.unwrap();
    call(&project, "git.branch", json!({ "name": "main" })).await;
    commit("ours").await.unwrap();
    let error = project.call("git.merge", json!({ "branch": "side" })).error().await;
    assert_eq!(error.kind, ErrorKind::Exit(1));
    assert!(
        error.message.contains("Automatic merge failed") || error.message.contains("CONFLICT"),
        "{error}"
    );
    assert_eq!(call(&project, "git.status", json!({})).await["clean"], true);
    assert_eq!(project.text("f"), "ours");
    assert_eq!(call(&project, "git.tag", json!({ "name": "v1", "message": "one" })).await, "v1");
    let log = call(&project, "git.log", json!({ "range": "v1", "limit": 1 })).await;
    assert_eq!(log[0]["subject"], "ours");
}

#[tokio::test]
async fn names_are_never_options() {
    let project = repository();
    project.write("f", "x");
    call(&project, "git.commit", json!({ "message": "x" })).await;
    for (callee, args) in [
        ("git.branch", json!({ "name": "--orphan" })),
        ("git.merge", json!({ "branch": "-s" })),
        ("git.tag", json!({ "name": "-d", "message": "" })),
        ("git.diff", json!({ "range": "--output=evil" })),
        ("git.log", json!({ "range": "--output=evil" })),
    ] {
        assert_eq!(project.call(callee, args).error().await.kind, ErrorKind::Invalid, "{callee}");
    }
    assert!(!project.path("evil").exists());
    let error = project.call("git.status", json!({ "repo": "none" })).error().await;
    assert_eq!(error.kind, ErrorKind::NotFound);
    let error = project.call("git.merge", json!({ "branch": "unknown" })).error().await;
    assert_eq!(error.kind, ErrorKind::Exit(1));
}
