/** The curve of the strengths: where its points and bars are, and that it is there only if it was measured. */

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";
import { viewOf } from "./view_of.mjs";
import { Panel } from "../../web/chart/panel.js";
import { drawStrengths } from "../../web/chart/strengths.js";

const CURVE = {
  strengths: [0, 0.5, 1, 1.5],
  loss: [0.14, 0.128, 0.13, 0.15],
  difference: [0.08, -0.02, 0, 0.15],
  standard_error: [0.02, 0.01, 0, 0.05],
  lowest: 0.5,
  reason: "Strength 0.5 has the lowest validation loss: 2.0 % ± 1.0 % lower than at strength 1.",
};
const listener = {
  onChoose: null,
  onSheet: null,
  onStop: null,
  onRename: null,
  allowedWeights: () => "best",
  onOpenRun() {},
  previewAddress: () => "",
};
const part = (curve, name) => drawStrengths(curve).find((element) => element.classList.contains(name));
const numbers = (text) => text.match(/-?[\d.]+/g).map(Number);

test("points lie by strength and loss, the lowest one lowest", () => {
  const line = numbers(part(CURVE, "la-strength-line").getAttribute("d"));
  const [xs, ys] = [0, 1].map((axis) => line.filter((_, index) => index % 2 === axis));
  assert.deepEqual(xs, xs.toSorted((one, other) => one - other));
  assert.equal(Math.max(...ys), ys[1]); // downwards in pixels
  const lowest = part(CURVE, "la-strength-lowest");
  assert.deepEqual([Number(lowest.getAttribute("cx")), Number(lowest.getAttribute("cy"))], [xs[1], ys[1]]);
});

test("bars are as long as the standard errors, on the scale of the losses", () => {
  const bars = numbers(part(CURVE, "la-strength-bars").getAttribute("d"));
  const lengths = [0, 1, 2, 3].map((index) => bars[3 * index + 1] - bars[3 * index + 2]);
  assert.equal(lengths[2], 0);
  for (const [index, error] of CURVE.standard_error.entries()) {
    assert.ok(Math.abs(lengths[index] / lengths[3] - error / 0.05) < 1e-9);
  }
});

test("a single picture has no bars", () => {
  const bars = numbers(part({ ...CURVE, standard_error: null }, "la-strength-bars").getAttribute("d"));
  for (const index of [0, 1, 2, 3]) assert.equal(bars[3 * index + 1], bars[3 * index + 2]);
});

test("the panel shows the curve and its sentence where they are, and nothing where they are not", () => {
  const panel = new Panel(listener, "Run the graph.");
  panel.show(viewOf({ strength: CURVE }), ["bauhaus"]);
  const element = panel.element.querySelector(".la-strengths");
  assert.equal(element.hidden, false);
  assert.equal(element.querySelector("p").textContent, CURVE.reason);
  panel.show(viewOf(), ["bauhaus"]);
  assert.equal(element.hidden, true);
});
