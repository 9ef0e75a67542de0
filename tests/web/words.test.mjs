import assert from "node:assert/strict";
import { test } from "node:test";

import * as words from "../../web/chart/words.js";
import { averagedViewOf, viewOf } from "./view_of.mjs";

const { description, difference, duration, loss, lossWithError, readings, status } = words;

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

test("duration speaks in the unit that fits", () => {
  assert.equal(duration(0), "0 s");
  assert.equal(duration(-3), "0 s");
  assert.equal(duration(59.4), "59 s");
  assert.equal(duration(89), "1 min");
  assert.equal(duration(3599), "1 h 00 min");
  assert.equal(duration(3 * 3600 + 5 * 60), "3 h 05 min");
});

test("difference has a sign of its own for no difference", () => {
  assert.equal(difference(0.95, 1), "−5.0 %");
  assert.equal(difference(1.021, 1), "+2.1 %");
  assert.equal(difference(0.99999, 1), "±0.0 %");
});

test("loss keeps four digits, and very small and large ones readable", () => {
  assert.equal(loss(0.123456), "0.1235");
  assert.equal(loss(0.00001234), "1.23e-5");
  assert.equal(loss(12345), "1.23e+4");
});

test("an error is told in the digits of its loss", () => {
  assert.equal(lossWithError(0.1334, 0.00098), "0.1334 ± 0.0010");
  assert.equal(lossWithError(0.1334, 0.00001), "0.1334 ± 1.00e-5");
  assert.equal(lossWithError(0.0000123, 0.000002), "1.23e-5 ± 2.00e-6");
  assert.equal(lossWithError(0.1334, null), "0.1334");
});

test("status tells how a run ended", () => {
  assert.equal(status(null, null), "");
  assert.equal(status(viewOf(), null), "Finished · 6 epochs");
  assert.equal(status(viewOf({ epoch: 4 }), null), "Stopped early at epoch 4 of 6");
  assert.equal(status(viewOf({ epoch: 4, status: "cancelled" }), null), "Cancelled at epoch 4 of 6 · run again to go on");
  assert.equal(status(viewOf({ epoch: 4, status: "failed" }), null), "Failed at epoch 4 of 6");
  assert.equal(status(viewOf({ epoch: 4, status: "training" }), null), "Not finished · epoch 4 of 6");
});

test("status follows the training that goes on", () => {
  assert.equal(
    status(viewOf(), progress()),
    "Training · epoch 2/6 · step 20/84 · loss 0.1235 · 2 min left",
  );
  assert.equal(status(null, progress({ loss: null, seconds_left: null })), "Training · epoch 2/6 · step 20/84");
  assert.equal(
    status(null, progress({ stage: "caching", step: 3, steps: 64, loss: null, seconds_left: null })),
    "Caching · picture 3/64",
  );
});

test("readings give what is known at an epoch", () => {
  assert.deepEqual(readings(viewOf(), 3), [
    ["validation", "0.1280"],
    ["smoothed", "0.1290 ± 0.0020"],
    ["to no LoRA", "−7.9 %"],
    ["training", "0.1100"],
  ]);
  assert.deepEqual(readings(viewOf(), 0), [
    ["validation", "0.1400"],
    ["smoothed", "0.1400"],
  ]);
  assert.deepEqual(readings(viewOf(), 5), []);
});

test("description says the reason, or that there is none yet", () => {
  assert.match(description(averagedViewOf()), /bauhaus, averaged weights, over 6 epochs\./);
  assert.match(description(viewOf()), /bauhaus over 6 epochs\. Epoch 3 of 6\.$/);
  assert.match(description(viewOf({ selection: null })), /Fewer than three validations so far\.$/);
});

test("better says which way", () => {
  assert.equal(words.better(0.95, 1), "5.0 % better");
  assert.equal(words.better(1.021, 1), "2.1 % worse");
  assert.equal(words.better(1, 1), "0.0 % better");
});

test("readings compare both weights and the probe with no LoRA, each with its own start", () => {
  assert.deepEqual(readings(averagedViewOf(), 2), [
    ["averaged weights", "0.1310", "6.4 % better"],
    ["raw weights", "0.1300", "7.1 % better"],
    ["training pictures", "0.1480", "7.5 % better"],
    ["training steps", "0.1200", ""],
    ["on the disk", "averaged"],
  ]);
  assert.deepEqual(readings(averagedViewOf(), 0), [
    ["averaged weights", "0.1400"],
    ["raw weights", "0.1400"],
    ["training pictures", "0.1600"],
  ]);
});

test("readings say what is on the disk", () => {
  const onDisk = (epoch) => readings(averagedViewOf(), epoch).at(-1)[1];
  assert.deepEqual([1, 2, 5, 6].map(onDisk), ["raw", "averaged", "neither", "averaged and raw"]);
});

test("a run with a probe alone speaks of validation", () => {
  const view = viewOf({ probe: averagedViewOf().probe });
  assert.deepEqual(readings(view, 4), [
    ["validation", "0.1300", "7.1 % better"],
    ["training pictures", "0.1360", "15.0 % better"],
  ]);
});

test("the legend names what the view has, the picked weights first", () => {
  const names = (view) => words.legend(view).map(({ name }) => name);
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

test("a click takes the epoch that is looked at, or the nearest that can be had", () => {
  assert.equal(words.invitation([2, 6], 6), "Click to choose it");
  assert.equal(words.invitation([2, 6], 5), "Click for epoch 6, the nearest kept");
  assert.equal(words.invitation([], 5), "No checkpoint kept");
});
