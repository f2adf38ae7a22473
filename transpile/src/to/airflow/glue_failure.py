class RustchainFailure(BaseOperator):
    """Fails the run where a step failed and what follows it did not."""

    def execute(self, context):
        raise AirflowFailException("a step failed")
