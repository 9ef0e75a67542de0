/** Runs compared: their curves in one chart, two checkpoints side by side; and a run put into a graph. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ComfyUI, settle } from "./comfyui.mjs";
import { choose, lay, place, press, texts } from "./page.mjs";
import { findWidget } from "../../web/chart/litegraph.js";
import { RunClient } from "../../web/chart/run_client.js";
import { openComparison } from "../../web/library/comparison.js";
import { LibraryClient } from "../../web/library/library_client.js";
import { openInGraph } from "../../web/library/open_in_graph.js";
import { Overlay } from "../../web/library/overlay.js";
import { drawOverlay, layOut } from "../../web/library/overlay_frame.js";
import { relativeCurve } from "../../web/library/relative.js";
import { wordsIn } from "../../web/library/words.js";
import { LibraryServer } from "./runs_of.mjs";
import { averagedViewOf, viewOf } from "./view_of.mjs";

const EN = wordsIn("en");

// Curves

test("curves are relative to no LoRA, with their errors", () => {
  const { change, error, xs, picked } = relativeCurve(viewOf(), "epochs");
  assert.equal(change[0], 0);
  assert.ok(Math.abs(change[3] - (0.129 / 0.14 - 1)) < 1e-12);
  assert.ok(Math.abs(error[3] - 0.002 / 0.14) < 1e-12);
  assert.equal(change[5], null);
  assert.deepEqual(xs, [0, 1, 2, 3, 4, 5, 6]);
  assert.equal(picked, 3);
});

test("the curve is that of the picked weights", () => {
  assert.ok(Math.abs(relativeCurve(averagedViewOf(), "epochs").change[4] - (0.126 / 0.14 - 1)) < 1e-12);
});

test("steps make runs with other numbers of pictures compare", () => {
  assert.deepEqual(relativeCurve(viewOf(), "steps").xs, [0, 14, 28, 42, 56, 70, 84]);
});

test("without a loss of no LoRA there is nothing to be relative to", () => {
  const { validation } = viewOf();
  const cut = { ...validation, epoch: validation.epoch.map((epoch) => epoch + 1) };
  assert.equal(relativeCurve(viewOf({ validation: cut }), "epochs"), null);
});

const flat = (run, change) => ({ run, epochs: [0, 1, 2], xs: [0, 1, 2], change, error: [0, 0.01, 0.01], picked: 1 });

test("the frame holds all curves, and a run that diverges does not flatten the others", () => {
  const good = flat("good", [0, -0.1, -0.08]);
  const { ys } = layOut([good, flat("worse", [0, 0.05, 0.1])], 500, 300);
  assert.ok(ys[0] < -0.1 && ys[1] > 0.1);
  const beside = layOut([good, flat("diverging", [0, 3, 40])], 500, 300);
  assert.ok(beside.ys[1] < 0.2);
  assert.ok(layOut([flat("only worse", [0, 0.05, 0.1])], 500, 300).ys[1] > 0.1);
});

test("each run has a band, a line and its picked point, in a colour of its own", () => {
  const curves = [flat("one", [0, -0.1, -0.08]), flat("other", [0, -0.05, null])];
  const frame = layOut(curves, 500, 300);
  const layers = drawOverlay(curves, frame, { x: "epochs", y: "loss" });
  const all = layers.flatMap((layer) => [layer, ...layer.querySelectorAll("*")]);
  const of = (kind) => all.filter((each) => each.classList.contains(kind));
  assert.deepEqual(
    of("la-line").map((line) => line.getAttribute("class")),
    ["la-line la-run-0", "la-line la-run-1"],
  );
  assert.equal(of("la-band").length, 2);
  const [point] = of("la-pick")[0].children;
  assert.deepEqual(
    ["cx", "cy"].map((name) => Number(point.getAttribute(name))),
    [frame.x(1), frame.y(-0.1)],
  );
  const labels = all.filter((each) => each.tagName === "text").map((each) => each.textContent);
  assert.ok(labels.includes("0 %") && labels.includes("−5 %") && labels.includes("epochs"));
});

test("the table tells the picked epochs, or those under the pointer", () => {
  const overlay = new Overlay(EN);
  place(overlay.element);
  lay(overlay.plot, { width: 568, height: 300 });
  overlay.show([viewOf(), averagedViewOf("averaged", { run: "other" })]);
  const rows = () => texts(overlay.element, "tbody tr");
  assert.deepEqual(rows(), ["bauhaus3, picked−7.9 ± 1.4 %", "other3, picked−9.3 ± 0.7 %"]);
  overlay.pointAt(6);
  assert.deepEqual(rows(), ["bauhaus6−2.1 ± 1.4 %", "other6−8.6 ± 0.7 %"]);
  assert.ok(overlay.crosshair.getAttribute("d"));
  press(overlay.svg, "Home");
  assert.deepEqual(rows(), ["bauhaus00.0 %", "other00.0 %"]);
  assert.ok(overlay.svg.getAttribute("aria-valuetext").startsWith("bauhaus 0 0.0 %"));
  overlay.pointAt(null);
  assert.equal(overlay.crosshair.getAttribute("d"), "");
});

test("the axis counts epochs or steps", () => {
  const overlay = new Overlay(EN);
  place(overlay.element);
  lay(overlay.plot, { width: 568, height: 300 });
  overlay.show([viewOf()]);
  const [epochs, steps] = overlay.element.querySelectorAll(".la-units button");
  steps.click();
  assert.equal(overlay.frame.xs[1], 84);
  assert.equal(steps.getAttribute("aria-pressed"), "true");
  assert.equal(epochs.getAttribute("aria-pressed"), "false");
});

test("a run that can't be drawn is named", () => {
  const overlay = new Overlay(EN);
  const nothing = { epoch: [], loss: [], smooth: [], standard_error: [] };
  overlay.show([viewOf({ run: "new", validation: nothing })]);
  assert.equal(overlay.missing.textContent, "new has no loss without a LoRA to compare with.");
});

// Side by side

let server;

async function compare(...names) {
  const proto = document.createElement("dialog").constructor.prototype;
  proto.showModal ??= function showModal() {
    this.open = true;
  };
  proto.close ??= function close() {
    this.dispatchEvent(new this.ownerDocument.defaultView.Event("close"));
  };
  return openComparison(names, EN, new LibraryClient(server), new RunClient(server), document.body);
}

beforeEach(() => {
  server = new LibraryServer();
});

const lastAsked = () => server.asked.filter(([path]) => path === "/lora_atelier/difference").at(-1)[1];

test("two runs are compared at their picked epochs", async () => {
  server.recipe = [{ setting: "lora.rank", one: 16, other: 4 }];
  const dialog = await compare("weimar", "dessau");
  assert.deepEqual(lastAsked(), {
    ...{ one: "weimar", one_epoch: "3", one_weights: "raw" },
    ...{ other: "dessau", other_epoch: "3", other_weights: "raw" },
  });
  const sentence = dialog.querySelector(".la-difference");
  assert.ok(
    sentence.textContent.startsWith("dessau, epoch 3 has a higher validation loss than weimar, epoch 3, by 3.0"),
  );
  assert.ok(sentence.classList.contains("la-distinct"));
  assert.deepEqual(texts(dialog, ".la-recipe tbody tr"), ["rank164"]);
  assert.deepEqual(texts(dialog, ".la-recipe thead th"), ["Setting", "weimar", "dessau"]);
});

test("a single run is compared with itself: its picked epoch and its last", async () => {
  const dialog = await compare("weimar");
  assert.deepEqual([lastAsked().one_epoch, lastAsked().other_epoch], ["3", "6"]);
  assert.equal(dialog.querySelector(".la-recipe").textContent, "");
});

test("another epoch or run is compared at once, with its preview", async () => {
  const dialog = await compare("weimar", "dessau");
  const [oneRun, oneEpoch, , otherEpoch] = dialog.querySelectorAll("select");
  choose(otherEpoch, "6");
  await settle();
  assert.equal(lastAsked().other_epoch, "6");
  assert.ok(dialog.querySelector(".la-other").src.endsWith("/runs/dessau/previews/epoch_0004.png?made=1"));
  assert.ok(dialog.querySelector(".la-one").src.endsWith("/runs/weimar/previews/epoch_0002.png?made=1"));
  choose(oneEpoch, "5");
  choose(oneRun, "dessau");
  await settle();
  assert.deepEqual([lastAsked().one, lastAsked().one_epoch], ["dessau", "3"]);
});

test("an answer that was overtaken is not shown", async () => {
  const dialog = await compare("weimar", "dessau");
  const { compare: ask } = LibraryClient.prototype;
  const late = [];
  LibraryClient.prototype.compare = () => new Promise((resolve) => late.push(resolve));
  const [, epoch] = dialog.querySelectorAll("select");
  choose(epoch, "5");
  choose(epoch, "6");
  const answer = (difference) => ({ loss: { ...server.difference, difference }, recipe: [] });
  late[1](answer(-0.02));
  late[0](answer(0.5));
  await settle();
  LibraryClient.prototype.compare = ask;
  assert.ok(dialog.querySelector(".la-difference").textContent.includes("by 2.0"));
});

test("a run without previews says so, and nothing is slid", async () => {
  server.answer = async ({ pathname }) =>
    Response.json(pathname.includes("/runs/") ? viewOf({ previews: [] }) : { loss: null, recipe: [] });
  const dialog = await compare("weimar");
  assert.ok(dialog.querySelector("figcaption").textContent.includes("no preview picture"));
  assert.ok(dialog.querySelector("input[type=range]").disabled);
  assert.equal(dialog.querySelector(".la-difference").textContent, EN.noDifference);
});

test("the line between the pictures follows the slider", async () => {
  const dialog = await compare("weimar");
  const range = dialog.querySelector("input[type=range]");
  range.value = 20;
  range.dispatchEvent(new window.Event("input"));
  assert.equal(dialog.querySelector(".la-pictures").style.getPropertyValue("--la-at"), "20%");
});

test("a refusal is told, and the window closes by its button and by Escape", async () => {
  server.refusal = "There is no such run.";
  const dialog = await compare("weimar");
  assert.equal(dialog.querySelector(".la-problem").textContent, "There is no such run.");
  assert.equal(press(dialog, "Escape"), false);
  assert.ok(!dialog.isConnected);
  const again = await compare("weimar");
  again.querySelector(".la-close").click();
  assert.ok(!again.isConnected);
});

// Into a graph

function graph() {
  const comfyui = new ComfyUI(`library ${Math.random()}`);
  comfyui.canvas.ds = { scale: 1, offset: [0, 0] };
  comfyui.canvas.canvas = { getBoundingClientRect: () => ({ left: 0, width: 1600, height: 900 }) };
  return comfyui;
}

test("a run is put into the graph as one change to undo", async () => {
  const comfyui = graph();
  comfyui.server.views.weimar = viewOf({ run: "weimar" });
  const there = comfyui.add("KSampler");
  const before = comfyui.graph.nodes.length;
  const [loader, plot, picker] = openInGraph("weimar", comfyui.canvas, (type) => comfyui.create(type), 0);
  await settle();
  assert.equal(findWidget(loader, "run_name").value, "weimar");
  assert.deepEqual(findWidget(loader, "run_name").options.values, ["(latest run)", "weimar"]);
  for (const node of [plot, picker]) {
    assert.equal(node.getInputNode(node.findInputSlot("run")), loader);
    assert.equal(comfyui.shown(node), "weimar");
    assert.ok(node.pos[1] > there.pos[1] + there.size[1]);
  }
  assert.ok(plot.pos[0] >= loader.pos[0] + loader.size[0] && picker.pos[0] >= plot.pos[0] + plot.size[0]);
  assert.equal(comfyui.canvas.changes.length, 1);
  comfyui.canvas.undo();
  assert.equal(comfyui.graph.nodes.length, before);
});

test("the new nodes are brought into sight, beside the sidebar", () => {
  const comfyui = graph();
  const nodes = openInGraph("weimar", comfyui.canvas, (type) => comfyui.create(type), 500);
  const { scale, offset } = comfyui.canvas.ds;
  const onScreen = (place) => place.map((value, axis) => (value + offset[axis]) * scale);
  for (const { pos, size } of nodes) {
    const [[left, top], [right, bottom]] = [pos, [pos[0] + size[0], pos[1] + size[1]]].map(onScreen);
    assert.ok(left >= 500 && right <= 1600 && top >= 0 && bottom <= 900);
  }
});
