#!/usr/bin/env python3
"""DAG files to graphs: this reader against Airflow's own DagBag, in one run on the same files.

Usage: tests/bench/airflow.py RUSTCHAIN PYTHON EXAMPLES
RUSTCHAIN is a release binary, PYTHON an interpreter that has Airflow 3, EXAMPLES a folder of DAG files.
Cold: a new process, from start to the printed graph. Warm: inside a process that has everything imported; for
RUSTCHAIN, which imports nothing, that is the whole process again. CPU seconds (user and system), medians of pairs.
"""
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUSTCHAIN, PYTHON, EXAMPLES = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).absolute(), Path(sys.argv[3]).resolve()
RUNS = int(os.environ.get("RUNS", "5"))

SMALL = '''from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator

with DAG("small", schedule="@daily"):
    a = BashOperator(task_id="a", bash_command="echo a")
    b = BashOperator(task_id="b", bash_command="echo b")
    c = BashOperator(task_id="c", bash_command="echo c")
    a >> [b, c]
'''

# Loads a folder twice in one process: the second load is warm. Prints DAGs, tasks and the CPU seconds of the second.
DAGBAG = '''
import logging, sys, time, warnings
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models.dagbag import DagBag
path, twice = sys.argv[1], sys.argv[2] == "twice"
def load():
    return DagBag(path)
bag = load()
warm = 0.0
if twice:
    start = time.process_time()
    bag = load()
    warm = time.process_time() - start
print(len(bag.dags), sum(len(d.tasks) for d in bag.dags.values()), warm)
'''


def measure(command, env=None):
    """CPU seconds, peak MiB and standard output of one process."""
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen([str(c) for c in command], stdout=out, stderr=subprocess.DEVNULL, env=env)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode()
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, child.returncode, text


def ours(files):
    """CPU, MiB, DAGs and tasks of one process a file."""
    cpu = memory = dags = tasks = 0
    for file in files:
        spent, peak, status, text = measure([RUSTCHAIN, "inspect", "--from", "airflow", "--format", "json", file])
        assert status == 0, file
        seen = json.loads(text)["dags"]
        cpu, memory = cpu + spent, max(memory, peak)
        dags, tasks = dags + len(seen), tasks + sum(len(d["tasks"]) for d in seen)
    return cpu, memory, dags, tasks


def bag(path, env, mode="once"):
    """CPU, MiB, DAGs, tasks and warm CPU of Airflow's DagBag."""
    cpu, memory, status, text = measure([PYTHON, "-c", DAGBAG, path, mode], env)
    assert status == 0, f"DagBag over {path} failed"
    dags, tasks, warm = text.split()[-3:]
    return cpu, memory, int(dags), int(tasks), float(warm)


def compare(name, path, files, env):
    """One line: cold, warm and memory, and their ratios."""
    bag(path, env)  # the first run fills caches of both sides
    ours(files)
    pairs = [(ours(files), bag(path, env)) for _ in range(RUNS)]
    warm = statistics.median(bag(path, env, "twice")[4] for _ in range(RUNS))
    mine, theirs = (statistics.median(p[i][0] for p in pairs) for i in (0, 1))
    memory = [statistics.median(p[i][1] for p in pairs) for i in (0, 1)]
    cold = statistics.median(t[0] / max(m[0], 1e-6) for m, t in pairs)
    print(f"{name}: rustchain {mine * 1000:.1f} ms CPU, {memory[0]:.0f} MiB ({pairs[0][0][2]} DAGs, {pairs[0][0][3]} tasks)")
    print(f"{' ' * len(name)}  Airflow cold {theirs * 1000:.0f} ms, warm {warm * 1000:.1f} ms, {memory[1]:.0f} MiB "
          f"({pairs[0][1][2]} DAGs, {pairs[0][1][3]} tasks)")
    print(f"{' ' * len(name)}  ratio cold {cold:.0f}x, warm {warm / max(mine, 1e-6):.1f}x, memory {memory[1] / memory[0]:.1f}x",
          flush=True)


def main():
    with tempfile.TemporaryDirectory() as home:
        env = dict(os.environ, AIRFLOW_HOME=home, AIRFLOW__CORE__LOAD_EXAMPLES="False")
        small = Path(home) / "dags"
        small.mkdir()
        (small / "small.py").write_text(SMALL)
        compare("one small file", small, [small / "small.py"], env)
        compare(f"folder of {len(list(EXAMPLES.glob('*.py')))} files", EXAMPLES, sorted(EXAMPLES.glob("*.py")), env)


main()
