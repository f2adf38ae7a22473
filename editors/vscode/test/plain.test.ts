import { describe, expect, it } from "vitest";
import { arguments_of } from "../src/commandline";
import { curve } from "../src/graph/draw";
import { html } from "../src/graph/html";
import { readReport, testBlocks } from "../src/report";
import { innermost } from "../src/select";
import { program } from "../src/settings";
import { node } from "./node";

describe("command lines", () => {
  it("name the command, the arguments and the file", () => {
    expect(arguments_of("dry-run", "a.mission", ["--input", "k=v"])).toEqual(["run", "--dry-run", "--input", "k=v", "a.mission"]);
    expect(arguments_of("check", ".")).toEqual(["check", "--format", "short", "."]);
  });

  it("never take a file for an option", () => {
    expect(arguments_of("run", "--plan").at(-1)).toBe("./--plan");
  });

  it("use the program of the settings", () => {
    expect(program({ get: <T>(_: string, fallback: T) => fallback })).toBe("rustchain");
    expect(program({ get: <T>() => "  " as T })).toBe("rustchain");
    expect(program({ get: <T>() => "/opt/rc" as T })).toBe("/opt/rc");
  });
});

describe("test reports", () => {
  it("are read", () => {
    const text = JSON.stringify({
      schema_version: 1,
      tests: [{ file: "a.mission", title: "t", line: 7, passed: false, failures: ["no", { message: "why" }] }],
    });
    expect(readReport(text)).toEqual([{ file: "a.mission", title: "t", line: 7, passed: false, failures: ["no", "why"] }]);
  });

  it("of another form are refused in a sentence", () => {
    expect(() => readReport("")).toThrow("gave no JSON");
    expect(() => readReport('{"schema_version":2,"tests":[]}')).toThrow("update one of the two");
    expect(() => readReport("[]")).toThrow("update one of the two");
  });
});

describe("test blocks", () => {
  it("are found by their heads, not in strings", () => {
    const text = 'mission m {\n  let s = """\n    test "no" for m {\n    """\n}\n\ntest "a \\"b\\"" for m {\n}\n  test "c" for m { }\n';
    expect(testBlocks(text)).toEqual([{ title: 'a "b"', line: 6 }, { title: "c", line: 8 }]);
  });
});

describe("selection", () => {
  it("finds the innermost step", () => {
    const range = (from: number, to: number) => ({ start: { line: from, character: 0 }, end: { line: to, character: 0 } });
    const nodes = [node("a", null, { range: range(1, 9) }), node("a/b", "a", { range: range(3, 4) })];
    expect(innermost(nodes, { line: 3, character: 5 })).toBe("a/b");
    expect(innermost(nodes, { line: 8, character: 0 })).toBe("a");
    expect(innermost(nodes, { line: 20, character: 0 })).toBeNull();
  });
});

describe("the page", () => {
  it("runs only its own script", () => {
    const text = html({ script: "s.js", style: "s.css", source: "vscode-resource:", nonce: "n0" });
    expect(text).toContain("default-src 'none'; style-src vscode-resource:; script-src 'nonce-n0'");
    expect(text.match(/<script/g)).toHaveLength(1);
  });
});

describe("arrows", () => {
  it("begin and end where the line does", () => {
    const path = curve([{ x: 0, y: 0 }, { x: 5, y: 10 }, { x: 5, y: 20 }, { x: 9, y: 30 }]);
    expect(path).toMatch(/^M0,0 /);
    expect(path).toMatch(/ 9,30$/);
    expect(curve([{ x: 0, y: 0 }, { x: 1, y: 2 }])).toBe("M0,0 L1,2");
    expect(curve([])).toBe("");
  });
});
