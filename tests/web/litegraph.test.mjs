import assert from "node:assert/strict";
import { test } from "node:test";

import { ComfyUI } from "./comfyui.mjs";
import { chain, nodeAt, runsIn, upstreamNode } from "../../web/chart/litegraph.js";

const comfyui = new ComfyUI("a workflow with subgraphs");
const top = comfyui.add("ValidationLossPlot");
const host = comfyui.wrap(comfyui.add("LoRATrainer"), comfyui.add("ValidationLossPlot"));
const [inner, wrapped] = host.subgraph.nodes;
const innerHost = comfyui.wrap(wrapped);
const [innermost] = innerHost.subgraph.nodes;

test("an execution id leads through subgraphs to its node, from any node of the workflow", () => {
  for (const near of [top, inner, innermost]) {
    assert.ok(nodeAt(near, `${top.id}`) === top);
    assert.ok(nodeAt(near, `${host.id}:${inner.id}`) === inner);
    assert.ok(nodeAt(near, `${host.id}:${innerHost.id}:${innermost.id}`) === innermost);
  }
});

test("an execution id that leads nowhere is no node", () => {
  assert.equal(nodeAt(top, "99"), null);
  assert.equal(nodeAt(top, `${top.id}:${inner.id}`), null);
  assert.equal(nodeAt(top, `${host.id}:99:${innermost.id}`), null);
});

test("what runs in a subgraph runs in the node that stands for it", () => {
  const id = `${host.id}:${innerHost.id}:${innermost.id}`;
  assert.ok(runsIn(host, id));
  assert.ok(runsIn(innerHost, id));
  assert.ok(runsIn(innermost, id));
  assert.ok(!runsIn(top, id));
  assert.ok(!runsIn(inner, id));
});

test("an input leads to the node that it is connected to, through reroutes", () => {
  const [trainer, reroute, plot] = ["LoRATrainer", "Reroute", "ValidationLossPlot"].map((type) => comfyui.add(type));
  assert.equal(upstreamNode(plot, "run"), null);
  assert.equal(upstreamNode(plot, "no such input"), null);
  trainer.connect(0, plot, "run");
  assert.ok(upstreamNode(plot, "run") === trainer);
  trainer.connect(0, reroute, 0);
  reroute.connect(0, plot, "run");
  assert.ok(upstreamNode(plot, "run") === trainer);
});

test("a link whose node was removed leads nowhere", () => {
  const [trainer, plot] = [comfyui.add("LoRATrainer"), comfyui.add("ValidationLossPlot")];
  trainer.connect(0, plot, "run");
  delete comfyui.graph._nodes_by_id[trainer.id];
  assert.equal(upstreamNode(plot, "run"), null);
});

test("chain calls both, in order, and returns what the first one returns", () => {
  const heard = [];
  const owner = {
    onSomething(what) {
      heard.push(["first", what, this === owner]);
      return "answer";
    },
  };
  chain(owner, "onSomething", (what) => heard.push(["after", what]));
  assert.equal(owner.onSomething(7), "answer");
  assert.deepEqual(heard, [
    ["first", 7, true],
    ["after", 7],
  ]);
});

test("chain works where there was no method before", () => {
  const owner = {};
  let heard = 0;
  chain(owner, "onSomething", (by) => (heard += by));
  owner.onSomething(2);
  assert.equal(heard, 2);
});
