/** An example opens where its first groups can be read, also where a front end would show all of it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { standWhereSaved } from "../../web/opening.js";

const OURS = { nodes: [{ type: "Note" }, { type: "X", properties: { cnr_id: "lora-atelier" } }] };
const SAVED = { extra: { ds: { scale: 0.7, offset: [110, 190] } } };
/** Where the canvas stands after a workflow was opened. */
function standing(workflow, options) {
  const canvas = { ds: { scale: 0.3, offset: [0, 0] }, setDirty() {} };
  standWhereSaved(workflow, options, canvas);
  return [canvas.ds.scale, ...canvas.ds.offset];
}

test("a template of the pack stands where it was saved", () => {
  assert.deepEqual(standing({ ...OURS, ...SAVED }, { openSource: "template" }), [0.7, 110, 190]);
});

test("what is no template of the pack stands where the front end puts it", () => {
  const stays = [0.3, 0, 0];
  assert.deepEqual(standing({ ...OURS, ...SAVED }, { openSource: "file_button" }), stays);
  assert.deepEqual(standing({ ...OURS, ...SAVED }, undefined), stays);
  assert.deepEqual(standing({ nodes: [{ type: "X" }], ...SAVED }, { openSource: "template" }), stays);
  assert.deepEqual(standing(OURS, { openSource: "template" }), stays);
  assert.deepEqual(standing(null, { openSource: "template" }), stays);
});
