#!/usr/bin/env python3
"""Graphs beside LangGraph, in one run: CPU seconds, medians.

Usage: tests/bench/langgraph.py RUSTCHAIN PYTHON
RUSTCHAIN is a release binary, PYTHON an interpreter with langchain, langchain-openai and langgraph.

1. From cold: `transpile from-langchain` of an application against importing the libraries that it imports.
2. Running a graph of 10, 100 and 1,000 nodes that do nothing, in a row, against `invoke` of the compiled graph inside a warm
   process: the imported mission with its log on, again and again in one process (the example noop_speed), and as a
   process of its own, `run --plan`, with reading the plan, less what a process costs before its first node.
"""
import os, re, statistics, subprocess, sys, tempfile
from pathlib import Path

RUSTCHAIN, PYTHON = Path(sys.argv[1]).resolve(), sys.argv[2]
SPEED = RUSTCHAIN.parent / "examples" / "noop_speed"
RUNS = int(os.environ.get("RUNS", "5"))
IMPORTS = "import langchain_core.prompts, langchain_openai, langgraph.graph, langgraph.prebuilt"

APP = """import operator
from typing import Annotated, TypedDict
from langgraph.graph import END, START, StateGraph
class State(TypedDict):
    n: int
def nothing(state: State):
    return {}
g = StateGraph(State)
before = START
for i in range(COUNT):
    g.add_node(f"node_{i}", nothing)
    g.add_edge(before, f"node_{i}")
    before = f"node_{i}"
g.add_edge(before, END)
graph = g.compile()
"""

INVOKE = """
import resource
def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
graph.invoke({"n": 0}, {"recursion_limit": 100000})
best = 1e9
for _ in range(3):
    start = cpu()
    graph.invoke({"n": 0}, {"recursion_limit": 100000})
    best = min(best, cpu() - start)
print(best)
"""


def measure(command, cwd):
    """CPU seconds and peak MiB of one run that must succeed."""
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.chdir(cwd)
        os.execv(command[0], [str(c) for c in command])
    _, status, usage = os.wait4(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, command
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def median(command, cwd):
    runs = [measure(command, cwd) for _ in range(RUNS)]
    return statistics.median(r[0] for r in runs), statistics.median(r[1] for r in runs)


def main():
    app = Path(__file__).resolve().parents[1] / "fixtures/langchain/graphs/tools/app.py"
    with tempfile.TemporaryDirectory() as folder:
        ours, our_mib = median([RUSTCHAIN, "transpile", "from-langchain", app, "-o", "out"], folder)
        theirs, their_mib = median([PYTHON, "-c", IMPORTS], folder)
        print(f"cold transpile        {ours * 1000:8.1f} ms CPU {our_mib:6.1f} MiB")
        print(f"importing libraries   {theirs * 1000:8.1f} ms CPU {their_mib:6.1f} MiB   {theirs / ours:.0f}x CPU, {their_mib / our_mib:.1f}x memory")
        costs = {}
        for count in (1, 10, 100, 1000):
            name = f"row{count}"
            Path(folder, f"{name}.py").write_text(APP.replace("COUNT", str(count)))
            subprocess.run([RUSTCHAIN, "transpile", "from-langchain", f"{name}.py", "-o", "."], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            subprocess.run([RUSTCHAIN, "compile", f"{name}.mission", "-o", f"{name}.plan.json"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            costs[count] = median([RUSTCHAIN, "run", "--plan", f"{name}.plan.json", "--input", "n=0", "--quiet"], folder)[0]
            if count == 1:
                continue
            Path(folder, "invoke.py").write_text(APP.replace("COUNT", str(count)) + INVOKE)
            said = subprocess.run([PYTHON, "invoke.py"], cwd=folder, check=True, capture_output=True, text=True)
            theirs = float(said.stdout) / count
            ours = (costs[count] - costs[1]) / (count - 1)
            warm = subprocess.run([SPEED, f"{name}.plan.json", "n=0", "log"], cwd=folder, check=True, capture_output=True, text=True)
            warm = int(re.search(r"processor (\d+) ns", warm.stdout)[1]) / 1e9
            print(f"{count:5} nodes, warm    {warm * 1e6:8.1f} us a node, log on; LangGraph {theirs * 1e6:8.1f} us   {theirs / warm:.0f}x")
            # Whole processes differ by a millisecond from run to run.
            if costs[count] - costs[1] < 2e-3:
                print(f"{count:5} nodes, process: no more than one node costs, as far as it can be measured")
                continue
            print(f"{count:5} nodes, process {ours * 1e6:8.1f} us a node, log on; LangGraph {theirs * 1e6:8.1f} us   {theirs / ours:.0f}x")


main()
