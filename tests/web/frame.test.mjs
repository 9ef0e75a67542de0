import assert from "node:assert/strict";
import { test } from "node:test";

import { layOutFrame } from "../../web/chart/frame.js";
import { averagedViewOf, viewOf } from "./view_of.mjs";

test("all epochs and losses lie inside", () => {
  const view = viewOf();
  const { left, right, top, bottom, x, y, trainY } = layOutFrame(view, 480, 200);
  for (const epoch of view.validation.epoch) assert.ok(x(epoch) >= left && x(epoch) <= right);
  const losses = view.validation.loss.filter((value) => value !== null);
  for (const loss of losses) assert.ok(y(loss) >= top && y(loss) <= bottom);
  for (const loss of view.train.smooth) assert.ok(trainY(loss) >= top && trainY(loss) <= bottom);
  assert.ok(y(0.13) > y(0.14), "a lower loss stands lower");
});

test("labels have room left and right", () => {
  const { left, right, yTicks, trainTicks } = layOutFrame(viewOf(), 480, 200);
  assert.ok(yTicks.every(({ label }) => label.length * 6 < left));
  assert.ok(trainTicks.length > 0 && trainTicks.every(({ label }) => label.length * 6 < 480 - right));
});

test("epochs are whole numbers on the axis", () => {
  const { xTicks } = layOutFrame(viewOf(), 1600, 200);
  assert.deepEqual(
    xTicks.map(({ label }) => label),
    ["0", "1", "2", "3", "4", "5", "6"],
  );
});

test("a run that has just begun does not stretch over the whole width", () => {
  const young = { epoch: [0, 1], loss: [0.14, 0.13], smooth: [null, null], standard_error: [null, null] };
  const train = { epoch: [1], loss: [0.1], smooth: [0.1], low: [0.1], high: [0.1] };
  const { epochs } = layOutFrame(viewOf({ epochs: 200, validation: young, train }), 480, 200);
  assert.deepEqual(epochs, [0, 8]);
});

test("a run without a single loss has a frame without labels", () => {
  const nothing = { epoch: [], loss: [], smooth: [], standard_error: [], low: [], high: [] };
  const { yTicks, trainTicks, x } = layOutFrame(viewOf({ validation: nothing, train: nothing }), 480, 200);
  assert.deepEqual([yTicks, trainTicks], [[], []]);
  assert.ok(Number.isFinite(x(1)));
});

test("a chart too small for anything keeps its top above its bottom", () => {
  const { top, bottom } = layOutFrame(viewOf(), 60, 20);
  assert.ok(bottom > top);
});

test("the curves beside the main one are in sight without flattening it", () => {
  const near = layOutFrame(averagedViewOf("raw"), 480, 200);
  for (const loss of [0.125, 0.137]) assert.ok(near.y(loss) >= near.top && near.y(loss) <= near.bottom);
  const soaring = { ...viewOf().validation, smooth: [0.14, 0.15, 0.2, 0.4, 0.6, 0.8, 1] };
  const { top, bottom, y } = layOutFrame(averagedViewOf("averaged", { validation: soaring }), 480, 200);
  assert.ok(y(1) < top, "a curve beside the main one may leave the frame");
  assert.ok(y(0.105) > bottom, "so may the probe");
  assert.ok(y(0.125) - y(0.14) > (bottom - top) * 0.4, "the main curve keeps its height");
});
