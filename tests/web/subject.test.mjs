/** The charts of one run side by side: none shows what another is there for. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ComfyUI, execute } from "./comfyui.mjs";
import { lay, place, texts } from "./page.mjs";
import { averagedViewOf } from "./view_of.mjs";

/** The chart of a new node of some type, laid on the page, with a run that has everything. */
function shown(type) {
  const comfyui = new ComfyUI(type);
  const node = comfyui.add(type);
  const element = place(comfyui.element(node));
  lay(element.querySelector(".la-plot-area"), { width: 480, height: 200 });
  execute(comfyui, node, averagedViewOf());
  return element;
}

const PARTS = {
  training: ".la-training",
  comparison: ".la-other, .la-probe, .la-gap, .la-told",
  findings: ".la-region, .la-point circle, .la-candidates circle, .la-reason p:not(.la-warning)",
  previews: ".la-preview",
};
const partsOf = (element) => Object.keys(PARTS).filter((part) => element.querySelector(PARTS[part]));

test("the trainer shows how the training goes, the plot where it overfits, the picker what to choose", () => {
  const charts = ["LoRATrainer", "ValidationLossPlot", "CheckpointPicker"].map(shown);
  assert.deepEqual(charts.map(partsOf), [
    ["training", "previews"],
    ["training", "comparison", "findings"],
    ["findings", "previews"],
  ]);
  for (const element of charts) assert.ok(element.querySelector(".la-line"));
  assert.deepEqual(charts.map((element) => texts(element, ".la-key").length), [3, 6, 2]);
  assert.equal(texts(charts[0], ".la-key")[0], "held-out pictures"); // which weights is for those who choose
});

test("without other curves the main one has the height of its frame, and there is no second axis", () => {
  const [plot, picker] = ["ValidationLossPlot", "CheckpointPicker"].map(shown);
  const span = (element) => {
    const points = element.querySelector(".la-line").getAttribute("d").match(/[\d.]+ [\d.]+/g);
    const heights = points.map((point) => Number(point.split(" ")[1]));
    return Math.max(...heights) - Math.min(...heights);
  };
  assert.ok(span(picker) > 1.2 * span(plot), `${span(picker)} against ${span(plot)}`);
  assert.deepEqual([plot, picker].map((element) => element.querySelectorAll(".la-tick-train").length > 0), [true, false]);
});
