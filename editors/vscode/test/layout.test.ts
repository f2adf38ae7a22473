import { describe, expect, it } from "vitest";
import { fit, labels, layout, type Box } from "../src/graph/layout";
import type { Graph, GraphNode } from "../src/graph/model";
import { node } from "./node";

const measure = (text: string) => text.length * 7;

function graph(nodes: GraphNode[], edges: [string, string][]): Graph {
  return { mission: "m", missions: ["m"], nodes, edges: edges.map(([from, to]) => ({ from, to, order: false })) };
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function inside(inner: Box, outer: Box): boolean {
  return inner.x >= outer.x && inner.y >= outer.y
    && inner.x + inner.width <= outer.x + outer.width && inner.y + inner.height <= outer.y + outer.height;
}

/** A small generator, so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

describe("layout", () => {
  it("puts a downstream below its upstream, or to its right", () => {
    const drawn = graph([node("a"), node("b")], [["a", "b"]]);
    const [a, b] = layout(drawn, "down", measure).boxes;
    expect(b!.y).toBeGreaterThan(a!.y + a!.height);
    const [c, d] = layout(drawn, "right", measure).boxes;
    expect(d!.x).toBeGreaterThan(c!.x + c!.width);
  });

  it("draws a block around what stands in it", () => {
    const drawn = layout(graph([node("loop"), node("loop/a", "loop"), node("loop/b", "loop")], [["loop/a", "loop/b"]]), "down", measure);
    const [outer, ...inner] = drawn.boxes;
    expect(outer!.block).toBe(true);
    expect(inner).toHaveLength(2);
    for (const box of inner) expect(inside(box, outer!)).toBe(true);
    expect(drawn.lines.map((line) => [line.from, line.to])).toEqual([["loop/a", "loop/b"]]);
  });

  it("an arrow from outside into a block ends at the block", () => {
    const drawn = layout(graph([node("a"), node("each"), node("each/x", "each")], [["a", "each/x"]]), "down", measure);
    expect(drawn.lines.map((line) => [line.from, line.to])).toEqual([["a", "each"]]);
  });

  it("boxes of one block never overlap, whatever the graph", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const next = random(seed);
      const nodes: GraphNode[] = [];
      const edges: [string, string][] = [];
      const size = 2 + Math.floor(next() * 40);
      for (let index = 0; index < size; index++) {
        const blocks = nodes.filter((other) => other.id.split("/").length < 4);
        const parent = next() < 0.4 ? blocks[Math.floor(next() * blocks.length)] : undefined;
        const id = parent ? `${parent.id}/n${index}` : `n${index}`;
        const other = nodes[Math.floor(next() * nodes.length)];
        nodes.push(node(id, parent?.id ?? null, { title: "x".repeat(1 + Math.floor(next() * 60)) }));
        if (other && !id.startsWith(other.id)) edges.push([other.id, id]);
      }
      const { boxes } = layout(graph(nodes, edges), seed % 2 ? "down" : "right", measure);
      expect(boxes).toHaveLength(size);
      for (const [index, a] of boxes.entries()) {
        for (const b of boxes.slice(index + 1)) {
          if ((a.node.parent ?? "") === (b.node.parent ?? "")) expect(overlap(a, b), `${a.node.id} and ${b.node.id}, seed ${seed}`).toBe(false);
          if (b.node.parent === a.node.id) expect(inside(b, a), `${b.node.id} in ${a.node.id}, seed ${seed}`).toBe(true);
        }
      }
    }
  });

  it("survives nodes that name a parent that is not there, and arrows to nowhere", () => {
    const drawn = layout(graph([node("a", "gone"), node("b", "b")], [["a", "nowhere"], ["b", "b"]]), "down", measure);
    expect(drawn.boxes.map((box) => box.node.id)).toEqual(["a", "b"]);
    expect(drawn.lines).toEqual([]);
  });

  it("gives an empty mission a size", () => {
    expect(layout(graph([], []), "down", measure)).toEqual({ boxes: [], lines: [], width: 1, height: 1 });
  });
});

describe("labels", () => {
  it("name the step, what it does and three of its effects", () => {
    const effects = ["fs.read \"a\"", "fs.read \"b\"", "fs.read \"c\"", "exec \"d\""];
    expect(labels(node("a", null, { effects }))).toEqual(["a", "fs.write", ...effects.slice(0, 3), "+1 more"]);
    expect(labels(node("v", null, { what: "value" }))).toEqual(["v"]);
  });

  it("are cut to the width they have", () => {
    expect(fit("short", 100, measure)).toBe("short");
    const cut = fit("a very long title of a step", 70, measure);
    expect(cut).toBe("a very lo…");
    expect(measure(cut)).toBeLessThanOrEqual(70);
    expect(fit("abc", 1, measure)).toBe("…");
  });
});
