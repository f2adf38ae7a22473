import { Graph as Dagre, layout as run } from "@dagrejs/dagre";
import type { Graph, GraphNode } from "./model";

/** A node's box. Lengths in CSS pixels; x and y are the upper left corner. */
export interface Box {
  node: GraphNode;
  x: number;
  y: number;
  width: number;
  height: number;
  /** Has nodes inside. */
  block: boolean;
}

/** An arrow as a polyline from box to box. */
export interface Line {
  from: string;
  to: string;
  order: boolean;
  points: { x: number; y: number }[];
}

export interface Layout {
  /** Blocks before what stands in them. */
  boxes: Box[];
  lines: Line[];
  width: number;
  height: number;
}

/** `down`: arrows run downwards, for a panel that is higher than wide. */
export type Direction = "down" | "right";

/** Width of a text in pixels. */
export type Measure = (text: string) => number;

const LINE = 17;
const PAD = 12;
const HEADER = 26;
const NARROWEST = 96;
const WIDEST = 280;

/** The text lines of a plain node: its title, what it does, its effects (at most three, then how many more). */
export function labels(node: GraphNode): string[] {
  const shown = node.effects.slice(0, 3);
  const rest = node.effects.length - shown.length;
  const lines = [node.title];
  if (node.what !== "value") lines.push(node.what);
  lines.push(...shown);
  if (rest > 0) lines.push(`+${rest} more`);
  return lines;
}

/** Shortens a text to a width, the end replaced by an ellipsis. */
export function fit(text: string, width: number, measure: Measure): string {
  if (measure(text) <= width) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure(`${text.slice(0, middle)}…`) <= width) low = middle;
    else high = middle - 1;
  }
  return `${text.slice(0, low)}…`;
}

interface Tree {
  children: Map<string, GraphNode[]>;
  parent: Map<string, string>;
  byId: Map<string, GraphNode>;
}

function tree(graph: Graph): Tree {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const children = new Map<string, GraphNode[]>();
  const parent = new Map<string, string>();
  for (const node of graph.nodes) {
    const up = node.parent && byId.has(node.parent) && node.parent !== node.id ? node.parent : "";
    if (up) parent.set(node.id, up);
    children.set(up, [...(children.get(up) ?? []), node]);
  }
  return { children, parent, byId };
}

/** The child of `region` that `id` is, or stands in. */
function ancestorIn(region: string, id: string, parent: Map<string, string>): string | undefined {
  let at: string | undefined = id;
  for (let depth = 0; at !== undefined && depth < 64; depth++) {
    if ((parent.get(at) ?? "") === region) return at;
    at = parent.get(at);
  }
  return undefined;
}

interface Placed {
  boxes: Box[];
  lines: Line[];
  width: number;
  height: number;
}

/**
 * Lays out each block by itself, inner blocks first, then its block as one box of that size: boxes of one block never
 * overlap, and an arrow stays in the block where both its ends stand.
 */
export function layout(graph: Graph, direction: Direction, measure: Measure): Layout {
  const nodes = tree(graph);
  const region = (id: string): Placed => {
    const members = nodes.children.get(id) ?? [];
    const inner = new Map<string, Placed>();
    const dagre = new Dagre({ multigraph: false });
    dagre.setGraph({ rankdir: direction === "down" ? "TB" : "LR", nodesep: 28, ranksep: 44, marginx: PAD, marginy: PAD });
    dagre.setDefaultEdgeLabel(() => ({}));
    for (const node of members) {
      if (nodes.children.has(node.id)) {
        const placed = region(node.id);
        inner.set(node.id, placed);
        const title = measure(`${node.title}  ${node.what}`) + 2 * PAD;
        dagre.setNode(node.id, { width: Math.max(placed.width, Math.min(title, WIDEST)), height: placed.height + HEADER });
        continue;
      }
      const lines = labels(node);
      const width = Math.max(...lines.map(measure)) + 2 * PAD;
      dagre.setNode(node.id, {
        width: Math.ceil(Math.min(Math.max(width, NARROWEST), WIDEST)),
        height: lines.length * LINE + PAD,
      });
    }
    const orders = new Map<string, boolean>();
    for (const edge of graph.edges) {
      if (!nodes.byId.has(edge.from) || !nodes.byId.has(edge.to)) continue;
      const from = ancestorIn(id, edge.from, nodes.parent);
      const to = ancestorIn(id, edge.to, nodes.parent);
      if (from === undefined || to === undefined || from === to) continue;
      const key = JSON.stringify([from, to]);
      orders.set(key, (orders.get(key) ?? true) && edge.order);
      dagre.setEdge(from, to);
    }
    if (members.length > 0) run(dagre);
    const boxes: Box[] = [];
    const lines: Line[] = [];
    for (const node of members) {
      const at = dagre.node(node.id);
      const x = at.x - at.width / 2;
      const y = at.y - at.height / 2;
      const placed = inner.get(node.id);
      boxes.push({ node, x, y, width: at.width, height: at.height, block: placed !== undefined });
      if (!placed) continue;
      const left = x + (at.width - placed.width) / 2;
      boxes.push(...placed.boxes.map((box) => ({ ...box, x: box.x + left, y: box.y + y + HEADER })));
      lines.push(...placed.lines.map((line) => ({
        ...line,
        points: line.points.map((point) => ({ x: point.x + left, y: point.y + y + HEADER })),
      })));
    }
    for (const edge of dagre.edges()) {
      const points = dagre.edge(edge)?.points ?? [];
      const order = orders.get(JSON.stringify([edge.v, edge.w])) ?? false;
      lines.push({ from: edge.v, to: edge.w, order, points: points.map(({ x, y }: { x: number; y: number }) => ({ x, y })) });
    }
    const size = dagre.graph();
    return { boxes, lines, width: size.width ?? 0, height: size.height ?? 0 };
  };
  const all = region("");
  return { boxes: all.boxes, lines: all.lines, width: Math.max(all.width, 1), height: Math.max(all.height, 1) };
}

export const METRICS = { LINE, PAD, HEADER };
