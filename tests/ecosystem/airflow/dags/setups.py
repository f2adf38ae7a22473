"""Setups and teardowns: around work that succeeds, around work that fails."""

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG("setups", schedule=None, start_date=pendulum.datetime(2025, 1, 1, tz="UTC")):
    up = BashOperator(task_id="up", bash_command="echo up")
    work = BashOperator(task_id="work", bash_command="echo work")
    down = BashOperator(task_id="down", bash_command="echo down")
    up >> work >> down.as_teardown(setups=up)

    open_ = BashOperator(task_id="open", bash_command="echo open")
    broken = BashOperator(task_id="broken", bash_command="exit 4")
    never = BashOperator(task_id="never", bash_command="echo never")
    close = BashOperator(task_id="close", bash_command="echo close")
    open_ >> broken >> never >> close.as_teardown(setups=open_)
