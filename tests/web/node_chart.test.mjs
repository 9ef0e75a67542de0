import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ComfyUI, execute, settle } from "./comfyui.mjs";
import { choose, lay, place, point, press, texts } from "./page.mjs";
import { averagedViewOf, progressOf, viewOf, viewPickedBy } from "./view_of.mjs";
import { findWidget } from "../../web/chart/litegraph.js";

let comfyui;
let server;
let workflows = 0;

beforeEach(() => {
  workflows += 1;
  comfyui = new ComfyUI(`workflow ${workflows}`);
  ({ server } = comfyui);
});

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
    assert.ok(comfyui.shown(node) === null);
    assert.match(comfyui.text(node, ".la-invitation"), /^Run the graph/);
    const saved = node.serialize().widgets_values ?? [];
    assert.ok(saved.every((value) => typeof value !== "object"));
    assert.equal(saved.length, type === "CheckpointPicker" ? 3 : 0);
  }
});

test("what a node was executed with is shown and remembered, in one change of the workflow", () => {
  const node = comfyui.add("ValidationLossPlot");
  execute(comfyui, node, viewOf({ run: "baroque" }), viewOf());
  assert.equal(comfyui.shown(node), "bauhaus");
  assert.deepEqual(texts(comfyui.element(node), "option"), ["baroque", "bauhaus"]);
  assert.deepEqual(node.properties, { lora_atelier_shown: "bauhaus", lora_atelier_runs: ["baroque", "bauhaus"] });
  assert.equal(comfyui.canvas.changes.length, 1);
});

test("executing again keeps the run that the user looks at, and is no change", () => {
  const node = comfyui.add("ValidationLossPlot");
  const views = [viewOf({ run: "baroque" }), viewOf()];
  execute(comfyui, node, ...views);
  server.views.baroque = views[0];
  node.properties.lora_atelier_shown = "baroque";
  const { length } = comfyui.canvas.changes;
  execute(comfyui, node, ...views);
  assert.equal(comfyui.shown(node), "baroque");
  assert.equal(comfyui.canvas.changes.length, length);
});

test("an output without a run changes nothing", () => {
  const node = comfyui.add("ValidationLossPlot");
  execute(comfyui, node);
  assert.ok(comfyui.shown(node) === null);
});

test("another run is opened from the list, and an answer that was overtaken is not shown", async () => {
  const node = comfyui.add("ValidationLossPlot");
  execute(comfyui, node, viewOf({ run: "baroque" }), viewOf());
  let answer;
  server.views.baroque = () => new Promise((resolve) => (answer = resolve));
  server.views.bauhaus = viewOf();
  choose(comfyui.element(node).querySelector("select"), "baroque");
  await settle();
  choose(comfyui.element(node).querySelector("select"), "bauhaus");
  await settle();
  answer(viewOf({ run: "baroque" }));
  await settle();
  assert.equal(comfyui.shown(node), "bauhaus");
  server.views.baroque = viewOf({ run: "baroque" });
  choose(comfyui.element(node).querySelector("select"), "baroque");
  await settle();
  assert.equal(comfyui.shown(node), "baroque");
  assert.equal(node.properties.lora_atelier_shown, "baroque");
});

test("a run that cannot be opened is told in the server's words, and the other stays", async () => {
  const node = comfyui.add("ValidationLossPlot");
  execute(comfyui, node, viewOf({ run: "baroque" }), viewOf());
  choose(comfyui.element(node).querySelector("select"), "baroque");
  await settle();
  assert.equal(comfyui.text(node, ".la-reason"), "There is no run baroque.");
  assert.equal(comfyui.shown(node), "bauhaus");
  assert.equal(node.properties.lora_atelier_shown, "bauhaus");
});

test("a workflow that is opened shows the run that it remembers, picked by its widgets", async () => {
  const node = comfyui.add("CheckpointPicker");
  execute(comfyui, node, viewOf());
  findWidget(node, "rule").value = "chosen epoch";
  findWidget(node, "epoch").value = 6;
  findWidget(node, "weights").value = "raw";
  const saved = comfyui.graph.serialize();
  comfyui = new ComfyUI("opened elsewhere");
  comfyui.server.views.bauhaus = viewOf();
  comfyui.graph.configure(saved);
  await settle();
  assert.equal(comfyui.shown(comfyui.now(node)), "bauhaus");
  assert.deepEqual(comfyui.server.asked, [{ run: "bauhaus", rule: "epoch", epoch: "6", weights: "raw" }]);
});

test("after an undo to before it showed anything a node still shows its run, and redo is not lost", async () => {
  const node = comfyui.add("ValidationLossPlot");
  server.views.bauhaus = viewOf();
  execute(comfyui, node, viewOf());
  comfyui.canvas.undo();
  await settle();
  assert.deepEqual(comfyui.now(node).properties, {});
  assert.equal(comfyui.shown(comfyui.now(node)), "bauhaus");
  assert.equal(comfyui.canvas.changes.length, 0);
});

test("what one workflow shows is not shown by a node of the same id in another", async () => {
  const node = comfyui.add("ValidationLossPlot");
  execute(comfyui, node, viewOf());
  comfyui = new ComfyUI("another workflow");
  const other = comfyui.add("ValidationLossPlot");
  assert.equal(other.id, node.id);
  other.configure(other.serialize());
  await settle();
  assert.ok(comfyui.shown(other) === null);
});

test("a click chooses an epoch: the widgets say so in one change, and the server picks it", async () => {
  const node = comfyui.add("CheckpointPicker");
  server.views.bauhaus = viewPickedBy;
  execute(comfyui, node, viewOf());
  const plot = laid(node);
  const { length } = comfyui.canvas.changes;
  press(plot, "End");
  press(plot, "Enter");
  await settle();
  assert.deepEqual([findWidget(node, "rule").value, findWidget(node, "epoch").value], ["chosen epoch", 6]);
  assert.equal(comfyui.canvas.changes.length, length + 1);
  assert.equal(comfyui.reason(node), '{"rule":"epoch","epoch":"6","weights":"best"}');
  comfyui.canvas.undo();
  await settle();
  assert.equal(findWidget(comfyui.now(node), "rule").value, "lowest in G");
  assert.equal(comfyui.reason(comfyui.now(node)), '{"rule":"lowest","weights":"best"}');
});

test("a click in a node that does not pick changes nothing", () => {
  const node = comfyui.add("ValidationLossPlot");
  execute(comfyui, node, viewOf());
  const plot = laid(node);
  const { length } = comfyui.canvas.changes;
  press(plot, "End");
  press(plot, "Enter");
  assert.equal(comfyui.canvas.changes.length, length);
  assert.deepEqual(server.asked, []);
});

test("each of the picker's widgets asks the server anew", async () => {
  const node = comfyui.add("CheckpointPicker");
  server.views.bauhaus = viewPickedBy;
  execute(comfyui, node, viewOf());
  const set = async (name, value) => {
    findWidget(node, name).value = value;
    findWidget(node, name).callback(value);
    await settle();
    return JSON.parse(comfyui.reason(node));
  };
  assert.deepEqual(await set("rule", "earliest within one standard error"), { rule: "earliest", weights: "best" });
  assert.deepEqual(await set("weights", "averaged"), { rule: "earliest", weights: "averaged" });
  assert.deepEqual(await set("rule", "chosen epoch"), { rule: "epoch", epoch: "0", weights: "averaged" });
  assert.deepEqual(await set("epoch", 4), { rule: "epoch", epoch: "4", weights: "averaged" });
});

test("only checkpoints of the weights that the widget allows can be chosen", () => {
  const node = comfyui.add("CheckpointPicker");
  execute(comfyui, node, averagedViewOf());
  const plot = laid(node);
  findWidget(node, "weights").value = "raw";
  press(plot, "ArrowLeft"); // from the picked epoch 4 to 3
  press(plot, "ArrowLeft");
  press(plot, "Enter");
  assert.equal(findWidget(node, "epoch").value, 1);
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
  execute(comfyui, node, viewOf());
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

test("the wheel over a chart zooms the graph; a Vue node passes it on by itself, and an app scrolls", () => {
  const element = comfyui.element(comfyui.add("ValidationLossPlot"));
  const zooms = (...around) => {
    comfyui.canvas.zoomed = false;
    const box = around.reduce((inside, name) => {
      const outside = document.createElement("div");
      outside.className = name;
      outside.append(inside);
      return outside;
    }, element);
    place(box);
    point(element, "wheel");
    return comfyui.canvas.zoomed;
  };
  assert.equal(zooms("dom-widget"), true);
  assert.equal(zooms("dom-widget", "lg-node"), false);
  assert.equal(zooms("lg-node"), false);
  assert.equal(zooms(), false);
});

test("a failure is told by the charts that wait for the node, through whatever is between, and by no other", () => {
  const [trainer, picker] = comfyui.addConnected();
  const [dataset, reroute] = [comfyui.add("LoadImage"), comfyui.add("Reroute")];
  trainer.addInput("dataset", "*");
  dataset.connect(0, reroute, 0);
  reroute.connect(0, trainer, "dataset");
  const other = comfyui.add("ValidationLossPlot");
  const failure = { node: String(dataset.id), kind: "DatasetLoader", sentence: "No pictures." };
  for (const node of [trainer, picker, other]) comfyui.chart(node).onFailed(failure);
  assert.deepEqual([trainer, picker].map((node) => comfyui.text(node, ".la-invitation")), ["No pictures.", "No pictures."]);
  assert.match(comfyui.text(other, ".la-invitation"), /^Run the graph/);
  comfyui.chart(picker).onFailed(null);
  assert.match(comfyui.text(picker, ".la-invitation"), /^Run the graph/);
});

test("a name that is taken can be made one that is free, as one change", () => {
  const [trainer, picker] = comfyui.addConnected();
  trainer.addWidget("string", "run_name", "{style}", () => {}, {});
  const failure = { node: String(trainer.id), kind: "LoRATrainer", sentence: "It exists." };
  const button = () => comfyui.element(picker).querySelector(".la-rename");
  comfyui.chart(picker).onFailed(failure);
  assert.ok(button().hidden);
  comfyui.chart(picker).onFailed({ ...failure, ending: "-2" });
  assert.ok(!button().hidden);
  assert.equal(button().textContent, "Train as {style}-2");
  const { length } = comfyui.canvas.changes;
  button().click();
  assert.equal(findWidget(trainer, "run_name").value, "{style}-2");
  assert.equal(comfyui.canvas.changes.length, length + 1);
  assert.ok(button().hidden);
  assert.equal(comfyui.text(picker, ".la-invitation"), "Press Run to train as {style}-2.");
});

test("a name that another node gives is not changed here", () => {
  const [trainer, picker] = comfyui.addConnected();
  trainer.addWidget("string", "run_name", "bauhaus", () => {}, {});
  trainer.addInput("run_name", "*");
  comfyui.add("LoadImage").connect(0, trainer, "run_name");
  const failure = { node: String(trainer.id), kind: "LoRATrainer", sentence: "It exists.", ending: "-2" };
  comfyui.chart(picker).onFailed(failure);
  assert.ok(comfyui.element(picker).querySelector(".la-rename").hidden);
});

test("after a run the picker names its file; after a click it asks for another run", async () => {
  const node = comfyui.add("CheckpointPicker");
  const saved = [{ run: "bauhaus", epoch: 3, weights: "raw", file: "bauhaus-epoch-0003.safetensors" }];
  server.views.bauhaus = ({ epoch }) =>
    epoch ? viewOf({ pick: { epoch: Number(epoch), weights: "raw", reason: "" } }) : viewOf();
  comfyui.chart(node).onExecuted(String(node.id), [viewOf()], saved);
  assert.equal(comfyui.text(node, ".la-saved code"), "bauhaus-epoch-0003.safetensors");
  press(laid(node), "End");
  press(laid(node), "Enter");
  await settle();
  assert.equal(comfyui.text(node, ".la-saved span"), "Press Run to use epoch 6.");
  assert.ok(comfyui.element(node).querySelector(".la-copy").hidden);
  comfyui.canvas.undo();
  await settle();
  assert.equal(comfyui.text(comfyui.now(node), ".la-saved code"), "bauhaus-epoch-0003.safetensors");
});

test("stopping asks the server and lets the trainer want no more than it has, as one change", async () => {
  const [trainer, picker] = comfyui.addConnected();
  trainer.addWidget("number", "epochs", 200, () => {}, {});
  server.views.bauhaus = viewOf({ status: "training", epoch: 5, epochs: 200 });
  const chart = comfyui.chart(picker);
  chart.onProgress(progressOf({ node: String(trainer.id), epoch: 6, epochs: 200 }), true);
  await settle();
  chart.onProgress(progressOf({ node: String(trainer.id), epoch: 6, epochs: 200 }), true);
  server.stopped = [];
  const { length } = comfyui.canvas.changes;
  comfyui.element(picker).querySelector(".la-stop").click();
  await settle();
  assert.deepEqual(server.stopped, ["bauhaus"]);
  assert.equal(findWidget(trainer, "epochs").value, 200, "another epoch may end before it stops");
  const message = { node: String(trainer.id), prompt_id: "prompt", run: "bauhaus", epoch: 6 };
  for (const node of [trainer, picker]) comfyui.chart(node).onEnded(message);
  assert.equal(findWidget(trainer, "epochs").value, 6);
  assert.equal(comfyui.canvas.changes.length, length + 1);
  comfyui.chart(picker).onEnded({ ...message, epoch: 9 });
  assert.equal(findWidget(trainer, "epochs").value, 6, "it was not stopped this time");
});
