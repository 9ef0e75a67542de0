/** Charts while runs train. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ComfyUI, execute, settle } from "./comfyui.mjs";
import { choose, texts } from "./page.mjs";
import { progressOf, viewOf, viewPickedBy } from "./view_of.mjs";
import { findWidget } from "../../web/chart/litegraph.js";

let comfyui;
let server;
let workflows = 0;

/** The message that an epoch of a trainer's run has closed. */
const epochOf = (trainer, changes = {}) => ({
  node: String(trainer.id),
  prompt_id: "prompt",
  run: "bauhaus",
  epoch: 3,
  ...changes,
});

beforeEach(() => {
  workflows += 1;
  comfyui = new ComfyUI(`workflow ${workflows}`);
  ({ server } = comfyui);
});

test("a training is followed by its trainer and by what its run goes to, and by no one else", () => {
  const [trainer, picker] = comfyui.addConnected();
  const stranger = comfyui.add("ValidationLossPlot");
  const progress = progressOf({ node: String(trainer.id) });
  for (const node of [trainer, picker, stranger]) comfyui.chart(node).onProgress(progress, true);
  for (const node of [trainer, picker]) {
    assert.match(comfyui.text(node, ".la-status"), /^Training · epoch 2\/6/);
    assert.match(comfyui.text(node, ".la-invitation"), /^Training begins/);
    assert.equal(node.properties.lora_atelier_shown, "bauhaus");
  }
  assert.equal(comfyui.text(stranger, ".la-status"), "");
  assert.equal(stranger.properties.lora_atelier_shown, undefined);
});

test("a training is followed through a reroute, and by a node that shows the run already", () => {
  const [trainer, plot] = [comfyui.add("LoRATrainer"), comfyui.add("ValidationLossPlot")];
  const reroute = comfyui.add("Reroute");
  trainer.connect(0, reroute, 0);
  reroute.connect(0, plot, 0);
  const showing = comfyui.add("ValidationLossPlot");
  execute(comfyui, showing, viewOf());
  for (const node of [plot, showing]) {
    comfyui.chart(node).onProgress(progressOf({ node: String(trainer.id) }), true);
    assert.match(comfyui.text(node, ".la-status"), /^Training/);
  }
  assert.ok(comfyui.shown(showing) !== null, "a run that continues keeps its curves");
});

test("a trainer in a subgraph is followed by what the subgraph's output goes to", () => {
  const [trainer, plot] = comfyui.addConnected("ValidationLossPlot");
  const host = comfyui.wrap(trainer);
  const inner = host.subgraph.nodes[0];
  comfyui.chart(plot).onProgress(progressOf({ node: `${host.id}:${inner.id}` }), true);
  assert.match(comfyui.text(plot, ".la-status"), /^Training/);
});

test("a run that begins is not complained about before its folder is there", async () => {
  const [trainer] = comfyui.addConnected();
  comfyui.chart(trainer).onProgress(progressOf({ node: String(trainer.id) }), true);
  await settle();
  assert.deepEqual(server.asked.map(({ run }) => run), ["bauhaus"]);
  assert.match(comfyui.text(trainer, ".la-invitation"), /^Training begins/);
});

test("when an epoch has closed, the run is asked for once for all its charts, picked as each node picks", async () => {
  server.views.bauhaus = (query) => ({ ...viewPickedBy(query), status: "training" });
  const [trainer, picker] = comfyui.addConnected();
  const earliest = comfyui.add("CheckpointPicker");
  trainer.connect(0, earliest, "run");
  findWidget(earliest, "rule").value = "earliest within one standard error";
  for (const node of [trainer, picker, earliest]) comfyui.chart(node).onEpoch(epochOf(trainer), true);
  await settle();
  assert.equal(comfyui.shown(trainer), "bauhaus");
  assert.equal(JSON.parse(comfyui.reason(picker)).rule, "lowest");
  assert.equal(JSON.parse(comfyui.reason(earliest)).rule, "earliest");
  assert.deepEqual(server.asked.map(({ rule }) => rule), ["lowest", "earliest"]);
});

test("epochs that close fast are not asked for one by one, and the last is not missed", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const [trainer] = comfyui.addConnected();
  const chart = comfyui.chart(trainer);
  let epoch = 0;
  server.views.bauhaus = () => viewOf({ status: "training", epoch });
  for (epoch = 1; epoch <= 40; epoch += 1) {
    chart.onEpoch(epochOf(trainer, { epoch }), true);
    await settle();
    if (epoch % 20 === 0) t.mock.timers.tick(1000);
    await settle();
  }
  epoch = 40;
  t.mock.timers.tick(1000);
  await settle();
  assert.equal(server.asked.length, 3);
  assert.equal(chart.panel.view.epoch, 40);
});

test("a run that trains on does not replace another that the user looks at; the next run does", async () => {
  const [trainer, plot] = comfyui.addConnected("ValidationLossPlot");
  const chart = comfyui.chart(plot);
  for (const run of ["bauhaus", "renaissance"]) server.views[run] = viewOf({ run, status: "training" });
  server.views.baroque = viewOf({ run: "baroque" });
  chart.onEpoch(epochOf(trainer), true);
  await settle();
  await chart.open("baroque");
  chart.onProgress(progressOf({ node: String(trainer.id) }), true);
  chart.onEpoch(epochOf(trainer), true);
  await settle();
  assert.equal(comfyui.shown(plot), "baroque");
  assert.equal(comfyui.text(plot, ".la-status"), "Finished · 6 epochs");
  chart.onEpoch(epochOf(trainer, { run: "renaissance" }), true);
  await settle();
  assert.equal(comfyui.shown(plot), "renaissance");
  assert.deepEqual(plot.properties.lora_atelier_runs, ["bauhaus", "baroque", "renaissance"]);
});

test("what another workflow trains is not taken over, though its trainer has the same id", async () => {
  const [trainer, plot] = comfyui.addConnected("ValidationLossPlot");
  server.views.bauhaus = viewOf();
  for (const node of [trainer, plot]) {
    const before = JSON.stringify(node.serialize());
    comfyui.chart(node).onProgress(progressOf({ node: String(trainer.id) }), false);
    comfyui.chart(node).onEpoch(epochOf(trainer), false);
    comfyui.chart(node).onEnded(epochOf(trainer));
    await settle();
    assert.ok(comfyui.shown(node) === null);
    assert.equal(comfyui.text(node, ".la-status"), "");
    assert.equal(JSON.stringify(node.serialize()), before);
  }
  assert.equal(comfyui.canvas.changes.length, 0);
  assert.deepEqual(server.asked, []);
});

test("a chart that shows a run already follows it when another workflow trains it further", async () => {
  const plot = comfyui.add("ValidationLossPlot");
  execute(comfyui, plot, viewOf({ status: "cancelled", epoch: 4 }));
  server.views.bauhaus = viewOf({ status: "training", epoch: 5 });
  comfyui.chart(plot).onProgress(progressOf(), false);
  assert.match(comfyui.text(plot, ".la-status"), /^Training/);
  comfyui.chart(plot).onEpoch(epochOf(plot), false);
  await settle();
  assert.equal(comfyui.chart(plot).panel.view.epoch, 5);
  server.views.bauhaus = viewOf();
  comfyui.chart(plot).onEnded(epochOf(plot));
  await settle();
  assert.equal(comfyui.text(plot, ".la-status"), "Finished · 6 epochs");
});

test("what was reported while its workflow was not in front is shown when it comes to the front", async () => {
  const [trainer, plot] = comfyui.addConnected("ValidationLossPlot");
  const stranger = comfyui.add("ValidationLossPlot");
  server.views.bauhaus = viewOf({ status: "training" });
  for (const node of [trainer, plot, stranger]) comfyui.chart(node).onOpened([[String(trainer.id), ["bauhaus"]]]);
  await settle();
  assert.deepEqual([trainer, plot, stranger].map((node) => comfyui.shown(node)), ["bauhaus", "bauhaus", null]);
});

test("a run that is shown already is asked for again when it was reported meanwhile", async () => {
  const plot = comfyui.add("ValidationLossPlot");
  execute(comfyui, plot, viewOf({ epoch: 4 }));
  server.views.bauhaus = viewOf({ epoch: 6 });
  comfyui.chart(plot).onOpened([["another node", ["bauhaus"]]]);
  await settle();
  assert.deepEqual(server.asked, []);
  comfyui.chart(plot).onOpened([[String(plot.id), ["bauhaus"]]]);
  await settle();
  assert.equal(comfyui.chart(plot).panel.view.epoch, 6);
});

test("an enlarged preview and an open list of runs outlast an epoch", async () => {
  const [trainer, picker] = comfyui.addConnected();
  execute(comfyui, picker, viewOf({ run: "baroque" }), viewOf({ status: "training" }));
  comfyui.element(picker).querySelector(".la-preview").click();
  const [list, options] = [comfyui.element(picker).querySelector("select"), texts(comfyui.element(picker), "option")];
  const [first] = list.children;
  const { previews } = viewOf();
  server.views.bauhaus = viewOf({ status: "training", epoch: 5, previews: [...previews, { epoch: 5, file: "5.png" }] });
  comfyui.chart(picker).onEpoch(epochOf(trainer), true);
  await settle();
  assert.equal(texts(comfyui.element(picker), ".la-preview").length, 3);
  assert.equal(comfyui.element(picker).querySelector(".la-large").hidden, false);
  assert.ok(comfyui.element(picker).querySelector("select") === list && list.children[0] === first);
  assert.deepEqual(texts(comfyui.element(picker), "option"), options);
});

test("an enlarged preview of a run does not stand under another that was made under its name", async () => {
  const [trainer, picker] = comfyui.addConnected();
  execute(comfyui, picker, viewOf({ status: "training" }));
  comfyui.element(picker).querySelector(".la-preview").click();
  const previews = viewOf().previews.map((preview) => ({ ...preview, made: 2 }));
  server.views.bauhaus = viewOf({ status: "training", previews });
  comfyui.chart(picker).onEpoch(epochOf(trainer), true);
  await settle();
  assert.equal(comfyui.element(picker).querySelector(".la-large").hidden, true);
  const [first] = comfyui.element(picker).querySelectorAll(".la-preview img");
  assert.equal(first.src, "http://here/lora_atelier/runs/bauhaus/previews/epoch_0002.png?made=2");
});

test("an enlarged preview of one run does not stand under another that was chosen", async () => {
  const picker = comfyui.add("CheckpointPicker");
  execute(comfyui, picker, viewOf({ run: "baroque" }), viewOf());
  comfyui.element(picker).querySelector(".la-preview").click();
  server.views.baroque = viewOf({ run: "baroque" });
  choose(comfyui.element(picker).querySelector("select"), "baroque");
  await settle();
  assert.equal(comfyui.shown(picker), "baroque");
  assert.equal(comfyui.element(picker).querySelector(".la-large").hidden, true);
});

test("an enlarged preview closes when the next run begins", () => {
  const [trainer, picker] = comfyui.addConnected();
  execute(comfyui, picker, viewOf());
  comfyui.element(picker).querySelector(".la-preview").click();
  comfyui.chart(picker).onProgress(progressOf({ node: String(trainer.id), run: "renaissance" }), true);
  assert.equal(comfyui.element(picker).querySelector(".la-large").hidden, true);
});

test("when nothing runs any more, a training that is shown is asked for again, a finished run is not", async () => {
  const [trainer, plot] = comfyui.addConnected("ValidationLossPlot");
  const chart = comfyui.chart(plot);
  execute(comfyui, plot, viewOf({ status: "training", epoch: 4 }));
  chart.onProgress(progressOf({ node: String(trainer.id) }), true);
  server.views.bauhaus = viewOf({ status: "cancelled", epoch: 4 });
  chart.catchUp();
  assert.equal(comfyui.text(plot, ".la-status"), "Not finished · epoch 4 of 6");
  await settle();
  assert.equal(comfyui.text(plot, ".la-status"), "Cancelled at epoch 4 of 6 · run again to continue");
  server.asked.length = 0;
  chart.catchUp();
  await settle();
  assert.deepEqual(server.asked, []);
});
