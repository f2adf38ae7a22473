#!/usr/bin/env python3
"""Records what LangChain and LangGraph send and give: for each case of tests/fixtures/langchain/{requests,graphs}.

usage: record.py [CASE ...]

A case is a folder with `app.py` (an application as people write them) and `drive.json`:
  entry    the object of app.py that is invoked
  how      invoke (default), ainvoke, stream
  input    what it is given; a list of inputs for several calls
  parameter  the name of what it is given, where that is no dict
  config   the configuration of the calls
  replies  rules, the first that fits answers: {"match": regular expression on the last message's text,
           "after": a tool's message must be the last one, "status", "text", "calls": [{"name", "args"}], "times"}
Without a rule the reply is `reply-` and a hash of the messages, so that a wrong prompt changes what follows.
The result is `recorded.jsonl` (path, body, status, reply of each request, sorted) and `result.json`.
"""
import asyncio, hashlib, http.server, json, os, pathlib, re, runpy, sys, threading, warnings

ROOT = pathlib.Path(__file__).resolve().parents[3] / "tests/fixtures/langchain"


def text_of(content):
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(text_of(part.get("text") or part.get("content") or "") for part in content if isinstance(part, dict))
    return ""


class Script:
    """The rules of a case, and what was asked."""

    def __init__(self, rules):
        self.rules, self.used, self.seen, self.lock = rules, {}, [], threading.Lock()

    def reply(self, body):
        messages = body.get("messages") or [{"role": "user", "content": body.get("prompt") or ""}]
        last = messages[-1]
        answers_tool = last["role"] == "tool" or (
            isinstance(last.get("content"), list) and any(p.get("type") == "tool_result" for p in last["content"] if isinstance(p, dict)))
        for at, rule in enumerate(self.rules):
            if not re.search(rule.get("match", ""), text_of(last.get("content")), re.S) or rule.get("after", answers_tool) != answers_tool:
                continue
            with self.lock:
                if self.used.get(at, 0) >= rule.get("times", 10**9):
                    continue
                self.used[at] = self.used.get(at, 0) + 1
            return rule
        texts = [[m["role"], text_of(m.get("content"))] for m in messages]
        return {"text": "reply-" + hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:8]}


def openai(rule, body, number):
    calls = [{"id": f"call_{number}_{i}", "type": "function", "function": {"name": c["name"], "arguments": json.dumps(c["args"])}}
             for i, c in enumerate(rule.get("calls", []))]
    finish = "tool_calls" if calls else "stop"
    head = {"id": f"chatcmpl-{number}", "created": 1, "model": body["model"]}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    if not body.get("stream"):
        message = {"role": "assistant", "content": rule.get("text"), **({"tool_calls": calls} if calls else {})}
        return {**head, "object": "chat.completion", "usage": usage, "choices": [{"index": 0, "message": message, "finish_reason": finish}]}
    text = rule.get("text") or ""
    deltas = [{"role": "assistant", "content": ""}] + [{"content": text[i:i + 4]} for i in range(0, len(text), 4)]
    deltas += [{"tool_calls": [{"index": i, **call}]} for i, call in enumerate(calls)]
    events = [{"choices": [{"index": 0, "delta": d, "finish_reason": None}]} for d in deltas]
    events += [{"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}, {"choices": [], "usage": usage}]
    chunks = [json.dumps({**head, "object": "chat.completion.chunk", **event}) for event in events]
    return "".join(f"data: {chunk}\n\n" for chunk in chunks + ["[DONE]"])


def anthropic(rule, body, number):
    parts = [{"type": "text", "text": rule["text"]}] if rule.get("text") else []
    parts += [{"type": "tool_use", "id": f"toolu_{number}_{i}", "name": c["name"], "input": c["args"]} for i, c in enumerate(rule.get("calls", []))]
    return {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": body["model"], "content": parts, "stop_sequence": None,
            "stop_reason": "tool_use" if rule.get("calls") else "end_turn", "usage": {"input_tokens": 10, "output_tokens": 5}}


def ollama(rule, body, number):
    message = {"role": "assistant", "content": rule.get("text") or ""}
    if rule.get("calls"):
        message["tool_calls"] = [{"function": {"name": c["name"], "arguments": c["args"]}} for c in rule["calls"]]
    whole = {"model": body["model"], "created_at": "2026-01-01T00:00:00Z", "message": message, "done": True, "done_reason": "stop",
             "prompt_eval_count": 10, "eval_count": 5}
    if body.get("stream") is False:
        return whole
    return json.dumps(whole) + "\n"


def completion(rule, body, number):
    prompts = body["prompt"] if isinstance(body["prompt"], list) else [body["prompt"]]
    choices = [{"index": i, "text": rule.get("text") or "", "finish_reason": "stop", "logprobs": None} for i, _ in enumerate(prompts)]
    return {"id": f"cmpl-{number}", "object": "text_completion", "created": 1, "model": body["model"], "choices": choices,
            "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}}


FORMS = {"/v1/chat/completions": openai, "/v1/messages": anthropic, "/api/chat": ollama, "/v1/completions": completion}


def serve(script):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def body(self):
            if self.headers.get("transfer-encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("content-length") or 0))
            whole = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                whole += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return whole

        def do_POST(self):
            path, body = self.path.split("?")[0], json.loads(self.body())
            number = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:8]
            rule = script.reply(body)
            status = rule.get("status", 200)
            form = FORMS.get(path)
            reply = form(rule, body, number) if status == 200 and form else {"error": {"message": "scripted", "type": "scripted"}}
            with script.lock:
                script.seen.append({"path": path, "body": body, "status": status if form else 404, "reply": reply})
            data = (reply if isinstance(reply, str) else json.dumps(reply)).encode()
            self.send_response(status if form else 404)
            kind = "text/event-stream" if isinstance(reply, str) and path.startswith("/v1") else "application/json"
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def plain(value):
    """A result as JSON; messages by role, text and calls."""
    if hasattr(value, "model_dump") and not hasattr(value, "content"):
        return value.model_dump()
    if hasattr(value, "content"):
        role = {"human": "user", "ai": "assistant"}.get(value.type, value.type)
        out = {"role": role, "content": text_of(value.content)}
        if getattr(value, "tool_calls", None):
            out["tool_calls"] = [{"name": c["name"], "arguments": c["args"]} for c in value.tool_calls]
        return out
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def record(folder):
    drive = json.loads((folder / "drive.json").read_text())
    script = Script(drive.get("replies", []))
    server = serve(script)
    base = f"http://127.0.0.1:{server.server_address[1]}"
    os.environ.update(OPENAI_BASE_URL=base + "/v1", OPENAI_API_BASE=base + "/v1", ANTHROPIC_BASE_URL=base, ANTHROPIC_API_URL=base,
                      OLLAMA_HOST=base, OPENAI_API_KEY="test", ANTHROPIC_API_KEY="test", LANGSMITH_TRACING="false")
    entry = runpy.run_path(str(folder / "app.py"))[drive["entry"]]
    inputs = drive["input"] if isinstance(drive["input"], list) else [drive["input"]]
    for given in inputs:
        if drive.get("how") == "stream":
            chunks = list(entry.stream(given, drive.get("config")))
            result = chunks[0]
            for chunk in chunks[1:]:
                result = result + chunk
        elif drive.get("how") == "ainvoke":
            result = asyncio.run(entry.ainvoke(given, drive.get("config")))
        else:
            result = entry.invoke(given, drive.get("config"))
    server.shutdown()
    lines = sorted(json.dumps(seen, sort_keys=True) for seen in script.seen)
    (folder / "recorded.jsonl").write_text("".join(line + "\n" for line in lines))
    (folder / "result.json").write_text(json.dumps(plain(result), indent=1, sort_keys=True) + "\n")
    print(f"{folder.name}: {len(lines)} requests")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for case in sorted([*(ROOT / "requests").iterdir(), *(ROOT / "graphs").iterdir()]):
        if not sys.argv[1:] or case.name in sys.argv[1:]:
            record(case)
