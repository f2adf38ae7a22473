"""Every rule over a failure, a success and a skip."""

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

RULES = [
    "all_success",
    "all_failed",
    "all_done",
    "all_skipped",
    "one_failed",
    "one_success",
    "one_done",
    "none_failed",
    "none_failed_min_one_success",
    "none_skipped",
    "always",
]

with DAG("rules", schedule=None, start_date=pendulum.datetime(2025, 1, 1, tz="UTC")):
    good = BashOperator(task_id="good", bash_command="true")
    bad = BashOperator(task_id="bad", bash_command="false")
    gone = BashOperator(task_id="gone", bash_command="exit 99")
    for rule in RULES:
        [good, bad] >> EmptyOperator(task_id=f"good_bad_{rule}", trigger_rule=rule)
        [good, gone] >> EmptyOperator(task_id=f"good_gone_{rule}", trigger_rule=rule)
    (
        bad
        >> EmptyOperator(task_id="blocked")
        >> EmptyOperator(task_id="after_blocked", trigger_rule="all_failed")
    )
