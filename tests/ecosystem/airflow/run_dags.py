"""Loads DAG files with real Airflow and runs them, all in one process; prints what became of them as JSON.

Usage: run_dags.py JOB.json, where the job is {"folder": DIR, "runs": [{"dag_id": ID, "conf": {}}]}. AIRFLOW_HOME and
the settings of Airflow come from the environment; its database must be there. Works with Airflow 2.10 and later.
"""

import datetime
import json
import logging
import sqlite3
import sys
import time
from pathlib import Path


def graph(dag):
    tasks = {
        task.task_id: {
            "downstream": sorted(task.downstream_task_ids),
            "trigger_rule": str(getattr(task.trigger_rule, "value", task.trigger_rule)),
            "operator": task.task_type,
            "mapped": bool(getattr(task, "is_mapped", False)),
            "retries": task.retries,
            "setup": task.is_setup,
            "teardown": task.is_teardown,
            "group": task.task_group.group_id if task.task_group else None,
        }
        for task in dag.tasks
    }
    return {
        "tasks": tasks,
        "schedule": str(
            getattr(dag, "schedule", None) or getattr(dag, "timetable", None)
        ),
        "tags": sorted(dag.tags or []),
        "catchup": dag.catchup,
    }


def xcoms(database, dag_id, run_id):
    """Values by task and map index, those of `return_value`."""
    query = "select task_id, map_index, value from xcom where dag_id=? and run_id=? and key='return_value'"
    found = {}
    with sqlite3.connect(database) as connection:
        for task_id, index, value in connection.execute(query, (dag_id, run_id)):
            # The column of Airflow 3 has a type that makes numbers of numbers.
            value = json.loads(value) if isinstance(value, (str, bytes)) else value
            found.setdefault(task_id, {})[index] = value
    return found


def run(dag, conf, number, database):
    from airflow.utils.session import create_session

    try:
        from airflow.models.dagrun import DagRun
        from airflow.models.taskinstance import TaskInstance
    except ImportError:
        from airflow.models import DagRun, TaskInstance

    date = datetime.datetime(
        2026, 1, 1, tzinfo=datetime.timezone.utc
    ) + datetime.timedelta(minutes=number)
    started = time.monotonic()
    name = (
        "logical_date"
        if "logical_date" in dag.test.__code__.co_varnames
        else "execution_date"
    )
    error = None
    try:
        dag.test(run_conf=conf, **{name: date})
    except (
        Exception
    ) as problem:  # a task of Airflow 2 that fails ends `dag.test` with its exception
        error = f"{type(problem).__name__}: {problem}"
    with create_session() as session:
        of_dag = session.query(DagRun).filter(DagRun.dag_id == dag.dag_id).all()
        last = max(of_dag, key=lambda run: run.id)
        instances = session.query(TaskInstance).filter(
            TaskInstance.dag_id == dag.dag_id, TaskInstance.run_id == last.run_id
        )
        states = {}
        for ti in instances:
            states.setdefault(ti.task_id, {})[ti.map_index] = {
                "state": str(getattr(ti.state, "value", ti.state)),
                "tries": ti.try_number,
            }
        state, run_id = str(getattr(last.state, "value", last.state)), last.run_id
    return {
        "state": state,
        "tasks": states,
        "xcoms": xcoms(database, dag.dag_id, run_id),
        "seconds": round(time.monotonic() - started, 2),
        "error": error,
    }


def main():
    job = json.loads(Path(sys.argv[1]).read_text())
    logging.disable(logging.CRITICAL if not job.get("talk") else logging.NOTSET)
    try:
        from airflow.dag_processing.dagbag import DagBag
    except ImportError:
        from airflow.models.dagbag import DagBag
    from airflow.configuration import conf

    database = conf.get("database", "sql_alchemy_conn").removeprefix("sqlite:///")
    bag = DagBag(job["folder"])
    answer = {
        "import_errors": {str(path): text for path, text in bag.import_errors.items()},
        "graphs": {dag_id: graph(dag) for dag_id, dag in sorted(bag.dags.items())},
        "runs": [],
    }
    for number, wanted in enumerate(job["runs"]):
        dag = bag.dags.get(wanted["dag_id"])
        found = (
            run(dag, wanted.get("conf") or {}, number, database)
            if dag
            else {"state": "not loaded"}
        )
        answer["runs"].append({"dag_id": wanted["dag_id"], **found})
    Path(sys.argv[2]).write_text(json.dumps(answer, indent=1, sort_keys=True))


main()
