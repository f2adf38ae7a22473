"""The outputs of `rustchain check` against what reads them: SARIF by Microsoft's validator, GitLab's code quality by a
JSON Schema, JUnit by an XSD, and action.yml's script as a workflow runs it.

    reports.py RUSTCHAIN SARIF_MULTITOOL ZIZMOR
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import jsonschema
import xmlschema
import yaml

RUSTCHAIN, MULTITOOL, ZIZMOR = (str(pathlib.Path(p).absolute()) for p in sys.argv[1:4])
ROOT = pathlib.Path(__file__).resolve().parents[2]
# Every rule with a fixture, in folders and with imports; and the gallery.
INPUTS = ["tests/fixtures/attacks", "missions"]


def check(form):
    command = [RUSTCHAIN, "check", "--no-cache", "--format", form, *INPUTS]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def sarif(folder):
    ended = check("sarif")
    assert ended.returncode == 0, ended
    report = json.loads(ended.stdout)
    run = report["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"], result
        assert {"severity", "confidence"} <= result["properties"].keys(), result
    flows = [r for r in run["results"] if "codeFlows" in r]
    fixes = [r for r in run["results"] if "fixes" in r]
    assert flows and fixes
    loaded, told = judge(folder / "found.sarif", ended.stdout)
    assert "error" not in told, told["error"]
    peer_loaded, peer_told = judge(folder / "peer.sarif", zizmor(folder))
    notes, peer_notes = told.get("note", set()), peer_told.get("note", set())
    assert len(notes) <= len(peer_notes), (notes, peer_notes)
    print(f"sarif: {len(run['results'])} results, {len(rules)} rules, {len(flows)} with code flows, {len(fixes)} with fixes; "
          f"validator: {loaded} rules loaded, {sorted(notes)} noted; zizmor's: {peer_loaded} loaded, {sorted(peer_notes)} noted")


def judge(path, text):
    """What Microsoft's validator says of a log: how many of its rules it loaded, and the rules that spoke by level."""
    path.write_text(text)
    verdict = path.with_suffix(".verdict")
    subprocess.run([MULTITOOL, "validate", str(path), "--output", str(verdict), "--level", "Error;Warning;Note",
                    "--log", "ForceOverwrite"], cwd=ROOT, capture_output=True, text=True, timeout=600)
    judged = json.loads(verdict.read_text(encoding="utf-8-sig"))["runs"][0]
    # The validator exits 0 whatever happens, and a broken configuration loads no rules: both must be seen.
    loaded = len(judged["tool"]["driver"].get("rules", []))
    assert loaded, "the validator loaded no rules"
    told = {}
    for result in judged.get("results", []):
        told.setdefault(result.get("level", "warning"), set()).add(result["ruleId"])
    return loaded, told


def zizmor(folder):
    """The same form by a peer, over a workflow with a fault."""
    workflow = folder / ".github" / "workflows" / "title.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text("""name: title
on: pull_request_target
jobs:
  say:
    runs-on: ubuntu-latest
    steps:
      - run: echo "${{ github.event.pull_request.title }}"
""")
    ended = subprocess.run([ZIZMOR, "--offline", "--format", "sarif", str(workflow)], cwd=folder, capture_output=True, text=True)
    return ended.stdout


def gitlab():
    ended = check("gitlab")
    issues = json.loads(ended.stdout)
    schema = json.loads((ROOT / "tests/fixtures/reports/gitlab.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(issues)
    prints = [i["fingerprint"] for i in issues]
    assert len(prints) == len(set(prints)), "two issues have one fingerprint"
    print(f"gitlab: {len(issues)} issues")


def junit(folder):
    ended = check("junit")
    path = folder / "junit.xml"
    path.write_text(ended.stdout)
    xmlschema.XMLSchema(str(ROOT / "tests/fixtures/reports/junit.xsd")).validate(str(path))
    tree = xmlschema.XMLResource(str(path)).root
    suites = tree.findall("testsuite")
    assert int(tree.get("failures")) == sum(int(s.get("failures")) for s in suites)
    assert int(tree.get("tests")) == sum(len(s.findall("testcase")) for s in suites)
    print(f"junit: {len(suites)} suites, {tree.get('failures')} failures")


def action(folder):
    """The composite action's script, with the variables that a runner sets."""
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    script = next(s for s in steps if s.get("id") == "check")
    (folder / "work").mkdir()
    (folder / "work" / "bad.mission").write_text(
        'edition 2026\n\nmission m {\n  policy { allow exec "bash" }\n  input name: untrusted string\n'
        '  step a = exec.bash(script: "echo ${name}") with { timeout 5s }\n}\n')
    env = dict(os.environ, INPUT_PATHS=".", INPUT_DENY="high", INPUT_ARGS="", SARIF=str(folder / "out.sarif"),
               PATH=f"{pathlib.Path(RUSTCHAIN).parent}:{os.environ['PATH']}")
    ended = subprocess.run(["bash", "-euo", "pipefail", "-c", script["run"]], cwd=folder / "work", env=env,
                           capture_output=True, text=True)
    assert ended.returncode == 1, ended
    assert ended.stdout.startswith("::error file=bad.mission,line=6"), ended.stdout
    assert json.loads((folder / "out.sarif").read_text())["runs"][0]["results"]
    (folder / "work" / "bad.mission").write_text("edition 2026\n\nmission m {\n  output a: int = 1\n}\n")
    ended = subprocess.run(["bash", "-euo", "pipefail", "-c", script["run"]], cwd=folder / "work", env=env,
                           capture_output=True, text=True)
    assert ended.returncode == 0 and ended.stdout == "", ended
    print("action: fails on an error with its annotation, passes without")


def hooks():
    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text()):
        command = hook["entry"].split()
        assert command[0] == "rustchain", hook
        helped = subprocess.run([RUSTCHAIN, *command[1:], "--help"], capture_output=True, text=True)
        assert helped.returncode == 0, helped
    print("pre-commit: the commands of its hooks are there")


with tempfile.TemporaryDirectory() as name:
    place = pathlib.Path(name)
    gitlab()
    junit(place)
    action(place)
    hooks()
    sarif(place)
