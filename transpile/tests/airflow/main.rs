//! The Airflow importer over fixtures, and laws it keeps on any text.

mod bounds;
mod modules;
mod serialized;
mod values;

use rustchain_grammar::FileId;
use rustchain_transpile::from::airflow::{AirflowOptions, AirflowVersion, import, inspect, read};
use rustchain_transpile::python::Plain;
use rustchain_transpile::vfs::{DiskVfs, MemoryVfs, Vfs};

/// The folder of the fixtures.
fn fixtures() -> String {
    format!("{}/tests/fixtures/airflow", env!("CARGO_MANIFEST_DIR"))
}

/// A file system that shows the fixtures as `dags/NAME.py`.
fn vfs(name: &str) -> MemoryVfs {
    let text = DiskVfs::default().read(&format!("{}/{name}.py", fixtures())).expect("the fixture is there");
    MemoryVfs { files: [(format!("dags/{name}.py"), text)].into() }
}

#[test]
fn fixtures_read_as_airflow_reads_them() {
    let mut names: Vec<String> = std::fs::read_dir(fixtures())
        .expect("the folder is there")
        .filter_map(|e| e.expect("an entry").file_name().to_str()?.strip_suffix(".py").map(str::to_owned))
        .collect();
    names.sort();
    assert!(names.len() >= 25, "{names:?}");
    for name in names {
        let files = vfs(&name);
        let path = format!("dags/{name}.py");
        let options = AirflowOptions::default();
        let seen = read(&files, &path, &options);
        let made = import(&files, &[path], &options);
        let mut text = String::from("--- inspect\n");
        text.push_str(&format!("{:#}\n", inspect(&seen)));
        for file in made.missions.iter().chain(&made.python_files) {
            text.push_str(&format!("--- {}\n{}", file.path, file.text));
        }
        text.push_str(&format!("--- report\n{}", made.report.to_text()));
        insta::assert_snapshot!(name.clone(), text);
        for file in &made.missions {
            let parsed = rustchain_grammar::parse(&file.text, FileId(0));
            assert!(parsed.diagnostics.is_empty(), "{name}: {:#?}", parsed.diagnostics);
            let formatted = rustchain_grammar::format(&file.text).expect("it parses");
            assert_eq!(formatted.text, file.text, "{name}: the mission formats to itself");
        }
    }
}

#[test]
fn origins_lie_in_both_files_and_hold_the_step() {
    let files = vfs("groups");
    let made = import(&files, &["dags/groups.py".to_owned()], &AirflowOptions::default());
    let mission = &made.missions[0];
    let (_, python) = &made.sources[0];
    assert!(!mission.origins.is_empty());
    for origin in &mission.origins {
        assert!(mission.text.get(origin.here.range()).is_some());
        assert!(python.get(origin.there.range()).is_some());
    }
    let of = |step: &str| {
        let at = mission.text.find(step).expect("the step is there") as u32;
        let origin = mission
            .origins
            .iter()
            .filter(|o| o.here.contains(at))
            .min_by_key(|o| o.here.len())
            .expect("an origin");
        python[origin.there.range()].to_owned()
    };
    assert!(of("step begin").starts_with("EmptyOperator(task_id=\"begin\")"));
    assert!(of("step b =").contains("task_id=\"b\""));
}

#[test]
fn an_unknown_never_passes_in_silence() {
    for name in
        ["unknown_loop", "unknown_helper", "environment", "broken", "raises", "endless", "dag_of_elsewhere"]
    {
        let seen = read(&vfs(name), &format!("dags/{name}.py"), &AirflowOptions::default());
        let graph = |l: &&rustchain_transpile::from::airflow::AirflowLoss| {
            l.effect == rustchain_transpile::from::airflow::Effect::Graph
        };
        assert!(seen.losses.iter().any(|l| graph(&l)), "{name}");
    }
}

#[test]
fn what_is_given_is_no_loss() {
    let path = "dags/environment.py";
    let mut options = AirflowOptions::default();
    options.env.insert("BUCKET".into(), "live".into());
    options.env.insert("WITH_AUDIT".into(), "1".into());
    options.variables.insert("region".into(), "us".into());
    let seen = read(&vfs("environment"), path, &options);
    assert_eq!(seen.losses, []);
    let dag = &seen.dags[0];
    assert_eq!(dag.tasks[0].text_arg("bash_command"), Some("aws s3 cp file s3://live/us/"));
    assert_eq!(dag.edges, [("copy".to_owned(), "audit".to_owned(), None)]);

    options.variables.insert("tables".into(), Plain::List(vec!["a".into(), "b".into()]));
    let seen = read(&vfs("unknown_loop"), "dags/unknown_loop.py", &options);
    assert_eq!(seen.losses, []);
    assert_eq!(seen.dags[0].tasks.len(), 3);
}

#[test]
fn the_version_decides_guards_and_defaults() {
    let options = AirflowOptions { version: AirflowVersion::Two, ..AirflowOptions::default() };
    let files = vfs("version_guard");
    let seen = read(&files, "dags/version_guard.py", &options);
    assert_eq!(seen.dags[0].dag_id, "guarded_two");
    assert_eq!(seen.dags[0].tasks[0].task_id, "old");
    let made = import(&files, &["dags/version_guard.py".to_owned()], &options);
    assert!(
        made.missions[0].text.contains("schedule every 1d"),
        "Airflow 2 runs daily where nothing is said"
    );
}
