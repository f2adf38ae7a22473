"""What shapes.mission needs of Python."""


def size_of(n: int) -> str:
    return "small" if n < 5 else "large"


def maybe(n: int) -> dict | None:
    return {"n": n} if n else None
