/** Charts while runs train. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ComfyUI, execute, settle } from "./comfyui.mjs";
import { progressOf, viewOf, viewPickedBy } from "./view_of.mjs";
import { findWidget } from "../../web/chart/litegraph.js";

let comfyui;
let server;
let workflows = 0;

beforeEach(() => {
  workflows += 1;
  comfyui = new ComfyUI(`workflow ${workflows}`);
  ({ server } = comfyui);
});

test("a training is followed by its trainer and by what its run goes to, and by no one else", () => {
  const [trainer, picker] = comfyui.addConnected();
  const stranger = comfyui.add("ValidationLossPlot");
  const progress = progressOf({ node: String(trainer.id) });
  for (const node of [trainer, picker, stranger]) comfyui.chart(node).onProgress(progress);
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
  execute(showing, viewOf());
  for (const node of [plot, showing]) {
    comfyui.chart(node).onProgress(progressOf({ node: String(trainer.id) }));
    assert.match(comfyui.text(node, ".la-status"), /^Training/);
  }
  assert.ok(comfyui.shown(showing) !== null, "a run that continues keeps its curves");
});

test("a trainer in a subgraph is followed by what the subgraph's output goes to", () => {
  const [trainer, plot] = comfyui.addConnected("ValidationLossPlot");
  const host = comfyui.wrap(trainer);
  const inner = host.subgraph.nodes[0];
  comfyui.chart(plot).onProgress(progressOf({ node: `${host.id}:${inner.id}` }));
  assert.match(comfyui.text(plot, ".la-status"), /^Training/);
});

test("a run that begins is not complained about before its folder is there", async () => {
  const [trainer] = comfyui.addConnected();
  comfyui.chart(trainer).onProgress(progressOf({ node: String(trainer.id) }));
  await settle();
  assert.deepEqual(server.asked.map(({ run }) => run), ["bauhaus"]);
  assert.match(comfyui.text(trainer, ".la-invitation"), /^Training begins/);
});

test("an epoch's view is shown as it was sent where the node picks as a new one does", () => {
  const [trainer, picker] = comfyui.addConnected();
  comfyui.chart(picker).onView(String(trainer.id), viewOf({ status: "training" }));
  assert.equal(comfyui.shown(picker), "bauhaus");
  assert.equal(comfyui.reason(picker), "Epoch 3 of 6.");
});

test("an epoch's view is asked for anew where the node picks otherwise", async () => {
  for (const [name, value] of [["rule", "earliest within one standard error"], ["weights", "raw"]]) {
    comfyui = new ComfyUI(`picking by ${name}`);
    comfyui.server.views.bauhaus = viewPickedBy;
    const [trainer, picker] = comfyui.addConnected();
    findWidget(picker, name).value = value;
    comfyui.chart(picker).onView(String(trainer.id), viewOf({ status: "training" }));
    await settle();
    assert.equal(JSON.parse(comfyui.reason(picker))[name], value === "raw" ? "raw" : "earliest");
  }
});

test("a run that trains on does not replace another that the user looks at; the next run does", async () => {
  const [trainer, plot] = comfyui.addConnected("ValidationLossPlot");
  const chart = comfyui.chart(plot);
  chart.onView(String(trainer.id), viewOf({ status: "training" }));
  server.views.baroque = viewOf({ run: "baroque" });
  await chart.open("baroque");
  chart.onProgress(progressOf({ node: String(trainer.id) }));
  chart.onView(String(trainer.id), viewOf({ status: "training", epoch: 5 }));
  assert.equal(comfyui.shown(plot), "baroque");
  assert.equal(comfyui.text(plot, ".la-status"), "Finished · 6 epochs");
  chart.onView(String(trainer.id), viewOf({ run: "renaissance", status: "training" }));
  assert.equal(comfyui.shown(plot), "renaissance");
  assert.deepEqual(plot.properties.lora_atelier_runs, ["bauhaus", "baroque", "renaissance"]);
});

test("an enlarged preview closes when the next run begins", () => {
  const [trainer, plot] = comfyui.addConnected("ValidationLossPlot");
  execute(plot, viewOf());
  comfyui.element(plot).querySelector(".la-preview").click();
  comfyui.chart(plot).onProgress(progressOf({ node: String(trainer.id), run: "renaissance" }));
  assert.equal(comfyui.element(plot).querySelector(".la-large").hidden, true);
});

test("when nothing runs any more, a training that is shown is asked for again, a finished run is not", async () => {
  const [trainer, plot] = comfyui.addConnected("ValidationLossPlot");
  const chart = comfyui.chart(plot);
  chart.onView(String(trainer.id), viewOf({ status: "training", epoch: 4 }));
  chart.onProgress(progressOf({ node: String(trainer.id) }));
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
