import assert from "node:assert/strict";
import { test } from "node:test";

import * as words from "../../web/chart/words.js";
import { averagedViewOf, viewOf } from "./view_of.mjs";

const { describeChart, describeClick, describeStatus, listLegend, listReadings } = words;

const progress = (changes = {}) => ({
  node: "1",
  run: "bauhaus",
  stage: "training",
  step: 20,
  steps: 84,
  epoch: 2,
  epochs: 6,
  loss: 0.12345,
  seconds_left: 95,
  ...changes,
});

test("status tells how a run ended", () => {
  assert.equal(describeStatus(null, null), "");
  assert.equal(describeStatus(viewOf(), null), "Finished · 6 epochs");
  assert.equal(describeStatus(viewOf({ epoch: 4 }), null), "Stopped early at epoch 4 of 6");
  assert.equal(describeStatus(viewOf({ epoch: 4, status: "cancelled" }), null), "Cancelled at epoch 4 of 6 · run again to continue");
  assert.equal(describeStatus(viewOf({ epoch: 4, status: "failed" }), null), "Failed at epoch 4 of 6");
  assert.equal(describeStatus(viewOf({ epoch: 4, status: "training" }), null), "Not finished · epoch 4 of 6");
});

test("status follows a training while it runs", () => {
  assert.equal(
    describeStatus(viewOf(), progress()),
    "Training · epoch 2/6 · step 20/84 · loss 0.1235 · 2 min left",
  );
  assert.equal(describeStatus(null, progress({ loss: null, seconds_left: null })), "Training · epoch 2/6 · step 20/84");
  assert.equal(
    describeStatus(null, progress({ stage: "caching", step: 3, steps: 64, loss: null, seconds_left: null })),
    "Caching · picture 3/64",
  );
});

test("readings give what is known at an epoch", () => {
  assert.deepEqual(listReadings(viewOf(), 3), [
    ["validation", "0.1280"],
    ["smoothed", "0.1290 ± 0.0020"],
    ["against no LoRA", "−7.9 %"],
    ["training", "0.1100"],
  ]);
  assert.deepEqual(listReadings(viewOf(), 0), [
    ["validation", "0.1400"],
    ["smoothed", "0.1400"],
  ]);
  assert.deepEqual(listReadings(viewOf(), 5), []);
});

test("the chart's description gives the reason, or says that there is none yet", () => {
  assert.match(describeChart(averagedViewOf()), /bauhaus, averaged weights, over 6 epochs\./);
  assert.match(describeChart(viewOf()), /bauhaus over 6 epochs\. Epoch 3 of 6\.$/);
  assert.match(describeChart(viewOf({ selection: null })), /Fewer than three validations so far: too few to find a stopping point\.$/);
});

test("readings compare both weights and the probe with no LoRA, each with its own start", () => {
  assert.deepEqual(listReadings(averagedViewOf(), 2), [
    ["averaged weights", "0.1310", "6.4 % better"],
    ["raw weights", "0.1300", "7.1 % better"],
    ["training pictures", "0.1480", "7.5 % better"],
    ["training steps", "0.1200", ""],
    ["on disk", "averaged"],
  ]);
  assert.deepEqual(listReadings(averagedViewOf(), 0), [
    ["averaged weights", "0.1400"],
    ["raw weights", "0.1400"],
    ["training pictures", "0.1600"],
  ]);
});

test("readings say what is on the disk", () => {
  const onDisk = (epoch) => listReadings(averagedViewOf(), epoch).at(-1)[1];
  assert.deepEqual([1, 2, 5, 6].map(onDisk), ["raw", "averaged", "neither", "averaged and raw"]);
});

test("a run with a probe alone speaks of validation", () => {
  const view = viewOf({ probe: averagedViewOf().probe });
  assert.deepEqual(listReadings(view, 4), [
    ["validation", "0.1300", "7.1 % better"],
    ["training pictures", "0.1360", "15.0 % better"],
  ]);
});

test("the legend names what the view has, the picked weights first", () => {
  const names = (view) => listLegend(view).map(({ name }) => name);
  assert.deepEqual(names(viewOf()), ["validation", "training", "no LoRA"]);
  assert.deepEqual(names(averagedViewOf()), [
    "validation, averaged weights",
    "validation, raw weights",
    "training pictures, same measure",
    "training steps",
    "no LoRA",
  ]);
  assert.deepEqual(names(averagedViewOf("raw", { probe: null })), [
    "validation, raw weights",
    "validation, averaged weights",
    "training steps",
    "no LoRA",
  ]);
  const started = { epoch: [1, 2], loss: [0.1, 0.1], smooth: [0.1, 0.1], standard_error: [0, 0] };
  assert.deepEqual(names(viewOf({ validation: started })), ["validation", "training"]);
});

test("a click takes the epoch that is looked at, or the nearest that can be chosen", () => {
  assert.equal(describeClick([2, 6], 6), "Click to choose it");
  assert.equal(describeClick([2, 6], 5), "Click for epoch 6, the nearest kept");
  assert.equal(describeClick([], 5), "No checkpoint kept");
});
