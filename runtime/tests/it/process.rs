//! Programs: capture, bounds, and the death of whole trees.

use rustchain_plan::ErrorKind;
use rustchain_runtime::process::{Program, ProgramOutput};
use rustchain_runtime::step::StepError;
use std::path::Path;
use std::time::{Duration, Instant};

fn shell(script: &str, cwd: &Path) -> Program {
    let mut program = Program::new("bash", cwd);
    program.args = vec!["-c".into(), script.into()];
    program
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn run(program: &Program) -> Result<ProgramOutput, StepError> {
    block_on(program.run())
}

#[test]
fn output_input_and_status_are_captured() {
    let dir = tempfile::tempdir().unwrap();
    let mut program = shell("cat; echo oops >&2; exit 3", dir.path());
    program.stdin = Some(b"hello".to_vec());
    let output = run(&program).unwrap();
    assert_eq!(output.status, 3);
    assert_eq!(output.stdout, b"hello");
    assert_eq!(output.stderr, b"oops\n");
    assert!(!output.truncated);
}

#[test]
fn a_signal_shows_as_128_and_more() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run(&shell("kill -9 $$", dir.path())).unwrap().status, 137);
}

#[test]
fn output_beyond_the_limit_is_dropped_and_the_program_still_ends() {
    let dir = tempfile::tempdir().unwrap();
    let mut program = shell("head -c 1000000 /dev/zero", dir.path());
    program.limit = 1000;
    let output = run(&program).unwrap();
    assert_eq!((output.status, output.stdout.len(), output.truncated), (0, 1000, true));
}

#[test]
fn a_program_that_is_not_there_is_not_found() {
    let dir = tempfile::tempdir().unwrap();
    let error = run(&Program::new("no-such-program-here", dir.path())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(error.message.contains("`no-such-program-here`"), "{error}");
    let error = run(&Program::new("true", dir.path().join("gone"))).unwrap_err();
    assert!(error.message.starts_with("the folder `"), "{error}");
}

#[test]
fn the_environment_is_basic_unless_asked() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(&shell("echo ${CARGO_MANIFEST_DIR:-none} ${PATH:+path}", dir.path())).unwrap();
    assert_eq!(output.stdout, b"none path\n");
}

#[test]
fn giving_up_kills_children_grandchildren_and_those_who_left_the_group() {
    let dir = tempfile::tempdir().unwrap();
    let script = r#"
        sleep 300 & echo $! > child
        bash -c 'sleep 300 & echo $! > grandchild; wait' &
        setsid bash -c 'echo $$ > session; exec sleep 300' &
        (setsid sleep 300 & echo $! > orphan)
        sleep 0.2; touch ready; wait
    "#;
    let program = shell(script, dir.path());
    let ready = dir.path().join("ready");
    block_on(async {
        tokio::select! {
            _ = program.run() => panic!("the program ended by itself"),
            () = async { while !ready.exists() { tokio::time::sleep(Duration::from_millis(10)).await } } => {}
        }
    });
    for name in ["child", "grandchild", "session", "orphan"] {
        let pid = std::fs::read_to_string(dir.path().join(name)).unwrap();
        assert!(dies(pid.trim()), "{name} lives");
    }
}

#[test]
fn what_a_finished_program_leaves_behind_does_not_hold_the_step() {
    let dir = tempfile::tempdir().unwrap();
    let before = Instant::now();
    let output = run(&shell("sleep 300 & echo $!", dir.path())).unwrap();
    assert!(before.elapsed() < Duration::from_secs(10));
    let pid = String::from_utf8(output.stdout).unwrap();
    assert!(dies(pid.trim()));
}

pub fn dies(pid: &str) -> bool {
    (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
        stat.map_or(true, |text| {
            text.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
        })
    })
}
