/** A sheet from a picker: the chain behind it, once more, for every cell. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ComfyUI } from "./comfyui.mjs";
import { findChain } from "../../web/chart/chain_behind.js";
import { findWidget } from "../../web/chart/litegraph.js";

let comfyui;
let workflows = 0;
let picker;
let trainer;

beforeEach(() => {
  workflows += 1;
  comfyui = new ComfyUI(`sheet ${workflows}`);
  [trainer, picker] = comfyui.addConnected();
});

const add = (...types) => types.map((type) => comfyui.add(type));
const press = () => comfyui.element(picker).querySelector(".la-sheet").click();
const news = (before) => comfyui.graph.nodes.filter((node) => !before.includes(node));
const only = (nodes, type) => {
  const found = nodes.filter((node) => node.type === type);
  assert.equal(found.length, 1, type);
  return found[0];
};
/** What an input is connected to: node and name of its output. */
const from = (node, input) => {
  const link = node.getInputLink(node.findInputSlot(input));
  if (!link) return null;
  const origin = comfyui.graph.getNodeById(link.origin_id);
  return [origin, origin.outputs[link.origin_slot].name];
};

/** A base model, and stock nodes that make a picture with the picker's LoRA, beside others that make one without. */
function addPictures() {
  const [base] = add("PocketModelLoader");
  base.connect(0, picker, "model");
  base.connect(1, picker, "clip");
  const make = (source, seed) => {
    const [positive, latent, sampler, decoder, save] = add(
      ...["CLIPTextEncode", "EmptyLatentImage", "KSampler", "VAEDecode", "SaveImage"],
    );
    source.connect(1, positive, "clip");
    source.connect(0, sampler, "model");
    positive.connect(0, sampler, "positive");
    latent.connect(0, sampler, "latent_image");
    sampler.connect(0, decoder, "samples");
    base.connect(2, decoder, "vae");
    decoder.connect(0, save, "images");
    findWidget(sampler, "seed").value = seed;
    return { positive, latent, sampler, decoder };
  };
  return { base, styled: make(picker, 42), plain: make(base, 7) };
}

test("the chain behind a picker is what makes its picture, and nothing else", () => {
  const { styled } = addPictures();
  const { nodes, last } = findChain(picker);
  assert.deepEqual(new Set(nodes), new Set([styled.positive, styled.sampler, styled.decoder]));
  assert.equal(last, styled.decoder);
});

test("the chain is made once more, and every cell has its LoRA, strength and seed", () => {
  const { base, styled } = addPictures();
  findWidget(picker, "weights").value = "raw";
  const before = [...comfyui.graph.nodes];
  press();
  const added = news(before);
  const [cells, sheet, sampler, prompt, decoder] = [
    ...["SheetCells", "StyleSheet", "KSampler", "CLIPTextEncode", "VAEDecode"],
  ].map((type) => only(added, type));
  assert.equal(added.length, 5);
  assert.deepEqual(from(cells, "run"), [trainer, "run"]);
  assert.deepEqual(from(cells, "model"), [base, "MODEL"]);
  assert.deepEqual(from(cells, "clip"), [base, "CLIP"]);
  assert.equal(findWidget(cells, "weights").value, "raw");
  assert.equal(findWidget(cells, "seed").value, 42);
  assert.deepEqual(from(prompt, "clip"), [cells, "CLIP"]);
  assert.deepEqual(from(sampler, "model"), [cells, "MODEL"]);
  assert.deepEqual(from(sampler, "seed"), [cells, "seed"]);
  assert.deepEqual(from(sampler, "positive"), [prompt, "CONDITIONING"]);
  assert.deepEqual(from(sampler, "latent_image"), [styled.latent, "LATENT"]);
  assert.deepEqual(from(decoder, "vae"), [base, "VAE"]);
  assert.deepEqual(from(sheet, "images"), [decoder, "IMAGE"]);
  assert.deepEqual(from(sheet, "cells"), [cells, "cells"]);
  assert.deepEqual(from(styled.sampler, "model"), [picker, "MODEL"]); // what was there stays as it was
});

test("restyling is made once more with its photograph, to the picture that is saved", () => {
  const [photo, apply, sampler, decoder, composite, save] = add(
    ...["LoadImage", "StyledControlNetApply", "KSampler", "VAEDecode", "ImageCompositeMasked", "SaveImage"],
  );
  picker.connect(2, apply, "lora");
  photo.connect(0, apply, "photo");
  apply.connect(0, sampler, "model");
  apply.connect(3, sampler, "latent_image");
  sampler.connect(0, decoder, "samples");
  decoder.connect(0, composite, "source");
  apply.connect(4, composite, "destination");
  apply.connect(5, composite, "mask");
  composite.connect(0, save, "images");
  const before = [...comfyui.graph.nodes];
  press();
  const added = news(before);
  const [cells, sheet, copy, joined] = [
    ...["SheetCells", "StyleSheet", "StyledControlNetApply", "ImageCompositeMasked"],
  ].map((type) => only(added, type));
  assert.deepEqual(from(copy, "lora"), [cells, "lora"]);
  assert.deepEqual(from(copy, "lora_strength"), [cells, "strength"]);
  assert.deepEqual(from(copy, "photo"), [photo, "IMAGE"]);
  assert.deepEqual(from(joined, "mask"), [copy, "mask"]);
  assert.deepEqual(from(sheet, "images"), [joined, "IMAGE"]);
  assert.deepEqual(from(sheet, "photo"), [photo, "IMAGE"]);
  assert.equal(from(cells, "model"), null);
});

test("without a chain there is a plain one, on the base model of the graph", () => {
  const [base] = add("PocketModelLoader");
  const before = [...comfyui.graph.nodes];
  press();
  const added = news(before);
  assert.equal(added.length, 7);
  const [cells, sampler, decoder, sheet] = ["SheetCells", "KSampler", "VAEDecode", "StyleSheet"].map((type) =>
    only(added, type),
  );
  assert.deepEqual(from(cells, "model"), [base, "MODEL"]);
  assert.deepEqual(from(sampler, "model"), [cells, "MODEL"]);
  assert.deepEqual(from(decoder, "vae"), [base, "VAE"]);
  assert.deepEqual(from(sheet, "images"), [decoder, "IMAGE"]);
});

test("a second sheet is a copy of the picture's chain too, not of the first sheet", () => {
  addPictures();
  press();
  const before = [...comfyui.graph.nodes];
  press();
  assert.equal(news(before).length, 5);
});

test("it is one change to undo", () => {
  addPictures();
  const before = comfyui.graph.nodes.length;
  press();
  assert.equal(comfyui.canvas.changes.length, 1);
  comfyui.canvas.undo();
  assert.equal(comfyui.graph.nodes.length, before);
});

test("the new nodes cover nothing, and not one another", () => {
  addPictures();
  press();
  const { nodes } = comfyui.graph;
  const sheet = nodes.filter(({ type }) => type === "SheetCells" || type === "StyleSheet");
  const begins = (one, other, axis) => one.pos[axis] < other.pos[axis] + other.size[axis];
  const meet = (one, other) => [0, 1].every((axis) => begins(one, other, axis) && begins(other, one, axis));
  const overlaps = (one, other) => one !== other && meet(one, other);
  for (const node of sheet) assert.ok(!nodes.some((other) => overlaps(node, other)));
});

test("only a picker offers it", () => {
  assert.equal(comfyui.element(trainer).querySelector(".la-sheet"), null);
  assert.ok(!comfyui.element(picker).querySelector(".la-sheet").hidden);
});
