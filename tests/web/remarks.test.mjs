import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";
import { firstId } from "../../web/chart/litegraph.js";
import { heightOf, showRemarks } from "../../web/remarks.js";

/** A node as far as remarks see it. */
function newNode() {
  const node = {
    size: [300, 100],
    elements: [],
    drawn: 0,
    computeSize: () => [300, 150],
    setSize: (size) => (node.size = size),
    setDirtyCanvas: () => (node.drawn += 1),
    addDOMWidget: (_name, _type, element, options) => {
      node.elements.push({ element, options });
      return {};
    },
  };
  showRemarks(node);
  return node;
}

test("remarks appear in the node, change with each execution, and go", () => {
  const node = newNode();
  node.onExecuted({ text: ["The mask is black.", "The LoRA fits in part."] });
  const [{ element, options }] = node.elements;
  assert.equal(element.textContent, "The mask is black.\nThe LoRA fits in part.");
  assert.equal(element.hidden, false);
  assert.equal(options.serialize, false);
  assert.equal(options.getMinHeight(), 34);
  assert.deepEqual(node.size, [300, 150]);
  assert.equal(node.drawn, 1);
  node.onExecuted({ text: ["Another."] });
  assert.equal(element.textContent, "Another.");
  node.onExecuted({ text: [] });
  assert.equal(element.hidden, true);
  assert.equal(options.getMinHeight(), 0);
  assert.equal(node.elements.length, 1);
});

test("a renderer that does not take the remarks up gets them below its other widgets", async () => {
  const vue = document.createElement("div");
  vue.innerHTML = `<div class="lg-node" data-node-id="7"><div class="lg-node-widgets"><p>folder</p></div></div>`;
  document.body.replaceChildren(vue);
  const node = Object.assign(newNode(), { id: 7 });
  const rendered = () => new Promise((resolve) => setTimeout(resolve, 300));
  node.onExecuted({ text: ["The mask is black."] });
  await rendered();
  assert.equal(vue.textContent, "folderThe mask is black.");
  node.onExecuted({ text: ["Another."] });
  await rendered();
  assert.equal(vue.textContent, "folderAnother.");
});

test("a node with nothing to say stays as it is", () => {
  const node = newNode();
  for (const output of [{ text: [] }, { images: [] }, null]) node.onExecuted(output);
  assert.deepEqual(node.elements, []);
  assert.deepEqual(node.size, [300, 100]);
});

test("a long sentence gets several lines", () => {
  assert.equal(heightOf("x".repeat(35)), 34);
  assert.equal(heightOf("x\ny"), 34);
  assert.equal(heightOf(""), 0);
  assert.equal(heightOf("x\n".repeat(50)), 12 * 17, "the rest is scrolled to");
});

test("a node under its second id is known by its first", () => {
  assert.equal(firstId({ comfyClass: "LoraAtelierCheckpointPicker" }), "CheckpointPicker");
  assert.equal(firstId({ comfyClass: "LoRATrainer" }), "LoRATrainer");
});
