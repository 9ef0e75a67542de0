import assert from "node:assert/strict";
import { test } from "node:test";

import { chain, nodeAt, runsIn, upstreamNode } from "../../web/chart/litegraph.js";

/** A graph of bare nodes: numbers are nodes, arrays are subgraphs. */
function graphOf(nodes, root = null) {
  const graph = { nodes: new Map(), getNodeById: (id) => graph.nodes.get(String(id)) ?? null };
  graph.rootGraph = root ?? graph;
  for (const [id, inside] of Object.entries(nodes)) {
    const node = { id: Number(id), graph, isSubgraphNode: () => inside !== null };
    if (inside) node.subgraph = graphOf(inside, graph.rootGraph);
    graph.nodes.set(id, node);
  }
  return graph;
}

const root = graphOf({ 1: null, 2: { 1: null, 5: { 1: null } } });
const top = root.getNodeById(1);
const host = root.getNodeById(2);
const inner = host.subgraph.getNodeById(1);
const innermost = host.subgraph.getNodeById(5).subgraph.getNodeById(1);

test("an execution id leads through subgraphs to its node, from wherever it is asked", () => {
  for (const near of [top, inner, innermost]) {
    assert.equal(nodeAt(near, "1"), top);
    assert.equal(nodeAt(near, "2:1"), inner);
    assert.equal(nodeAt(near, "2:5:1"), innermost);
  }
});

test("an execution id that leads nowhere is no node", () => {
  assert.equal(nodeAt(top, "9"), null);
  assert.equal(nodeAt(top, "1:1"), null);
  assert.equal(nodeAt(top, "2:9:1"), null);
});

test("what runs in a subgraph runs in the node that stands for it", () => {
  assert.ok(runsIn(host, "2:5:1"));
  assert.ok(runsIn(innermost, "2:5:1"));
  assert.ok(!runsIn(top, "2:1"));
  assert.ok(!runsIn(inner, "1"));
});

test("a link whose node is gone leads nowhere", () => {
  const node = { graph: root, findInputSlot: () => 0, getInputNode: () => undefined };
  assert.equal(upstreamNode(node, "run"), null);
});

test("chain calls both, in order, and keeps what the first says", () => {
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

test("chain needs nobody there before it", () => {
  const owner = {};
  let heard = 0;
  chain(owner, "onSomething", (by) => (heard += by));
  owner.onSomething(2);
  assert.equal(heard, 2);
});
