"""Mapped tasks: over a result, over two lists, one whose second element fails."""

import pendulum
from airflow.sdk import dag, task


@dag(schedule=None, start_date=pendulum.datetime(2025, 1, 1, tz="UTC"))
def mapped():
    @task
    def numbers() -> list[int]:
        return [1, 2, 3]

    @task
    def double(n: int) -> int:
        return n * 2

    @task
    def cross(x: int, y: int) -> int:
        return x * 10 + y

    @task
    def total(values: list[int]) -> int:
        return sum(values)

    @task
    def picky(n: int) -> int:
        if n == 2:
            raise ValueError("two")
        return n

    given = numbers()
    total.override(task_id="sum_doubles")(double.expand(n=given))
    total.override(task_id="sum_cross")(cross.expand(x=given, y=[1, 2]))
    total.override(task_id="sum_picky")(picky.expand(n=given))


mapped()
