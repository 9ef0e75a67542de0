import assert from "node:assert/strict";
import { test } from "node:test";

import { failureOf, refusalsIn } from "../../web/failures.js";

const PACKS = ["custom_nodes.lora-atelier", "custom_nodes.comfyui-lora-atelier", "нова тека"];

test("an error of ours is its sentence, in whatever folder the pack is", () => {
  for (const pack of PACKS) {
    const message = {
      prompt_id: "prompt",
      node_id: 7,
      node_type: "DatasetLoader",
      exception_type: `${pack}.lora_core.errors.DatasetError`,
      exception_message: "No pictures in ComfyUI/datasets/empty.\n",
    };
    const expected = { node: "7", kind: "DatasetLoader", sentence: "No pictures in ComfyUI/datasets/empty." };
    assert.deepEqual(failureOf(message), expected);
  }
});

test("a run's name that is taken comes with what makes it free", () => {
  const ending = (name, free) =>
    failureOf({
      prompt_id: "prompt",
      node_id: 7,
      node_type: "LoRATrainer",
      exception_type: "pack.lora_core.errors.RunError",
      exception_message:
        `A run named ${name} exists and was made differently: rank was 16 and is now 8. To resume it, use the same ` +
        `settings; to train a new one, choose another run name, such as ${free}.`,
    }).ending;
  assert.equal(ending("'bauhaus'", "'bauhaus-2'"), "-2");
  assert.equal(ending("\"d'arte-3\"", "\"d'arte-3-12\""), "-12");
  assert.equal(ending("'bauhaus'", "'other-2'"), undefined);
});

test("an error of ComfyUI or of another pack is not ours to explain", () => {
  for (const type of ["RuntimeError", "torch.OutOfMemoryError", "custom_nodes.other.errors.DatasetError"]) {
    const message = { prompt_id: "p", node_id: "7", node_type: "KSampler", exception_type: type, exception_message: "" };
    assert.equal(failureOf(message), null);
  }
});

test("what a node of ours refuses is told without the input's name before it", () => {
  const custom = (input, text) => ({
    type: "custom_validation_failed",
    message: "Custom validation failed for node",
    details: `${input} - ${text}`,
    extra_info: { input_name: input },
  });
  const errors = {
    "3:4": { class_type: "DatasetLoader", errors: [custom("folder", "No folder 'a - b' in ComfyUI/datasets.")] },
    6: { class_type: "LoRATrainer", errors: [{ type: "required_input_missing", details: "model" }] },
  };
  const expected = [{ node: "3:4", kind: "DatasetLoader", sentence: "No folder 'a - b' in ComfyUI/datasets." }];
  assert.deepEqual(refusalsIn(errors), expected);
  assert.deepEqual(refusalsIn({}), []);
});
