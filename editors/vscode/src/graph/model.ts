/** The answer to `rustchain/graph` (docs/lsp.md): a mission as nodes in nodes, and the arrows between them. */

/** Zero-based, as in the language server protocol. */
export interface Position {
  line: number;
  character: number;
}

export interface Range {
  start: Position;
  end: Position;
}

/** What the policy says of a node's effects, the worst of them. */
export type Verdict = "none" | "allowed" | "guarded" | "refused";

export interface GraphNode {
  /** The static id path, unique in the mission: `judged/verdict`. */
  id: string;
  title: string;
  /** What it does: `http.get`, `for`, `match`, `value`. */
  what: string;
  /** The block it stands in. */
  parent?: string | null;
  /** As policy lines: `net.read "https://…/**"`. */
  effects: string[];
  verdict: Verdict;
  range: Range;
}

export interface GraphEdge {
  from: string;
  to: string;
  /** Order without data (`after`). */
  order: boolean;
}

export interface Graph {
  mission: string;
  /** Every mission of the file, for the panel's choice. */
  missions: string[];
  nodes: GraphNode[];
  edges: GraphEdge[];
}

/** From the panel to the extension. */
export type ToExtension =
  | { kind: "ready" }
  | { kind: "open"; range: Range }
  | { kind: "mission"; name: string };

/** From the extension to the panel. */
export type ToPanel =
  | { kind: "graph"; graph: Graph }
  | { kind: "select"; id: string | null }
  | { kind: "problem"; text: string };
