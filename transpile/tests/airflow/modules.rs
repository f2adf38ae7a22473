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
