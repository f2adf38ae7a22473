"""Commands: an order, a value passed on, templates, an exit status that skips, variables."""

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG(
    "bash_chain",
    schedule=None,
    start_date=pendulum.datetime(2025, 1, 1, tz="UTC"),
    params={"who": "moon"},
):
    hello = BashOperator(
        task_id="hello", bash_command='echo first; echo "the {{ params.who }}"'
    )
    passed = BashOperator(
        task_id="passed",
        bash_command="echo got '{{ ti.xcom_pull(task_ids=\"hello\") }}'",
    )
    day = BashOperator(
        task_id="day",
        bash_command="echo {{ ds }} $EXTRA",
        env={"EXTRA": "x y"},
        append_env=True,
    )
    skips = BashOperator(task_id="skips", bash_command="exit 99")
    after_skip = BashOperator(task_id="after_skip", bash_command="echo never")
    fails = BashOperator(task_id="fails", bash_command="echo partly; exit 3")
    after_fail = BashOperator(task_id="after_fail", bash_command="echo never")
    hello >> passed >> day
    hello >> skips >> after_skip
    day >> fails >> after_fail
