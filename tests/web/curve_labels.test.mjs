import assert from "node:assert/strict";
import { test } from "node:test";

import { diagonalOf, placeLabel } from "../../web/chart/curve_labels.js";

const BOUNDS = { left: 0, right: 200, top: 0, bottom: 100 };
const xs = [0, 50, 100, 150, 200];
const level = (y) => ({ xs: [0, 200], ys: [y, y] });

test("a name stands above the end of a curve that is level or rises", () => {
  assert.deepEqual(placeLabel("raw", { xs, ys: [50, 50, 50, 50, 50] }, [], BOUNDS), { x: 200, y: 44 });
  assert.deepEqual(placeLabel("raw", { xs, ys: [80, 70, 60, 50, 40] }, [], BOUNDS), { x: 200, y: 34 });
});

test("a name goes below a curve that falls, which would cross it above", () => {
  assert.deepEqual(placeLabel("raw", { xs, ys: [10, 20, 40, 60, 80] }, [], BOUNDS), { x: 200, y: 93 });
});

test("a name goes below where another line is in its way above", () => {
  assert.deepEqual(placeLabel("raw", { xs, ys: [50, 50, 50, 50, 50] }, [level(42)], BOUNDS), { x: 200, y: 63 });
});

test("a curve that leaves the frame is named where it is still inside", () => {
  assert.deepEqual(placeLabel("raw", { xs, ys: [10, 20, 40, 70, 130] }, [], BOUNDS), { x: 150, y: 83 });
});

test("a curve hemmed in by others stays without a name, and so does one without numbers", () => {
  const hemmed = { xs, ys: [50, 50, 50, 50, 50] };
  assert.equal(placeLabel("raw", hemmed, [level(42), level(58)], BOUNDS), null);
  assert.equal(placeLabel("raw", { xs, ys: [null, null, null, null, null] }, [], BOUNDS), null);
  assert.equal(placeLabel("raw", { xs: [], ys: [] }, [], BOUNDS), null);
});

test("two curves that end together have names that do not overlap", () => {
  const [upper, lower] = [50, 51].map((y) => ({ xs, ys: xs.map(() => y) }));
  const first = placeLabel("training pictures", upper, [lower], BOUNDS);
  const second = placeLabel("raw weights", lower, [upper, diagonalOf("training pictures", first)], BOUNDS);
  assert.ok(second === null || Math.abs(second.y - first.y) >= 11 || second.x < first.x - 5 * 17);
  const blocked = placeLabel("raw weights", lower, [diagonalOf("training pictures", first)], BOUNDS);
  assert.notDeepEqual(blocked, placeLabel("raw weights", lower, [], BOUNDS));
});
