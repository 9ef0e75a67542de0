import assert from "node:assert/strict";
import { test } from "node:test";

import * as looks from "../../web/chart/view.js";
import { averagedViewOf, viewOf } from "./view_of.mjs";

const { at, baseline, epochNear, previewFor } = looks;

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
  assert.equal(epochNear(viewOf(), 4.4, [], 0), 4);
  assert.equal(epochNear(viewOf(), -3, [], 0), 0);
  assert.equal(epochNear(viewOf(), 99, [], 0), 6);
});

test("an epoch that can be chosen draws the pointer to itself within reach", () => {
  assert.equal(epochNear(viewOf(), 4.4, [1, 3, 6], 1.5), 3);
  assert.equal(epochNear(viewOf(), 4.6, [1, 3, 6], 1.5), 6);
  assert.equal(epochNear(viewOf(), 4.5, [1, 3, 6], 1), 4);
  assert.equal(epochNear(viewOf(), 4.4, [], 5), 4);
});

test("a run without validations has no epoch to point at", () => {
  const validation = { epoch: [], loss: [], smooth: [], standard_error: [] };
  assert.equal(epochNear(viewOf({ validation }), 3, [], 2), null);
});

test("previewFor is the last one made up to an epoch", () => {
  assert.equal(previewFor(viewOf(), 3)?.epoch, 2);
  assert.equal(previewFor(viewOf(), 4)?.epoch, 4);
  assert.equal(previewFor(viewOf(), 0)?.epoch, 2);
  assert.equal(previewFor(viewOf({ previews: [] }), 3), null);
});

test("the main curve is that of the picked weights, the averaged ones before any are picked", () => {
  const averaged = averagedViewOf();
  assert.equal(looks.mainCurve(averaged), averaged.averaged);
  assert.equal(looks.otherCurve(averaged), averaged.validation);
  const raw = averagedViewOf("raw");
  assert.equal(looks.mainCurve(raw), raw.validation);
  assert.equal(looks.otherCurve(raw), raw.averaged);
  const young = averagedViewOf("averaged", { selection: null });
  assert.equal(looks.mainWeights(young), "averaged");
  assert.equal(looks.mainCurve(young), young.averaged);
});

test("a run that keeps no average has one curve", () => {
  const view = viewOf();
  assert.equal(looks.mainWeights(view), "raw");
  assert.equal(looks.mainCurve(view), view.validation);
  assert.equal(looks.otherCurve(view), null);
  assert.equal(looks.probedCurve(view), view.validation);
});

test("the probe starts where the validation does and keeps its proportions", () => {
  const rounded = looks.alignedProbe(averagedViewOf()).map((value) => Number(value.toFixed(9)));
  assert.deepEqual(rounded, [0.14, 0.1295, 0.119, 0.105]);
});

test("a probe that was not measured without the LoRA stays where it is", () => {
  const probe = { epoch: [2, 4], loss: [0.15, 0.14], smooth: [null, 0.14] };
  assert.deepEqual(looks.alignedProbe(averagedViewOf("averaged", { probe })), [null, 0.14]);
  assert.deepEqual(looks.alignedProbe(viewOf()), []);
});

test("what can be chosen has a checkpoint of the weights that are allowed", () => {
  const view = averagedViewOf();
  assert.deepEqual(looks.choosable(view, "averaged"), [2, 4, 6]);
  assert.deepEqual(looks.choosable(view, "raw"), [1, 3, 6]);
  assert.deepEqual(looks.choosable(view, "best"), [1, 2, 3, 4, 6]);
  assert.deepEqual(looks.choosable(viewOf(), "best"), [1, 3, 6]);
});

test("a loss is smoothed where it can be, else as measured", () => {
  const curve = { epoch: [1, 2, 3], loss: [0.3, 0.2, null], smooth: [null, 0.25, null] };
  assert.equal(looks.lossAt(curve, 1), 0.3);
  assert.equal(looks.lossAt(curve, 2), 0.25);
  assert.equal(looks.lossAt(curve, 3), null);
});
