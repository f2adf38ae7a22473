//! Retries, timeouts, parallelism, interruption.

use crate::plans::*;
use rustchain_plan::plan::{Backoff, Node, OnErrorAction, Plan, Retry};
use rustchain_plan::policy::Budget;
use rustchain_plan::signature::Replay;
use rustchain_plan::{ErrorKind, KindPattern, Value};
use rustchain_runtime::{RunOptions, RunOutcome, cancel::CancelToken};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Fails until it was tried `tries` times.
fn flaky(id: &str, tries: u32) -> Node {
    bash(id, &format!("echo x >> tries; test $(wc -l < tries) -ge {tries}"))
}

fn tries(root: &Path) -> usize {
    std::fs::read_to_string(root.join("tries")).unwrap().lines().count()
}

#[test]
fn a_step_is_tried_again_until_it_succeeds() {
    let root = tempfile::tempdir().unwrap();
    let report = run_in(plan(vec![flaky("a", 3).retry(5)]), root.path());
    assert_eq!(ends(&report), "a succeeded");
    assert_eq!((report.steps[0].attempts, tries(root.path())), (3, 3));
}

#[test]
fn on_error_comes_after_the_last_attempt() {
    let root = tempfile::tempdir().unwrap();
    let node = flaky("a", 9).retry(2).on_error(&[], OnErrorAction::Continue);
    let report = run_in(plan(vec![node]), root.path());
    assert_eq!(ends(&report), "a failed (handled)");
    assert_eq!(tries(root.path()), 3);
    assert_eq!(report.steps[0].error.as_ref().unwrap().kind, ErrorKind::Exit(1));
}

#[test]
fn only_the_kinds_of_the_retry_are_tried_again() {
    let root = tempfile::tempdir().unwrap();
    let mut node = flaky("a", 3).retry(5);
    node.retry.as_mut().unwrap().kinds = vec![KindPattern::Is(ErrorKind::Timeout)];
    assert_eq!(ends(&run_in(plan(vec![node]), root.path())), "a failed");
    assert_eq!(tries(root.path()), 1);
}

#[test]
fn what_must_not_be_repeated_is_not() {
    let root = tempfile::tempdir().unwrap();
    let mut node = flaky("a", 3).retry(5);
    let rustchain_plan::Body::Call(call) = &mut node.body else { unreachable!() };
    call.replay = Replay::Never;
    assert_eq!(ends(&run_in(plan(vec![node.clone()]), root.path())), "a failed");
    assert_eq!(tries(root.path()), 1);
    let mut inferred = plan(vec![node]);
    inferred.policy.inferred = true;
    assert_eq!(ends(&run_in(inferred, root.path())), "a succeeded");
}

#[test]
fn pauses_grow_as_the_backoff_says_up_to_the_cap() {
    let millis = |n: i64| constant(Value::Duration(n * 1_000_000));
    let retry = Retry {
        count: int(3),
        kinds: Vec::new(),
        backoff: Some(Backoff::Exponential(millis(40))),
        cap: Some(millis(60)),
    };
    let root = tempfile::tempdir().unwrap();
    let report = run_in(plan(vec![Node { retry: Some(retry), ..fails("a") }]), root.path());
    let log = rustchain_runtime::log::read_log(&run_dir(root.path())).unwrap();
    let retried = log.iter().filter(|r| r.event == rustchain_runtime::log::EventKind::StepRetried);
    let pauses: Vec<i64> = retried.map(|r| r.duration.unwrap() / 1_000_000).collect();
    assert_eq!(pauses, [40, 60, 60]);
    assert!(report.duration >= Duration::from_millis(160));
}

fn run_dir(root: &Path) -> std::path::PathBuf {
    let runs = std::fs::read_dir(root.join(".rustchain/runs")).unwrap();
    runs.map(|entry| entry.unwrap().path()).max().unwrap()
}

#[test]
fn a_timeout_kills_the_whole_tree() {
    let root = tempfile::tempdir().unwrap();
    let script = "sleep 300 & echo $! > child; (setsid sleep 300 & echo $! > orphan); wait";
    let before = Instant::now();
    let report = run_in(plan(vec![bash("a", script).timeout(400)]), root.path());
    assert!(before.elapsed() < Duration::from_secs(20));
    assert_eq!(ends(&report), "a failed");
    assert_eq!(report.errors[0].failure.kind, ErrorKind::Timeout);
    for name in ["child", "orphan"] {
        assert!(
            crate::process::dies(std::fs::read_to_string(root.path().join(name)).unwrap().trim()),
            "{name}"
        );
    }
}

#[test]
fn a_timeout_is_for_each_attempt_and_within_for_all() {
    let root = tempfile::tempdir().unwrap();
    let slow_first = "echo x >> tries; test $(wc -l < tries) -ge 3 || sleep 60";
    let report = run_in(plan(vec![bash("a", slow_first).timeout(300).retry(5)]), root.path());
    assert_eq!(ends(&report), "a succeeded");
    assert_eq!(report.steps[0].attempts, 3);
    let report = run(plan(vec![fails_slowly("b").retry(1000).within(400)]));
    assert_eq!(ends(&report), "b failed");
    assert!(report.errors[0].failure.message.contains("within"), "{:?}", report.errors);
}

fn fails_slowly(id: &str) -> Node {
    bash(id, "sleep 0.05; exit 1")
}

#[test]
fn waiting_steps_wait_side_by_side_up_to_the_bound() {
    let nodes: Vec<Node> = (0..8).map(|at| sleeps(&format!("s{at}"), 200)).collect();
    let root = tempfile::tempdir().unwrap();
    let timed = |max_parallel| {
        let mut options = RunOptions::new(root.path());
        options.max_parallel = max_parallel;
        rustchain_runtime::run(&Arc::new(plan(nodes.clone())), options).unwrap().duration
    };
    assert!(timed(8) < Duration::from_millis(700));
    assert!(timed(2) >= Duration::from_millis(800));
}

#[test]
fn an_interruption_kills_what_runs_and_lets_teardowns_run() {
    let root = tempfile::tempdir().unwrap();
    let nodes = vec![
        noop("setup"),
        bash("work", "touch started; sleep 300 & echo $! > child; wait").after(&["setup"]),
        noop("next").after(&["work"]),
        bash("down", "touch down").tears_down("setup"),
    ];
    let cancel = CancelToken::new();
    let mut options = RunOptions::new(root.path());
    options.cancel = cancel.clone();
    let started = root.path().join("child");
    let watcher = std::thread::spawn(move || {
        while std::fs::read_to_string(&started).map_or(true, |text| !text.ends_with('\n')) {
            std::thread::sleep(Duration::from_millis(10));
        }
        cancel.cancel();
    });
    let report = rustchain_runtime::run(&Arc::new(plan(nodes)), options).unwrap();
    watcher.join().unwrap();
    assert_eq!(ends(&report), "setup succeeded, work cancelled, next cancelled, down succeeded");
    assert_eq!(report.outcome, RunOutcome::Cancelled);
    assert!(root.path().join("down").exists());
    assert!(crate::process::dies(std::fs::read_to_string(root.path().join("child")).unwrap().trim()));
}

#[test]
fn the_wall_budget_ends_the_run() {
    let budget = Budget { wall: Some(200_000_000), ..Budget::default() };
    let mut plan =
        plan(vec![noop("setup"), sleeps("a", 60_000).after(&["setup"]), noop("down").tears_down("setup")]);
    plan.policy.budget = budget;
    let report = run(plan);
    assert_eq!(ends(&report), "setup succeeded, a cancelled, down succeeded");
    assert_eq!(report.outcome, RunOutcome::Failed);
    assert_eq!(report.errors[0].failure.kind, ErrorKind::Budget);
}

#[test]
fn within_ends_the_run() {
    let within = Some(constant(Value::Duration(100_000_000)));
    let report = run(Plan { within, ..plan(vec![sleeps("a", 60_000)]) });
    assert_eq!(report.errors[0].failure.kind, ErrorKind::Timeout);
    assert_eq!(report.outcome, RunOutcome::Failed);
}
