import { draw } from "./draw";
import { layout, type Direction, type Layout } from "./layout";
import type { Graph, ToExtension, ToPanel } from "./model";
import { pan, readable, reveal, whole, zoom, type Viewport } from "./viewport";

interface Host {
  postMessage(message: ToExtension): void;
}

declare function acquireVsCodeApi(): Host;

const host = acquireVsCodeApi();
const svg = find<SVGSVGElement>("#canvas");
const scene = find<SVGGElement>("#scene");
const choice = find<HTMLSelectElement>("#mission");
const problem = find<HTMLElement>("#problem");

let graph: Graph | undefined;
let drawing: Layout | undefined;
let view: Viewport = { scale: 1, x: 0, y: 0 };
let direction: Direction = "down";
/** The reader has moved the drawing: leave it where it is when the text changes. */
let moved = false;

function find<T extends Element>(selector: string): T {
  const found = document.querySelector<T>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

const pen = document.createElement("canvas").getContext("2d");
/** As wide as the text is in the bold letters of titles, so that lines of any kind fit. */
function measure(text: string): number {
  if (!pen) return text.length * 9;
  const { fontSize, fontFamily } = getComputedStyle(svg);
  pen.font = `600 ${fontSize} ${fontFamily}`;
  return pen.measureText(text).width;
}

function screen(): { width: number; height: number } {
  return { width: svg.clientWidth, height: svg.clientHeight };
}

function place(next: Viewport): void {
  view = next;
  scene.setAttribute("transform", `translate(${view.x},${view.y}) scale(${view.scale})`);
}

function show(next: Graph): void {
  const other = next.mission !== graph?.mission;
  graph = next;
  problem.hidden = true;
  choice.replaceChildren(...next.missions.map((name) => new Option(name, name, false, name === next.mission)));
  choice.hidden = next.missions.length < 2;
  const { width, height } = screen();
  direction = width > height * 1.4 ? "right" : "down";
  redraw();
  if (drawing && (other || !moved)) {
    moved = false;
    place(readable(drawing, screen()));
  }
}

function redraw(): void {
  if (!graph) return;
  drawing = layout(graph, direction, measure);
  scene.replaceChildren(draw(drawing, measure));
}

function select(id: string | null): void {
  for (const element of scene.querySelectorAll("[data-id]")) {
    element.classList.toggle("selected", element.getAttribute("data-id") === id);
  }
  for (const element of scene.querySelectorAll("[data-from]")) {
    const near = element.getAttribute("data-from") === id || element.getAttribute("data-to") === id;
    element.classList.toggle("near", near);
  }
  const box = drawing?.boxes.find((box) => box.node.id === id);
  if (box) place(reveal(view, box, screen()));
}

function open(target: EventTarget | null): void {
  const id = target instanceof Element ? target.closest("[data-id]")?.getAttribute("data-id") : undefined;
  const node = graph?.nodes.find((node) => node.id === id);
  if (!node) return;
  select(node.id);
  host.postMessage({ kind: "open", range: node.range });
}

window.addEventListener("message", (event: MessageEvent<ToPanel>) => {
  const message = event.data;
  switch (message.kind) {
    case "graph": return show(message.graph);
    case "select": return select(message.id);
    case "problem":
      problem.textContent = message.text;
      problem.hidden = false;
  }
});

svg.addEventListener("wheel", (event) => {
  event.preventDefault();
  moved = true;
  if (event.ctrlKey || event.metaKey) {
    const corner = svg.getBoundingClientRect();
    place(zoom(view, Math.exp(-event.deltaY / 300), event.clientX - corner.x, event.clientY - corner.y));
  } else {
    place(pan(view, -event.deltaX, -event.deltaY));
  }
}, { passive: false });

let held: { x: number; y: number; far: boolean } | undefined;
svg.addEventListener("pointerdown", (event) => {
  if (event.button === 0) held = { x: event.clientX, y: event.clientY, far: false };
});
svg.addEventListener("pointermove", (event) => {
  if (!held) return;
  const dx = event.clientX - held.x;
  const dy = event.clientY - held.y;
  if (!held.far && Math.hypot(dx, dy) < 4) return;
  if (!held.far) svg.setPointerCapture(event.pointerId);
  moved = true;
  held = { x: event.clientX, y: event.clientY, far: true };
  place(pan(view, dx, dy));
});
svg.addEventListener("pointerup", (event) => {
  const click = held && !held.far;
  held = undefined;
  if (click) open(event.target);
});
svg.addEventListener("pointercancel", () => { held = undefined; });

window.addEventListener("keydown", (event) => {
  const { width, height } = screen();
  const by = (factor: number) => { moved = true; place(zoom(view, factor, width / 2, height / 2)); };
  switch (event.key) {
    case "+": case "=": return by(1.25);
    case "-": return by(0.8);
    case "0": case "f": return fitAll();
    case "Enter": return open(document.activeElement);
  }
});

function fitAll(): void {
  moved = false;
  if (drawing) place(whole(drawing, screen()));
}

find("#fit").addEventListener("click", fitAll);
find("#turn").addEventListener("click", () => {
  direction = direction === "down" ? "right" : "down";
  moved = false;
  redraw();
  if (drawing) place(readable(drawing, screen()));
});
choice.addEventListener("change", () => host.postMessage({ kind: "mission", name: choice.value }));
new ResizeObserver(() => { if (drawing && !moved) place(readable(drawing, screen())); }).observe(svg);

host.postMessage({ kind: "ready" });
