#!/usr/bin/env python3
"""Latency of language servers as an editor sees it, over stdio, the peers in the same run on files of the same size.

Usage: tests/bench/lsp_latency.py RUSTCHAIN [--taplo TAPLO] [--yaml YAML_LANGUAGE_SERVER] [--keys N]
RUSTCHAIN is a release binary that serves by `lsp` (or the release example `server` of the crate rustchain-lsp). Each
workspace holds 100 files, one of 10,000 lines: of many declarations, and of a single mission. Times are wall
milliseconds from the first byte sent to the answer read:

  cold open    start of the process, handshake, the large file opened, its first diagnostics
  keystroke    one letter typed or taken back in the middle of the large file, the diagnostics that follow from it
  completion   one letter typed, then completion behind it: both in one
  rename       of a step of the large file
  memory       resident after all that, MiB
  processor    time of processor for the cold open, and for one keystroke in the mean: these do not grow with what else
               the machine does

The figures are those of the machine with all that runs on it: the load average is printed with them.
"""
import argparse
import json
import os
import queue
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

LINES = 10_000
#: What the peers are told when they ask for their settings: no schemas, which they would fetch from the network.
SETTINGS = {"evenBetterToml": {"schema": {"enabled": False}}, "yaml": {"schemaStore": {"enable": False}}}
TIMEOUT = 60


class Server:
    """A language server and its client's end."""

    def __init__(self, command, root, language):
        self.language = language
        self.started = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.heard = queue.Queue()
        self.ids = 0
        self.version = {}
        self.text = {}
        threading.Thread(target=self.listen, daemon=True).start()
        self.capabilities = self.request("initialize", {
            "processId": os.getpid(), "rootUri": root.as_uri(),
            "workspaceFolders": [{"uri": root.as_uri(), "name": "bench"}],
            "capabilities": {
                "textDocument": {
                    "publishDiagnostics": {"versionSupport": True},
                    "synchronization": {},
                    "completion": {"completionItem": {"snippetSupport": True}},
                    "rename": {"prepareSupport": True},
                },
                "workspace": {"configuration": True, "workspaceFolders": True},
            },
        })["capabilities"]
        self.notify("initialized", {})

    def listen(self):
        stream = self.process.stdout
        while True:
            length = 0
            while (line := stream.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if not length:
                return self.heard.put((time.perf_counter(), {"method": "$/gone"}))
            body = stream.read(length)
            at = time.perf_counter()
            message = json.loads(body)
            if "method" in message and "id" in message:
                items = (message.get("params") or {}).get("items", [])
                settings = [SETTINGS.get(item.get("section")) for item in items]
                result = settings if message["method"] == "workspace/configuration" else None
                self.send({"id": message["id"], "result": result})
            else:
                self.heard.put((at, message))

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def notify(self, method, params):
        self.send({"method": method, "params": params})

    def wait(self, wanted):
        """When the first message came that is wanted, and the message."""
        deadline = time.perf_counter() + TIMEOUT
        while True:
            at, message = self.heard.get(timeout=max(deadline - time.perf_counter(), 0.01))
            if message.get("method") == "$/gone":
                raise SystemExit("the server is gone")
            if wanted(message):
                return at, message

    def post(self, method, params):
        self.ids += 1
        self.send({"id": self.ids, "method": method, "params": params})
        return self.ids

    def answer(self, id):
        at, message = self.wait(lambda m: m.get("id") == id)
        if "error" in message:
            raise SystemExit(f"{message['error']}")
        return at, message["result"]

    def request(self, method, params):
        return self.answer(self.post(method, params))[1]

    def open(self, path, text):
        self.version[path] = 1
        self.text[path] = text.split("\n")
        self.notify("textDocument/didOpen", {"textDocument": {
            "uri": path.as_uri(), "languageId": self.language, "version": 1, "text": text}})

    def change(self, path, line, start, end, text):
        """Types a text, or sends the whole file again where the server wants that. When the first byte was sent."""
        self.version[path] += 1
        lines = self.text[path]
        lines[line] = lines[line][:start] + text + lines[line][end:]
        change = {"text": text, "range": {
            "start": {"line": line, "character": start}, "end": {"line": line, "character": end}}}
        sync = self.capabilities["textDocumentSync"]
        if (sync if isinstance(sync, int) else sync["change"]) == 1:
            change = {"text": "\n".join(lines)}
        began = time.perf_counter()
        self.notify("textDocument/didChange", {
            "textDocument": {"uri": path.as_uri(), "version": self.version[path]}, "contentChanges": [change]})
        return began

    def diagnostics(self, path, since):
        """When the diagnostics of the newest text came: for a server that tells no versions, the first since then."""
        uri, version = path.as_uri(), self.version[path]
        while True:
            at, message = self.wait(lambda m: m.get("method") == "textDocument/publishDiagnostics")
            params = message["params"]
            if params["uri"] == uri and at > since and params.get("version", version) in (version, None):
                return at

    def memory(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(l for l in status.splitlines() if l.startswith("VmRSS")).split()[1]) / 1024

    def cpu(self):
        """Seconds of processor that it took so far: the same however busy the machine is."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.request("shutdown", None)
        self.notify("exit", None)
        self.process.wait(10)


def ms(seconds):
    return seconds * 1000


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


# ---------------------------------------------------------------------------------------------------- texts

def declarations(count, index=0):
    """A mission file of about `count` lines, of many declarations."""
    lines = ["//! Made for measuring.", "edition 2026", "", "record Row {", "  id: int", "  name: string", "}", "",
             "policy files {", '  allow fs.write "out/**"', "}", ""]
    number = 0
    while len(lines) < count:
        name = f"m{index}_{number}"
        lines += [f"/// Turns a name over, {number}.", f"chain turn_{number}(text: string) -> string {{",
                  "  step upper = text.upper(text)", "  return \"${upper} (${text})\"", "}", "",
                  f"mission {name} {{", "  input name: string = \"x\"", "  policy files", ""]
        for step in range(30):
            before = f"s{step - 1}" if step else "name"
            lines.append(f"  step s{step} = \"${{{before}}} and ${{len({before}) + {step}}}\"")
        lines += [f"  step turned = turn_{number}(text: s29)",
                  f"  step row = Row {{ id: {number}, name: turned }}",
                  f"  step file = fs.write(path: \"out/{name}.txt\", text: row.name)", "",
                  "  output last: string = s29", "  output path: path = file", "}", "",
                  f"test \"{name} writes\" for {name} {{", "  given name = \"y\"", "  expect last != \"\"", "}", ""]
        number += 1
    return "\n".join(lines) + "\n"


def single(count):
    """One mission of `count` lines."""
    lines = ["edition 2026", "", "mission big {", "  input name: string = \"x\"", "  policy {",
             '    allow fs.write "out/**"', "  }", ""]
    step = 0
    while len(lines) < count - 6:
        before = f"s{step - 1}" if step % 40 else "name"
        lines.append(f"  step s{step} = \"${{{before}}} and ${{len({before}) + {step}}}\"")
        step += 1
    lines += [f"  step file = fs.write(path: \"out/big.txt\", text: s{step - 1})", "", f"  output last: string = s{step - 1}", "}"]
    return "\n".join(lines) + "\n"


def toml(size):
    lines = ["title = \"measured\"", ""]
    number = 0
    while sum(map(len, lines)) + len(lines) < size:
        lines += [f"[step.s{number}]", f"name = \"name and {number}\"", f"count = {number}", f"after = [\"s{number - 1}\"]", ""]
        number += 1
    return "\n".join(lines) + "\n"


def yaml(size):
    lines = ["name: measured", "steps:"]
    number = 0
    while sum(map(len, lines)) + len(lines) < size:
        lines += [f"  - id: s{number}", f"    name: \"name and {number}\"", f"    count: {number}", f"    after: [s{number - 1}]"]
        number += 1
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------------------------------------------- sessions

class Case:
    """A server with a workspace and the places to type at."""

    def __init__(self, name, command, language, suffix, large, small, typed, broken, renamed):
        self.name, self.command, self.language, self.suffix = name, command, language, suffix
        self.large, self.small = large, small
        #: A text of a line in the middle, what is typed behind it (each letter changes a finding), what is renamed.
        self.typed, self.broken, self.renamed = typed, broken, renamed


def middle(text, wanted):
    """Line and column behind a text, as near to the middle as it is."""
    lines = text.split("\n")
    order = sorted(range(len(lines)), key=lambda i: abs(i - len(lines) // 2))
    line = next(i for i in order if wanted in lines[i])
    return line, lines[line].index(wanted) + len(wanted)


def session(case, keys):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        for index in range(99):
            (root / f"f{index}{case.suffix}").write_text(case.small(index))
        path = root / f"large{case.suffix}"
        path.write_text(case.large)
        server = Server(case.command, root, case.language)
        server.open(path, case.large)
        cold = server.diagnostics(path, server.started) - server.started
        line, column = middle(case.large, case.typed)
        strokes = []
        opened = server.cpu()
        for key in range(keys):
            typed = key % 8
            if typed < 4:
                start = server.change(path, line, column + typed, column + typed, case.broken[typed])
            else:
                start = server.change(path, line, column + 7 - typed, column + 8 - typed, "")
            strokes.append(server.diagnostics(path, start) - start)
        cpu = (opened, (server.cpu() - opened) / keys)
        completions = []
        if "completionProvider" in server.capabilities:
            for key in range(keys // 2):
                if key % 2 == 0:
                    start = server.change(path, line, column, column, case.broken[0])
                else:
                    start = server.change(path, line, column, column + 1, "")
                position = {"line": line, "character": column + (key % 2 == 0)}
                id = server.post("textDocument/completion", {"textDocument": {"uri": path.as_uri()}, "position": position})
                completions.append(server.answer(id)[0] - start)
        renames = []
        if server.capabilities.get("renameProvider") and case.renamed:
            line, column = middle(case.large, case.renamed)
            for turn in range(10):
                start = time.perf_counter()
                id = server.post("textDocument/rename", {
                    "textDocument": {"uri": path.as_uri()}, "newName": f"renamed_{turn}",
                    "position": {"line": line, "character": column - 1}})
                at, edit = server.answer(id)
                if not edit:
                    raise SystemExit(f"{case.name}: no rename")
                renames.append(at - start)
        memory = server.memory()
        server.end()
        return cold, strokes, completions, renames, memory, cpu


def row(case, figures):
    cold, strokes, completions, renames, memory, (cpu_open, cpu_key) = figures
    def two(values):
        return f"{ms(statistics.median(values)):7.1f} {ms(percentile(values, 0.95)):7.1f}" if values else f"{'–':>7} {'–':>7}"
    rename = f"{ms(statistics.median(renames)):7.1f}" if renames else f"{'–':>7}"
    size = len(case.large.encode()) / 1024
    lines = case.large.count("\n")
    print(f"{case.name:<32} {lines:6} {size:6.0f} {ms(cold):9.0f} {two(strokes)} {two(completions)} {rename} {memory:7.0f} {ms(cpu_open):9.0f} {ms(cpu_key):7.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rustchain", type=Path)
    parser.add_argument("--taplo")
    parser.add_argument("--yaml")
    parser.add_argument("--keys", type=int, default=160)
    options = parser.parse_args()
    own = [str(options.rustchain.resolve())] + (["lsp"] if options.rustchain.name == "rustchain" else [])
    small = lambda index: declarations(50, index + 1)
    many, one = declarations(LINES), single(LINES)
    cases = [
        Case("rustchain, many declarations", own, "mission", ".mission", many, small, "and ${len(s1", "abcd", "step s15"),
        Case("rustchain, one mission", own, "mission", ".mission", one, small, "and ${len(s50", "abcd", "step s5000"),
    ]
    size = len(many.encode())
    if options.taplo:
        command = [options.taplo, "lsp", "stdio"]
        cases.append(Case("taplo", command, "toml", ".toml", toml(size), lambda _: toml(3000), "count = 12", "abcd", None))
    if options.yaml:
        command = [options.yaml, "--stdio"]
        cases.append(Case("yaml-language-server", command, "yaml", ".yaml", yaml(size), lambda _: yaml(3000), "after: [s12", "]]]]", None))
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {options.keys} keystrokes; milliseconds, MiB")
    print(f"{'':<32} {'lines':>6} {'KiB':>6} {'cold open':>9} {'keystroke':>15} {'completion':>15} {'rename':>7} {'memory':>7} {'processor':>17}")
    print(f"{'':<32} {'':>6} {'':>6} {'':>9} {'p50':>7} {'p95':>7} {'p50':>7} {'p95':>7} {'p50':>7} {'':>7} {'open':>9} {'key':>7}")
    for case in cases:
        row(case, session(case, options.keys))


main()
