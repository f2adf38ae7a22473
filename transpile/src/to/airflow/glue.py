def rustchain(operator, context, part=None):
    """How a step of the plan, or a part of it, ends."""
    ti, run = context["ti"], context["dag_run"]
    scheduled = run.logical_date or getattr(run, "run_after", None) or run.start_date
    start, end = run.data_interval_start, run.data_interval_end
    params = dict(context["params"])
    inputs = {name: params[name] for name in INPUTS if params.get(name) is not None}
    for name, (variable, connection) in SECRETS.items():
        if variable is None or variable not in os.environ:
            try:
                inputs[name] = BaseHook.get_connection(connection).password
            except AirflowNotFoundException:
                operator.log.warning("no connection `%s` for %s", connection, name)
    found = {step: values_of(ti, step) for step in operator.reads}
    given = {
        "inputs": inputs,
        "steps": {step: value[0] for step, value in found.items() if value},
        "absent": [step for step, value in found.items() if not value],
        "element": getattr(operator, "element", {}),
        "run": {
            "id": run.run_id,
            "started": run.start_date.isoformat(),
            "scheduled": scheduled.isoformat(),
            "interval_start": (start or scheduled).isoformat(),
            "interval_end": (end or scheduled).isoformat(),
        },
    }
    command = [RUSTCHAIN, "step", str(PLAN), *operator.step]
    command += ["--root", ROOT, "--format", "json"]
    if part:
        command += ["--part", part]
    if operator.retries:
        attempt = ti.try_number - (ti.max_tries - operator.retries)
        command += ["--attempt", str(max(attempt, 1))]
    operator.process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    out, talk = operator.process.communicate(json.dumps(given))
    for line in talk.splitlines():
        operator.log.info(line)
    try:
        ended = json.loads(out)
    except ValueError:
        raise AirflowFailException(talk.strip() or out.strip() or "no answer") from None
    if ended["outcome"] == "succeeded":
        return ended["value"]
    if ended["outcome"] == "skipped":
        raise AirflowSkipException("skipped")
    message = f"{ended['error']['kind']}: {ended['error']['message']}"
    if ended["handled"] and part == "element":
        return None
    if ended["handled"]:
        raise AirflowSkipException(message)
    raise AirflowException(message) if ended["again"] else AirflowFailException(message)


def values_of(ti, step):
    """The value of a step in a list, or None where it has none."""
    task_id = TASK_IDS.get(step, step)
    found = [loaded(v) for v in ti.xcom_pull(task_ids=[task_id]) or []]
    if found in ([], [None]):
        # Null that was given, or nothing.
        found = [None for null in ti.xcom_pull(task_ids=[task_id], key="null") if null]
    if step not in MAPPED:
        return found or None
    elements = MAPPED[step]
    if found or elements is None or ti.xcom_pull(task_ids=elements) is not None:
        return [found]
    return None


def stored(ti, value, inline=False):
    """What XCom keeps of a value; large ones lie in the folder RUSTCHAIN_VALUES where it is set."""
    if value is None:
        ti.xcom_push(key="return_value", value=None)
        ti.xcom_push(key="null", value="null")
        return None
    text = json.dumps(value, sort_keys=True)
    folder = os.environ.get("RUSTCHAIN_VALUES")
    if inline or folder is None or len(text) <= LARGE:
        return value
    name = hashlib.sha256(text.encode()).hexdigest() + ".json"
    path = Path(folder) / name
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_text(text)
    partial.replace(path)
    return {"rustchain.value": name}


def loaded(value):
    """A value of XCom as the step gave it."""
    if isinstance(value, dict) and value.keys() == {"rustchain.value"}:
        folder = os.environ["RUSTCHAIN_VALUES"]
        return json.loads((Path(folder) / value["rustchain.value"]).read_text())
    return value


class RustchainStep(BaseOperator):
    """Evaluates one step of the plan, or its body for one element of a `for`."""

    def __init__(
        self,
        *,
        step,
        reads=(),
        part=None,
        inline=False,
        names=(),
        each=None,
        each_2=None,
        each_3=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.step = [step] if step else []
        self.reads = reads
        self.part = part
        self.inline = inline
        self.names = names
        self.each = each
        self.each_2 = each_2
        self.each_3 = each_3
        self.process = None

    @property
    def element(self):
        """The element of a `for`, by variable."""
        if not self.names:
            return self.each or {}
        values = (self.each, self.each_2, self.each_3)
        return dict(zip(self.names, values, strict=False))

    def execute(self, context):
        value = rustchain(self, context, self.part)
        return stored(context["ti"], value, self.inline)

    def on_kill(self):
        if self.process:
            self.process.terminate()
