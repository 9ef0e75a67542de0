import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Announcer } from "../../web/announcer.js";
import { progressOf } from "./view_of.mjs";

let toasts;
let announcer;

beforeEach(() => {
  toasts = [];
  announcer = new Announcer((toast) => toasts.push(toast), (kind) => `the ${kind}`);
});

const details = () => toasts.map(({ detail }) => detail);

test("why a node stopped is said in its sentence, under its name", () => {
  announcer.onFailure({ node: "7", kind: "DatasetLoader", sentence: "No pictures in ComfyUI/datasets/empty." });
  const [{ severity, summary, detail }] = toasts;
  const expected = ["error", "the DatasetLoader", "No pictures in ComfyUI/datasets/empty."];
  assert.deepEqual([severity, summary, detail], expected);
});

test("Cancel says where training stood and that Run goes on, once", () => {
  announcer.onProgress(progressOf({ epoch: 6, epochs: 12 }));
  announcer.onCancelled("prompt");
  announcer.onCancelled("prompt");
  assert.deepEqual(details(), ["Cancelled at epoch 6 of 12. Nothing is lost: Run goes on from there."]);
  assert.notEqual(toasts[0].severity, "error");
});

test("Cancel says nothing where nothing trained, or trains no more", () => {
  announcer.onCancelled("prompt");
  announcer.onProgress(progressOf());
  announcer.onCancelled("another");
  announcer.onEnded("prompt");
  announcer.onCancelled("prompt");
  assert.deepEqual(toasts, []);
});

test("what was picked is said with its file, once for each file", () => {
  const saved = (...epochs) => epochs.map((epoch) => ({ run: "a", epoch, weights: "raw", file: `a-${epoch}.safetensors` }));
  announcer.onSaved("9", saved(88));
  announcer.onSaved("9", saved(88)); // from ComfyUI's cache
  announcer.onSaved("9", saved(6));
  announcer.onSaved("10", saved(1, 2));
  announcer.onSaved("11", []);
  assert.deepEqual(details(), [
    "Epoch 88 picked, saved as a-88.safetensors.",
    "Epoch 6 picked, saved as a-6.safetensors.",
    "Epoch 1 picked, saved as a-1.safetensors.\nEpoch 2 picked, saved as a-2.safetensors.",
  ]);
});
