"""Attempts: the second succeeds; none succeeds."""

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG(
    "retries",
    schedule=None,
    start_date=pendulum.datetime(2025, 1, 1, tz="UTC"),
    default_args={"retry_delay": pendulum.duration(milliseconds=50)},
):
    second = BashOperator(
        task_id="second",
        bash_command='d="$ECO_SCRATCH/second"; [ -e "$d" ] && { rm "$d"; echo again; } || { touch "$d"; exit 1; }',
        retries=2,
    )
    never = BashOperator(task_id="never", bash_command="exit 5", retries=1)
    last = BashOperator(task_id="last", bash_command="echo last")
    second >> last
    never >> BashOperator(task_id="not_reached", bash_command="echo no")
