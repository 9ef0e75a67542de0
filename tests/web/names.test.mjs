import assert from "node:assert/strict";
import { test } from "node:test";

import { placeOf } from "../../web/chart/names.js";

const INSIDE = { left: 0, right: 200, top: 0, bottom: 100 };
const xs = [0, 50, 100, 150, 200];
const level = (y) => ({ xs: [0, 200], ys: [y, y] });

test("a name stands above the end of a curve that is level or rises", () => {
  assert.deepEqual(placeOf("raw", { xs, ys: [50, 50, 50, 50, 50] }, [], INSIDE), { x: 200, y: 44 });
  assert.deepEqual(placeOf("raw", { xs, ys: [80, 70, 60, 50, 40] }, [], INSIDE), { x: 200, y: 34 });
});

test("a name goes below a curve that falls, as the curve would run through it above", () => {
  assert.deepEqual(placeOf("raw", { xs, ys: [10, 20, 40, 60, 80] }, [], INSIDE), { x: 200, y: 93 });
});

test("a name goes below where another line is in the way above", () => {
  assert.deepEqual(placeOf("raw", { xs, ys: [50, 50, 50, 50, 50] }, [level(42)], INSIDE), { x: 200, y: 63 });
});

test("a curve that leaves the frame has its name where it is still inside", () => {
  assert.deepEqual(placeOf("raw", { xs, ys: [10, 20, 40, 70, 130] }, [], INSIDE), { x: 150, y: 83 });
});

test("a curve hemmed in by others goes without its name, as does one without numbers", () => {
  const hemmed = { xs, ys: [50, 50, 50, 50, 50] };
  assert.equal(placeOf("raw", hemmed, [level(42), level(58)], INSIDE), null);
  assert.equal(placeOf("raw", { xs, ys: [null, null, null, null, null] }, [], INSIDE), null);
  assert.equal(placeOf("raw", { xs: [], ys: [] }, [], INSIDE), null);
});
