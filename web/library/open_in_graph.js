// @ts-check
/** Adds a run to the graph: the nodes that load it, plot it and pick from it. */

import { findWidget, setWidget } from "../chart/litegraph.js";
import { asOneChange } from "../chart/one_change.js";

/** @typedef {import("../types.d.ts").Canvas} Canvas */
/** @typedef {import("../types.d.ts").ChartNode} ChartNode */
/** @typedef {import("../types.d.ts").Node} Node */
/** @typedef {import("../chart/sheet.js").Create} Create */

/** Between the nodes, and between them and what was there before. */
const GAP = 60;

/**
 * Adds TrainingRunLoader, ValidationLossPlot and CheckpointPicker set to a run, below everything else, as one change to
 * undo, and brings them into sight.
 *
 * @param {string} run
 * @param {Canvas} canvas
 * @param {Create} create
 * @param {number} covered how much of the window's left the sidebar covers, in pixels
 * @returns {Node[]} the new nodes
 */
export function openInGraph(run, canvas, create, covered) {
  return asOneChange(canvas, () => {
    const nodes = addNodes(run, /** @type {NonNullable<Canvas["graph"]>} */ (canvas.graph), create);
    bringIntoSight(nodes, canvas, covered);
    return nodes;
  });
}

/**
 * @param {string} run
 * @param {NonNullable<Canvas["graph"]>} graph
 * @param {Create} create
 */
function addNodes(run, graph, create) {
  const [loader, plot, picker] = ["TrainingRunLoader", "ValidationLossPlot", "CheckpointPicker"].map(create);
  const others = graph.nodes;
  const left = others.length ? Math.min(...others.map(({ pos }) => pos[0])) : 0;
  const top = others.length ? Math.max(...others.map(({ pos, size }) => pos[1] + size[1])) + 2 * GAP : 0;
  let x = left;
  for (const node of [loader, plot, picker]) {
    node.pos = [x, top]; // before it is added: the Vue renderer takes note of it then
    graph.add(node);
    x += node.size[0] + GAP;
  }
  choose(loader, run);
  for (const node of [plot, picker]) {
    loader.connect(0, node, "run");
    showAtOnce(node, run);
  }
  return [loader, plot, picker];
}

/**
 * @param {Node} loader
 * @param {string} run perhaps one that began after the list of runs was made
 */
function choose(loader, run) {
  const values = findWidget(loader, "run_name")?.options?.values;
  if (Array.isArray(values) && !values.includes(run)) values.push(run);
  setWidget(loader, "run_name", run);
}

/**
 * Lets a chart show the run before the graph is run, as one of a saved workflow does.
 *
 * @param {Node} node
 * @param {string} run
 */
function showAtOnce(node, run) {
  Object.assign(node.properties, { lora_atelier_shown: run, lora_atelier_runs: [run] });
  node.onConfigure?.(node.serialize());
}

/**
 * @param {Node[]} nodes
 * @param {Canvas} canvas
 * @param {number} covered
 */
function bringIntoSight(nodes, canvas, covered) {
  const { ds } = canvas;
  const box = canvas.canvas.getBoundingClientRect();
  const beside = Math.max(0, covered - box.left);
  const width = Math.max(1, box.width - beside);
  const [left, top] = [0, 1].map((axis) => Math.min(...nodes.map(({ pos }) => pos[axis])));
  const [right, bottom] = [0, 1].map((axis) => Math.max(...nodes.map(({ pos, size }) => pos[axis] + size[axis])));
  ds.scale = Math.min(width / (right - left + 2 * GAP), box.height / (bottom - top + 6 * GAP), 1);
  const middle = [beside + width / 2, box.height / 2];
  ds.offset = [middle[0] / ds.scale - (left + right) / 2, middle[1] / ds.scale - (top + bottom) / 2];
}
