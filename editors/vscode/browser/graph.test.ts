import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { html } from "../src/graph/html";
import type { Graph, GraphNode, ToExtension, Verdict } from "../src/graph/model";

const here = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const program = process.env.CHROMIUM ?? "/usr/bin/chromium";
const shots = here("dist/screenshots");

/** A hundred nodes: stages of a pipeline, every tenth a block with four steps, long names among them. */
function hundred(): Graph {
  const nodes: GraphNode[] = [];
  const edges: Graph["edges"] = [];
  const verdicts: Verdict[] = ["allowed", "guarded", "none", "refused"];
  const add = (id: string, parent: string | null, what: string) => {
    const line = nodes.length;
    const effects = what === "http.get" ? ['net.read "https://shop.example.com/api/v1/refunds?since=**"'] : what === "fs.write" ? ['fs.write "out/**"'] : [];
    const title = id.split("/").at(-1)!;
    nodes.push({ id, title, what, parent, effects, verdict: verdicts[line % 4]!, range: { start: { line, character: 2 }, end: { line, character: 40 } } });
  };
  const kinds = ["http.get", "value", "fs.write", "ask", "exec.run"];
  let previous: string[] = [];
  for (let stage = 0; nodes.length < 100; stage++) {
    const row: string[] = [];
    for (let lane = 0; lane < 3 && nodes.length < 100; lane++) {
      const long = stage % 5 === 2 ? "_with_a_name_that_somebody_made_far_too_long_for_any_box" : "";
      const id = `stage${stage}_${lane}${long}`;
      const block = (stage + lane) % 10 === 4 && nodes.length <= 95;
      add(id, null, block ? "for" : kinds[(stage + lane) % kinds.length]!);
      for (let inner = 0; block && inner < 4; inner++) {
        add(`${id}/inner${inner}`, id, kinds[inner]!);
        if (inner > 0) edges.push({ from: `${id}/inner${inner - 1}`, to: `${id}/inner${inner}`, order: false });
      }
      if (previous.length > 0) edges.push({ from: previous[lane % previous.length]!, to: id, order: stage % 7 === 3 });
      row.push(id);
    }
    previous = row;
  }
  return { mission: "pipeline", missions: ["pipeline", "other"], nodes, edges };
}

let server: Server;
let browser: Browser;

beforeAll(async () => {
  if (!existsSync(program)) throw new Error(`no Chromium at ${program}; set CHROMIUM`);
  mkdirSync(shots, { recursive: true });
  const files: Record<string, [string, string]> = { "/graph.js": ["text/javascript", "dist/graph.js"], "/graph.css": ["text/css", "media/graph.css"] };
  server = createServer((request, response) => {
    const file = files[request.url ?? ""];
    if (file) return void response.setHeader("content-type", file[0]).end(readFileSync(here(file[1])));
    response.setHeader("content-type", "text/html").end(html({ script: "/graph.js", style: "/graph.css", source: "'self'", nonce: "test" }));
  }).listen(0, "127.0.0.1");
  const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  browser = await chromium.launch({ executablePath: program, args: flags });
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

async function panel(width: number, height: number): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height } });
  page.on("pageerror", (error) => { throw error; });
  await page.addInitScript(() => {
    const sent: unknown[] = [];
    Object.assign(window, { sent, acquireVsCodeApi: () => ({ postMessage: (message: unknown) => sent.push(message) }) });
  });
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return page;
}

async function show(page: Page, graph: Graph): Promise<void> {
  await page.evaluate((graph) => window.postMessage({ kind: "graph", graph }, "*"), graph);
  await page.waitForFunction((count) => document.querySelectorAll("[data-id]").length === count, graph.nodes.length);
}

const sent = (page: Page) => page.evaluate(() => (window as unknown as { sent: ToExtension[] }).sent);

/** Every text with its box on the screen, the box it must stay in, and the size of its letters. */
async function texts(page: Page) {
  return page.evaluate(() => [...document.querySelectorAll<SVGTextElement>("#scene text")].map((text) => {
    const { x, y, width, height } = text.getBoundingClientRect();
    const frame = text.parentElement!.querySelector("rect")!.getBoundingClientRect();
    const scale = text.getScreenCTM()!.a;
    return {
      text: text.textContent, x, y, width, height, letters: scale * parseFloat(getComputedStyle(text).fontSize),
      inside: x >= frame.x - 1 && y >= frame.y - 1 && x + width <= frame.right + 1 && y + height <= frame.bottom + 2,
    };
  }));
}

describe.each([["wide", 1400, 900], ["narrow", 380, 800]])("a hundred nodes in a %s panel", (name, width, height) => {
  it("have readable labels that stay in their boxes and never overlap", async () => {
    const page = await panel(width, height);
    await show(page, hundred());
    const found = await texts(page);
    expect(found.length).toBeGreaterThan(200);
    for (const [index, a] of found.entries()) {
      expect(a.letters, a.text ?? "").toBeGreaterThanOrEqual(9);
      expect(a.inside, `${a.text} leaves its box`).toBe(true);
      for (const b of found.slice(index + 1)) {
        const apart = a.x + a.width <= b.x + 1 || b.x + b.width <= a.x + 1 || a.y + a.height <= b.y + 3 || b.y + b.height <= a.y + 3;
        expect(apart, `${a.text} over ${b.text}`).toBe(true);
      }
    }
    await page.screenshot({ path: `${shots}/${name}.png` });
    await page.click("#fit");
    await page.screenshot({ path: `${shots}/${name}-whole.png` });
    const inView = await page.evaluate(() => [...document.querySelectorAll("#scene rect")].every((rect) => {
      const box = rect.getBoundingClientRect();
      return box.x >= 0 && box.y >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
    }));
    expect(inView).toBe(true);
    await page.close();
  });
});

describe("the panel", () => {
  it("says it is ready, opens the source of a clicked step, and marks what the editor selects", async () => {
    const page = await panel(1000, 700);
    expect(await sent(page)).toEqual([{ kind: "ready" }]);
    const graph = hundred();
    await show(page, graph);
    await page.click('[data-id="stage0_1"]');
    expect((await sent(page)).at(-1)).toEqual({ kind: "open", range: graph.nodes.find((node) => node.id === "stage0_1")!.range });
    const last = graph.nodes.at(-1)!.id;
    await page.evaluate((id) => window.postMessage({ kind: "select", id }, "*"), last);
    const box = await page.locator(`[data-id="${last}"].selected`).boundingBox();
    expect(box!.x).toBeGreaterThanOrEqual(0);
    expect(box!.y + box!.height).toBeLessThanOrEqual(700);
    await page.close();
  });

  it("pans by dragging, without taking it for a click, and zooms around the pointer", async () => {
    const page = await panel(1000, 700);
    await show(page, hundred());
    const before = await page.locator('[data-id="stage0_0"]').boundingBox();
    await page.mouse.move(before!.x + 5, before!.y + 5);
    await page.mouse.down();
    await page.mouse.move(before!.x + 105, before!.y + 65, { steps: 4 });
    await page.mouse.up();
    const after = await page.locator('[data-id="stage0_0"]').boundingBox();
    expect(Math.round(after!.x - before!.x)).toBe(100);
    expect(Math.round(after!.y - before!.y)).toBe(60);
    expect((await sent(page)).map((message) => message.kind)).toEqual(["ready"]);
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -120);
    await page.keyboard.up("Control");
    await page.waitForFunction((width) => document.querySelector('[data-id="stage0_0"]')!.getBoundingClientRect().width > width, after!.width);
    await page.close();
  });

  it("offers the other missions of the file and asks for the chosen one", async () => {
    const page = await panel(1000, 700);
    await show(page, hundred());
    await page.selectOption("#mission", "other");
    expect((await sent(page)).at(-1)).toEqual({ kind: "mission", name: "other" });
    await page.close();
  });

  it("shows a problem and keeps the last drawing", async () => {
    const page = await panel(600, 400);
    await show(page, hundred());
    await page.evaluate(() => window.postMessage({ kind: "problem", text: "No mission that compiles." }, "*"));
    await page.waitForSelector("#problem:not([hidden])");
    expect(await page.locator("[data-id]").count()).toBe(100);
    await page.close();
  });

  it("takes names as text, never as markup", async () => {
    const page = await panel(600, 400);
    const title = '<img src=x onerror="window.hacked=1">';
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
    await show(page, { mission: title, missions: [title, "b"], edges: [], nodes: [{ id: title, title, what: "value", effects: [], verdict: "none", range }] });
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.evaluate(() => (window as unknown as { hacked?: number }).hacked)).toBeUndefined();
    await page.close();
  });
});
