import assert from "node:assert/strict";
import { test } from "node:test";

import { at, baseline, epochNear, previewFor } from "../../web/chart/view.js";
import { viewOf } from "./view_of.mjs";

test("baseline is the loss at epoch 0, if it was measured", () => {
  assert.equal(baseline(viewOf()), 0.14);
  assert.equal(baseline(viewOf({ validation: { epoch: [1], loss: [0.1], smooth: [0.1], standard_error: [0] } })), null);
});

test("at finds by epoch and knows no value where there is none", () => {
  assert.equal(at([0, 5, 10], [1, 2, 3], 5), 2);
  assert.equal(at([0, 5, 10], [1, null, 3], 5), null);
  assert.equal(at([0, 5, 10], [1, 2, 3], 7), null);
});

test("epochNear is the nearest validated epoch", () => {
  assert.equal(epochNear(viewOf(), 4.4, 0), 4);
  assert.equal(epochNear(viewOf(), -3, 0), 0);
  assert.equal(epochNear(viewOf(), 99, 0), 6);
});

test("an epoch with a checkpoint draws the pointer to itself within reach", () => {
  assert.equal(epochNear(viewOf(), 4.4, 1.5), 3);
  assert.equal(epochNear(viewOf(), 4.6, 1.5), 6);
  assert.equal(epochNear(viewOf(), 4.5, 1), 4);
  assert.equal(epochNear(viewOf({ checkpoints: [] }), 4.4, 5), 4);
});

test("a run without validations has no epoch to point at", () => {
  const validation = { epoch: [], loss: [], smooth: [], standard_error: [] };
  assert.equal(epochNear(viewOf({ validation, checkpoints: [] }), 3, 2), null);
});

test("previewFor is the last one made up to an epoch", () => {
  assert.equal(previewFor(viewOf(), 3)?.epoch, 2);
  assert.equal(previewFor(viewOf(), 4)?.epoch, 4);
  assert.equal(previewFor(viewOf(), 0)?.epoch, 2);
  assert.equal(previewFor(viewOf({ previews: [] }), 3), null);
});
