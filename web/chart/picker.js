// @ts-check
/** What CheckpointPicker's widgets say, and how a click sets them; other nodes pick as a new picker does. */

import { findWidget, setWidget } from "./litegraph.js";

/** @typedef {import("../types.d.ts").Canvas} Canvas */
/** @typedef {import("../types.d.ts").Node} Node */
/** @typedef {import("./run_view.d.ts").Weights} Weights */
/** @typedef {{rule: string, epoch?: number, weights: Weights | "best"}} Query which checkpoint the server is to pick */

export const PICKER = "CheckpointPicker";
export const PICKER_WIDGETS = ["rule", "epoch", "weights"];

const CHOSEN_EPOCH = "chosen epoch";

/** The widget's rules as the server names them. */
/** @type {Record<string, string>} */
const RULES = {
  "lowest in G": "lowest",
  "earliest within one standard error": "earliest",
  [CHOSEN_EPOCH]: "epoch",
};

/**
 * @param {Node} node
 * @returns {Query}
 */
export function readQuery(node) {
  const weights = readAllowedWeights(node);
  const rule = RULES[String(findWidget(node, "rule")?.value)] ?? "lowest";
  const epoch = Number(findWidget(node, "epoch")?.value);
  return rule === "epoch" && Number.isFinite(epoch) ? { rule, epoch, weights } : { rule, weights };
}

/**
 * @param {Node} node
 * @returns {Weights | "best"}
 */
export function readAllowedWeights(node) {
  const value = findWidget(node, "weights")?.value;
  return value === "averaged" || value === "raw" ? value : "best";
}

/**
 * Chooses an epoch, as one change to undo.
 *
 * @param {Node} node
 * @param {Canvas} canvas
 * @param {number} epoch
 */
export function chooseEpoch(node, canvas, epoch) {
  canvas.emitBeforeChange();
  setWidget(node, "epoch", epoch);
  setWidget(node, "rule", CHOSEN_EPOCH);
  canvas.emitAfterChange();
  canvas.setDirty(true, true);
}
