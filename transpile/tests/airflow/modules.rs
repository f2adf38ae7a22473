//! Own modules, data files, roots.

use rustchain_transpile::from::airflow::{AirflowOptions, read};
use rustchain_transpile::vfs::MemoryVfs;

fn files(list: &[(&str, &str)]) -> MemoryVfs {
    MemoryVfs { files: list.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect() }
}

const HEAD: &str =
    "from airflow.sdk import DAG\nfrom airflow.providers.standard.operators.empty import EmptyOperator\n";

#[test]
fn helpers_of_the_repository_build_tasks() {
    let vfs = files(&[
        (
            "dags/main.py",
            &format!(
                "{HEAD}from lib.build import fan, NAMES\nfrom lib import ops\nwith DAG('d', schedule=None):\n    start = EmptyOperator(task_id='s')\n    fan(start, NAMES)\n    ops.Noop(task_id='n')\n"
            ),
        ),
        ("dags/lib/__init__.py", ""),
        (
            "dags/lib/build.py",
            &format!(
                "{HEAD}from .names import NAMES\ndef fan(start, names):\n    for n in names:\n        start >> EmptyOperator(task_id=n)\n"
            ),
        ),
        ("dags/lib/names.py", "NAMES = [f'n{i}' for i in range(2)]\n"),
        ("dags/lib/ops.py", "from airflow.sdk import BaseOperator\nclass Noop(BaseOperator):\n    pass\n"),
    ]);
    let seen = read(&vfs, "dags/main.py", &AirflowOptions::default());
    assert_eq!(seen.losses, []);
    let ids: Vec<&str> = seen.dags[0].tasks.iter().map(|t| t.task_id.as_str()).collect();
    assert_eq!(ids, ["s", "n0", "n1", "n"]);
    assert_eq!(seen.dags[0].edges.len(), 2);
    assert_eq!(seen.dags[0].tasks[3].operator, "Noop");
}

#[test]
fn roots_are_searched_in_order() {
    let vfs = files(&[
        (
            "dags/main.py",
            &format!(
                "{HEAD}from shared.ids import NAME\nwith DAG('d', schedule=None):\n    EmptyOperator(task_id=NAME)\n"
            ),
        ),
        ("one/shared/ids.py", "NAME = 'one'\n"),
        ("two/shared/ids.py", "NAME = 'two'\n"),
    ]);
    let options = AirflowOptions { roots: vec!["one".into(), "two".into()], ..AirflowOptions::default() };
    let seen = read(&vfs, "dags/main.py", &options);
    assert_eq!(seen.dags[0].tasks[0].task_id, "one");
}

#[test]
fn data_files_are_read() {
    let vfs = files(&[
        (
            "dags/main.py",
            &format!(
                "{HEAD}import json, os, yaml\nfrom pathlib import Path\nhere = os.path.dirname(__file__)\nwith open(os.path.join(here, 'a.json')) as f:\n    names = json.load(f)\nconfig = yaml.safe_load(Path(__file__).parent.joinpath('b.yaml').read_text())\nwith DAG('d', schedule=config['schedule']):\n    for n in names['tables']:\n        EmptyOperator(task_id=n)\n"
            ),
        ),
        ("dags/a.json", "{\"tables\": [\"x\", \"y\"]}"),
        ("dags/b.yaml", "schedule: '@daily'\n"),
    ]);
    let seen = read(&vfs, "dags/main.py", &AirflowOptions::default());
    assert_eq!(seen.losses, []);
    assert_eq!(seen.dags[0].tasks.len(), 2);
    assert_eq!(seen.dags[0].arg("schedule").and_then(|d| d.as_str()), Some("@daily"));
}

#[test]
fn a_module_that_imports_itself_ends() {
    let vfs = files(&[
        (
            "dags/main.py",
            &format!("{HEAD}import a\nwith DAG('d', schedule=None):\n    EmptyOperator(task_id=a.NAME)\n"),
        ),
        ("dags/a.py", "import b\nNAME = 'x'\n"),
        ("dags/b.py", "import a\nfrom a import OTHER\n"),
    ]);
    let seen = read(&vfs, "dags/main.py", &AirflowOptions::default());
    assert_eq!(seen.dags[0].tasks[0].task_id, "x");
}

#[test]
fn folders_are_listed_and_members_keep_their_order() {
    let dag = r#"
import json
from pathlib import Path
import yaml
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator

for path in sorted(Path(__file__).parent.glob("conf/*.json")):
    config = json.loads(path.read_text())
    with DAG(path.stem, schedule=None):
        last = None
        for name, step in config["steps"].items():
            task = EmptyOperator(task_id=name, retries=step["retries"])
            if last:
                last >> task
            last = task

with open(Path(__file__).parent / "conf" / "flow.yaml") as file:
    flow = yaml.safe_load(file)
with DAG("flow", schedule=None):
    tasks = [EmptyOperator(task_id=name) for name, on in flow.items() if on]
    for a, b in zip(tasks, tasks[1:]):
        a >> b
"#;
    let files = MemoryVfs {
        files: [
            ("dags/d.py".to_owned(), dag.to_owned()),
            (
                "dags/conf/b.json".to_owned(),
                r#"{"steps": {"z": {"retries": 1}, "a": {"retries": 2}, "m": {"retries": 0}}}"#.to_owned(),
            ),
            ("dags/conf/a.json".to_owned(), r#"{"steps": {"only": {"retries": 0}}}"#.to_owned()),
            ("dags/conf/flow.yaml".to_owned(), "z: yes\nq: no\na: on\nm: true\n".to_owned()),
        ]
        .into(),
    };
    let seen = read(&files, "dags/d.py", &AirflowOptions::default());
    assert!(seen.losses.is_empty(), "{:#?}", seen.losses);
    let edges = |id: &str| -> Vec<(String, String)> {
        let dag = seen.dags.iter().find(|d| d.dag_id == id).expect("the DAG is there");
        dag.edges.iter().map(|(a, b, _)| (a.clone(), b.clone())).collect()
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert!(edges("a").is_empty());
    assert_eq!(edges("b"), [pair("a", "m"), pair("z", "a")]);
    assert_eq!(edges("flow"), [pair("a", "m"), pair("z", "a")]);
}

#[test]
fn a_package_of_the_same_name_hides_no_installed_one() {
    let dag = "from google.cloud import bigquery_v2\nfrom google.cloud.own import NAME\n\
               try:\n    from google.cloud.own import OTHER\nexcept ImportError:\n    OTHER = 'fallback'\n\
               from airflow.sdk import DAG\n\
               from airflow.providers.standard.operators.empty import EmptyOperator\n\
               with DAG(NAME, schedule=None):\n    EmptyOperator(task_id=OTHER)\n";
    let files = MemoryVfs {
        files: [
            ("dags/d.py".to_owned(), dag.to_owned()),
            ("dags/google/__init__.py".to_owned(), String::new()),
            ("dags/google/cloud/__init__.py".to_owned(), String::new()),
            ("dags/google/cloud/own.py".to_owned(), "NAME = 'own'\n".to_owned()),
        ]
        .into(),
    };
    let seen = read(&files, "dags/d.py", &AirflowOptions::default());
    assert!(seen.losses.is_empty(), "{:#?}", seen.losses);
    assert_eq!(seen.dags[0].dag_id, "own");
    assert_eq!(seen.dags[0].tasks[0].task_id, "fallback");
}
