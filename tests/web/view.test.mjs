import assert from "node:assert/strict";
import { test } from "node:test";

import * as queries from "../../web/chart/view.js";
import { averagedViewOf, viewOf } from "./view_of.mjs";

const { baselineLoss, epochNear, previewFor, valueAt } = queries;

test("baselineLoss is the loss at epoch 0, if it was measured", () => {
  assert.equal(baselineLoss(viewOf()), 0.14);
  const validation = { epoch: [1], loss: [0.1], smooth: [0.1], standard_error: [0] };
  assert.equal(baselineLoss(viewOf({ validation })), null);
});

test("valueAt finds by epoch and has no value where there is none", () => {
  assert.equal(valueAt([0, 5, 10], [1, 2, 3], 5), 2);
  assert.equal(valueAt([0, 5, 10], [1, null, 3], 5), null);
  assert.equal(valueAt([0, 5, 10], [1, 2, 3], 7), null);
});

test("epochNear is the nearest validated epoch", () => {
  assert.equal(epochNear(viewOf(), 4.4, [], 0), 4);
  assert.equal(epochNear(viewOf(), -3, [], 0), 0);
  assert.equal(epochNear(viewOf(), 99, [], 0), 6);
});

test("an epoch that can be chosen attracts the pointer within reach", () => {
  assert.equal(epochNear(viewOf(), 4.4, [1, 3, 6], 1.5), 3);
  assert.equal(epochNear(viewOf(), 4.6, [1, 3, 6], 1.5), 6);
  assert.equal(epochNear(viewOf(), 4.5, [1, 3, 6], 1), 4);
  assert.equal(epochNear(viewOf(), 4.4, [], 5), 4);
});

test("a run without validations has no epoch to point at", () => {
  const validation = { epoch: [], loss: [], smooth: [], standard_error: [] };
  assert.equal(epochNear(viewOf({ validation }), 3, [], 2), null);
});

test("previewFor is the nearest one, the earlier of two as near", () => {
  const previews = [5, 10, 15].map((epoch) => ({ epoch, file: `${epoch}.png`, made: 1 }));
  assert.equal(previewFor(viewOf({ previews }), 9)?.epoch, 10);
  assert.equal(previewFor(viewOf({ previews }), 12)?.epoch, 10);
  assert.equal(previewFor(viewOf(), 3)?.epoch, 2);
  assert.equal(previewFor(viewOf(), 4)?.epoch, 4);
  assert.equal(previewFor(viewOf(), 0)?.epoch, 2);
  assert.equal(previewFor(viewOf({ previews: [] }), 3), null);
});

test("the main curve is that of the picked weights, the averaged ones before any are picked", () => {
  const averaged = averagedViewOf();
  assert.equal(queries.mainCurve(averaged), averaged.averaged);
  assert.equal(queries.otherCurve(averaged), averaged.validation);
  const raw = averagedViewOf("raw");
  assert.equal(queries.mainCurve(raw), raw.validation);
  assert.equal(queries.otherCurve(raw), raw.averaged);
  const young = averagedViewOf("averaged", { selection: null });
  assert.equal(queries.mainWeights(young), "averaged");
  assert.equal(queries.mainCurve(young), young.averaged);
});

test("a run that keeps no average has one curve", () => {
  const view = viewOf();
  assert.equal(queries.mainWeights(view), "raw");
  assert.equal(queries.mainCurve(view), view.validation);
  assert.equal(queries.otherCurve(view), null);
  assert.equal(queries.probedCurve(view), view.validation);
});

test("the probe is drawn as the server aligned it", () => {
  assert.deepEqual(queries.alignedProbe(averagedViewOf()), [0.14, 0.1295, 0.119, 0.105]);
  assert.deepEqual(queries.alignedProbe(viewOf()), []);
});

test("what can be chosen has a checkpoint of the weights that are allowed", () => {
  const view = averagedViewOf();
  assert.deepEqual(queries.checkpointEpochs(view, "averaged"), [2, 4, 6]);
  assert.deepEqual(queries.checkpointEpochs(view, "raw"), [1, 3, 6]);
  assert.deepEqual(queries.checkpointEpochs(view, "best"), [1, 2, 3, 4, 6]);
  assert.deepEqual(queries.checkpointEpochs(viewOf(), "best"), [1, 3, 6]);
});

test("a loss is smoothed where it can be, else as measured", () => {
  const curve = { epoch: [1, 2, 3], loss: [0.3, 0.2, null], smooth: [null, 0.25, null] };
  assert.equal(queries.lossAt(curve, 1), 0.3);
  assert.equal(queries.lossAt(curve, 2), 0.25);
  assert.equal(queries.lossAt(curve, 3), null);
});

test("the band's edges lie so many standard errors beside the smooth curve, and break where it does", () => {
  const curve = { epoch: [0, 1, 2], loss: [1, 1, 1], smooth: [0.5, null, 0.25], standard_error: [null, 0.5, 0.125] };
  assert.deepEqual(queries.bandEdge(curve, 1), [0.5, null, 0.375]);
  assert.deepEqual(queries.bandEdge(curve, -2), [0.5, null, 0]);
});
