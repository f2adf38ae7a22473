import { describe, expect, it } from "vitest";
import { pan, readable, reveal, whole, zoom } from "../src/graph/viewport";

describe("viewport", () => {
  const screen = { width: 400, height: 300 };

  it("shows a small drawing at its own size, in the middle", () => {
    expect(whole({ width: 100, height: 100 }, screen)).toEqual({ scale: 1, x: 150, y: 100 });
  });

  it("shrinks a large drawing to fit", () => {
    const view = whole({ width: 4000, height: 1000 }, screen);
    expect(view.scale * 4000).toBeLessThanOrEqual(screen.width);
  });

  it("keeps text readable in a drawing that does not fit", () => {
    expect(readable({ width: 4000, height: 1000 }, screen).scale).toBeGreaterThanOrEqual(0.7);
  });

  it("zooms around the pointer", () => {
    const before = { scale: 1, x: 10, y: 20 };
    const after = zoom(before, 2, 100, 50);
    const under = (view: typeof before) => [(100 - view.x) / view.scale, (50 - view.y) / view.scale];
    expect(under(after)).toEqual(under(before));
    expect(zoom(before, 1000, 0, 0).scale).toBe(3);
    expect(zoom(before, 0.0001, 0, 0).scale).toBe(0.1);
  });

  it("pans by pixels", () => {
    expect(pan({ scale: 2, x: 1, y: 1 }, 3, -4)).toEqual({ scale: 2, x: 4, y: -3 });
  });

  it("moves only when the box is not on the screen", () => {
    const view = { scale: 1, x: 0, y: 0 };
    expect(reveal(view, { x: 50, y: 50, width: 10, height: 10 }, screen)).toEqual(view);
    const moved = reveal(view, { x: 1000, y: 50, width: 10, height: 10 }, screen);
    expect(1000 + moved.x + 10).toBeLessThanOrEqual(screen.width);
    expect(moved.y).toBe(0);
  });
});
