class Waiting(BaseException):
    """A node waits for a person."""


def interrupt(value):
    """The next answer of a person; without one the node ends here, and runs again once there is one."""
    if not interrupt.answers:
        raise Waiting(value if isinstance(value, str) else json.dumps(value, default=str))
    return interrupt.answers.pop(0)
