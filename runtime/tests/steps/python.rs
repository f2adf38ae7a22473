//! Python tools, with a real Python.

use crate::support::{Project, signature};
use rustchain_plan::plan::Tool;
use rustchain_plan::{ErrorKind, Type, Value};
use serde_json::{Value as Json, json};
use std::time::Duration;

const FILE: &str = r#"
import dataclasses, datetime, os, subprocess, sys, time, pathlib

COUNT = 0

@dataclasses.dataclass
class Point:
    x: int
    when: datetime.datetime

def count(**kwargs):
    global COUNT
    COUNT += 1
    return [COUNT, os.getpid()]

def point(x):
    return Point(x, datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc))

def talk(x):
    print("on stdout")
    sys.stderr.write("on stderr")
    subprocess.run(["echo", "from a child"])
    return sys.stdin.read() + str(x)

def inner(x):
    raise ValueError(f"bad {x}")

def outer(x):
    inner(x)

def leave(x):
    os._exit(3)

def nan(x):
    return float("nan")

def wrong(x):
    return "text"

async def later(x):
    return x + 1

def sleep(x):
    pathlib.Path("pid").write_text(str(os.getpid()))
    time.sleep(600)
"#;

fn project(requires: &[&str]) -> Project {
    let requires: Vec<_> = requires.iter().map(|r| (*r).into()).collect();
    let project = Project::with(|plan| {
        let list = Type::Int.list();
        let record = Type::Record([("x".into(), Type::Int), ("when".into(), Type::Timestamp)].into());
        let results = [
            ("count", list),
            ("point", record),
            ("talk", Type::String),
            ("outer", Type::Unit),
            ("leave", Type::Unit),
            ("nan", Type::Float),
            ("wrong", Type::Int),
            ("later", Type::Int),
            ("sleep", Type::Unit),
            ("absent", Type::Unit),
        ];
        for (name, result) in results {
            plan.signatures.insert(name.into(), signature(name, &[("x", Type::Int)], result));
            let tool =
                Tool::Python { file: "tasks/f.py".into(), function: name.into(), requires: requires.clone() };
            plan.tools.insert(name.into(), tool);
        }
    });
    project.write("tasks/f.py", FILE);
    project
}

async fn run(project: &Project, tool: &str) -> Json {
    project.call(tool, json!({ "x": 7 })).json().await.unwrap()
}

#[tokio::test]
async fn a_worker_stays_warm_and_calls_at_once_have_their_own() {
    let project = project(&[]);
    let (first, second) = (run(&project, "count").await, run(&project, "count").await);
    assert_eq!((&first[0], &second[0], &first[1]), (&json!(1), &json!(2), &second[1]));
    let (a, b) = tokio::join!(run(&project, "count"), run(&project, "count"));
    assert_ne!(a[1], b[1]);
}

#[tokio::test]
async fn results_are_decoded() {
    let project = project(&[]);
    assert_eq!(run(&project, "point").await, json!({ "x": 7, "when": "2026-01-02T00:00:00Z" }));
    assert_eq!(run(&project, "later").await, 8);
    let error = project.call("wrong", json!({ "x": 7 })).error().await;
    assert_eq!(error.kind, ErrorKind::ParseError);
    assert!(error.message.starts_with("`wrong` of `tasks/f.py` gave: at $: "), "{error}");
    let error = project.call("nan", json!({ "x": 7 })).error().await;
    assert_eq!(error.kind, ErrorKind::ParseError);
}

#[tokio::test]
async fn prints_go_to_the_log_and_not_into_the_protocol() {
    let project = project(&[]);
    assert_eq!(run(&project, "talk").await, "7");
    let details = project.log.details();
    let [(_, name, detail)] = details.as_slice() else { panic!("{details:?}") };
    assert_eq!(name, "output");
    let text = detail["text"].as_str().unwrap();
    for part in ["on stdout", "on stderr", "from a child"] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(run(&project, "later").await, 8);
    assert_eq!(project.log.details().len(), 1);
}

#[tokio::test]
async fn exceptions_name_the_file_and_the_lines() {
    let project = project(&[]);
    let error = project.call("outer", json!({ "x": 7 })).error().await;
    assert_eq!(error.kind, ErrorKind::Exception);
    assert_eq!(error.message, "ValueError: bad 7 at tasks/f.py:26 in `inner`, from tasks/f.py:29 in `outer`");
    let traceback = error.detail.unwrap()["traceback"].as_str().unwrap().to_owned();
    assert!(traceback.contains("raise ValueError") && !traceback.contains("<string>"), "{traceback}");
    let fresh = self::project(&[]);
    fresh.write("tasks/f.py", "x = 1\ndef f(:\n");
    let error = fresh.call("outer", json!({ "x": 7 })).error().await;
    assert!(error.message.starts_with("SyntaxError: ") && error.message.contains("tasks/f.py:2"), "{error}");
}

#[tokio::test]
async fn what_is_missing_is_said() {
    let error = project(&[]).call("absent", json!({ "x": 7 })).error().await;
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(error.message.starts_with("`tasks/f.py` has no function `absent`; it has `count`, "), "{error}");
    let error = project(&["no-such-package>=1"]).call("later", json!({ "x": 7 })).error().await;
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert_eq!(
        error.message,
        "`tasks/f.py` needs the Python package `no-such-package>=1`: it is not installed; \
         `python3 -m pip install 'no-such-package>=1'` gets it"
    );
    let project = project(&[]);
    std::fs::remove_file(project.path("tasks/f.py")).unwrap();
    let error = project.call("later", json!({ "x": 7 })).error().await;
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::NotFound, "there is no file `tasks/f.py`"));
}

#[tokio::test]
async fn a_process_that_ends_is_an_exception_and_replaced() {
    let project = project(&[]);
    let error = project.call("leave", json!({ "x": 7 })).error().await;
    assert_eq!(error.kind, ErrorKind::Exception);
    assert!(error.message.contains("exit status: 3"), "{error}");
    assert_eq!(run(&project, "later").await, 8);
}

#[tokio::test]
async fn a_call_that_is_given_up_kills_its_worker() {
    let project = project(&[]);
    let sleep = project.call("sleep", json!({ "x": 7 })).run();
    assert!(tokio::time::timeout(Duration::from_secs(2), sleep).await.is_err());
    assert!(ends(&project.text("pid")).await, "the worker lives on");
    assert_eq!(project.call("later", json!({ "x": 7 })).run().await.unwrap(), Value::Int(8));
}

/// Is a process gone, or dead and not yet collected, within some seconds?
async fn ends(pid: &str) -> bool {
    for _ in 0..200 {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if stat.is_empty() || stat.contains(") Z ") {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    false
}
