import assert from "node:assert/strict";
import { test } from "node:test";

import * as scales from "../../web/chart/scales.js";

test("extent skips what is not a number", () => {
  assert.deepEqual(scales.extent([3, null, 1], [undefined, NaN, 2]), [1, 3]);
  assert.deepEqual(scales.extent([5]), [5, 5]);
  assert.equal(scales.extent([], [null]), null);
});

test("widen extends an interval on both sides, a single point too", () => {
  assert.deepEqual(scales.widen([1, 3], 0.5), [0, 4]);
  assert.deepEqual(scales.widen([2, 2], 1), [1.8, 2.2]);
  assert.deepEqual(scales.widen([0, 0], 0.5), [-0.5, 0.5]);
});

test("linearScale maps the ends of its domain to the ends of its range, upside down too", () => {
  const y = scales.linearScale([10, 20], [100, 0]);
  assert.equal(y(10), 100);
  assert.equal(y(20), 0);
  assert.equal(y(15), 50);
  assert.equal(scales.linearScale([4, 4], [7, 9])(4), 7);
});

test("ticks are round, inside the interval, and few", () => {
  assert.deepEqual(scales.findTicks([0, 10], 5), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(scales.findTicks([0.128, 0.141], 3), [0.13, 0.135, 0.14]);
  assert.deepEqual(scales.findTicks([1, 3], 10, 1), [1, 2, 3]);
  assert.deepEqual(scales.findTicks([-0.3, 0.3], 3), [-0.2, 0, 0.2]);
});

test("ticks stay inside at every length", () => {
  for (let power = -9; power < 9; power += 1) {
    const [low, high] = [1.37 * 10 ** power, 9.83 * 10 ** power];
    const found = scales.findTicks([low, high], 5);
    assert.ok(found.length >= 3 && found.length <= 11, `${found.length} ticks at 10^${power}`);
    assert.ok(found.every((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)));
  }
});

test("countTickDecimals tells neighbouring ticks apart", () => {
  assert.equal(scales.countTickDecimals([0.13, 0.135]), 3);
  assert.equal(scales.countTickDecimals([0, 20]), 0);
  assert.equal(scales.countTickDecimals([0.1, 0.2]), 1);
  assert.equal(scales.countTickDecimals([0.1]), 3);
});

test("findNearest takes the first of two that are equally near", () => {
  assert.equal(scales.findNearest([1, 3, 9], 7), 2);
  assert.equal(scales.findNearest([1, 3], 2), 0);
  assert.equal(scales.findNearest([], 2), -1);
});
