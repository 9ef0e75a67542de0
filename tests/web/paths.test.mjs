import assert from "node:assert/strict";
import { test } from "node:test";

import * as paths from "../../web/chart/paths.js";

test("linePath breaks where a value is missing", () => {
  assert.equal(paths.linePath([0, 1, 2, 3], [5, 6, null, 8]), "M0 5L1 6M3 8");
  assert.equal(paths.linePath([0.123456], [1]), "M0.12 1");
  assert.equal(paths.linePath([], []), "");
});

test("dotsPath draws a stroke of no length at each point", () => {
  assert.equal(paths.dotsPath([0, 1, 2], [5, NaN, 7]), "M0 5h0M2 7h0");
});

test("bandPath follows the upper edge and returns along the lower one", () => {
  assert.equal(paths.bandPath([0, 1], [10, 11], [5, 6]), "M0 5L1 6L1 11L0 10Z");
  assert.equal(paths.bandPath([0, 1, 2], [10, null, 12], [5, 6, 7]), "M0 5L2 7L2 12L0 10Z");
  assert.equal(paths.bandPath([0], [1], [2]), "");
});
