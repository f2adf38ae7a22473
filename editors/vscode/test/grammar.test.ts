import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { createOnigScanner, createOnigString, loadWASM } from "vscode-oniguruma";
import { INITIAL, Registry, type IGrammar } from "vscode-textmate";
import snippets from "../snippets/mission.json";

const require = createRequire(import.meta.url);
const here = (...path: string[]) => fileURLToPath(new URL(join("..", ...path), import.meta.url));
let grammar: IGrammar;

beforeAll(async () => {
  await loadWASM(readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm")));
  const registry = new Registry({
    onigLib: Promise.resolve({ createOnigScanner, createOnigString }),
    loadGrammar: async (scope) => scope === "source.mission" ? JSON.parse(readFileSync(here("syntaxes", "mission.tmLanguage.json"), "utf8")) : null,
  });
  grammar = (await registry.loadGrammar("source.mission"))!;
});

/** Every token of a text with its innermost scope. */
function tokens(text: string): [string, string][] {
  let state = INITIAL;
  return text.split("\n").flatMap((line) => {
    const read = grammar.tokenizeLine(line, state);
    state = read.ruleStack;
    return read.tokens
      .map((token): [string, string] => [line.slice(token.startIndex, token.endIndex), (token.scopes.at(-1) ?? "").replace(/\.mission$/, "")])
      .filter(([word]) => word.trim() !== "");
  });
}

function scopeOf(text: string, word: string): string | undefined {
  return tokens(text).find(([found]) => found === word)?.[1];
}

describe("grammar", () => {
  it.each([
    ["mission nightly {", "nightly", "entity.name.type"],
    ["  step file = fs.read(path: p)", "file", "variable.other.definition"],
    ["  step file = fs.read(path: p)", "fs", "entity.name.namespace"],
    ["  step file = fs.read(path: p)", "read", "entity.name.function"],
    ["  step file = fs.read(path: p)", "path", "variable.parameter"],
    ["    verdict = ask<Verdict>(model: fast)", "ask", "entity.name.function"],
    ["    allow net.write \"https://x/**\"", "net.write", "support.constant.effect"],
    ["  retry 3 on [timeout] { cap: 20s }", "20s", "constant.numeric.duration"],
    ["given t = @2026-01-01T00:00:00Z", "@2026-01-01T00:00:00Z", "constant.other.timestamp"],
    ["/// Words.", "/// Words.", "comment.line.documentation"],
    ["//// Words.", "//// Words.", "comment.line.double-slash"],
    ["  secret key: string from env(\"K\")", "key", "variable.other.definition"],
    ["let x = if a then b else c", "then", "keyword.control"],
    ["let y = x?.name", "name", "variable.other.property"],
    ["let z = trust(x, reason: \"r\")", "trust", "support.function.trust"],
  ])("%s: %s is %s", (line, word, scope) => {
    expect(scopeOf(line, word)).toBe(scope);
  });

  it("leaves a hole of a template as code and the text after it as text", () => {
    const found = tokens('let a = "x ${f(b: {c: 1})} y"');
    expect(found.find(([word]) => word === "f")?.[1]).toBe("entity.name.function");
    expect(found.at(-2)).toEqual([" y", "string.quoted.double"]);
  });

  it("ends an open string at the end of its line", () => {
    expect(scopeOf('let a = "open\nlet b = 1', "b")).toBe("variable.other.definition");
  });

  const gallery = here("..", "..", "missions");
  const files = readdirSync(gallery, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".mission"));
  it.each(files)("closes every string and template of %s", (file) => {
    let state = INITIAL;
    for (const line of readFileSync(join(gallery, file), "utf8").split("\n")) state = grammar.tokenizeLine(line, state).ruleStack;
    const last = grammar.tokenizeLine("x", state).tokens[0];
    expect(last?.scopes).toEqual(["source.mission"]);
  });
});

describe("snippets", () => {
  it("have a prefix, a description, and tab stops that close", () => {
    for (const [name, snippet] of Object.entries(snippets)) {
      expect(snippet.prefix, name).toMatch(/^[a-z]+$/);
      expect(snippet.description, name).not.toBe("");
      expect(snippet.body.join("\n"), name).toMatch(/\$\{?0|\$\{\d/);
    }
  });
});
