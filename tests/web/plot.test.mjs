import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { lay, place, point, press, texts } from "./page.mjs";
import { layOutFrame } from "../../web/chart/frame.js";
import { Plot } from "../../web/chart/plot.js";
import { averagedViewOf, viewOf } from "./view_of.mjs";

const [WIDTH, HEIGHT] = [480, 200];

let chosen;
let pointed;
let allowed;
let plot;

/** A plot on the page, in a graph that is zoomed. */
function makePlot({ pickable = true, view = viewOf(), zoom = 1 } = {}) {
  [chosen, pointed, allowed] = [[], [], "best"];
  plot = new Plot({
    onChoose: pickable ? (epoch) => chosen.push(epoch) : null,
    allowedWeights: () => allowed,
    onPoint: (epoch) => pointed.push(epoch),
  });
  place(plot.element);
  plot.show(view);
  lay(plot.svg, { left: 100, top: 50, width: WIDTH * zoom, height: HEIGHT * zoom });
  lay(plot.element, { width: WIDTH, height: HEIGHT });
  return plot;
}

const find = (selector) => plot.element.querySelector(selector);
const tooltip = () => (plot.tooltip.element.hidden ? null : plot.tooltip.element);
const title = () => tooltip()?.querySelector("strong").textContent ?? null;
const hint = () => tooltip()?.querySelector("em")?.textContent ?? null;
/** Where on the screen an epoch is, off it by some of the plot's own pixels. */
const over = (epoch, { zoom = 1, off = 0 } = {}) => {
  const { x } = layOutFrame(plot.view, WIDTH, HEIGHT);
  return { x: 100 + zoom * (x(epoch) + off) };
};
const click = (at) => {
  point(plot.svg, "pointerdown", at);
  point(plot.svg, "pointerup", at);
};

beforeEach(() => {
  makePlot();
});

test("nothing is drawn before the plot has a size", () => {
  const unlaid = new Plot({ onChoose: null, allowedWeights: () => "best", onPoint: () => {} });
  unlaid.show(viewOf());
  assert.equal(unlaid.layers.children.length, 0);
  assert.equal(plot.svg.getAttribute("viewBox"), "0 0 480 200");
  assert.ok(plot.layers.querySelector(".la-line"));
});

test("another size draws the chart anew", () => {
  const before = find(".la-line").getAttribute("d");
  lay(plot.element, { width: 900, height: HEIGHT });
  assert.equal(plot.svg.getAttribute("viewBox"), "0 0 900 200");
  assert.notEqual(find(".la-line").getAttribute("d"), before);
});

test("who cannot see the chart is told what it shows", () => {
  assert.match(plot.svg.getAttribute("aria-label"), /^Loss curve of the run bauhaus over 6 epochs: held-out pictures\./);
});

test("the crosshair and its readings stand at the epoch nearest to the pointer", () => {
  point(plot.svg, "pointermove", over(3.9));
  assert.equal(title(), "Epoch 4");
  assert.deepEqual(texts(tooltip(), ".la-reading").slice(0, 1), ["held-out pictures0.1300"]);
  const { x, top, bottom } = layOutFrame(plot.view, WIDTH, HEIGHT);
  assert.equal(find(".la-crosshair path").getAttribute("d"), `M${x(4)} ${top}V${bottom}`);
  assert.equal(find(".la-crosshair circle").getAttribute("cx"), String(x(4)));
  assert.equal(pointed.at(-1), 4);
});

test("when the pointer leaves, the picked epoch is meant again", () => {
  point(plot.svg, "pointermove", over(4));
  point(plot.svg, "pointerleave");
  assert.equal(tooltip(), null);
  assert.equal(find(".la-crosshair").children.length, 0);
  assert.equal(pointed.at(-1), 3);
});

test("a pointer near an epoch with a checkpoint is drawn to it", () => {
  const epoch = Array.from({ length: 121 }, (_, index) => index);
  const loss = epoch.map((each) => 0.14 - each * 1e-4);
  const validation = { epoch, loss, smooth: loss, standard_error: epoch.map(() => 0.001) };
  makePlot({ view: viewOf({ validation, epochs: 120, checkpoints: [60] }) });
  point(plot.svg, "pointermove", over(60, { off: 8 }));
  assert.equal(title(), "Epoch 60");
  point(plot.svg, "pointermove", over(60, { off: 12 }));
  assert.match(title(), /Epoch 6[2-5]/);
});

test("the pointer means the same epoch when the graph is zoomed", () => {
  for (const zoom of [0.5, 2]) {
    makePlot({ zoom });
    point(plot.svg, "pointermove", over(4, { zoom }));
    assert.equal(title(), "Epoch 4");
  }
});

test("a click chooses the epoch, or the nearest with a checkpoint, and says so before", () => {
  point(plot.svg, "pointermove", over(3));
  assert.equal(hint(), "Click to choose it");
  click(over(3));
  point(plot.svg, "pointermove", over(5));
  assert.equal(hint(), "Click for epoch 6, the nearest kept");
  click(over(5));
  assert.deepEqual(chosen, [3, 6]);
});

test("only checkpoints of the allowed weights can be chosen", () => {
  makePlot({ view: averagedViewOf() });
  allowed = "averaged";
  click(over(3));
  allowed = "raw";
  click(over(4));
  assert.deepEqual(chosen, [2, 3]);
});

test("a drag, another button, or a release alone chooses nothing", () => {
  point(plot.svg, "pointerdown", over(3));
  point(plot.svg, "pointerup", over(3, { off: 6 }));
  point(plot.svg, "pointerdown", { ...over(3), button: 2 });
  point(plot.svg, "pointerup", { ...over(3), button: 2 });
  point(plot.svg, "pointerup", over(3));
  point(plot.svg, "pointerdown", over(3));
  point(plot.svg, "pointerup", { ...over(3), button: 2 });
  assert.deepEqual(chosen, []);
});

test("a press stays in the plot, so that the node is not dragged; the middle button is the canvas's", () => {
  assert.equal(point(plot.svg, "pointerdown", over(3)), false);
  assert.equal(point(plot.svg, "pointerdown", { ...over(3), button: 1 }), true);
});

test("a plot that cannot be picked from invites no click and marks no checkpoints", () => {
  makePlot({ pickable: false });
  point(plot.svg, "pointermove", over(3));
  click(over(3));
  assert.equal(title(), "Epoch 3");
  assert.equal(hint(), null);
  assert.equal(find(".la-checkpoints"), null);
  assert.ok(!find(".la-choosable") && !plot.element.classList.contains("la-pickable"));
});

test("a run without a checkpoint says that none is kept", () => {
  makePlot({ view: viewOf({ checkpoints: [] }) });
  point(plot.svg, "pointermove", over(3));
  assert.equal(hint(), "No checkpoint kept");
  click(over(3));
  assert.deepEqual(chosen, []);
  assert.ok(!find(".la-choosable"));
});

test("the crosshair of the keyboard goes with the focus", () => {
  press(plot.svg, "End");
  plot.svg.dispatchEvent(new window.Event("blur"));
  assert.equal(tooltip(), null);
});

test("arrow keys walk from the picked epoch, Home and End go to the ends", () => {
  const walked = ["ArrowRight", "ArrowRight", "ArrowLeft", "Home", "ArrowLeft", "End", "ArrowRight"].map((key) => {
    press(plot.svg, key);
    return title();
  });
  assert.deepEqual(walked, ["Epoch 4", "Epoch 5", "Epoch 4", "No LoRA", "No LoRA", "Epoch 6", "Epoch 6"]);
});

test("Enter chooses what the crosshair is at, Escape takes the crosshair away", () => {
  press(plot.svg, "Enter");
  assert.deepEqual(chosen, []);
  press(plot.svg, "End");
  press(plot.svg, "Enter");
  assert.deepEqual(chosen, [6]);
  press(plot.svg, "Escape");
  assert.equal(tooltip(), null);
});

test("keys that the plot uses do nothing else; others, and those with Ctrl, go on to ComfyUI", () => {
  for (const key of ["ArrowLeft", "End", "Enter", " "]) assert.equal(press(plot.svg, key), false, key);
  for (const key of ["Escape", "r"]) assert.equal(press(plot.svg, key), true, key);
  assert.equal(press(plot.svg, "Enter", { ctrlKey: true }), true);
});

test("a run without validations uses no keys", () => {
  const validation = { epoch: [], loss: [], smooth: [], standard_error: [] };
  makePlot({ view: viewOf({ validation, selection: null }) });
  assert.equal(press(plot.svg, "ArrowLeft"), true);
  point(plot.svg, "pointermove", { x: 300 });
  assert.equal(title(), null);
});

test("the crosshair stays where it is when an epoch ends, with new readings", () => {
  press(plot.svg, "End");
  const validation = { ...viewOf().validation, loss: [0.14, 0.135, 0.131, 0.128, 0.13, null, 0.15] };
  plot.show(viewOf({ validation }));
  assert.equal(title(), "Epoch 6");
  assert.equal(texts(tooltip(), ".la-reading")[0], "held-out pictures0.1500");
});

test("the crosshair of one run is not left in another", () => {
  press(plot.svg, "End");
  const validation = { epoch: [0, 1], loss: [0.14, 0.13], smooth: [0.14, 0.13], standard_error: [0, 0] };
  plot.show(viewOf({ run: "renaissance", epochs: 2, validation, selection: null }));
  assert.equal(tooltip(), null);
  assert.equal(find(".la-crosshair").children.length, 0);
  assert.equal(pointed.at(-1), null);
});

test("what is read at an epoch stands nowhere over the curves", () => {
  press(plot.svg, "End");
  assert.ok(!plot.element.contains(tooltip()));
});

test("a comparison says what it is with", () => {
  makePlot({ view: averagedViewOf() });
  press(plot.svg, "End");
  assert.deepEqual(texts(tooltip(), ".la-title strong, .la-title span"), ["Epoch 6", "against no LoRA"]);
  press(plot.svg, "Home");
  assert.deepEqual(texts(tooltip(), ".la-title strong, .la-title span"), ["No LoRA"]);
});

test("the plot is a slider whose value is the epoch with its readings", () => {
  const value = () => ["min", "max", "now", "text"].map((name) => plot.svg.getAttribute(`aria-value${name}`));
  assert.equal(plot.svg.getAttribute("role"), "slider");
  const readings = "held-out pictures 0.1280, smoothed 0.1290 \u00b1 0.0020, against no LoRA \u22127.9 %";
  assert.deepEqual(value(), ["0", "6", "3", `Epoch 3, ${readings}, training steps 0.1100`]);
  press(plot.svg, "End");
  assert.deepEqual(value().slice(2, 3), ["6"]);
  assert.match(value()[3], /^Epoch 6, held-out pictures 0\.1360/);
  assert.equal(tooltip().getAttribute("role"), null, "nothing is announced twice");
});
