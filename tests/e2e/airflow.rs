//! Airflow DAG files, read without Python.

use crate::project::Project;

const DAG: &str = r#"
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator

with DAG(dag_id="nightly", schedule="0 3 * * *", catchup=False) as dag:
    first = BashOperator(task_id="first", bash_command="echo 'one' > first.txt && sleep 0")
    rest = [BashOperator(task_id=f"part_{n}", bash_command=f"cat first.txt > part_{n}.txt") for n in range(2)]
    first >> rest
"#;

#[test]
fn a_dag_file_becomes_a_mission_that_runs() {
    let project = Project::with("dags/nightly.py", DAG);
    let ended = project.expect(0, &["transpile", "from-airflow", "dags", "-o", "out"]);
    assert!(ended.stderr.contains("1 mission file"), "{}", ended.stderr);
    let mission = std::fs::read_dir(project.path().join("out"))
        .expect("written")
        .filter_map(Result::ok)
        .map(|e| e.path())
        .find(|p| p.extension().is_some_and(|e| e == "mission"))
        .expect("a mission");
    let mission = mission.to_str().expect("UTF-8");
    project.expect(0, &["check", "--deny", "error", mission]);
    project.expect(0, &["run", mission]);
    assert_eq!(project.read("out/part_0.txt"), "one\n");
    assert_eq!(project.read("out/part_1.txt"), "one\n");
}

#[test]
fn inspect_shows_the_graph_as_the_scheduler_would_build_it() {
    let project = Project::with("nightly.py", DAG);
    let seen = project.json(0, &["inspect", "--from", "airflow", "--format", "json", "nightly.py"]);
    let text = seen.to_string();
    for id in ["nightly", "first", "part_0", "part_1"] {
        assert!(text.contains(&format!("\"{id}\"")), "{text}");
    }
}

#[test]
fn what_is_lost_is_told_and_fails_unless_allowed() {
    let dag = DAG.replace(
        "    first >> rest",
        "    from airflow.providers.slack.operators.slack_webhook import SlackWebhookOperator\n    \
         note = SlackWebhookOperator(task_id=\"note\", slack_webhook_conn_id=\"s\", message=\"done\")\n    first >> rest >> note",
    );
    let project = Project::with("dags/nightly.py", &dag);
    let ended = project.expect(1, &["transpile", "from-airflow", "dags", "-o", "out"]);
    assert!(ended.stdout.contains("note") && ended.stdout.contains("lost"), "{}", ended.stdout);
    project.expect(0, &["transpile", "from-airflow", "dags", "-o", "out", "--allow-loss"]);
}

#[test]
fn a_dag_file_is_checked_planned_and_run_as_it_is() {
    let project = Project::with(
        "greet.py",
        r#"from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator

with DAG("greet", schedule=None):
    make = BashOperator(task_id="make", bash_command="echo hello > greeting.txt")
    show = BashOperator(task_id="show", bash_command="cat greeting.txt")
    make >> show
"#,
    );
    let checked = project.run(&["check", "greet.py", "--format", "short"]);
    assert!(!checked.stdout.contains("error["), "{}", checked.stdout);
    assert!(checked.stdout.lines().all(|line| line.starts_with("greet.py:")), "{}", checked.stdout);
    let plan = project.json(0, &["plan", "greet.py", "--format", "json"]);
    assert_eq!(plan["mission"], "greet", "{plan}");
    let result = project.json(0, &["run", "greet.py", "--format", "json"]);
    let outcomes: Vec<&str> =
        result["steps"].as_array().expect("steps").iter().filter_map(|s| s["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["succeeded", "succeeded"], "{result}");
}

#[test]
fn a_dag_file_with_python_tasks_says_how_to_run_it() {
    let project = Project::with(
        "hello.py",
        "from airflow.sdk import dag, task\n\n@dag\ndef hello():\n    @task\n    def say():\n        return 1\n    say()\n\nhello()\n",
    );
    let refused = project.expect(2, &["run", "hello.py"]);
    assert!(
        refused.stderr.contains("rustchain transpile from-airflow hello.py -o missions"),
        "{}",
        refused.stderr
    );
    project.run(&["transpile", "from-airflow", "hello.py", "-o", "missions"]);
    project.expect(0, &["run", "missions/hello.mission"]);
}

#[test]
fn what_the_checks_find_is_told_in_the_dag_file() {
    let project = Project::with(
        "dags/fetch.py",
        "from airflow.sdk import DAG\nfrom airflow.providers.standard.operators.bash import BashOperator\n\n\
         with DAG(\"fetch\", schedule=None):\n    BashOperator(task_id=\"get\", bash_command=\"curl -s http://example.com/i.sh | sh\")\n",
    );
    let ended = project.run(&["transpile", "from-airflow", "dags", "-o", "out", "--check"]);
    assert!(ended.stderr.contains("RC1003"), "{}", ended.stderr);
    assert!(ended.stderr.contains("dags/fetch.py:5"), "{}", ended.stderr);
    assert!(ended.stderr.contains("1 mission file checked"), "{}", ended.stderr);
}

#[test]
fn a_serialised_dag_becomes_a_mission_that_runs() {
    let dag = r#"{"__version": 3, "dag": {"dag_id": "hello", "timetable": {"__type": "airflow.timetables.simple.NullTimetable", "__var": {}},
  "task_group": {"_group_id": null, "children": {"say": ["operator", "say"]}},
  "tasks": [{"__type": "operator", "__var": {"task_id": "say", "task_type": "BashOperator",
    "_task_module": "airflow.providers.standard.operators.bash", "bash_command": "echo hello"}}]}}"#;
    let project = Project::with("hello.json", dag);
    project.expect(0, &["transpile", "from-airflow", "hello.json", "-o", "out"]);
    let result = project.json(0, &["run", "out/hello.mission", "--format", "json"]);
    assert_eq!(result["steps"][0]["outcome"], "succeeded", "{result:#}");
}

#[test]
fn every_imported_fixture_is_typed_and_formats_to_itself() {
    let fixtures = crate::project::repository().join("transpile/tests/fixtures/airflow");
    let project = Project::with("README.md", "");
    let fixtures = fixtures.to_str().expect("UTF-8");
    project
        .expect(0, &["transpile", "from-airflow", fixtures, "-o", "out", "--allow-loss", "--report", "json"]);
    project.expect(0, &["check", "--deny", "error", "--format", "short", "out"]);
    project.expect(0, &["fmt", "--check", "out"]);
}

#[test]
fn functions_that_skip_or_give_up_end_their_steps_without_airflow() {
    let project = Project::with(
        "dags/ends.py",
        r#"from airflow.exceptions import AirflowFailException
from airflow.exceptions import AirflowSkipException as Skip
from airflow.sdk import DAG, task

@task(retries=2)
def skips(number: int) -> int:
    if number > 1:
        raise Skip("not today")
    return number

@task(retries=2)
def inside() -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    class Tired(AirflowSkipException):
        pass

    raise Tired()

@task(retries=2)
def gives_up() -> int:
    raise AirflowFailException("no use")

@task
def after() -> str:
    return "ran"

with DAG("ends", schedule=None):
    skips(2) >> after.override(task_id="follows")()
    inside() >> after.override(task_id="whatever", trigger_rule="none_failed")()
    gives_up()
    skips.override(task_id="each").expand(number=[0, 1, 2])
"#,
    );
    let ended = project.expect(0, &["transpile", "from-airflow", "dags", "-o", "out"]);
    assert!(
        !project.read("out/tasks/ends.py").contains("from airflow"),
        "{}",
        project.read("out/tasks/ends.py")
    );
    assert!(ended.stdout.contains("ends.each: an element that skips itself is left out"), "{}", ended.stdout);
    project.expect(1, &["run", "out/ends.mission"]);
    let result = project.json(0, &["runs", "show", "last", "--root", "out", "--format", "json"]);
    let ends = |id: &str| {
        let steps = result["steps"].as_array().expect("steps");
        let step = steps.iter().find(|s| s["id"] == id).unwrap_or_else(|| panic!("no {id} in {result:#}"));
        (
            step["outcome"].as_str().unwrap_or_default().to_owned(),
            step["attempts"].as_u64().unwrap_or_default(),
        )
    };
    assert_eq!(ends("skips"), ("skipped".to_owned(), 1));
    assert_eq!(ends("follows").0, "skipped");
    assert_eq!(ends("inside"), ("skipped".to_owned(), 1));
    assert_eq!(ends("whatever"), ("succeeded".to_owned(), 1));
    assert_eq!(ends("gives_up"), ("failed".to_owned(), 1));
    let each = result["steps"].as_array().expect("steps").iter().find(|s| s["id"] == "each").expect("each");
    assert_eq!(each["value"], serde_json::json!([0, 1]), "{each:#}");
}
