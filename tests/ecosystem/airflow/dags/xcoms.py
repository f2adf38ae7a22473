"""XCom between kinds of tasks: command to function, function to command, keys."""

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, task

with DAG("xcoms", schedule=None, start_date=pendulum.datetime(2025, 1, 1, tz="UTC")):
    made = BashOperator(task_id="made", bash_command="echo noise; echo 42")

    @task
    def twice(text: str) -> int:
        return int(text) * 2

    @task
    def record() -> dict:
        return {"name": "tea", "price": 3.5}

    result = twice(made.output)
    shown = BashOperator(
        task_id="shown", bash_command="echo 'is {{ ti.xcom_pull(task_ids=\"twice\") }}'"
    )
    result >> shown

    @task
    def price(item: dict) -> float:
        return item["price"] * 2

    price(record())
