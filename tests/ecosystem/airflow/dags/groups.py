"""Task groups: nested, between tasks, with the same names inside."""

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Label, TaskGroup

with DAG(
    "groups",
    schedule=None,
    start_date=pendulum.datetime(2025, 1, 1, tz="UTC"),
    tags=["b", "a"],
):
    start = EmptyOperator(task_id="start")
    with TaskGroup("section-1") as one:
        first = BashOperator(task_id="task-1", bash_command="echo 1.1")
        with TaskGroup("inner") as inner:
            BashOperator(task_id="a", bash_command="echo a") >> BashOperator(
                task_id="b", bash_command="echo b"
            )
        first >> inner
    with TaskGroup("section_2") as two:
        EmptyOperator(task_id="task-1") >> EmptyOperator(task_id="task_2")
    end = EmptyOperator(task_id="end")
    start >> Label("go") >> one >> two >> end
