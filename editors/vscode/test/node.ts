import type { GraphNode } from "../src/graph/model";

/** A plain step, with what a test wants to be different. */
export function node(id: string, parent: string | null = null, more: Partial<GraphNode> = {}): GraphNode {
  const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } };
  return { id, title: id.split("/").at(-1) ?? id, what: "fs.write", parent, effects: [], verdict: "allowed", range, ...more };
}
