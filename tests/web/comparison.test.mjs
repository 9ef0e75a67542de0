import assert from "node:assert/strict";
import { test } from "node:test";

import { texts } from "./page.mjs";
import { drawComparison } from "../../web/chart/comparison.js";
import { svg } from "../../web/chart/elements.js";
import { layOutFrame } from "../../web/chart/frame.js";
import { averagedViewOf, viewOf } from "./view_of.mjs";

function drawn(view, height = 300) {
  const frame = layOutFrame(view, 480, height);
  const chart = svg("svg", {}, ...drawComparison(view, frame));
  return { chart, frame, find: (selector) => chart.querySelector(selector) };
}

const points = (path) => [...path.getAttribute("d").matchAll(/[ML]([-\d.]+) ([-\d.]+)/g)].map(([, x, y]) => [+x, +y]);
const round = (value) => Number(value.toFixed(2));
/** Where a curve runs in a frame. */
const line = (epochs, losses, { x, y }) => epochs.map((epoch, index) => [round(x(epoch)), round(y(losses[index]))]);

test("a run with one curve has nothing to compare it with", () => {
  assert.equal(drawn(viewOf()).chart.children.length, 0);
});

test("the other weights have a curve that bears their name", () => {
  const { chart, find, frame } = drawn(averagedViewOf("raw", { probe: null }));
  const { epoch, smooth } = averagedViewOf().averaged;
  assert.deepEqual(points(find(".la-other")), line(epoch, smooth, frame));
  assert.deepEqual(texts(chart, ".la-names text"), ["averaged weights"]);
  assert.equal(find(".la-probe") ?? find(".la-gap"), null);
});

test("where averaged weights are picked, the raw ones are the other ones", () => {
  const { chart, find, frame } = drawn(averagedViewOf("averaged", { probe: null }));
  assert.deepEqual(points(find(".la-other"))[1], [round(frame.x(1)), round(frame.y(0.134))]);
  assert.deepEqual(texts(chart, ".la-names text"), ["raw weights"]);
});

test("the probe starts where the validation does", () => {
  const { find, frame } = drawn(averagedViewOf());
  assert.deepEqual(points(find(".la-probe")), line([0, 2, 4, 6], [0.14, 0.1295, 0.119, 0.105], frame));
});

test("how well training pictures are told is a line from chance at the foot to all pairs at the top", () => {
  const { find, frame } = drawn(averagedViewOf());
  const { top, bottom } = frame;
  const height = (share) => round(bottom + (share - 0.5) * 2 * (top - bottom));
  const shares = [0.5625, 0.75, 0.9375];
  assert.deepEqual(points(find(".la-told")), [2, 4, 6].map((epoch, index) => [round(frame.x(epoch)), height(shares[index])]));
});

test("a share below chance stays in the frame, and a probe without shares has no such line", () => {
  const { probe } = averagedViewOf();
  const below = drawn(averagedViewOf("averaged", { probe: { ...probe, told_apart: [null, 0.2, 0.5, 0.6] } }));
  assert.equal(points(below.find(".la-told"))[0][1], below.frame.bottom);
  const none = drawn(averagedViewOf("averaged", { probe: { ...probe, told_apart: [null, null, null, null] } }));
  assert.equal(none.find(".la-told"), null);
});

test("the gap lies between the probe and the validation of the weights that it was measured with", () => {
  for (const picked of ["averaged", "raw"]) {
    const { find, frame } = drawn(averagedViewOf(picked));
    const upper = line([0, 2, 4, 6], [0.14, 0.131, 0.126, 0.128], frame);
    const lower = line([0, 2, 4, 6], [0.14, 0.1295, 0.119, 0.105], frame);
    assert.deepEqual(points(find(".la-gap")), [...upper, ...lower.reverse()]);
  }
});

test("the gap of a run without an average is that to its only validation", () => {
  const { find, frame } = drawn(viewOf({ probe: averagedViewOf().probe }));
  assert.deepEqual(points(find(".la-gap"))[1], [round(frame.x(2)), round(frame.y(0.13))]);
  assert.equal(find(".la-other"), null);
});

test("curves that leave the frame are cut off at its edges", () => {
  const { find, frame } = drawn(averagedViewOf());
  const { left, right, top, bottom } = frame;
  const box = ["x", "y", "width", "height"].map((name) => Number(find(".la-beside").getAttribute(name)));
  assert.deepEqual(box, [left, top, right - left, bottom - top]);
  assert.equal(find(".la-beside").getAttribute("viewBox"), box.join(" "));
  assert.ok(find(".la-beside").contains(find(".la-probe")));
  assert.ok(!find(".la-beside").contains(find(".la-names")), "names are not cut");
});

test("a name keeps clear of the picked epoch at the foot of the chart", () => {
  const epoch = [0, 1, 2, 3, 4, 5, 6];
  const level = (loss) => {
    const losses = epoch.map(() => loss);
    return { epoch, loss: losses, smooth: losses, standard_error: epoch.map(() => 0) };
  };
  const endOfName = (picked) => {
    const selection = { ...averagedViewOf().selection, epoch: picked };
    const changes = { probe: null, averaged: level(0.14), validation: level(0.1), selection };
    const { find, frame } = drawn(averagedViewOf("averaged", changes), 200);
    return frame.x(6) - Number(find(".la-names text").getAttribute("x"));
  };
  assert.equal(endOfName(1), 0, "else it ends with its curve");
  assert.ok(endOfName(5) > 0, "the picked epoch is written at the right of its mark");
  assert.ok(endOfName(6) > 0);
});
