import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { areSame, choose, place, point, texts } from "./page.mjs";
import { Panel } from "../../web/chart/panel.js";
import { averagedViewOf, progressOf, viewOf } from "./view_of.mjs";

let panel;
let opened;

beforeEach(() => {
  opened = [];
  const listener = {
    onChoose: null,
    onSheet: null,
    onStop: () => {},
    onRename: null,
    allowedWeights: () => "best",
    onOpenRun: (run) => opened.push(run),
    previewAddress: (run, { file }) => `http://here/${run}/${file}`,
  };
  panel = new Panel(listener, "Run the graph.");
  place(panel.element);
});

const find = (selector) => panel.element.querySelector(selector);
const training = (changes = {}) => viewOf({ status: "training", ...changes });
test("a panel without a run invites to make one", () => {
  assert.ok(panel.element.classList.contains("la-empty"));
  assert.equal(find(".la-invitation").hidden, false);
  assert.deepEqual(texts(panel.element, ".la-invitation, .la-status"), ["Run the graph.", ""]);
});

test("a run is shown with its name, legend, reason, warnings, notes and status", () => {
  const selection = { ...viewOf().selection, warnings: ["Train longer."] };
  panel.show(viewOf({ selection, notes: ["Resumed at epoch 4."] }), ["bauhaus"]);
  assert.ok(!panel.element.classList.contains("la-empty"));
  assert.equal(find(".la-invitation").hidden, true);
  assert.deepEqual(texts(panel.element, ".la-run"), ["bauhaus"]);
  assert.deepEqual(texts(panel.element, ".la-key"), ["held-out pictures", "training steps (right)", "no LoRA"]);
  assert.deepEqual(texts(panel.element, ".la-reason p"), ["Epoch 3 of 6.", "Train longer.", "Resumed at epoch 4."]);
  assert.deepEqual(texts(panel.element, ".la-warning"), ["Train longer.", "Resumed at epoch 4."]);
  assert.deepEqual(texts(panel.element, ".la-status"), ["Finished · 6 epochs"]);
  assert.equal(find(".la-status").dataset.status, "finished");
  assert.deepEqual(texts(panel.element, ".la-preview"), ["2", "4"]);
});

test("before the third validation the reason says that it is too early", () => {
  panel.show(training({ selection: null }), ["bauhaus"]);
  assert.match(find(".la-reason").textContent, /^Fewer than three validations so far/);
});

test("a long legend is set apart from the name, a short one is not", () => {
  panel.show(averagedViewOf(), ["bauhaus"]);
  assert.ok(find(".la-heading").classList.contains("la-many"));
  panel.show(viewOf(), ["bauhaus"]);
  assert.ok(!find(".la-heading").classList.contains("la-many"));
});

test("a node with several runs has a list of them, which opens another", () => {
  panel.show(viewOf(), ["renaissance", "bauhaus"]);
  assert.equal(find(".la-run"), null);
  assert.deepEqual(texts(panel.element, "option"), ["renaissance", "bauhaus"]);
  assert.equal(find("select").value, "bauhaus");
  choose(find("select"), "renaissance");
  assert.deepEqual(opened, ["renaissance"]);
});

test("an open list of runs stays as it is when an epoch ends", () => {
  panel.show(training(), ["renaissance", "bauhaus"]);
  const [select, options] = [find("select"), [...find("select").options]];
  select.focus();
  panel.show(training({ epoch: 7 }), ["renaissance", "bauhaus"]);
  assert.equal(find("select"), select);
  assert.ok(areSame([...select.options], options));
  assert.equal(document.activeElement, select);
});

test("a run that begins is added to an open list without touching the others", () => {
  panel.show(training(), ["renaissance", "bauhaus"]);
  const before = [...find("select").options];
  panel.show(training({ run: "baroque" }), ["renaissance", "bauhaus", "baroque"]);
  assert.ok(areSame([...find("select").options].slice(0, 2), before));
  assert.equal(find("select").value, "baroque");
});

test("the list gives way to a name when one run is left", () => {
  panel.show(viewOf(), ["renaissance", "bauhaus"]);
  panel.show(viewOf({ run: "renaissance" }), ["renaissance"]);
  assert.equal(find("select"), null);
  assert.deepEqual(texts(panel.element, ".la-run"), ["renaissance"]);
});

test("what does not change in the heading and the reason stays the same elements: a selected text is kept", () => {
  panel.show(training(), ["bauhaus"]);
  const before = [...panel.element.querySelectorAll(".la-key, .la-reason p")];
  panel.show(training({ epoch: 7, notes: ["Less memory."] }), ["bauhaus"]);
  const after = [...panel.element.querySelectorAll(".la-key, .la-reason p")];
  assert.ok(areSame(after.slice(0, -1), before));
  assert.equal(after.at(-1).textContent, "Less memory.");
});

test("a problem is told beside the run that is shown, whose name returns to the list", () => {
  panel.show(viewOf(), ["renaissance", "bauhaus"]);
  choose(find("select"), "renaissance");
  panel.showProblem("There is no run renaissance.");
  assert.deepEqual(texts(panel.element, ".la-reason .la-warning"), ["There is no run renaissance."]);
  assert.equal(find("select").value, "bauhaus");
  panel.show(viewOf(), ["renaissance", "bauhaus"]);
  assert.deepEqual(texts(panel.element, ".la-reason p"), ["Epoch 3 of 6."]);
});

test("a problem without a run is told in the place of the invitation", () => {
  panel.showProblem("There is no run bauhaus.");
  assert.equal(find(".la-invitation").textContent, "There is no run bauhaus.");
});

test("progress moves the bar and the status", () => {
  panel.show(training(), ["bauhaus"]);
  panel.showProgress(progressOf());
  assert.equal(find(".la-bar").style.transform, "scaleX(0.25)");
  assert.equal(find(".la-status").dataset.status, "live");
  assert.match(find(".la-status").textContent, /^Training · epoch 2\/6/);
  panel.showProgress(progressOf({ step: 0, steps: 0 }));
  assert.equal(find(".la-bar").style.transform, "scaleX(0)");
});

test("progress outlasts an epoch and ends with the run", () => {
  panel.showProgress(progressOf());
  assert.ok(panel.training);
  panel.show(training(), ["bauhaus"]);
  assert.equal(find(".la-status").dataset.status, "live");
  assert.ok(panel.training);
  panel.show(viewOf(), ["bauhaus"]);
  assert.equal(find(".la-status").textContent, "Finished · 6 epochs");
  assert.equal(find(".la-bar").style.transform, "scaleX(0)");
  assert.ok(!panel.training);
});

test("the progress of one run is not shown under another", () => {
  panel.show(training(), ["renaissance", "bauhaus"]);
  panel.showProgress(progressOf());
  panel.show(training({ run: "renaissance", epoch: 3 }), ["renaissance", "bauhaus"]);
  assert.equal(find(".la-status").textContent, "Not finished · epoch 3 of 6");
});

test("clearing leaves nothing of a run: no enlarged preview, no progress", () => {
  panel.show(training(), ["bauhaus"]);
  panel.showProgress(progressOf());
  find(".la-preview").click();
  assert.equal(find(".la-large").hidden, false);
  panel.clear("Training begins.");
  assert.equal(find(".la-large").hidden, true);
  assert.ok(panel.element.classList.contains("la-empty"));
  assert.deepEqual(texts(panel.element, ".la-invitation, .la-status"), ["Training begins.", ""]);
  assert.ok(!panel.training);
});

test("opening the list does not drag the node", () => {
  panel.show(viewOf(), ["renaissance", "bauhaus"]);
  assert.equal(point(find("select"), "pointerdown"), false);
});

test("why the graph stopped is read in an empty chart, and the invitation comes back", () => {
  panel.showFailure("No pictures in ComfyUI/datasets/empty.");
  assert.deepEqual(texts(panel.element, ".la-invitation p"), ["No pictures in ComfyUI/datasets/empty."]);
  assert.ok(find(".la-invitation").classList.contains("la-failed"));
  panel.showFailure("");
  assert.deepEqual(texts(panel.element, ".la-invitation p"), ["Run the graph."]);
  assert.ok(!find(".la-invitation").classList.contains("la-failed"));
});

test("why the graph stopped stands before the reason and outlasts what the run shows", () => {
  panel.show(training(), ["bauhaus"]);
  panel.showFailure("The disk is full.");
  panel.show(viewOf(), ["bauhaus"]);
  assert.deepEqual(texts(panel.element, ".la-reason p"), ["The disk is full.", "Epoch 3 of 6."]);
  panel.showFailure("");
  assert.deepEqual(texts(panel.element, ".la-reason p"), ["Epoch 3 of 6."]);
});

test("what is coming is read before the first step, and no longer once an epoch is picked", () => {
  panel.clear("Training begins.");
  panel.addRemark("200 epochs of 14 steps.");
  panel.addRemark("200 epochs of 14 steps.");
  panel.addRemark("About 6.4 GB.");
  const remarks = ["200 epochs of 14 steps.", "About 6.4 GB."];
  assert.deepEqual(texts(panel.element, ".la-invitation p"), ["Training begins.", ...remarks]);
  panel.show(training({ selection: null, notes: ["About 6.4 GB."] }), ["bauhaus"]);
  assert.deepEqual(texts(panel.element, ".la-warning"), remarks);
  panel.show(training(), ["bauhaus"]);
  assert.deepEqual(texts(panel.element, ".la-warning"), []);
});

test("a training can be stopped once it has something to use, and only while it trains", () => {
  const stop = find(".la-stop");
  panel.show(training(), ["bauhaus"]);
  assert.ok(stop.hidden);
  panel.showProgress(progressOf({ epoch: 1 }));
  assert.ok(stop.hidden);
  panel.showProgress(progressOf({ epoch: 2 }));
  assert.ok(!stop.hidden);
  panel.show(training({ pick: null }), ["bauhaus"]);
  assert.ok(stop.hidden);
  panel.show(viewOf(), ["bauhaus"]);
  assert.ok(stop.hidden);
});
