//! The log: what it holds, and that no change to it goes unseen.

use crate::plans::*;
use proptest::prelude::*;
use rustchain_plan::plan::OnErrorAction;
use rustchain_plan::{Labels, Value};
use rustchain_runtime::log::{self, VerifyReport, list_runs, read_log, steps_of, verify, verify_bytes};
use std::path::PathBuf;
use std::sync::LazyLock;

struct Run {
    _root: tempfile::TempDir,
    dir: PathBuf,
    bytes: Vec<u8>,
}

static RUN: LazyLock<Run> = LazyLock::new(sample);

fn sample() -> Run {
    let root = tempfile::tempdir().unwrap();
    let long: String = "long text ".repeat(300);
    let nodes = vec![
        value("text", constant(Value::string(long))),
        noop("a").after(&["text"]),
        fails("b").after(&["a"]).retry(1).on_error(&[], OnErrorAction::Continue),
        skips("c").after(&["b"]),
        value(
            "d",
            expr(rustchain_plan::ExprKind::Lower {
                labels: Labels::UNTRUSTED,
                reason: "it is a number".into(),
                value: Box::new(int(1)),
            }),
        )
        .after(&["c"]),
    ];
    let report = run_in(plan(nodes), root.path());
    let dir = root.path().join(log_dir(&report.run_id));
    let bytes = std::fs::read(dir.join("log.jsonl")).unwrap();
    Run { _root: root, dir, bytes }
}

fn log_dir(id: &str) -> PathBuf {
    PathBuf::from(log::RUNS).join(id)
}

fn is_noticed(report: &VerifyReport) -> bool {
    !report.is_sound()
}

#[test]
fn a_log_as_it_was_written_is_sound() {
    let report = verify(&RUN.dir).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert!(report.erased.is_empty());
}

#[test]
fn the_records_of_a_run() {
    let text = String::from_utf8(RUN.bytes.clone()).unwrap();
    insta::with_settings!({filters => vec![
        (r#""hash":"[0-9a-f]{64}""#, r#""hash":"…""#),
        (r#""time":\d+"#, r#""time":0"#),
        (r#""duration":\d+"#, r#""duration":0"#),
        (r#""(run)":"[^"]+""#, r#""$1":"…""#),
        (r#""plan":"[0-9a-f]+""#, r#""plan":"…""#),
    ]}, { insta::assert_snapshot!(text) });
}

#[test]
fn runs_and_their_steps_are_read_from_the_log() {
    let root = RUN.dir.ancestors().nth(3).unwrap();
    let runs = list_runs(root);
    assert_eq!((runs.len(), runs[0].outcome.as_deref(), runs[0].steps), (1, Some("succeeded"), 5));
    let rows = steps_of(&read_log(&RUN.dir).unwrap());
    let shown: Vec<String> =
        rows.iter().map(|row| format!("{} {:?}", row.path, row.outcome.unwrap())).collect();
    assert_eq!(shown, ["text Succeeded", "a Succeeded", "b Failed", "c Skipped", "d Succeeded"]);
    let value = rows[0].value.as_ref().unwrap();
    assert!(log::payload(&RUN.dir, value).unwrap().as_str().unwrap().starts_with("long text"));
}

#[test]
fn a_changed_payload_is_found_and_an_erased_one_is_no_break() {
    let run = sample();
    let blob = std::fs::read_dir(run.dir.join("blobs")).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&blob, "\"other\"").unwrap();
    assert!(is_noticed(&verify(&run.dir).unwrap()));
    std::fs::remove_file(&blob).unwrap();
    let report = verify(&run.dir).unwrap();
    assert!(report.is_sound());
    assert_eq!(report.erased.len(), 1);
}

#[test]
fn every_changed_byte_is_found() {
    for at in 0..RUN.bytes.len() {
        let mut bytes = RUN.bytes.clone();
        bytes[at] ^= 1;
        assert!(is_noticed(&verify_bytes(&bytes)), "byte {at} of {:?}", String::from_utf8_lossy(&RUN.bytes));
    }
}

#[test]
fn every_truncation_is_found() {
    for length in 0..RUN.bytes.len() {
        assert!(is_noticed(&verify_bytes(&RUN.bytes[..length])), "cut to {length}");
    }
}

fn lines() -> Vec<Vec<u8>> {
    RUN.bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

proptest! {
    #[test]
    fn any_change_of_a_byte_is_found(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = RUN.bytes.clone();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        prop_assert!(is_noticed(&verify_bytes(&bytes)));
    }

    #[test]
    fn any_removed_record_is_found(at in any::<prop::sample::Index>()) {
        let mut lines = lines();
        lines.remove(at.index(lines.len()));
        prop_assert!(is_noticed(&verify_bytes(&lines.concat())));
    }

    #[test]
    fn any_swap_and_any_repetition_is_found(a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let mut swapped = lines();
        let (a, b) = (a.index(swapped.len()), b.index(swapped.len()));
        let mut repeated = swapped.clone();
        repeated.insert(a, swapped[b].clone());
        prop_assert!(is_noticed(&verify_bytes(&repeated.concat())));
        prop_assume!(a != b);
        swapped.swap(a, b);
        prop_assert!(is_noticed(&verify_bytes(&swapped.concat())));
    }

    #[test]
    fn any_bytes_give_a_report(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(is_noticed(&verify_bytes(&bytes)));
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("log.jsonl"), &bytes).unwrap();
        let _ = steps_of(&read_log(dir.path()).unwrap());
    }
}
