"""Runs functions of one file: a JSON line in, a JSON line out.

Standard input and output are moved away first, so that what the file prints goes to the log (standard error)
and what it reads is empty.
"""
import asyncio
import base64
import dataclasses
import datetime
import decimal
import enum
import importlib.metadata
import importlib.util
import inspect
import json
import os
import pathlib
import re
import sys
import traceback


def plain(value):
    """JSON for what json.dumps does not know."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    for method in ("model_dump", "tolist", "_asdict"):
        if hasattr(value, method):
            return getattr(value, method)()
    if isinstance(value, datetime.datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
        return aware.isoformat()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return f"PT{value.total_seconds():f}S"
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, pathlib.PurePath):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"a {type(value).__name__} has no JSON form")


def numbers(version):
    """The numbers of a version; a letter ends them."""
    return [int(n) for n in re.match(r"[0-9.]*", version).group(0).split(".") if n]


def compare(left, right):
    size = max(len(left), len(right))
    left, right = left + [0] * (size - len(left)), right + [0] * (size - len(right))
    return (left > right) - (left < right)


def satisfies(version, condition):
    match = re.fullmatch(r"\s*(===|~=|==|!=|<=|>=|<|>)\s*([^\s]+?)(\.\*)?\s*", condition)
    if not match:
        return True
    operator, wanted, prefix = match.groups()
    have, want = numbers(version), numbers(wanted)
    order = compare(have[: len(want)] if prefix else have, want)
    if operator == "~=":
        return order >= 0 and have[: len(want) - 1] == want[:-1]
    return {
        "==": order == 0, "===": version == wanted, "!=": order != 0,
        "<=": order <= 0, ">=": order >= 0, "<": order < 0, ">": order > 0,
    }[operator]


def unmet(requirements):
    """The first requirement that is not installed, with what is; None where all are."""
    for requirement in requirements:
        text = requirement.split(";")[0].strip()
        match = re.match(r"([A-Za-z0-9._-]+)\s*(\[[^\]]*\])?\s*\(?([^)]*)\)?$", text)
        if not match:
            return requirement, None
        name, _, conditions = match.groups()
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            return requirement, None
        if not all(satisfies(version, c) for c in conditions.split(",") if c.strip()):
            return requirement, version
    return None


def frames_of(error, own):
    frames = traceback.extract_tb(error.__traceback__)
    return [
        {"file": f.filename, "line": f.lineno, "function": f.name}
        for f in frames
        if not f.filename.startswith("<") and os.path.abspath(f.filename).startswith(own)
    ]


def describe(error, own):
    frames = frames_of(error, own)
    if isinstance(error, SyntaxError) and error.filename:
        frames.append({"file": error.filename, "line": error.lineno or 1, "function": "<module>"})
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    # What stands in this worker is of no use to anybody.
    kept = [line for line in lines if 'File "<string>"' not in line and "<frozen importlib" not in line]
    return {"kind": asked(error), "type": type(error).__name__, "message": str(error), "frames": frames, "traceback": "".join(kept)}


# What an exception asks for, by the name of its class or of one that it derives from.
ASKED = {"AirflowSkipException": "skipped", "AirflowFailException": "fatal"}


def asked(error):
    """The kind of the failure: what the exception asks for, else a plain exception."""
    names = (base.__name__ for base in type(error).__mro__)
    return next((ASKED[name] for name in names if name in ASKED), "exception")


class Worker:
    def __init__(self, path, root):
        self.path = path
        self.root = root
        self.module = None

    def load(self):
        if self.module is not None:
            return self.module
        sys.path.insert(0, os.path.dirname(self.path))
        name = "rustchain_tool_" + re.sub(r"\W", "_", os.path.basename(self.path))
        spec = importlib.util.spec_from_file_location(name, self.path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        self.module = module
        return module

    def answer(self, request):
        missing = unmet(request["requires"])
        if missing:
            return {"unmet": missing[0], "installed": missing[1]}
        try:
            function = getattr(self.load(), request["function"], None)
            if not callable(function):
                names = sorted(n for n, f in vars(self.module).items() if inspect.isfunction(f))
                return {"absent": names}
            value = function(**request["args"])
            if inspect.isawaitable(value):
                value = asyncio.run(wait(value))
        except BaseException as error:
            return {"error": describe(error, self.root)}
        try:
            return {"value": json.loads(json.dumps(value, default=plain, allow_nan=False))}
        except (TypeError, ValueError) as error:
            return {"no_json": str(error)}


async def wait(value):
    return await value


def main():
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdin = open(os.devnull)
    sys.stdout = sys.stderr
    worker = Worker(sys.argv[1], sys.argv[2])
    for line in requests:
        request = json.loads(line)
        reply = worker.answer(request)
        sys.stderr.flush()
        os.write(2, f"\n\0{request['id']}\n".encode())
        replies.write(json.dumps(reply).encode() + b"\n")
        replies.flush()


main()
