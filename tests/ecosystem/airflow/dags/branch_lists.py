"""A branch that chooses several, one that is chosen by another, a branch inside a group."""

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup, task

with DAG(
    "branch_lists", schedule=None, start_date=pendulum.datetime(2025, 1, 1, tz="UTC")
):

    @task.branch
    def several() -> list[str]:
        return ["a", "c"]

    @task.branch
    def inside() -> str:
        return "g.y"

    chosen = several()
    a, b, c = [
        BashOperator(task_id=n, bash_command=f"echo {n}") for n in ("a", "b", "c")
    ]
    chosen >> [a, b, c]
    with TaskGroup("g"):
        pick = inside()
        pick >> [EmptyOperator(task_id="x"), EmptyOperator(task_id="y")]
    a >> pick
    b >> EmptyOperator(task_id="past_b")
