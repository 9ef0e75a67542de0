import assert from "node:assert/strict";
import { test } from "node:test";

import * as words from "../../web/chart/words.js";
import { averagedViewOf, progressOf, viewOf } from "./view_of.mjs";

const { describeChart, describeClick, describePick, describeStatus, listLegend, listReadings } = words;

test("status tells how a run ended", () => {
  assert.equal(describeStatus(null, null), "");
  assert.equal(describeStatus(viewOf(), null), "Finished · 6 epochs");
  assert.equal(describeStatus(viewOf({ epoch: 1, epochs: 1 }), null), "Finished · 1 epoch");
  const ended = (status) => describeStatus(viewOf({ epoch: 4, status }), null);
  assert.equal(ended("finished"), "Stopped at epoch 4 of 6");
  assert.equal(ended("cancelled"), "Cancelled at epoch 4 of 6 · run again to continue");
  assert.equal(ended("failed"), "Failed at epoch 4 of 6");
  assert.equal(ended("training"), "Not finished · epoch 4 of 6");
  const more = (status) => describeStatus(viewOf({ epoch: 12, epochs: 5, status }), null);
  assert.equal(more("finished"), "Finished · 12 epochs, 5 asked for");
  assert.equal(more("cancelled"), "Cancelled at epoch 12 of 12 · run again to continue");
});

test("status follows a training while it runs", () => {
  assert.equal(
    describeStatus(viewOf(), progressOf()),
    "Training · epoch 2/6 · 2 min left · step 21/84 · loss 0.1235",
  );
  const bare = progressOf({ loss: null, seconds_left: null });
  assert.equal(describeStatus(null, bare), "Training · epoch 2/6 · step 21/84");
  assert.equal(
    describeStatus(null, progressOf({ stage: "caching", step: 3, steps: 64, loss: null, seconds_left: null })),
    "Caching · picture 3/64",
  );
});

test("readings give what is known at an epoch", () => {
  assert.deepEqual(listReadings(viewOf(), 3), [
    ["held-out pictures", "0.1280"],
    ["smoothed", "0.1290 ± 0.0020"],
    ["against no LoRA", "−7.9 %"],
    ["training steps", "0.1100"],
  ]);
  assert.deepEqual(listReadings(viewOf(), 0), [
    ["held-out pictures", "0.1400"],
    ["smoothed", "0.1400"],
  ]);
  assert.deepEqual(listReadings(viewOf(), 5), []);
});

test("the chart's description gives the reason, or says that there is none yet", () => {
  assert.match(describeChart(averagedViewOf()), /bauhaus over 6 epochs: held-out pictures \(averaged weights\)\./);
  assert.match(describeChart(viewOf()), /bauhaus over 6 epochs: held-out pictures\. Epoch 3 of 6\.$/);
  assert.match(describeChart(viewOf({ selection: null })), /Fewer than three validations so far: .*\.$/);
  const nothing = { epoch: [], loss: [], smooth: [], standard_error: [] };
  const pick = { epoch: 6, weights: "averaged", reason: "Trained on all 64 pictures." };
  assert.match(describeChart(viewOf({ selection: null, validation: nothing, pick })), /Trained on all 64 pictures\.$/);
});

test("readings compare both weights and the probe with no LoRA, each with its own start", () => {
  assert.deepEqual(listReadings(averagedViewOf(), 2), [
    ["averaged weights", "0.1310", "6.4 % better"],
    ["raw weights", "0.1300", "7.1 % better"],
    ["training pictures", "0.1480", "7.5 % better"],
    ["training steps", "0.1200", ""],
    ["told from held-out", "56 % of pairs"],
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

test("a run with a probe alone speaks of held-out pictures", () => {
  const view = viewOf({ probe: averagedViewOf().probe });
  assert.deepEqual(listReadings(view, 4), [
    ["held-out pictures", "0.1300", "7.1 % better"],
    ["training pictures", "0.1360", "15.0 % better"],
    ["told from held-out", "75 % of pairs"],
  ]);
});

test("the legend names what the view has, the picked weights first", () => {
  const names = (view) => listLegend(view).map(({ name }) => name);
  assert.deepEqual(names(viewOf()), ["held-out pictures", "training steps (right)", "no LoRA"]);
  assert.deepEqual(names(averagedViewOf()), [
    "held-out pictures (averaged weights)",
    "raw weights",
    "training pictures",
    "told from held-out",
    "training steps (right)",
    "no LoRA",
  ]);
  assert.deepEqual(names(averagedViewOf("raw", { probe: null })), [
    "held-out pictures (raw weights)",
    "averaged weights",
    "training steps (right)",
    "no LoRA",
  ]);
  const started = { epoch: [1, 2], loss: [0.1, 0.1], smooth: [0.1, 0.1], standard_error: [0, 0] };
  assert.deepEqual(names(viewOf({ validation: started })), ["held-out pictures", "training steps (right)"]);
});

test("a click takes the epoch that is looked at, or the nearest that can be chosen", () => {
  assert.equal(describeClick([2, 6], 6), "Click to choose it");
  assert.equal(describeClick([2, 6], 5), "Click for epoch 6, the nearest kept");
  assert.equal(describeClick([], 5), "No checkpoint kept");
});

test("a picked checkpoint is saved under a name, or Run makes use of it", () => {
  const saved = [{ run: "bauhaus", epoch: 3, weights: "raw", file: "bauhaus-epoch-0003.safetensors" }];
  assert.deepEqual(describePick(viewOf(), saved), { text: "Saved as", file: "bauhaus-epoch-0003.safetensors" });
  const chosen = viewOf({ pick: { epoch: 6, weights: "raw", reason: "" } });
  assert.deepEqual(describePick(chosen, saved), { text: "Press Run to use epoch 6.", file: "" });
  const otherWeights = viewOf({ pick: { epoch: 3, weights: "averaged", reason: "" } });
  assert.equal(describePick(otherWeights, saved).file, "");
  assert.equal(describePick(viewOf({ run: "baroque" }), saved).file, "");
  assert.equal(describePick(viewOf({ status: "training" }), saved).text, "");
  assert.equal(describePick(viewOf({ pick: null }), saved).text, "");
});
