"""Many edges: chains, crosses, a task that waits for everything."""

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, chain, cross_downstream

with DAG(
    "diamonds",
    schedule="15 4 * * *",
    start_date=pendulum.datetime(2025, 1, 1, tz="Europe/Rome"),
    catchup=False,
):
    t = [BashOperator(task_id=f"t{n}", bash_command=f"echo {n}") for n in range(8)]
    chain(t[0], [t[1], t[2]], [t[3], t[4]], t[5])
    cross_downstream([t[1], t[2]], [t[6], t[7]])
    [t[6], t[7]] >> t[5]
