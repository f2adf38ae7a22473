/** What of the drawing is seen: screen = drawing * scale + offset, in CSS pixels. */
export interface Viewport {
  scale: number;
  x: number;
  y: number;
}

interface Size {
  width: number;
  height: number;
}

const SMALLEST = 0.1;
const LARGEST = 3;

/** The whole drawing, centred, never larger than life. */
export function whole(drawing: Size, screen: Size, margin = 16): Viewport {
  const room = { width: Math.max(screen.width - 2 * margin, 1), height: Math.max(screen.height - 2 * margin, 1) };
  const scale = clamp(Math.min(room.width / drawing.width, room.height / drawing.height, 1));
  return { scale, x: (screen.width - drawing.width * scale) / 2, y: (screen.height - drawing.height * scale) / 2 };
}

/** As wide as the screen and readable, from the top: for drawings that do not fit whole. */
export function readable(drawing: Size, screen: Size, margin = 16): Viewport {
  const view = whole(drawing, screen, margin);
  if (view.scale >= 0.7) return view;
  const scale = clamp(Math.min(Math.max((screen.width - 2 * margin) / drawing.width, 0.7), 1));
  const x = drawing.width * scale <= screen.width ? (screen.width - drawing.width * scale) / 2 : margin;
  const y = drawing.height * scale <= screen.height ? (screen.height - drawing.height * scale) / 2 : margin;
  return { scale, x, y };
}

/** Zooms by a factor; the point under (x, y) stays where it is. */
export function zoom(view: Viewport, factor: number, x: number, y: number): Viewport {
  const scale = clamp(view.scale * factor);
  const by = scale / view.scale;
  return { scale, x: x - (x - view.x) * by, y: y - (y - view.y) * by };
}

export function pan(view: Viewport, dx: number, dy: number): Viewport {
  return { ...view, x: view.x + dx, y: view.y + dy };
}

/** Moves as little as needed so that a box is on the screen. */
export function reveal(view: Viewport, box: { x: number; y: number } & Size, screen: Size, margin = 24): Viewport {
  const shift = (from: number, length: number, size: number): number => {
    if (from < margin) return margin - from;
    if (from + length > size - margin) return Math.max(size - margin - from - length, margin - from);
    return 0;
  };
  return pan(
    view,
    shift(box.x * view.scale + view.x, box.width * view.scale, screen.width),
    shift(box.y * view.scale + view.y, box.height * view.scale, screen.height),
  );
}

function clamp(scale: number): number {
  return Math.min(Math.max(scale, SMALLEST), LARGEST);
}
