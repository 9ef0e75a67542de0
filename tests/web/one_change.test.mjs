/** New nodes are one change to undo, which takes in the sizes that a renderer gives them afterwards. */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import "./page.mjs";
import { asOneChange } from "../../web/chart/one_change.js";

let calls;
const canvas = {
  emitBeforeChange: () => calls.push("before"),
  emitAfterChange: () => calls.push("after"),
  setDirty: () => calls.push("drawn"),
};

beforeEach(() => {
  calls = [];
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

test("the change ends a while after the nodes were made", () => {
  assert.equal(asOneChange(canvas, () => calls.push("made") && "nodes"), "nodes");
  assert.deepEqual(calls, ["before", "made", "drawn"]);
  mock.timers.tick(1000);
  assert.deepEqual(calls, ["before", "made", "drawn", "after"]);
});

for (const action of ["keydown", "pointerdown"]) {
  test(`the change ends at a ${action}, before anything else hears of it, and only once`, () => {
    asOneChange(canvas, () => null);
    document.body.addEventListener(action, () => calls.push(action), { once: true });
    document.body.dispatchEvent(new window.Event(action, { bubbles: true }));
    document.body.dispatchEvent(new window.Event(action, { bubbles: true }));
    mock.timers.tick(5000);
    assert.deepEqual(calls, ["before", "drawn", "after", action]);
  });
}

test("a change that fails ends too", () => {
  const fail = () => {
    throw new Error("There is no such node.");
  };
  assert.throws(() => asOneChange(canvas, fail), /no such node/);
  mock.timers.tick(1000);
  assert.deepEqual(calls, ["before", "drawn", "after"]);
});
