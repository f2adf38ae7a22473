"""Airflow and rustchain do the same.

Behaviour: the DAGs beside this file run with real Airflow, and with `rustchain run` on the missions imported from
them: same states, same values. Round trip: those missions and those of the gallery are exported, loaded by real
Airflow and run: same states, same outputs; an imported DAG that is exported again has the same graph.

Usage: compare.py RUSTCHAIN AIRFLOW_3_PYTHON [AIRFLOW_2_PYTHON]

How states answer each other: success is succeeded, failed is failed, skipped is skipped (also a failure that
`on error: continue` handled), upstream_failed is blocked or, in a mission that stops at a failure, cancelled.
"""

import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
GALLERY = HERE.parents[2] / "missions"
STATES = {
    "succeeded": "success",
    "failed": "failed",
    "skipped": "skipped",
    "blocked": "upstream_failed",
}

# What a run of the gallery is given. `publish` asks a person, which no task can.
INPUTS = {
    "api_sync": lambda port: {"service": f"http://127.0.0.1:{port}"},
    "fetch_report": lambda port: {"service": f"http://127.0.0.1:{port}"},
    "release_notes": lambda port: {"repo": "repo", "since": "v1", "version": "v2"},
}
LOCAL = {"publish"}

# A sensor looks again in the same attempt.
LOOKS_AGAIN = ("Sensor", "SensorOperator")

# Missions with an id of their own.
DAG_IDS = {"shapes": "shapes.of-steps"}

# The day of every run, as `run_dags.py` has it.
DATE = "2026-01-01T00:00:00Z"

problems = []


def expect(same, message):
    if not same:
        problems.append(message)
        print(f"  differs: {message}", flush=True)


def run(command, cwd, env=None, codes=(0,), stdin=None):
    ended = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        input=stdin,
        text=True,
        capture_output=True,
    )
    if codes is not None and ended.returncode not in codes:
        sys.exit(
            f"{command} ended with {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        )
    return ended


class Service(http.server.BaseHTTPRequestHandler):
    """The services that missions of the gallery talk to."""

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        taken = "2026-01-01T06:00:00Z"
        names = [("Pass", -4.5), ("Lake", 2.0)]
        self.answer(
            [
                {"station": name, "celsius": celsius, "taken": taken}
                for name, celsius in names
            ]
        )

    def do_PUT(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.answer({"ok": True})

    def log_message(self, *_):
        pass


def commits(folder):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-C", folder]
    folder.mkdir()
    run([*git, "init", "-q"], folder)
    for number, subject in enumerate(["start", "feat: faster", "fix: leak", "tidy"]):
        date = f"2026-01-0{number + 1}T00:00:00Z"
        env = {**os.environ, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        run([*git, "commit", "-q", "--allow-empty", "-m", subject], folder, env)
        if number == 0:
            run([*git, "tag", "v1"], folder)


def gallery(folder):
    """Everything that the missions of the gallery read, in one folder."""
    folder.mkdir()
    for mission in sorted(GALLERY.iterdir()):
        ignored = shutil.ignore_patterns("out", ".rustchain")
        shutil.copytree(mission, folder, dirs_exist_ok=True, ignore=ignored)
    shutil.copytree(HERE / "missions", folder, dirs_exist_ok=True)
    commits(folder / "repo")
    work = folder / "work"
    commits(work)
    (work / "reports").mkdir()
    old = work / "reports/old.xml"
    old.write_text("<old/>")
    os.utime(old, (1_600_000_000, 1_600_000_000))
    return folder


def airflow(python, home, template, folder, runs, env):
    """What Airflow makes of a folder of DAG files."""
    if not home.exists():
        shutil.copytree(template, home)
    env = {**env, "AIRFLOW_HOME": str(home), "AIRFLOW__CORE__DAGS_FOLDER": str(folder)}
    env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{home}/airflow.db"
    job, answer = home / "job.json", home / "answer.json"
    job.write_text(json.dumps({"folder": str(folder), "runs": runs}))
    started = time.monotonic()
    ended = run([python, HERE / "run_dags.py", job, answer], folder, env, codes=None)
    if not answer.exists():
        sys.exit(f"Airflow: {ended.stdout[-3000:]}\n{ended.stderr[-6000:]}")
    print(f"  {len(runs)} DAGs in {time.monotonic() - started:.0f} s", flush=True)
    found = json.loads(answer.read_text())
    for path, text in found["import_errors"].items():
        expect(False, f"{path} does not load: {text[-800:]}")
    return found


def database(python, home, env):
    env = {**env, "AIRFLOW_HOME": str(home)}
    env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{home}/airflow.db"
    run([python, "-m", "airflow", "db", "migrate"], home.parent, env)
    return home


def state_of(instances):
    """One state of the instances of a mapped task."""
    states = {instance["state"] for instance in instances.values()}
    for state in ("failed", "upstream_failed", "success", "skipped"):
        if state in states:
            return state
    return str(states)


def steps_of(shown):
    """Steps of a run by id, without what is inside others."""
    return {
        step["id"]: step
        for step in shown["steps"]
        if not any(c in step["id"] for c in "/[#")
    }


def expected_state(step):
    if step["handled"]:
        return "skipped"
    return STATES.get(step["outcome"], step["outcome"])


def last_line(value):
    """What a command leaves in XCom: the last line of what it wrote."""
    lines = value["stdout"].rstrip("\n").split("\n")
    return lines[-1]


def values_agree(step, xcoms, is_command):
    value = step["value"]
    if "-1" not in xcoms:
        found = [xcoms[index] for index in sorted(xcoms, key=int)]
        wanted = [last_line(item) for item in value] if is_command else value
        return found == wanted, (found, wanted)
    found = xcoms["-1"]
    wanted = last_line(value) if is_command and isinstance(value, dict) else value
    return found == wanted, (found, wanted)


def behaviour(rustchain, work, env, original):
    """Runs of the imported missions against runs of the DAGs they come from."""
    shown = {}
    count = {"states": 0, "values": 0}
    for answer in original["runs"]:
        dag_id = answer["dag_id"]
        scratch = work / "scratch" / dag_id
        scratch.mkdir(parents=True)
        inner = {**env, "ECO_SCRATCH": str(scratch)}
        mission = work / "missions" / f"{dag_id}.mission"
        run(
            [rustchain, "run", mission, "--quiet", "--scheduled", DATE],
            work,
            inner,
            codes=(0, 1),
        )
        told = run(
            [
                rustchain,
                "runs",
                "show",
                "last",
                "--root",
                mission.parent,
                "--format",
                "json",
            ],
            work,
            inner,
        )
        told = json.loads(told.stdout)
        shown[dag_id] = told
        outcome = {"succeeded": "success", "failed": "failed"}.get(
            told["run"]["outcome"]
        )
        expect(
            outcome == answer["state"],
            f"{dag_id}: run {told['run']['outcome']}, in Airflow {answer['state']}",
        )
        steps = steps_of(told)
        expect(
            set(steps) == set(answer["tasks"]),
            f"{dag_id}: steps {sorted(steps)}, tasks {sorted(answer['tasks'])}",
        )
        for task_id, instances in answer["tasks"].items():
            step = steps.get(task_id)
            if step is None:
                continue
            pair = (state_of(instances), expected_state(step))
            count["states"] += 1
            expect(
                pair[0] == pair[1],
                f"{dag_id}.{task_id}: {step['outcome']}, in Airflow {pair[0]}",
            )
            graph = original["graphs"][dag_id]["tasks"][task_id]
            if "-1" in instances and not graph["operator"].endswith(LOOKS_AGAIN):
                tries = (instances["-1"]["tries"], step["attempts"])
                # What Airflow ends by itself, without the task's code, counts none.
                expect(
                    tries[0] == tries[1] or 0 in tries,
                    f"{dag_id}.{task_id}: {tries[1]} attempts, in Airflow {tries[0]}",
                )
            silent = (
                graph["operator"] in ("EmptyOperator",) or "Branch" in graph["operator"]
            )
            if (
                pair == ("success", "success")
                and not silent
                and task_id in answer["xcoms"]
            ):
                same, values = values_agree(
                    step, answer["xcoms"][task_id], graph["operator"] == "BashOperator"
                )
                count["values"] += 1
                expect(
                    same,
                    f"{dag_id}.{task_id}: in Airflow {values[0]!r}, in the mission {values[1]!r}",
                )
    print(f"  {count['states']} states, {count['values']} values compared", flush=True)
    return shown


def graphs(before, after):
    """Tasks, edges, rules, groups, setups of two loads of one DAG."""
    for dag_id, graph in before.items():
        other = after.get(dag_id)
        if other is None:
            expect(False, f"{dag_id} is not there after the round trip")
            continue
        for task_id in sorted(set(graph["tasks"]) | set(other["tasks"])):
            one, two = graph["tasks"].get(task_id), other["tasks"].get(task_id)
            if one is None or two is None:
                expect(
                    False,
                    f"{dag_id}.{task_id}: only {'after' if one is None else 'before'} the round trip",
                )
                continue
            for name in (
                "downstream",
                "trigger_rule",
                "mapped",
                "retries",
                "setup",
                "teardown",
                "group",
            ):
                expect(
                    one[name] == two[name],
                    f"{dag_id}.{task_id}: {name} {one[name]}, then {two[name]}",
                )
        for name in ("tags", "catchup"):
            expect(
                graph[name] == other[name],
                f"{dag_id}: {name} {graph[name]}, then {other[name]}",
            )


def inspected(rustchain, work, path):
    told = json.loads(
        run([rustchain, "inspect", path, "--format", "json"], work).stdout
    )
    return {
        dag["dag_id"]: (
            sorted(map(tuple, dag["edges"])),
            sorted(task["task_id"] for task in dag["tasks"]),
        )
        for dag in told["dags"]
    }


def exported(answer, shown, graph):
    """States of an exported DAG against the steps of a run of its mission."""
    dag_id = answer["dag_id"]
    count = 0
    for step_id, step in steps_of(shown).items():
        instances = answer["tasks"].get(step_id)
        if instances is None:
            expect(False, f"{dag_id}: no task for the step `{step_id}`")
            continue
        found, wanted = state_of(instances), expected_state(step)
        count += 1
        same = found == wanted or (wanted == "cancelled" and found == "upstream_failed")
        # Airflow skips a mapped task that has no element.
        same = same or (
            found == "skipped" and wanted == "success" and set(instances) == {"-1"}
        )
        expect(
            same, f"exported {dag_id}.{step_id}: {found}, the step {step['outcome']}"
        )
    return count


def round_trip(python, version, rustchain, work, env, original, shown, template):
    """The imported missions and the gallery, exported and run."""
    port = env["ECO_PORT"]
    folder = gallery(work / f"exported-{version}")
    own = gallery(work / f"gallery-{version}")
    runs, wanted = [], {}
    for mission in sorted((work / "missions").glob("*.mission")):
        command = [
            rustchain,
            "transpile",
            "to-airflow",
            mission,
            "-o",
            folder,
            "--airflow",
            version,
        ]
        run(command, work, env)
        runs.append({"dag_id": mission.stem})
    for mission in sorted(own.glob("*.mission")):
        if mission.stem in LOCAL:
            continue
        command = [
            rustchain,
            "transpile",
            "to-airflow",
            mission.name,
            "-o",
            folder,
            "--airflow",
            version,
        ]
        run(command, own, env)
        inputs = INPUTS.get(mission.stem, lambda _: {})(port)
        given = [
            arg
            for name, value in inputs.items()
            for arg in ("--input", f"{name}={value}")
        ]
        ended = run(
            [rustchain, "run", mission.name, "--format", "json", *given],
            own,
            env,
            codes=(0, 1),
        )
        dag_id = DAG_IDS.get(mission.stem, mission.stem)
        wanted[dag_id] = json.loads(ended.stdout)
        runs.append({"dag_id": dag_id, "conf": inputs})
    scratch = work / f"scratch-{version}"
    scratch.mkdir()
    env = {**env, "ECO_SCRATCH": str(scratch), "RUSTCHAIN": str(rustchain)}
    answer = airflow(python, work / f"home-{version}", template, folder, runs, env)
    count = 0
    for found in answer["runs"]:
        dag_id = found["dag_id"]
        if "tasks" not in found:
            expect(False, f"exported {dag_id}: {found['state']}")
            continue
        told = wanted.get(dag_id) or shown[dag_id]
        outcome = told.get("outcome") or told["run"]["outcome"]
        state = {"succeeded": "success", "failed": "failed"}.get(outcome)
        expect(
            found["state"] == state,
            f"exported {dag_id}: {found['state']}, the mission {outcome}",
        )
        count += exported(found, told, answer["graphs"][dag_id]["tasks"])
        if dag_id in wanted:
            outputs = found["xcoms"].get("outputs", {}).get("-1")
            volatile = dag_id == "housekeeping"
            told_outputs = told["outputs"] or None
            same = (
                outputs == told_outputs
                or volatile
                and outputs.keys() == told["outputs"].keys()
            )
            expect(
                same,
                f"exported {dag_id}: outputs {outputs}, of the mission {told['outputs']}",
            )
    for path in sorted((own / "out").glob("*.*")):
        same = (
            folder / "out" / path.name
        ).read_bytes() == path.read_bytes() or path.suffix == ".db"
        expect(same, f"{path.name} differs")
    print(
        f"  {count} states compared, {len(wanted)} missions of the gallery", flush=True
    )
    if original is None:
        return
    graphs(original["graphs"], answer["graphs"])
    for dag_id in original["graphs"]:
        before = inspected(rustchain, work, HERE / "dags" / f"{dag_id}.py")
        after = inspected(rustchain, work, folder / f"{dag_id}.py")
        expect(before == after, f"{dag_id}: `inspect` sees {before}, then {after}")


def main():
    rustchain, three = Path(sys.argv[1]).resolve(), Path(os.path.abspath(sys.argv[2]))
    two = Path(os.path.abspath(sys.argv[3])) if len(sys.argv) > 3 else None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    keep = os.environ.get("ECO_WORK")
    work = Path(keep or tempfile.mkdtemp(prefix="airflow-"))
    work.mkdir(exist_ok=True)
    env = {
        **os.environ,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "ECO_PORT": str(server.server_port),
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.com",
        "PATH": f"{three.parent}:{os.environ['PATH']}",
        "SYNC_TOKEN": "a-token-of-the-suite",
    }
    print("import", flush=True)
    dags = sorted((HERE / "dags").glob("*.py"))
    for path in dags:
        run(
            [
                rustchain,
                "transpile",
                "from-airflow",
                path,
                "-o",
                work / "missions",
                "--allow-loss",
            ],
            work,
            env,
        )
    print("Airflow 3: the DAGs", flush=True)
    template = database(three, work / "template", env)
    scratch = work / "scratch-original"
    scratch.mkdir()
    runs = [{"dag_id": path.stem} for path in dags]
    inner = {**env, "ECO_SCRATCH": str(scratch)}
    original = airflow(
        three, work / "home-original", template, HERE / "dags", runs, inner
    )
    print("missions: the same DAGs", flush=True)
    shown = behaviour(rustchain, work, env, original)
    print("Airflow 3: exported missions", flush=True)
    round_trip(three, "3", rustchain, work, env, original, shown, template)
    if two:
        print("Airflow 2: exported missions", flush=True)
        template = database(two, work / "template-2", env)
        round_trip(two, "2", rustchain, work, env, None, shown, template)
    server.shutdown()
    if not keep:
        shutil.rmtree(work)
    if problems:
        sys.exit(f"{len(problems)} differences")
    print("airflow: done")


main()
