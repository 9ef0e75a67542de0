import assert from "node:assert/strict";
import { test } from "node:test";

import * as curves from "../../web/chart/curves.js";

test("extent passes over what is no number", () => {
  assert.deepEqual(curves.extent([3, null, 1], [undefined, NaN, 2]), [1, 3]);
  assert.deepEqual(curves.extent([5]), [5, 5]);
  assert.equal(curves.extent([], [null]), null);
});

test("padded widens on both sides and never leaves a point", () => {
  assert.deepEqual(curves.padded([1, 3], 0.5), [0, 4]);
  assert.deepEqual(curves.padded([2, 2], 1), [1.8, 2.2]);
  assert.deepEqual(curves.padded([0, 0], 0.5), [-0.5, 0.5]);
});

test("linear maps the ends of its domain to the ends of its range, upside down too", () => {
  const y = curves.linear([10, 20], [100, 0]);
  assert.equal(y(10), 100);
  assert.equal(y(20), 0);
  assert.equal(y(15), 50);
  assert.equal(curves.linear([4, 4], [7, 9])(4), 7);
});

test("ticks are round, inside, and few enough", () => {
  assert.deepEqual(curves.ticks([0, 10], 5), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(curves.ticks([0.128, 0.141], 3), [0.13, 0.135, 0.14]);
  assert.deepEqual(curves.ticks([1, 3], 10, 1), [1, 2, 3]);
  assert.deepEqual(curves.ticks([-0.3, 0.3], 3), [-0.2, 0, 0.2]);
});

test("ticks stay inside at every length", () => {
  for (let power = -9; power < 9; power += 1) {
    const [low, high] = [1.37 * 10 ** power, 9.83 * 10 ** power];
    const found = curves.ticks([low, high], 5);
    assert.ok(found.length >= 3 && found.length <= 11, `${found.length} ticks at 10^${power}`);
    assert.ok(found.every((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)));
  }
});

test("digitsFor tells neighbouring ticks apart", () => {
  assert.equal(curves.digitsFor([0.13, 0.135]), 3);
  assert.equal(curves.digitsFor([0, 20]), 0);
  assert.equal(curves.digitsFor([0.1, 0.2]), 1);
  assert.equal(curves.digitsFor([0.1]), 3);
});

test("linePath breaks where a value is missing", () => {
  assert.equal(curves.linePath([0, 1, 2, 3], [5, 6, null, 8]), "M0 5L1 6M3 8");
  assert.equal(curves.linePath([0.123456], [1]), "M0.12 1");
  assert.equal(curves.linePath([], []), "");
});

test("dotsPath draws a stroke of no length for each number", () => {
  assert.equal(curves.dotsPath([0, 1, 2], [5, NaN, 7]), "M0 5h0M2 7h0");
});

test("bandPath goes there along the top and back along the bottom", () => {
  assert.equal(curves.bandPath([0, 1], [10, 11], [5, 6]), "M0 5L1 6L1 11L0 10Z");
  assert.equal(curves.bandPath([0, 1, 2], [10, null, 12], [5, 6, 7]), "M0 5L2 7L2 12L0 10Z");
  assert.equal(curves.bandPath([0], [1], [2]), "");
});

test("nearest takes the first of two that are as near", () => {
  assert.equal(curves.nearest([1, 3, 9], 7), 2);
  assert.equal(curves.nearest([1, 3], 2), 0);
  assert.equal(curves.nearest([], 2), -1);
});
