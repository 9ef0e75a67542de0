/** An example opens where its first groups can be read, also where a front end would show all of it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { standWhereSaved } from "../../web/opening.js";

const OURS = { nodes: [{ type: "Note" }, { type: "X", properties: { cnr_id: "lora-atelier" } }] };
const SAVED = { extra: { ds: { scale: 0.7, offset: [110, 190] } } };
/** Where the canvas stands once a workflow is there, and the view was moved `after` so many frames. */
function standing(workflow, after, moved = [0.3, 0, 0]) {
  const canvas = { ds: { scale: 1, offset: [5, 5] }, setDirty() {} };
  const frames = [];
  standWhereSaved(workflow, canvas, (callback) => frames.push(callback))();
  const move = () => {
    const [scale, ...offset] = moved;
    Object.assign(canvas.ds, { scale, offset });
  };
  for (let frame = 0; frame < 100; frame += 1) {
    if (frame === after) move();
    frames.shift()?.();
  }
  return [canvas.ds.scale, ...canvas.ds.offset];
}

test("an example of the pack stands where it was saved, also where the view is moved a little later", () => {
  for (const frame of [0, 3]) assert.deepEqual(standing({ ...OURS, ...SAVED }, frame), [0.7, 110, 190]);
});

test("a view that nobody moves stays, and whoever moves it later may", () => {
  assert.deepEqual(standing({ ...OURS, ...SAVED }), [1, 5, 5]);
  assert.deepEqual(standing({ ...OURS, ...SAVED }, 50), [0.3, 0, 0]);
});

test("what is not the pack's, or was saved without a place, stands where the front end puts it", () => {
  for (const other of [{ nodes: [{ type: "X" }], ...SAVED }, OURS, {}, null]) {
    assert.deepEqual(standing(other, 0), [0.3, 0, 0]);
  }
});
