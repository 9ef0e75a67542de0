import assert from "node:assert/strict";
import { test } from "node:test";

import { texts } from "./page.mjs";
import { drawChart, heightsAt } from "../../web/chart/draw.js";
import { svg } from "../../web/chart/elements.js";
import { layOutFrame } from "../../web/chart/frame.js";
import { averagedViewOf, viewOf } from "./view_of.mjs";

/** A view's chart at 480 x 200 with its frame, and a number of one of its elements. */
function drawn(view, kept = []) {
  const frame = layOutFrame(view, 480, 200);
  const chart = svg("svg", {}, ...drawChart(view, frame, kept));
  const find = (selector) => chart.querySelector(selector);
  const number = (selector, name) => Number(find(selector).getAttribute(name));
  return { chart, frame, find, number };
}

/** The points of a path of straight lines, each [x, y]. */
const points = (path) => [...path.getAttribute("d").matchAll(/[ML]([-\d.]+) ([-\d.]+)/g)].map(([, x, y]) => [+x, +y]);
const round = (value) => Number(value.toFixed(2));

test("the validation curve lies over everything but the picked point", () => {
  const { chart } = drawn(averagedViewOf(), [2, 4]);
  const order = [...chart.children].map((layer) => layer.getAttribute("class"));
  assert.deepEqual(order, [
    "la-regions",
    "la-axes",
    "la-checkpoints",
    "la-training la-fainter",
    "la-baseline",
    "la-beside",
    "la-names",
    "la-validation",
    "la-candidates",
    "la-point",
  ]);
});

test("regions reach half an epoch beyond their ends, and never leave the frame", () => {
  const { frame, number, find } = drawn(viewOf());
  const { x } = frame;
  assert.equal(round(number(".la-region-g rect", "x")), round(x(1.5)));
  assert.equal(round(number(".la-region-g rect", "width")), round(x(4.5) - x(1.5)));
  const end = number(".la-region-o rect", "x") + number(".la-region-o rect", "width");
  assert.equal(round(end), round(frame.right));
  assert.ok(x(6.5) > frame.right);
  assert.match(find(".la-region-g title").textContent, /previews of these epochs first/);
  assert.match(find(".la-region-o title").textContent, /overfitting/);
  assert.match(find(".la-point title").textContent, /not a verdict on beauty/);
});

test("a region that is not there is not drawn, nor anything that a selection would bring", () => {
  const young = viewOf({ selection: { ...viewOf().selection, region_o: null } });
  assert.deepEqual(texts(drawn(young).chart, ".la-region text"), ["good (G)"]);
  const { find } = drawn(viewOf({ selection: null }));
  for (const part of [".la-region", ".la-candidates", ".la-point"]) assert.equal(find(part), null);
});

test("the axes carry the frame's ticks at their places", () => {
  const { chart, frame, number } = drawn(viewOf());
  const labels = (ticks) => ticks.map(({ label }) => label);
  assert.deepEqual(texts(chart, ".la-tick-x"), labels(frame.xTicks));
  assert.deepEqual(texts(chart, ".la-tick-y"), labels(frame.yTicks));
  assert.deepEqual(texts(chart, ".la-tick-train"), labels(frame.trainTicks));
  assert.equal(number(".la-tick-x", "x"), frame.xTicks[0].position);
  assert.ok(number(".la-tick-y", "x") < frame.left && number(".la-tick-train", "x") > frame.right);
});

test("each axis has a name, with room for it; one without numbers has none", () => {
  const flat = viewOf({ validation: { epoch: [0, 1], loss: [1, 2], smooth: [1, 2], standard_error: [0, 0] } });
  const { find, number } = drawn({ ...flat, train: { epoch: [1], loss: [1], smooth: [1], low: [1], high: [1] } });
  assert.equal(find(".la-axis-name").textContent, "loss");
  assert.ok(number(".la-axis-name", "x") >= 26, "its end: it would lose its first letter");
  assert.equal(find(".la-train-name").textContent, "steps");
  const untrained = { epoch: [], loss: [], smooth: [], low: [], high: [] };
  assert.equal(drawn(viewOf({ train: untrained })).find(".la-train-name"), null);
});

test("a region is named in a word where the word fits, by its letter elsewhere", () => {
  const of = (region_g, region_o) => viewOf({ selection: { ...viewOf().selection, region_g, region_o } });
  assert.deepEqual(texts(drawn(of([2, 4], [5, 6])).chart, ".la-region text"), ["good (G)", "overfitting (O)"]);
  assert.deepEqual(texts(drawn(of([2, 5], [6, 6])).chart, ".la-region text"), ["good (G)", "O"]);
});

test("epochs that can be chosen have marks on the axis, others none", () => {
  const { find, frame } = drawn(viewOf(), [1, 6]);
  assert.deepEqual(points(find(".la-checkpoints")), [1, 6].map((epoch) => [round(frame.x(epoch)), frame.bottom]));
  assert.equal(drawn(viewOf()).find(".la-checkpoints"), null);
});

test("the training curve goes by its own scale, fainter beside a probe", () => {
  const { find, frame } = drawn(viewOf());
  const expected = [0.13, 0.12, 0.11].map((loss, index) => [round(frame.x(index + 1)), round(frame.trainY(loss))]);
  assert.deepEqual(points(find(".la-training")), expected);
  assert.ok(!find(".la-fainter"));
});

test("the level line is the loss without a LoRA, if that was measured", () => {
  const { find, frame } = drawn(viewOf());
  assert.equal(find(".la-baseline path").getAttribute("d"), `M${frame.left} ${frame.y(0.14)}H${frame.right}`);
  const validation = { epoch: [1, 2], loss: [0.1, 0.2], smooth: [0.1, 0.2], standard_error: [0, 0] };
  assert.equal(drawn(viewOf({ validation })).find(".la-baseline path"), null);
});

test("the validation has a dot for each loss, a smooth line that breaks where it is unknown, and a band", () => {
  const { find, frame } = drawn(viewOf());
  const dots = find(".la-dots").getAttribute("d").split("h0");
  assert.deepEqual([dots.length - 1, dots[1]], [6, `M${round(frame.x(1))} ${round(frame.y(0.135))}`]);
  assert.equal(find(".la-line").getAttribute("d").match(/M/g).length, 2);
  const band = points(find(".la-band"));
  assert.deepEqual(band[1], [round(frame.x(1)), round(frame.y(0.136))]);
  assert.deepEqual(band.at(-2), [round(frame.x(1)), round(frame.y(0.132))]);
});

test("candidates are marked on the main curve, but the picked one only once", () => {
  const selection = { ...viewOf().selection, candidates: [2, 3] };
  const { chart, frame, number } = drawn(viewOf({ selection }));
  assert.deepEqual(texts(chart, ".la-candidates circle"), ["Candidate: epoch 2"]);
  assert.equal(number(".la-candidates circle", "cy"), frame.y(0.13));
});

test("the picked point stands on the curve with its epoch at the right, at the left near the edge", () => {
  const { find, frame, number } = drawn(viewOf());
  assert.deepEqual([number(".la-point circle", "cx"), number(".la-point circle", "cy")], [frame.x(3), frame.y(0.129)]);
  assert.equal(find(".la-point text").textContent, "epoch 3 (p)");
  assert.equal(find(".la-point text").getAttribute("text-anchor"), "start");
  assert.ok(number(".la-point text", "x") > frame.x(3));
  const late = drawn(viewOf({ selection: { ...viewOf().selection, epoch: 6 } }));
  assert.equal(late.find(".la-point text").getAttribute("text-anchor"), "end");
  assert.ok(late.number(".la-point text", "x") < late.frame.x(6));
});

test("a checkpoint between two validations lies on the line between them", () => {
  const losses = [0.14, 0.12, 0.16];
  const validation = { epoch: [0, 2, 6], loss: losses, smooth: losses, standard_error: [0, 0, 0] };
  const { frame, number } = drawn(viewOf({ validation }));
  assert.equal(round(number(".la-point circle", "cy")), round(frame.y(0.13)));
});

test("a picked epoch without any loss around it has no point", () => {
  const { find } = drawn(viewOf({ selection: { ...viewOf().selection, epoch: 5 } }));
  assert.equal(find(".la-point circle"), null);
});

test("the heights at an epoch are those of all curves in the frame, the main one first", () => {
  const view = averagedViewOf();
  const frame = layOutFrame(view, 480, 200);
  assert.deepEqual(heightsAt(view, 2, frame).map(round), [0.131, 0.13, 0.1295].map((loss) => round(frame.y(loss))));
  assert.equal(heightsAt(view, 3, frame).length, 2, "the probe was not measured at epoch 3");
  const beyond = { ...view, probe: { epoch: [0, 2], loss: [0.14, 0.01], smooth: [0.14, 0.01], aligned: [0.14, 0.01] } };
  assert.equal(heightsAt(beyond, 2, layOutFrame(beyond, 480, 200)).length, 2, "a curve outside has no mark");
});
