"""Short circuits: one that goes on, one that stops what follows, one that stops its next only."""

import pendulum
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import ShortCircuitOperator
from airflow.sdk import DAG


def yes() -> bool:
    return True


def no() -> bool:
    return False


with DAG(
    "short_circuit", schedule=None, start_date=pendulum.datetime(2025, 1, 1, tz="UTC")
):
    go = ShortCircuitOperator(task_id="go", python_callable=yes)
    stop = ShortCircuitOperator(task_id="stop", python_callable=no)
    near = ShortCircuitOperator(
        task_id="near", python_callable=no, ignore_downstream_trigger_rules=False
    )
    go >> EmptyOperator(task_id="went_1") >> EmptyOperator(task_id="went_2")
    stop >> EmptyOperator(task_id="stopped_1") >> EmptyOperator(task_id="stopped_2")
    (
        near
        >> EmptyOperator(task_id="near_1")
        >> EmptyOperator(task_id="near_2", trigger_rule="all_done")
    )
