"""TaskFlow: values from task to task, several outputs, lists and mappings."""

import pendulum
from airflow.sdk import dag, task


@dag(schedule=None, start_date=pendulum.datetime(2025, 1, 1, tz="UTC"))
def taskflow():
    @task
    def extract() -> dict[str, float]:
        return {"1001": 301.27, "1002": 433.21}

    @task(multiple_outputs=True)
    def transform(orders: dict[str, float]) -> dict[str, float]:
        return {"total": sum(orders.values()), "count": float(len(orders))}

    @task
    def load(total: float, count: float) -> str:
        return f"{total:.2f} in {count:.0f}"

    made = transform(extract())
    load(made["total"], made["count"])


taskflow()
