/** Which workflow of a page a prompt is from. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Storage } from "./comfyui.mjs";
import { Tabs } from "../../web/chart/tabs.js";

// Two copies of a template: the same nodes, and only ComfyUI's own path tells them apart.
const FIRST = { path: "workflows/train_a_style.json" };
const SECOND = { path: "workflows/train_a_style (2).json" };

let active;
let storage;
let tabs;

beforeEach(() => {
  active = FIRST;
  storage = new Storage();
  tabs = new Tabs(() => active, storage);
});

test("a prompt is from the workflow that was in front when it was queued", () => {
  tabs.remember("prompt", tabs.open);
  assert.equal(tabs.owns("prompt"), true);
  active = SECOND;
  assert.equal(tabs.owns("prompt"), false);
  active = FIRST;
  assert.equal(tabs.owns("prompt"), true);
});

test("a prompt that was queued elsewhere is from none of the page's workflows", () => {
  assert.equal(tabs.owns("of another window"), false);
});

test("a workflow that is saved under another name keeps its prompts", () => {
  active = { path: "workflows/Unsaved Workflow.json" };
  tabs.remember("prompt", tabs.open);
  active.path = "workflows/bauhaus.json";
  assert.equal(tabs.owns("prompt"), true);
});

test("after a reload of the page a prompt is still from its workflow", () => {
  tabs.remember("prompt", tabs.open);
  tabs = new Tabs(() => active, storage);
  active = { ...FIRST };
  assert.equal(tabs.owns("prompt"), true);
  active = { ...SECOND };
  assert.equal(tabs.owns("prompt"), false);
});

test("only the last prompts are kept over a reload", () => {
  for (let index = 0; index < 150; index += 1) tabs.remember(`prompt ${index}`, tabs.open);
  tabs = new Tabs(() => active, storage);
  assert.deepEqual([tabs.owns("prompt 0"), tabs.owns("prompt 49"), tabs.owns("prompt 50")], [false, false, true]);
  assert.equal(tabs.owns("prompt 149"), true);
});

test("a workflow that is being opened owns nothing and remembers nothing until it is in front", () => {
  tabs.remember("prompt", tabs.open);
  tabs.shown.set("graph/7", "bauhaus");
  tabs.leave();
  assert.equal(tabs.shown.get("graph/7"), undefined);
  assert.equal(tabs.owns("prompt"), false);
  active = SECOND;
  tabs.arrive();
  assert.equal(tabs.shown.get("graph/7"), undefined);
  active = FIRST;
  assert.equal(tabs.shown.get("graph/7"), "bauhaus");
});

test("an undo, which ends with the workflow that was in front, forgets nothing", () => {
  tabs.remember("prompt", tabs.open);
  tabs.shown.set("graph/7", "bauhaus");
  tabs.arrive();
  assert.equal(tabs.shown.get("graph/7"), "bauhaus");
  assert.equal(tabs.owns("prompt"), true);
});

test("a file that takes the place of an open workflow of its name starts with nothing shown", () => {
  tabs.shown.set("graph/7", "bauhaus");
  tabs.leave();
  tabs.arrive();
  assert.equal(tabs.shown.get("graph/7"), undefined);
});

test("an opening that fails ends at the latest when the graph in front is run", () => {
  tabs.leave();
  tabs.ask();
  assert.deepEqual([tabs.open, tabs.asking], [FIRST, FIRST]);
});

test("a prompt is from the workflow that was in front when it was asked for, not when the answer came", () => {
  tabs.ask();
  active = SECOND;
  tabs.remember("prompt", tabs.asking);
  assert.equal(tabs.owns("prompt"), false);
  active = FIRST;
  assert.equal(tabs.owns("prompt"), true);
});

test("what is reported while another workflow is in front is kept for its own, once", () => {
  tabs.remember("prompt", tabs.open);
  active = SECOND;
  for (const run of ["bauhaus", "baroque"]) tabs.keep("prompt", "7", [run]);
  tabs.keep("prompt", "8", ["baroque"]);
  assert.deepEqual(tabs.takeKept(), []);
  active = FIRST;
  assert.deepEqual(tabs.takeKept(), [["7", ["baroque"]], ["8", ["baroque"]]]);
  assert.deepEqual(tabs.takeKept(), []);
});

test("a report that comes before the answer to its queueing is not lost", () => {
  tabs.keep("prompt", "7", ["bauhaus"]);
  tabs.remember("prompt", tabs.open);
  assert.deepEqual(tabs.takeKept(), [["7", ["bauhaus"]]]);
});

test("where ComfyUI has no tabs there is one workflow", () => {
  active = undefined;
  tabs.remember("prompt", tabs.open);
  assert.equal(tabs.owns("prompt"), true);
});
