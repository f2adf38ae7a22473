class RustchainBranch(BaseBranchOperator):
    """Chooses the arm of a `match`."""

    def __init__(self, *, step, arms, reads=(), **kwargs):
        super().__init__(**kwargs)
        self.step = [step]
        self.arms = arms
        self.reads = reads
        self.process = None

    def choose_branch(self, context):
        return self.arms[rustchain(self, context, "choice")]

    def on_kill(self):
        if self.process:
            self.process.terminate()


class RustchainJoin(BaseOperator):
    """The value of the arm that ran."""

    def __init__(self, *, arms, **kwargs):
        super().__init__(**kwargs)
        self.arms = arms

    def execute(self, context):
        ti = context["ti"]
        found = [values_of(ti, arm) for arm in self.arms]
        return stored(ti, next((value[0] for value in found if value), None))
