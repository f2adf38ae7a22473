class Command:
    """Where a node goes and what it writes."""

    def __init__(self, goto="__end__", update=None):
        self.goto, self.update = goto, update
