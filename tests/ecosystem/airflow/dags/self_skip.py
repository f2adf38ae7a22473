"""Functions that end their own tasks: skipped, and failed without another attempt."""

import pendulum
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.exceptions import AirflowSkipException as Skip

with DAG(
    "self_skip",
    schedule=None,
    start_date=pendulum.datetime(2025, 1, 1, tz="UTC"),
    default_args={"retry_delay": pendulum.duration(milliseconds=50)},
):

    @task(retries=2)
    def leaves() -> int:
        raise Skip("not today")

    @task(retries=2)
    def imports_inside(number: int) -> int:
        from airflow.sdk.exceptions import AirflowSkipException

        if number > 1:
            raise AirflowSkipException
        return number

    @task(retries=2)
    def gives_up() -> int:
        raise AirflowFailException("no use")

    @task.sensor(poke_interval=1, timeout=10)
    def looks() -> bool:
        raise Skip("nothing to wait for")

    @task.branch
    def chooses() -> str:
        raise Skip("neither")

    leaves() >> EmptyOperator(task_id="after")
    imports_inside(2) >> EmptyOperator(
        task_id="always", trigger_rule="none_failed"
    )
    imports_inside.override(task_id="stays")(1)
    gives_up() >> EmptyOperator(task_id="never")
    looks() >> EmptyOperator(task_id="seen")
    chooses() >> [EmptyOperator(task_id="left"), EmptyOperator(task_id="right")]
