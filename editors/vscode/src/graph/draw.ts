import { fit, labels, METRICS, type Box, type Layout, type Line, type Measure } from "./layout";

const SVG = "http://www.w3.org/2000/svg";

function element(name: string, attributes: Record<string, string | number>, ...children: (Node | string)[]): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** The drawing as an SVG group. Text is only ever set as text, never as markup. */
export function draw(drawing: Layout, measure: Measure): SVGElement {
  const blocks = drawing.boxes.filter((box) => box.block).map((box) => block(box, measure));
  const steps = drawing.boxes.filter((box) => !box.block).map((box) => step(box, measure));
  return element("g", { class: "drawing" }, ...blocks, ...drawing.lines.map(arrow), ...steps);
}

function frame(box: Box, kind: string, ...children: Node[]): SVGElement {
  const { node } = box;
  const title = element("title", {}, [node.id, node.what, ...node.effects, verdictText(node.verdict)].filter(Boolean).join("\n"));
  const shape = element("rect", { x: box.x, y: box.y, width: box.width, height: box.height, rx: 6 });
  const attributes = {
    class: `${kind} verdict-${node.verdict}`,
    "data-id": node.id,
    tabindex: 0,
    role: "button",
    "aria-label": `${node.title}, ${node.what}`,
  };
  return element("g", attributes, title, shape, ...children);
}

function block(box: Box, measure: Measure): SVGElement {
  const room = box.width - 2 * METRICS.PAD;
  const title = fit(`${box.node.title}  ${box.node.what}`, room, measure);
  const text = element("text", { x: box.x + METRICS.PAD, y: box.y + 18, class: "what" }, title);
  return frame(box, "block", text);
}

function step(box: Box, measure: Measure): SVGElement {
  const room = box.width - 2 * METRICS.PAD;
  const effects = box.node.what === "value" ? 1 : 2;
  const lines = labels(box.node).map((line, index) => {
    const kind = index === 0 ? "title" : index < effects ? "what" : "effect";
    const y = box.y + METRICS.PAD / 2 + METRICS.LINE * index + 13;
    return element("text", { x: box.x + METRICS.PAD, y, class: kind }, fit(line, room, measure));
  });
  return frame(box, "step", ...lines);
}

function arrow(line: Line): SVGElement {
  const path = curve(line.points);
  return element("path", {
    d: path,
    class: line.order ? "arrow order" : "arrow",
    "marker-end": "url(#head)",
    "data-from": line.from,
    "data-to": line.to,
  });
}

/** A polyline with its corners rounded: a quadratic curve through the middles of its parts. */
export function curve(points: { x: number; y: number }[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  const last = rest.at(-1);
  if (!last) return "";
  let path = `M${round(first.x)},${round(first.y)}`;
  for (let index = 0; index + 1 < rest.length; index++) {
    const here = rest[index];
    const next = rest[index + 1];
    if (!here || !next) break;
    const end = index + 2 === rest.length ? next : { x: (here.x + next.x) / 2, y: (here.y + next.y) / 2 };
    path += ` Q${round(here.x)},${round(here.y)} ${round(end.x)},${round(end.y)}`;
  }
  if (rest.length === 1) path += ` L${round(last.x)},${round(last.y)}`;
  return path;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function verdictText(verdict: string): string {
  switch (verdict) {
    case "allowed": return "allowed by the policy";
    case "guarded": return "decided when it runs";
    case "refused": return "refused by the policy";
    default: return "";
  }
}
