import type { GraphNode, Position, Range } from "./graph/model";

/** The id of the smallest node whose text holds the position, or null. */
export function innermost(nodes: GraphNode[], at: Position): string | null {
  let best: GraphNode | undefined;
  for (const node of nodes) {
    if (!holds(node.range, at)) continue;
    if (!best || within(node.range, best.range)) best = node;
  }
  return best?.id ?? null;
}

function holds({ start, end }: Range, at: Position): boolean {
  return order(start, at) <= 0 && order(at, end) <= 0;
}

function within(inner: Range, outer: Range): boolean {
  return order(outer.start, inner.start) <= 0 && order(inner.end, outer.end) <= 0;
}

function order(a: Position, b: Position): number {
  return a.line - b.line || a.character - b.character;
}
