/** A workflow opens with the pack's own nodes, with and without another pack that has their ids. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { settleIds } from "../../web/node_ids.js";

const OURS = { cnr_id: "lora-atelier" };
const types = (nodes) => nodes.map(({ type }) => type);
/** The types of saved nodes after they were opened where there are some classes. */
function opened(nodes, classes) {
  const workflow = { nodes: structuredClone(nodes), definitions: { subgraphs: [{ nodes: structuredClone(nodes) }] } };
  settleIds(workflow, (kind) => classes.includes(kind));
  assert.deepEqual(types(workflow.definitions.subgraphs[0].nodes), types(workflow.nodes));
  return types(workflow.nodes);
}

test("where another pack took an id, a node that names this pack is this pack's", () => {
  const saved = [
    { type: "DatasetLoader", properties: OURS },
    { type: "DatasetLoader", properties: { cnr_id: "another-pack" } },
    { type: "DatasetLoader" },
    { type: "DatasetLoader", properties: { aux_id: "lora-atelier/comfyui-lora-atelier" } },
    { type: "LoRATrainer", properties: OURS },
  ];
  const [ours, theirs] = ["LoraAtelierDatasetLoader", "DatasetLoader"];
  const classes = ["DatasetLoader", "LoraAtelierDatasetLoader", "LoRATrainer"];
  assert.deepEqual(opened(saved, classes), [ours, theirs, theirs, ours, "LoRATrainer"]);
});

test("where no other pack has the id, a node that was saved under the second one has the first", () => {
  const saved = [{ type: "LoraAtelierDatasetLoader" }, { type: "LoraAtelierOfSomebodyElse" }];
  assert.deepEqual(opened(saved, ["DatasetLoader"]), ["DatasetLoader", "LoraAtelierOfSomebodyElse"]);
  assert.deepEqual(opened(saved, ["DatasetLoader", "LoraAtelierDatasetLoader"])[0], "LoraAtelierDatasetLoader");
});

test("what is no workflow is left alone", () => {
  for (const odd of [{}, { nodes: {} }, { nodes: [{ type: 3 }], definitions: { subgraphs: {} } }]) {
    settleIds(odd, () => true);
  }
});
