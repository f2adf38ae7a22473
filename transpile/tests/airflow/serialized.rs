//! Airflow's own serialised DAGs.

use proptest::prelude::*;
use rustchain_transpile::from::airflow::{AirflowOptions, Effect, import, inspect, read};
use rustchain_transpile::vfs::{DiskVfs, MemoryVfs, Vfs};

fn vfs(text: &str) -> MemoryVfs {
    MemoryVfs { files: [("d.json".to_owned(), text.to_owned())].into() }
}

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/serialized/{name}.json", env!("CARGO_MANIFEST_DIR"));
    DiskVfs::default().read(&path).expect("the fixture is there")
}

#[test]
fn serialised_dags_become_missions() {
    for name in ["v1", "v3"] {
        let files = vfs(&fixture(name));
        let seen = read(&files, "d.json", &AirflowOptions::default());
        let made = import(&files, &["d.json".to_owned()], &AirflowOptions::default());
        let mission = &made.missions[0];
        let parsed = rustchain_grammar::parse(&mission.text, rustchain_grammar::FileId(0));
        assert!(parsed.diagnostics.is_empty(), "{:#?}", parsed.diagnostics);
        let report = made.report.to_text();
        insta::assert_snapshot!(
            format!("serialized_{name}"),
            format!(
                "--- inspect\n{:#}\n--- {}\n{}--- report\n{report}",
                inspect(&seen),
                mission.path,
                mission.text
            )
        );
    }
}

#[test]
fn other_json_and_other_versions_are_told() {
    for (text, expected) in [
        ("{", "invalid JSON"),
        ("[1]", "no member `dag`"),
        ("{\"__version\": 3, \"dag\": {}}", "no `dag_id`"),
        ("{\"__version\": 9, \"dag\": {\"dag_id\": \"d\", \"tasks\": []}}", "version 9"),
        (
            "{\"__version\": 3, \"dag\": {\"dag_id\": \"d\", \"tasks\": [{\"__var\": {\"task_id\": \"a\", \"downstream_task_ids\": [\"gone\"]}}]}}",
            "`gone`, which is no task",
        ),
    ] {
        let seen = read(&vfs(text), "d.json", &AirflowOptions::default());
        let told = seen.losses.iter().any(|l| l.effect == Effect::Graph && l.message.contains(expected));
        assert!(told, "{text}: {:#?}", seen.losses);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::bounds::cases(200)))]

    #[test]
    fn mutated_serialised_dags_never_panic(
        at in 0usize..3_000,
        len in 0usize..40,
        with in prop::sample::select(vec!["null", "[]", "{}", "\"x\"", "1e99", "-1", "", ","]),
    ) {
        let mut text = fixture("v3");
        let start = at.min(text.len());
        let end = (start + len).min(text.len());
        if text.is_char_boundary(start) && text.is_char_boundary(end) {
            text.replace_range(start..end, with);
        }
        let made = import(&vfs(&text), &["d.json".to_owned()], &AirflowOptions::default());
        for file in &made.missions {
            let parsed = rustchain_grammar::parse(&file.text, rustchain_grammar::FileId(0));
            prop_assert!(parsed.diagnostics.is_empty(), "{}\n{:?}", file.text, parsed.diagnostics);
        }
    }
}
