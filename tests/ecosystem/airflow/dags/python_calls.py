"""PythonOperator: arguments, keyword arguments, results, a task that raises."""

import pendulum
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG


def add(a: int, b: int = 1) -> int:
    return a + b


def broken() -> int:
    raise ValueError("no")


def words() -> dict:
    return {"list": [1, 2.5, None], "text": "ü", "yes": True}


with DAG(
    "python_calls", schedule=None, start_date=pendulum.datetime(2025, 1, 1, tz="UTC")
):
    sums = PythonOperator(
        task_id="sums", python_callable=add, op_args=[2], op_kwargs={"b": 40}
    )
    kinds = PythonOperator(task_id="kinds", python_callable=words)
    bad = PythonOperator(task_id="bad", python_callable=broken)
    end = PythonOperator(task_id="end", python_callable=add, op_args=[1])
    sums >> kinds
    [kinds, bad] >> end
