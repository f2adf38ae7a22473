"""A function that skips itself with Airflow's exception."""

import pendulum
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowSkipException

with DAG(
    "self_skip", schedule=None, start_date=pendulum.datetime(2025, 1, 1, tz="UTC")
):

    @task
    def leaves() -> int:
        raise AirflowSkipException("not today")

    leaves() >> EmptyOperator(task_id="after")
