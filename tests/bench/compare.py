#!/usr/bin/env python3
"""Benchmarks with their peers in the same run: CPU seconds of whole processes, in turn, medians, ratios.

Usage: tests/bench/compare.py RUSTCHAIN [NAME ...]
RUSTCHAIN is a release binary. Peers (ruff, zizmor, langgraph) come from a virtual environment whose bin folder is
in $PEERS; a peer that is not there is skipped and said so. The in-process figures come from release examples that
lie beside RUSTCHAIN in examples/ (parse_speed, noop_speed, spawn_loop).
"""
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUSTCHAIN = Path(sys.argv[1]).resolve()
EXAMPLES = RUSTCHAIN.parent / "examples"
PEERS = Path(os.environ.get("PEERS", "/nowhere"))
RUNS = int(os.environ.get("RUNS", "7"))


def measure(command, cwd=None, env=None):
    """CPU seconds, wall seconds, peak KiB and exit status of one run."""
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        if cwd:
            os.chdir(cwd)
        try:
            os.execve(command[0], [str(c) for c in command], env or os.environ)
        except OSError:
            os._exit(127)
    import time
    start = time.monotonic()
    _, status, usage = os.wait4(pid, 0)
    return usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss, os.waitstatus_to_exitcode(status)


def paired(a, b, cwd=None, runs=RUNS):
    """Runs A and B in turn; medians of CPU and the median ratio of pairs."""
    measure(a, cwd), measure(b, cwd)
    pairs = [(measure(a, cwd), measure(b, cwd)) for _ in range(runs)]
    assert all(x[3] == 0 for x, _ in pairs), f"{a} failed"
    cpu = [statistics.median(p[i][0] for p in pairs) for i in (0, 1)]
    return cpu[0], cpu[1], statistics.median(x[0] / max(y[0], 1e-9) for x, y in pairs)


def say(name, text):
    print(f"{name:<28} {text}", flush=True)


def peer(name):
    path = PEERS / name
    return path if path.exists() else None


def mission(index, size):
    """A small mission of about `size` bytes."""
    lines = [f"//! Mission {index}.", "edition 2026", "", f"mission m_{index} {{", "  input name: string = \"x\"",
             "  policy {", "    allow fs.write \"out/**\"", "  }", ""]
    step = 0
    while sum(map(len, lines)) + len(lines) < size - 120:
        before = f"s{step - 1}" if step else "name"
        lines.append(f"  step s{step} = \"${{{before}}} and ${{len({before}) + {step}}}\"")
        step += 1
    lines += [f"  step file = fs.write(path: \"out/{index}.txt\", text: s{step - 1})", "", f"  output last: string = s{step - 1}", "}", ""]
    return "\n".join(lines)


def python(index, size):
    """A Python file of about `size` bytes."""
    lines = [f'"""Module {index}."""', "", "", "def run(name: str) -> str:"]
    step = 0
    while sum(map(len, lines)) + len(lines) < size - 60:
        before = f"s{step - 1}" if step else "name"
        lines.append(f'    s{step} = f"{{{before}}} and {{len({before}) + {step}}}"')
        step += 1
    lines += [f"    return s{step - 1}", ""]
    return "\n".join(lines)


def cold():
    cpu = statistics.median(measure([RUSTCHAIN, "--version"])[0] for _ in range(RUNS * 3))
    if not peer("ruff"):
        return say("cold --version", f"{cpu * 1e3:.2f} ms CPU; ruff is not there")
    ours, theirs, ratio = paired([RUSTCHAIN, "--version"], [peer("ruff"), "--version"], runs=RUNS * 3)
    say("cold --version", f"{ours * 1e3:.2f} ms CPU, ruff {theirs * 1e3:.2f} ms: ratio {ratio:.2f} (goal 1.2)")


def many(folder):
    size = 800
    for index in range(1000):
        (folder / f"m{index}.mission").write_text(mission(index, size))
        (folder / f"p{index}.py").write_text(python(index, size))
    total = sum(f.stat().st_size for f in folder.glob("*.mission")) / 1e6
    command = [RUSTCHAIN, "check", "--format", "short", "."]
    if not peer("ruff"):
        cpu = measure(command, folder)[0]
        return say("check 1,000 files", f"{cpu * 1e3:.0f} us CPU a file, {total / cpu:.1f} MB/s; ruff is not there")
    ours, theirs, ratio = paired(command, [peer("ruff"), "check", "--no-cache", "--isolated", "-q", "."], folder)
    say("check 1,000 files", f"{ours * 1e3:.0f} us CPU a file ({total / ours:.1f} MB/s), ruff {theirs * 1e3:.0f} us: ratio {ratio:.2f} (goal 2)")


def large(folder):
    text = mission(0, 1_000_000)
    (folder / "large.mission").write_text(text)
    runs = [measure([RUSTCHAIN, "check", "large.mission"], folder) for _ in range(RUNS)]
    assert all(r[3] == 0 for r in runs)
    cpu = statistics.median(r[0] for r in runs)
    half = mission(0, 500_000)
    (folder / "half.mission").write_text(half)
    half_cpu = statistics.median(measure([RUSTCHAIN, "check", "half.mission"], folder)[0] for _ in range(RUNS))
    say("check 1 MB mission", f"{len(text) / 1e6 / cpu:.1f} MB/s CPU (goal 10); twice the size takes {cpu / half_cpu:.2f}x; {runs[0][2] / 1024:.0f} MB")


def processes(folder):
    (folder / "many.mission").write_text("""edition 2026

mission many {
  policy { allow exec "/bin/true" }
  step all = for i in range(0, 10000), max 2 { exec.run(program: "/bin/true") with { timeout 60s } }
  output all: int = len(all)
}
""".replace(" with { timeout 60s }", ""))
    subprocess.run([RUSTCHAIN, "compile", "many.mission", "-o", "many.plan.json"], cwd=folder, check=True, capture_output=True)
    ours, theirs, ratio = paired([RUSTCHAIN, "run", "--quiet", "--plan", "many.plan.json"], [EXAMPLES / "spawn_loop", "10000"], folder, runs=3)
    say("10,000 processes", f"{ours * 100:.1f} us CPU each, posix_spawn loop with capture {theirs * 100:.1f} us: ratio {ratio:.2f} (goal 1.10)")


def memory(folder):
    steps = "\n".join(f"  step s{i} = noop()" for i in range(10_000))
    (folder / "noop.mission").write_text(f"edition 2026\n\nmission noops {{\n{steps}\n}}\n")
    subprocess.run([RUSTCHAIN, "compile", "noop.mission", "-o", "noop.plan.json"], cwd=folder, check=True, capture_output=True)
    idle = measure([RUSTCHAIN, "--version"])[2] / 1024
    (folder / "one.mission").write_text("edition 2026\n\nmission one {\n  step a = noop()\n}\n")
    one = measure([RUSTCHAIN, "run", "--quiet", "one.mission"], folder)
    many = measure([RUSTCHAIN, "run", "--quiet", "--plan", "noop.plan.json"], folder)
    assert one[3] == 0 and many[3] == 0
    say("peak memory", f"--version {idle:.1f} MB, one step {one[2] / 1024:.1f} MB (goal 10), 10,000 no-op steps {many[2] / 1024:.1f} MB (goal 50)")


def example(name, title):
    if not (EXAMPLES / name).exists():
        return say(title, f"{EXAMPLES / name} is not built")
    out = subprocess.run([EXAMPLES / name], capture_output=True, text=True, check=True).stdout
    for line in out.strip().splitlines():
        say(title, line)


def langgraph():
    python = peer("python")
    code = """
import time
from typing import TypedDict
from langgraph.graph import StateGraph, START, END
class S(TypedDict):
    x: int
g = StateGraph(S)
N = 300
for i in range(N):
    g.add_node(str(i), lambda s: {"x": s["x"] + 1})
g.add_edge(START, "0")
for i in range(N - 1):
    g.add_edge(str(i), str(i + 1))
g.add_edge(str(N - 1), END)
app = g.compile()
t = time.perf_counter()
r = app.invoke({"x": 0}, {"recursion_limit": N + 10})
assert r["x"] == N
print((time.perf_counter() - t) / N * 1e6)
"""
    if not python:
        return say("no-op step, LangGraph", "is not there")
    out = subprocess.run([python, "-c", code], capture_output=True, text=True)
    say("no-op step, LangGraph", f"{float(out.stdout):.0f} us a step (chain of 300)" if out.returncode == 0 else "is not there")


ALL = {"cold": lambda f: cold(), "parse": lambda f: example("parse_speed", "parse"), "many": many, "large": large,
       "noop": lambda f: example("noop_speed", "no-op step"), "langgraph": lambda f: langgraph(), "processes": processes,
       "memory": memory}

for name in sys.argv[2:] or ALL:
    with tempfile.TemporaryDirectory() as folder:
        ALL[name](Path(folder))
