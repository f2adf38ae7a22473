#!/usr/bin/env python3
"""A mission asks a real model (SmolLM2-135M by llama.cpp's server on loopback), records a cassette, and replays it.

Usage: real_model.py RUSTCHAIN MODEL.gguf
"""
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import xllamacpp

MISSION = """edition 2026

enum Mood { good, bad }

record Verdict { mood: Mood }

provider small = openai("smollm2", temperature: 0.0, max_tokens: 64, seed: 7)

mission moods {
  policy { allow llm [small] }
  step text = ask<string>(model: small, prompt: "Say hello.") with { timeout 120s }
  step verdict = ask<Verdict>(
    model: small,
    prompt: "The mood of 'I love it' is good or bad? Answer with JSON.",
    output: AskOutput.json_schema,
  ) with { timeout 120s }
  output text: string = text
  output mood: Mood = verdict.mood
}
"""


def run(rustchain, folder, mode, url):
    env = {**os.environ, "OPENAI_API_KEY": "none", "OPENAI_BASE_URL": url}
    ended = subprocess.run([rustchain, "run", "moods.mission", "--llm", mode, "--format", "json"], cwd=folder, env=env,
                           capture_output=True, text=True)
    assert ended.returncode == 0, f"{mode}: exit {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
    return json.loads(ended.stdout)["outputs"]


def main():
    rustchain, model = os.path.abspath(sys.argv[1]), sys.argv[2]
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.n_ctx = 1024
    params.n_predict = 64
    params.warmup = False
    params.port = 0
    server = xllamacpp.Server(params)
    url = server.listening_address
    urllib.request.urlopen(url + "/health", timeout=60).read()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "moods.mission").write_text(MISSION)
        live = run(rustchain, folder, "record", url + "/v1")
        assert live["text"].strip() and live["mood"] in ("good", "bad"), live
        again = run(rustchain, folder, "replay", "http://127.0.0.1:9/v1")
        assert again == live, (live, again)
    print(f"real model: {live}")
    os._exit(0)


main()
