"""A branch, and what joins it by each rule that a join may have."""

import pendulum
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task

RULES = [
    "all_success",
    "all_done",
    "none_failed",
    "none_failed_min_one_success",
    "one_success",
    "none_skipped",
    "one_done",
]

with DAG("branches", schedule=None, start_date=pendulum.datetime(2025, 1, 1, tz="UTC")):

    @task.branch
    def pick() -> str:
        return "left"

    left = EmptyOperator(task_id="left")
    right = EmptyOperator(task_id="right")
    pick() >> [left, right]
    for rule in RULES:
        [left, right] >> EmptyOperator(task_id=f"join_{rule}", trigger_rule=rule)
    right >> EmptyOperator(task_id="all_skipped", trigger_rule="all_skipped")
    right >> EmptyOperator(task_id="past_right")
