import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ComfyUI, settle } from "./comfyui.mjs";
import { choose, lay, place, point, press, texts } from "./page.mjs";
import { averagedViewOf, viewOf } from "./view_of.mjs";

let comfyui;
let server;
let workflows = 0;

beforeEach(() => {
  workflows += 1;
  comfyui = new ComfyUI(`workflow ${workflows}`);
  ({ server } = comfyui);
});

/** A trainer, and a picker or another node that its run goes to. */
function connected(type = "CheckpointPicker") {
  const [trainer, node] = [comfyui.add("LoRATrainer"), comfyui.add(type)];
  trainer.connect(0, node, "run");
  return [trainer, node];
}

const execute = (node, ...views) => node.onExecuted({ lora_atelier_view: views });
const widget = (node, name) => node.widgets.find((each) => each.name === name);
const shown = (node) => comfyui.text(node, ".la-run") ?? comfyui.element(node).querySelector("select")?.value ?? null;
const picked = (node) => comfyui.text(node, ".la-reason p");
const isEmpty = (node) => comfyui.element(node).classList.contains("la-empty");
const progress = (node, changes = {}) => ({
  node: String(node.id),
  run: "bauhaus",
  stage: "training",
  step: 20,
  steps: 84,
  epoch: 2,
  epochs: 6,
  loss: 0.12345,
  seconds_left: 95,
  ...changes,
});
const answered = (query) => viewOf({ selection: { ...viewOf().selection, reason: JSON.stringify(query) } });

/** The chart of a node laid on the page, so that its epochs can be clicked on. */
function laid(node) {
  const element = place(comfyui.element(node));
  lay(element.querySelector(".la-plot"), { width: 480, height: 200 });
  lay(element.querySelector(".la-plot-area"), { width: 480, height: 200 });
  return element.querySelector(".la-plot");
}

test("a new node leaves room for the chart, and the chart is not written into the workflow", () => {
  for (const type of ["LoRATrainer", "ValidationLossPlot", "CheckpointPicker"]) {
    const node = comfyui.add(type);
    assert.ok(node.size[0] >= 500 && node.size[1] >= 400, type);
    assert.ok(isEmpty(node));
    assert.match(comfyui.text(node, ".la-invitation"), /^Run the graph/);
    const saved = node.serialize().widgets_values ?? [];
    assert.ok(saved.every((value) => typeof value !== "object"));
    assert.equal(saved.length, type === "CheckpointPicker" ? 3 : 0);
  }
});

test("what a node was executed with is shown and remembered, in one change of the workflow", () => {
  const node = comfyui.add("ValidationLossPlot");
  execute(node, viewOf({ run: "baroque" }), viewOf());
  assert.equal(shown(node), "bauhaus");
  assert.deepEqual(texts(comfyui.element(node), "option"), ["baroque", "bauhaus"]);
  assert.deepEqual(node.properties, { lora_atelier_shown: "bauhaus", lora_atelier_runs: ["baroque", "bauhaus"] });
  assert.equal(comfyui.canvas.changes.length, 1);
});

test("executing again keeps the run that the user looks at, and is no change", () => {
  const node = comfyui.add("ValidationLossPlot");
  const views = [viewOf({ run: "baroque" }), viewOf()];
  execute(node, ...views);
  server.views.baroque = views[0];
  node.properties.lora_atelier_shown = "baroque";
  const { length } = comfyui.canvas.changes;
  execute(node, ...views);
  assert.equal(shown(node), "baroque");
  assert.equal(comfyui.canvas.changes.length, length);
});

test("an output without a run changes nothing", () => {
  const node = comfyui.add("ValidationLossPlot");
  for (const output of [null, {}, { lora_atelier_view: [] }]) node.onExecuted(output);
  assert.ok(isEmpty(node));
});

test("another run is opened from the list, and an answer that was overtaken is not shown", async () => {
  const node = comfyui.add("ValidationLossPlot");
  execute(node, viewOf({ run: "baroque" }), viewOf());
  let answer;
  server.views.baroque = () => new Promise((resolve) => (answer = resolve));
  server.views.bauhaus = viewOf();
  choose(comfyui.element(node).querySelector("select"), "baroque");
  await settle();
  choose(comfyui.element(node).querySelector("select"), "bauhaus");
  await settle();
  answer(viewOf({ run: "baroque" }));
  await settle();
  assert.equal(shown(node), "bauhaus");
  server.views.baroque = viewOf({ run: "baroque" });
  choose(comfyui.element(node).querySelector("select"), "baroque");
  await settle();
  assert.equal(shown(node), "baroque");
  assert.equal(node.properties.lora_atelier_shown, "baroque");
});

test("a run that cannot be opened is told in the server's words, and the other stays", async () => {
  const node = comfyui.add("ValidationLossPlot");
  execute(node, viewOf({ run: "baroque" }), viewOf());
  choose(comfyui.element(node).querySelector("select"), "baroque");
  await settle();
  assert.equal(comfyui.text(node, ".la-reason"), "There is no run baroque.");
  assert.equal(shown(node), "bauhaus");
  assert.equal(node.properties.lora_atelier_shown, "bauhaus");
});

test("a workflow that is opened shows the run that it remembers, picked by its widgets", async () => {
  const node = comfyui.add("CheckpointPicker");
  execute(node, viewOf());
  widget(node, "rule").value = "chosen epoch";
  widget(node, "epoch").value = 6;
  widget(node, "weights").value = "raw";
  const saved = comfyui.graph.serialize();
  comfyui = new ComfyUI("opened elsewhere");
  comfyui.server.views.bauhaus = viewOf();
  comfyui.graph.configure(saved);
  await settle();
  assert.equal(shown(comfyui.now(node)), "bauhaus");
  assert.deepEqual(comfyui.server.asked, [{ run: "bauhaus", rule: "epoch", epoch: "6", weights: "raw" }]);
});

test("an undo to before the node showed anything still shows its run, without a change that would end redo", async () => {
  const node = comfyui.add("ValidationLossPlot");
  server.views.bauhaus = viewOf();
  execute(node, viewOf());
  comfyui.canvas.undo();
  await settle();
  assert.deepEqual(comfyui.now(node).properties, {});
  assert.equal(shown(comfyui.now(node)), "bauhaus");
  assert.equal(comfyui.canvas.changes.length, 0);
});

test("what one workflow shows is not shown by a node of the same id in another", async () => {
  const node = comfyui.add("ValidationLossPlot");
  execute(node, viewOf());
  comfyui = new ComfyUI("another workflow");
  const other = comfyui.add("ValidationLossPlot");
  assert.equal(other.id, node.id);
  other.configure(other.serialize());
  await settle();
  assert.ok(isEmpty(other));
});

test("a click chooses an epoch: the widgets say so in one change, and the server picks it", async () => {
  const node = comfyui.add("CheckpointPicker");
  server.views.bauhaus = answered;
  execute(node, viewOf());
  const plot = laid(node);
  const { length } = comfyui.canvas.changes;
  press(plot, "End");
  press(plot, "Enter");
  await settle();
  assert.deepEqual([widget(node, "rule").value, widget(node, "epoch").value], ["chosen epoch", 6]);
  assert.equal(comfyui.canvas.changes.length, length + 1);
  assert.equal(picked(node), '{"rule":"epoch","epoch":"6","weights":"best"}');
  comfyui.canvas.undo();
  await settle();
  assert.equal(widget(comfyui.now(node), "rule").value, "lowest in G");
  assert.equal(picked(comfyui.now(node)), '{"rule":"lowest","weights":"best"}');
});

test("a click in a node that does not pick changes nothing", () => {
  const node = comfyui.add("ValidationLossPlot");
  execute(node, viewOf());
  const plot = laid(node);
  const { length } = comfyui.canvas.changes;
  press(plot, "End");
  press(plot, "Enter");
  assert.equal(comfyui.canvas.changes.length, length);
  assert.deepEqual(server.asked, []);
});

test("each of the picker's widgets asks the server anew", async () => {
  const node = comfyui.add("CheckpointPicker");
  server.views.bauhaus = answered;
  execute(node, viewOf());
  const set = async (name, value) => {
    widget(node, name).value = value;
    widget(node, name).callback(value);
    await settle();
    return JSON.parse(picked(node));
  };
  assert.deepEqual(await set("rule", "earliest within one standard error"), { rule: "earliest", weights: "best" });
  assert.deepEqual(await set("weights", "averaged"), { rule: "earliest", weights: "averaged" });
  assert.deepEqual(await set("rule", "chosen epoch"), { rule: "epoch", epoch: "0", weights: "averaged" });
  assert.deepEqual(await set("epoch", 4), { rule: "epoch", epoch: "4", weights: "averaged" });
});

test("only checkpoints of the weights that the widget allows can be chosen", () => {
  const node = comfyui.add("CheckpointPicker");
  execute(node, averagedViewOf());
  const plot = laid(node);
  widget(node, "weights").value = "raw";
  press(plot, "ArrowLeft"); // from the picked epoch 4 to 3
  press(plot, "ArrowLeft");
  press(plot, "Enter");
  assert.equal(widget(node, "epoch").value, 1);
});

test("a training is followed by its trainer and by what its run goes to, and by no one else", () => {
  const [trainer, picker] = connected();
  const stranger = comfyui.add("ValidationLossPlot");
  for (const node of [trainer, picker, stranger]) comfyui.chart(node).onProgress(progress(trainer));
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
    comfyui.chart(node).onProgress(progress(trainer));
    assert.match(comfyui.text(node, ".la-status"), /^Training/);
  }
  assert.ok(!isEmpty(showing), "a run that continues keeps its curves");
});

test("a trainer in a subgraph is followed by what the subgraph's output goes to", () => {
  const [trainer, plot] = connected("ValidationLossPlot");
  const host = comfyui.wrap(trainer);
  const inner = host.subgraph.nodes[0];
  comfyui.chart(plot).onProgress(progress(inner, { node: `${host.id}:${inner.id}` }));
  assert.match(comfyui.text(plot, ".la-status"), /^Training/);
});

test("a run that begins is not complained about before its folder is there", async () => {
  const [trainer] = connected();
  comfyui.chart(trainer).onProgress(progress(trainer));
  await settle();
  assert.deepEqual(server.asked.map(({ run }) => run), ["bauhaus"]);
  assert.match(comfyui.text(trainer, ".la-invitation"), /^Training begins/);
});

test("an epoch's view is shown as it was sent where the node picks as a new one does", () => {
  const [trainer, picker] = connected();
  comfyui.chart(picker).onView(String(trainer.id), viewOf({ status: "training" }));
  assert.equal(shown(picker), "bauhaus");
  assert.equal(picked(picker), "Epoch 3 of 6.");
});

test("an epoch's view is asked for anew where the node picks otherwise", async () => {
  for (const [name, value] of [["rule", "earliest within one standard error"], ["weights", "raw"]]) {
    comfyui = new ComfyUI(`picking by ${name}`);
    comfyui.server.views.bauhaus = answered;
    const [trainer, picker] = connected();
    widget(picker, name).value = value;
    comfyui.chart(picker).onView(String(trainer.id), viewOf({ status: "training" }));
    await settle();
    assert.equal(JSON.parse(picked(picker))[name], value === "raw" ? "raw" : "earliest");
  }
});

test("a run that trains on does not replace another that the user looks at; the next run does", async () => {
  const [trainer, plot] = connected("ValidationLossPlot");
  const chart = comfyui.chart(plot);
  chart.onView(String(trainer.id), viewOf({ status: "training" }));
  server.views.baroque = viewOf({ run: "baroque" });
  await chart.open("baroque");
  chart.onProgress(progress(trainer));
  chart.onView(String(trainer.id), viewOf({ status: "training", epoch: 5 }));
  assert.equal(shown(plot), "baroque");
  assert.equal(comfyui.text(plot, ".la-status"), "Finished · 6 epochs");
  chart.onView(String(trainer.id), viewOf({ run: "renaissance", status: "training" }));
  assert.equal(shown(plot), "renaissance");
  assert.deepEqual(plot.properties.lora_atelier_runs, ["bauhaus", "baroque", "renaissance"]);
});

test("an enlarged preview closes when the next run begins", () => {
  const [trainer, plot] = connected("ValidationLossPlot");
  execute(plot, viewOf());
  comfyui.element(plot).querySelector(".la-preview").click();
  comfyui.chart(plot).onProgress(progress(trainer, { run: "renaissance" }));
  assert.equal(comfyui.element(plot).querySelector(".la-large").hidden, true);
});

test("when nothing runs any more, a training that is shown is asked for again, a finished run is not", async () => {
  const [trainer, plot] = connected("ValidationLossPlot");
  const chart = comfyui.chart(plot);
  chart.onView(String(trainer.id), viewOf({ status: "training", epoch: 4 }));
  chart.onProgress(progress(trainer));
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

test("a chart takes the place of one that the renderer kept from an earlier node of its id", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const node = comfyui.add("ValidationLossPlot");
  const kept = document.createElement("div");
  kept.innerHTML = `<div class="lg-node" data-node-id="${node.id}"><div class="lora-atelier-chart"></div></div>`;
  place(kept);
  comfyui.canvas.graph = null;
  t.mock.timers.tick(200);
  assert.ok(!comfyui.element(node).isConnected, "not while another graph is open");
  comfyui.canvas.graph = comfyui.graph;
  execute(node, viewOf());
  assert.equal(kept.querySelector(".lora-atelier-chart"), comfyui.element(node));
});

test("a node that comes back takes the place once the renderer is there", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const node = comfyui.add("ValidationLossPlot");
  const kept = document.createElement("div");
  kept.innerHTML = `<div class="lg-node" data-node-id="${node.id}"><div class="lora-atelier-chart"></div></div>`;
  place(kept);
  t.mock.timers.tick(200);
  assert.equal(kept.querySelector(".lora-atelier-chart"), comfyui.element(node));
});

test("the wheel over a chart zooms the graph, but a Vue node passes it on by itself", () => {
  const node = comfyui.add("ValidationLossPlot");
  place(comfyui.element(node));
  point(comfyui.element(node), "wheel");
  assert.equal(comfyui.canvas.zoomed, true);
  comfyui.canvas.zoomed = false;
  const vue = document.createElement("div");
  vue.className = "lg-node";
  vue.append(comfyui.element(node));
  place(vue);
  point(comfyui.element(node), "wheel");
  assert.equal(comfyui.canvas.zoomed, false);
});
