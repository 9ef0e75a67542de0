// @ts-check
/** Adds a sheet of epochs and strengths to the graph: what makes pictures behind a picker, once more for every cell. */

import { findChain, gives, takes } from "./chain_behind.js";
import { findWidget, firstId, setWidget, upstreamNode } from "./litegraph.js";
import { asOneChange } from "./one_change.js";

/** @typedef {import("../types.d.ts").Canvas} Canvas */
/** @typedef {import("../types.d.ts").Node} Node */
/** @typedef {import("./chain_behind.js").Chain} Chain */
/** @typedef {(type: string) => Node} Create makes a node that is not in any graph yet */
/** @typedef {{node: Node, slot: number}} Source an output */

/** The outputs of SheetCells. */
const CELLS = { MODEL: 0, CLIP: 1, LORA_MODEL: 2, strength: 3, seed: 4, cells: 5 };
const SEEDS = ["seed", "noise_seed"];
const STRENGTHS = ["lora_strength", "strength_model"];

/** Between the columns of the new nodes, between nodes in one, and above all of them. */
const [GAP, ROW_GAP, MARGIN] = [60, 70, 100];
/** Of a column: the Vue renderer draws small nodes wider than they say. */
const LEAST_WIDTH = 230;
/** Side of the pictures where no chain says another, and that of the pocket model. */
const [SIDE, POCKET_SIDE] = [512, 128];

/**
 * Adds SheetCells, a copy of the chain behind a picker (or a plain one, if there is none) and StyleSheet, as one change
 * to undo.
 *
 * @param {Node} picker
 * @param {Canvas} canvas
 * @param {Create} create
 * @returns {Node[]} the new nodes
 */
export function addSheet(picker, canvas, create) {
  return asOneChange(canvas, () => new SheetBuilder(picker, create).build());
}

class SheetBuilder {
  /**
   * @param {Node} picker
   * @param {Create} create
   */
  constructor(picker, create) {
    this.picker = picker;
    this.create = create;
    this.graph = /** @type {NonNullable<Node["graph"]>} */ (picker.graph);
    /** New nodes in columns, from left to right. @type {Node[][]} */
    this.columns = [];
    /** To be made once the nodes are in the graph. @type {[Source | null | undefined, Node, string][]} */
    this.links = [];
    this.cells = this.put(create("SheetCells"), 0);
  }

  build() {
    const { cells, picker } = this;
    setWidget(cells, "weights", String(findWidget(picker, "weights")?.value ?? "best"));
    this.link(sourceOf(picker, "run"), cells, "run");
    const chain = findChain(picker);
    const last = chain ? this.copy(chain) : this.makePlain();
    const sheet = this.put(this.create("StyleSheet"), this.columns.length);
    this.link(last, sheet, "images");
    this.link({ node: cells, slot: CELLS.cells }, sheet, "cells");
    this.link(chain?.nodes.map((node) => sourceOf(node, "photo")).find(Boolean), sheet, "photo");
    this.place();
    for (const link of this.links) connect(...link);
    return this.columns.flat();
  }

  /**
   * @param {Node} node
   * @param {number} column
   */
  put(node, column) {
    (this.columns[column] ??= []).push(node);
    return node;
  }

  /**
   * @param {Source | null | undefined} source
   * @param {Node} target
   * @param {string} input
   */
  link(source, target, input) {
    this.links.push([source, target, input]);
  }

  /**
   * @param {keyof CELLS} output
   * @param {Node} target
   * @param {string} input
   */
  linkCells(output, target, input) {
    this.link({ node: this.cells, slot: CELLS[output] }, target, input);
  }

  /**
   * Copies a chain, its links included; what came from the picker comes from the cells.
   *
   * @param {Chain} chain
   * @returns {Source} the last picture
   */
  copy({ nodes, last }) {
    for (const name of ["model", "clip"]) this.link(sourceOf(this.picker, name), this.cells, name);
    /** @type {Map<Node, Node>} */
    const copies = new Map();
    /** @type {Map<Node, number>} */
    const columns = new Map();
    for (const node of nodes) {
      const before = sourcesOf(node).map(({ source }) => columns.get(source.node) ?? 0);
      const column = 1 + Math.max(0, ...before);
      columns.set(node, column);
      copies.set(node, this.put(node.clone() ?? this.create(String(node.type)), column));
      this.linkCopy(node, copies);
    }
    return outputOf(/** @type {Node} */ (copies.get(last)), "IMAGE");
  }

  /**
   * @param {Node} node
   * @param {Map<Node, Node>} copies
   */
  linkCopy(node, copies) {
    const copy = /** @type {Node} */ (copies.get(node));
    for (const { input, source } of sourcesOf(node)) {
      const type = String(source.node.outputs[source.slot]?.type);
      if (source.node === this.picker && type in CELLS) this.linkCells(/** @type {keyof CELLS} */ (type), copy, input);
      else this.link({ node: copies.get(source.node) ?? source.node, slot: source.slot }, copy, input);
    }
    for (const name of takes(copy, "LORA_MODEL") ? STRENGTHS : []) this.linkCells("strength", copy, name);
    for (const name of SEEDS) {
      const widget = findWidget(node, name);
      if (typeof widget?.value === "number") setWidget(this.cells, "seed", widget.value);
      this.linkCells("seed", copy, name);
    }
  }

  /**
   * Stock nodes that make a picture of the trainer's preview prompt.
   *
   * @returns {Source} the picture
   */
  makePlain() {
    const trainer = upstreamNode(this.picker, "run");
    const base = this.findBase();
    for (const [name, type] of /** @type {const} */ ([["model", "MODEL"], ["clip", "CLIP"]])) {
      const known = sourceOf(this.picker, name) ?? (trainer && sourceOf(trainer, name));
      this.link(known ?? outputOf(base, type), this.cells, name);
    }
    const [positive, negative, latent] = ["CLIPTextEncode", "CLIPTextEncode", "EmptyLatentImage"].map((type) =>
      this.put(this.create(type), 1),
    );
    const sampler = this.put(this.create("KSampler"), 2);
    const decoder = this.put(this.create("VAEDecode"), 3);
    setWidget(positive, "text", String((trainer && findWidget(trainer, "preview_prompt")?.value) ?? "a building"));
    setWidget(negative, "text", "");
    const side = firstId(base) === "PocketModelLoader" ? POCKET_SIDE : SIDE;
    for (const name of ["width", "height"]) setWidget(latent, name, side);
    for (const prompt of [positive, negative]) this.linkCells("CLIP", prompt, "clip");
    this.linkCells("MODEL", sampler, "model");
    this.linkCells("seed", sampler, "seed");
    this.link({ node: positive, slot: 0 }, sampler, "positive");
    this.link({ node: negative, slot: 0 }, sampler, "negative");
    this.link({ node: latent, slot: 0 }, sampler, "latent_image");
    this.link({ node: sampler, slot: 0 }, decoder, "samples");
    this.link((trainer && sourceOf(trainer, "vae")) ?? outputOf(base, "VAE"), decoder, "vae");
    return { node: decoder, slot: 0 };
  }

  /** A node of the graph that loads a whole checkpoint, or else a new one. */
  findBase() {
    const loads = (/** @type {Node} */ node) => ["MODEL", "CLIP", "VAE"].every((type) => gives(node, type));
    return this.graph.nodes.find(loads) ?? this.put(this.create("CheckpointLoaderSimple"), 0);
  }

  /** Puts the new nodes into the graph, below everything that stands where they would. */
  place() {
    const widths = this.columns.map((column) => Math.max(LEAST_WIDTH, ...column.map(({ size }) => size[0])));
    const [left] = this.picker.pos;
    const right = left + widths.reduce((sum, width) => sum + width + GAP, 0);
    const above = this.graph.nodes.filter(({ pos, size }) => pos[0] < right && pos[0] + size[0] > left);
    const top = Math.max(...above.map(({ pos, size }) => pos[1] + size[1])) + MARGIN;
    let x = left;
    for (const [index, column] of this.columns.entries()) {
      let y = top;
      for (const node of column) {
        node.pos = [x, y]; // before it is added: the Vue renderer takes note of it then
        this.graph.add(node);
        y += node.size[1] + ROW_GAP;
      }
      x += widths[index] + GAP;
    }
  }
}

/**
 * @param {Source | null | undefined} source nothing is connected without one
 * @param {Node} target
 * @param {string} input of the target; nothing is connected if it has no such input
 */
function connect(source, target, input) {
  const slot = target.findInputSlot(input);
  if (source && slot >= 0) source.node.connect(source.slot, target, slot);
}

/**
 * @param {Node} node
 * @returns {{input: string, source: Source}[]} what its inputs are connected to
 */
function sourcesOf(node) {
  return (node.inputs ?? []).flatMap(({ name }) => {
    const source = sourceOf(node, name);
    return source ? [{ input: name, source }] : [];
  });
}

/**
 * @param {Node} node
 * @param {string} input
 * @returns {Source | null}
 */
function sourceOf(node, input) {
  const slot = node.findInputSlot(input);
  const link = slot < 0 ? null : node.getInputLink(slot);
  const origin = link && node.graph?.getNodeById(link.origin_id);
  return origin ? { node: origin, slot: link.origin_slot } : null;
}

/**
 * @param {Node} node
 * @param {string} type
 * @returns {Source}
 */
function outputOf(node, type) {
  return { node, slot: node.outputs.findIndex((output) => output.type === type) };
}
