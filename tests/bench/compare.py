#!/usr/bin/env python3
"""Benchmarks with their peers in the same run. Prints one table: what was measured, the peer, the ratio, the goal.

Usage: tests/bench/compare.py RUSTCHAIN [NAME ...]
RUSTCHAIN is a release binary; the in-process figures come from release examples that lie beside it in examples/
(parse_speed, check_speed, noop_speed, spawn_loop). Peers (ruff, zizmor, langgraph) come from a virtual environment
whose bin folder is in $PEERS; where a peer is not there, the table says so.

Times are processor seconds (user and system) of whole processes, ours and the peer's in turn; a figure is the median
of $RUNS runs (7), a ratio the median of the ratios of the pairs.
"""
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUSTCHAIN = Path(sys.argv[1]).resolve()
EXAMPLES = RUSTCHAIN.parent / "examples"
PEERS = Path(os.environ.get("PEERS", "/nowhere")).absolute()
RUNS = int(os.environ.get("RUNS", "7"))
MISSIONS = Path(__file__).resolve().parents[2] / "missions"
ROWS = []


def row(name, ours, peer="", ratio=None, goal=None, met=None):
    """One line of the table. `goal` is text; `met` says whether it is reached."""
    shown = "" if ratio is None else f"{ratio:.2f}"
    ROWS.append((name, ours, peer, shown, goal or "", {True: "yes", False: "no", None: ""}[met]))
    print(f"{name}: {ours}; {peer} {shown}", file=sys.stderr, flush=True)


def measure(command, cwd=None):
    """CPU seconds and exit status of one run."""
    pid = os.fork()
    if pid == 0:
        try:
            null = os.open(os.devnull, os.O_RDWR)
            for fd in (0, 1, 2):
                os.dup2(null, fd)
            if cwd:
                os.chdir(cwd)
            os.execv(command[0], [str(c) for c in command])
        finally:
            os._exit(127)
    _, status, usage = os.wait4(pid, 0)
    return usage.ru_utime + usage.ru_stime, os.waitstatus_to_exitcode(status)


def cpu(command, cwd=None):
    seconds, status = measure(command, cwd)
    if status != 0:
        sys.exit(f"{' '.join(map(str, command))[:200]} gave {status}")
    return seconds


def peak(command, cwd=None):
    """Peak MB of one run. A child's peak begins with the memory of what forked it, so a small program must: `time`."""
    if not Path("/usr/bin/time").exists():
        return None
    ran = subprocess.run(["/usr/bin/time", "-f", "%M", *map(str, command)], cwd=cwd, capture_output=True, text=True)
    if ran.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))[:200]} gave {ran.returncode}")
    return int(ran.stderr.split()[-1]) / 1024


def megabytes(value):
    return "no /usr/bin/time" if value is None else f"{value:.1f} MB"


def paired(a, b, cwd=None, runs=RUNS):
    """Runs A and B in turn; medians of CPU and the median ratio of pairs."""
    cpu(a, cwd), cpu(b, cwd)
    pairs = [(cpu(a, cwd), cpu(b, cwd)) for _ in range(runs)]
    ours, theirs = (statistics.median(p[i] for p in pairs) for i in (0, 1))
    return ours, theirs, statistics.median(x / max(y, 1e-9) for x, y in pairs)


def peer(name):
    path = PEERS / name
    return path if path.exists() else None


def mission(index, size):
    """A small mission of about `size` bytes."""
    lines = [f"//! Mission {index}.", "edition 2026", "", f"mission m_{index} {{", "  input name: string = \"x\"",
             "  policy {", "    allow fs.write \"out/**\"", "  }", ""]
    step = 0
    length = sum(map(len, lines)) + len(lines)
    while length < size - 120:
        before = f"s{step - 1}" if step else "name"
        lines.append(f"  step s{step} = \"${{{before}}} and ${{len({before}) + {step}}}\"")
        length += len(lines[-1]) + 1
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


def workflow(index, steps):
    """A workflow of as many steps, as zizmor reads them."""
    lines = [f"name: workflow {index}", "on: push", "permissions: {}", "jobs:", "  job:", "    runs-on: ubuntu-24.04", "    steps:"]
    for step in range(steps):
        lines += [f"      - name: step {step}", f"        run: echo \"step {step} of {index}\""]
    return "\n".join(lines + [""])


def cold():
    if not peer("ruff"):
        return row("cold `--version`", f"{statistics.median(cpu([RUSTCHAIN, '--version']) for _ in range(RUNS * 3)) * 1e3:.2f} ms", "no ruff")
    ours, theirs, ratio = paired([RUSTCHAIN, "--version"], [peer("ruff"), "--version"], runs=RUNS * 5)
    row("cold `--version`", f"{ours * 1e3:.2f} ms", f"ruff {theirs * 1e3:.2f} ms", ratio, "≤ 1.2", ratio <= 1.2)


def parse():
    files = sorted(MISSIONS.rglob("*.mission"))
    out = subprocess.run([EXAMPLES / "parse_speed", *files], capture_output=True, text=True, check=True).stdout
    speeds = re.findall(r"(\d+) bytes: ast +([\d.]+) MB/s, ast and tree +([\d.]+) MB/s \(([\d.]+) ms\), format +([\d.]+) MB/s", out)
    for size, ast, tree, ms, _ in speeds:
        goal, met = ("", None) if int(size) < 100_000 or int(size) > 2_000_000 else ("≥ 15 MB/s", float(tree) >= 15)
        row(f"parse with tree, {int(size):,} bytes", f"{tree} MB/s ({ms} ms); AST alone {ast} MB/s", goal=goal, met=met)
    least, most = float(speeds[-2][2]), float(speeds[-1][2])
    row("parse, ten times the size", f"{10 * least / most:.1f} times the time", goal="linear", met=most >= 0.8 * least)
    for name, ms, factors in re.findall(r"broken, ([\w ]+): ([\d.]+) ms, doubling ([\d. ]+)", out):
        worst = max(map(float, factors.split()))
        row(f"parse, 8,000 {name}", f"{ms} ms; doubling costs {worst:.2f}x", goal="≤ 2 (noise 15 %)", met=worst <= 2.3)


def many(folder):
    size, count = 800, 1000
    missions, modules, workflows = folder / "missions", folder / "modules", folder / ".github" / "workflows"
    for directory in (missions, modules, workflows):
        directory.mkdir(parents=True)
    for index in range(count):
        text = mission(index, size)
        (missions / f"m{index}.mission").write_text(text)
        (modules / f"p{index}.py").write_text(python(index, size))
        (workflows / f"w{index}.yml").write_text(workflow(index, text.count("\n  step ")))
    total = sum(f.stat().st_size for f in missions.iterdir()) / 1e6
    command = [RUSTCHAIN, "check", "--no-cache", "--format", "short", missions]
    alone = statistics.median(cpu(command, folder) for _ in range(RUNS))
    name, ours = f"`check` of {count:,} files of {size} bytes", f"{alone / count * 1e6:.0f} µs a file ({total / alone:.1f} MB/s)"
    if peer("ruff"):
        _, theirs, ratio = paired(command, [peer("ruff"), "check", "--no-cache", "--isolated", "-q", modules], folder)
        row(name, ours, f"ruff {theirs / count * 1e6:.0f} µs a file", ratio, "≤ 2", ratio <= 2)
    else:
        row(name, ours, "no ruff")
    if not peer("zizmor"):
        return row(name, ours, "no zizmor")
    zizmor = [peer("zizmor"), "--offline", "--no-exit-codes", "--no-progress", "-q", folder]
    _, theirs, ratio = paired(command, zizmor, folder, runs=max(RUNS // 3, 1))
    row(f"{name}, as many steps", ours, f"zizmor {theirs / count * 1e6:.0f} µs a file", ratio, "≤ 0.2", ratio <= 0.2)


def large(folder):
    (folder / "large.mission").write_text(mission(0, 1_000_000))
    (folder / "half.mission").write_text(mission(0, 500_000))
    ours, half, ratio = paired([RUSTCHAIN, "check", "--no-cache", "large.mission"], [RUSTCHAIN, "check", "--no-cache", "half.mission"], folder)
    speed = (folder / "large.mission").stat().st_size / 1e6 / ours
    memory = megabytes(peak([RUSTCHAIN, "check", "--no-cache", "large.mission"], folder))
    row("`check` of one mission of 1 MB", f"{speed:.1f} MB/s, {memory}", goal="≥ 10 MB/s", met=speed >= 10)
    row("`check`, 1 MB against half of it", f"{ours * 1e3:.0f} ms", f"{half * 1e3:.0f} ms", ratio, "linear (2)", ratio <= 2.3)


def steps():
    out = subprocess.run([EXAMPLES / "check_speed"], capture_output=True, text=True, check=True).stdout
    lines = re.findall(r"(\w+) +(with index,)? +5,000 steps, +(\d+) bytes: +([\d.]+) ms, +([\d.]+) MB/s; all rules ([\d.]+)x; doubling ([\d. ]+)", out)
    for shape, index, _, ms, speed, rules, factors in lines:
        last = float(factors.split()[-1])
        name = f"analysis of 5,000 steps, {shape}{' with index' if index else ''}"
        row(name, f"{ms} ms ({speed} MB/s); doubling costs {last:.2f}x", goal="linear (2)", met=last <= 2.5)
        if not index:
            row(f"effects, flow and all rules, {shape}", f"{rules}x the time without", goal="≤ 1.5", met=float(rules) <= 1.5)


def noop():
    for shape in ("chain", "fan"):
        for log, goal in ((False, 1.0), (True, 3.0)):
            command = [EXAMPLES / "noop_speed", "10000", shape] + (["log"] if log else [])
            out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            wall, micros = (int(n) / 1000 for n in re.search(r": (\d+) ns a step, processor (\d+) ns", out).groups())
            name = f"no-op step, {'chain' if shape == 'chain' else 'fan-out'} of 10,000, {'with the log' if log else 'scheduler alone'}"
            row(name, f"{micros:.2f} µs (best by the clock {wall:.2f})", goal=f"< {goal:.0f} µs", met=micros < goal)


LANGGRAPH = """
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
def once():
    t = time.process_time()
    assert app.invoke({"x": 0}, {"recursion_limit": N + 10})["x"] == N
    return (time.process_time() - t) / N * 1e6
once()
print(min(once() for _ in range(5)))
"""


def langgraph():
    python = peer("python")
    out = python and subprocess.run([python, "-c", LANGGRAPH], capture_output=True, text=True)
    if not out or out.returncode != 0:
        return row("no-op step, chain of 300", "", "no LangGraph")
    ours = subprocess.run([EXAMPLES / "noop_speed", "300", "chain"], capture_output=True, text=True, check=True).stdout
    ours, theirs = int(re.search(r"processor (\d+) ns", ours)[1]) / 1000, float(out.stdout)
    row("no-op step, chain of 300, in memory", f"{ours:.2f} µs", f"LangGraph {theirs:.0f} µs", ours / theirs)


def compiled(folder, name, text):
    (folder / f"{name}.mission").write_text(text)
    subprocess.run([RUSTCHAIN, "compile", f"{name}.mission", "-o", f"{name}.plan.json"], cwd=folder, check=True, capture_output=True)
    return f"{name}.plan.json"


def processes(folder):
    """One after the other against a loop, two at a time against two loops: processes that run at once cost each other."""
    for width in (1, 2):
        plan = compiled(folder, f"many{width}", f"""edition 2026

mission many {{
  policy {{ allow exec "/bin/true" }}
  step all = for i in range(0, 10000), max {width} {{ exec.run(program: "/bin/true") }}
  output all: int = len(all)
}}
""")
        run = [RUSTCHAIN, "run", "--quiet", "--plan", plan]
        loop = [EXAMPLES / "spawn_loop", str(10000 // width), str(width)]
        ours, theirs, ratio = paired(run, loop, folder, runs=max(RUNS // 2, 1))
        name = "10,000 processes of `/bin/true`, captured, " + ("in turn" if width == 1 else "two at a time")
        row(name, f"{ours * 100:.0f} µs each", f"posix_spawn loop {theirs * 100:.0f} µs", ratio, "≤ 1.10", ratio <= 1.10)


def memory(folder):
    steps = "\n".join(f"  step s{i} = noop()" for i in range(10_000))
    plan = compiled(folder, "noop", f"edition 2026\n\nmission noops {{\n{steps}\n}}\n")
    (folder / "one.mission").write_text("edition 2026\n\nmission one {\n  step a = noop()\n}\n")
    for name, command, goal in (
        ("peak memory, `--version`", [RUSTCHAIN, "--version"], 10),
        ("peak memory, a run of one no-op step", [RUSTCHAIN, "run", "--quiet", "one.mission"], 10),
        ("peak memory, 10,000 no-op steps, `run --plan`", [RUSTCHAIN, "run", "--quiet", "--plan", plan], 50),
    ):
        used = peak(command, folder)
        row(name, megabytes(used), goal=f"< {goal} MB", met=None if used is None else used < goal)


def table():
    heads = ("what", "ours", "peer", "ratio", "goal", "met")
    widths = [max(len(r[i]) for r in [heads, *ROWS]) for i in range(len(heads))]
    lines = [heads, tuple("-" * w for w in widths), *ROWS]
    for line in lines:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |")


ALL = {"cold": cold, "parse": parse, "many": many, "large": large, "steps": steps, "noop": noop,
       "langgraph": langgraph, "processes": processes, "memory": memory}
IN_A_FOLDER = {"many", "large", "processes", "memory"}

for name in sys.argv[2:] or ALL:
    if name not in ALL:
        sys.exit(f"there is no benchmark `{name}`: {', '.join(ALL)}")
    if name in IN_A_FOLDER:
        with tempfile.TemporaryDirectory() as folder:
            ALL[name](Path(folder))
    else:
        ALL[name]()
table()
