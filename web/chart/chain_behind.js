// @ts-check
/** What makes pictures behind a picker: the nodes from its outputs to the last picture. It only reads the graph. */

import { firstId } from "./litegraph.js";

/** @typedef {import("../types.d.ts").Node} Node */

/**
 * @typedef {object} Chain
 * @property {Node[]} nodes all between the picker and the last picture, that one included, each after those before it
 * @property {Node} last the node whose picture is shown or saved
 */

/** Types of a picker's outputs that carry its LoRA. */
const CARRIERS = ["MODEL", "CLIP", "LORA_MODEL"];
/** Where another sheet begins. */
const SHEET = "SheetCells";

/**
 * @param {Node} picker
 * @returns {Chain | null} null if nothing behind the picker makes a picture of a latent
 */
export function findChain(picker) {
  const reached = nodesFrom(consumers(picker, CARRIERS));
  const decoder = reached.find((node) => takes(node, "LATENT") && gives(node, "IMAGE"));
  if (!decoder) return null;
  const last = nodesFrom([decoder]).filter(isShown).at(-1) ?? decoder;
  return { nodes: reached.filter((node) => nodesFrom([node]).includes(last)), last };
}

/**
 * Nodes and all behind them, each after those before it.
 *
 * @param {Node[]} starts
 * @returns {Node[]}
 */
function nodesFrom(starts) {
  /** The longest way to each. @type {Map<Node, number>} */
  const depths = new Map();
  let front = starts;
  for (let depth = 1; front.length; depth += 1) {
    front = front.filter((node) => firstId(node) !== SHEET);
    for (const node of front) depths.set(node, depth);
    front = [...new Set(front.flatMap((node) => consumers(node)))];
  }
  return [...depths].sort(([, one], [, other]) => one - other).map(([node]) => node);
}

/**
 * @param {Node} node
 * @param {string[]} [types] of the outputs that count; all by default
 * @returns {Node[]}
 */
function consumers(node, types) {
  const outputs = node.outputs ?? [];
  return outputs.flatMap(({ type }, slot) =>
    !types || types.includes(String(type)) ? (node.getOutputNodes(slot) ?? []) : [],
  );
}

/**
 * @param {Node} node
 * @param {string} type
 */
export function takes(node, type) {
  return (node.inputs ?? []).some((input) => input.type === type);
}

/**
 * @param {Node} node
 * @param {string} type
 */
export function gives(node, type) {
  return (node.outputs ?? []).some((output) => output.type === type);
}

/**
 * Whether a picture of the node goes to one that ends the graph, such as Save Image.
 *
 * @param {Node} node
 */
function isShown(node) {
  return consumers(node, ["IMAGE"]).some((consumer) => {
    const { nodeData } = /** @type {{nodeData?: {output_node?: boolean}}} */ (consumer.constructor);
    return nodeData?.output_node || !consumer.outputs?.length;
  });
}
