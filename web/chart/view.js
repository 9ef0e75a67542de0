// @ts-check
/** The shapes of what the server tells of a run (lora_core/run_view.py, nodes/watcher.py), and look-ups in them. */

import { isFiniteNumber, nearest } from "./curves.js";

/** @typedef {import("./curves.js").Interval} Interval */
/** @typedef {import("./curves.js").MaybeNumber} MaybeNumber */

/**
 * @typedef {object} Selection
 * @property {number} epoch
 * @property {string} rule
 * @property {Interval | null} region_g
 * @property {Interval | null} region_o
 * @property {number[]} candidates
 * @property {number[]} indistinguishable
 * @property {MaybeNumber} improvement
 * @property {MaybeNumber} standard_error
 * @property {string} reason
 * @property {string[]} warnings
 */

/**
 * @typedef {object} RunView
 * @property {string} run
 * @property {"training" | "finished" | "cancelled" | "failed"} status
 * @property {number} epoch
 * @property {number} epochs
 * @property {number} step
 * @property {number} steps
 * @property {{epoch: number[], loss: MaybeNumber[], smooth: MaybeNumber[], low: MaybeNumber[], high: MaybeNumber[]}} train
 * @property {{epoch: number[], loss: MaybeNumber[], smooth: MaybeNumber[], standard_error: MaybeNumber[]}} validation
 * @property {Selection | null} selection
 * @property {number[]} checkpoints
 * @property {{epoch: number, file: string}[]} previews
 * @property {string[]} notes
 */

/**
 * @typedef {object} Progress
 * @property {string} node
 * @property {string} run
 * @property {string} stage
 * @property {number} step
 * @property {number} steps
 * @property {number} epoch
 * @property {number} epochs
 * @property {number | null} loss
 * @property {number | null} seconds_left
 */

/**
 * The validation loss without a LoRA (epoch 0); null if it was not measured.
 *
 * @param {RunView} view
 * @returns {number | null}
 */
export function baseline(view) {
  const value = view.validation.loss[view.validation.epoch.indexOf(0)];
  return isFiniteNumber(value) ? value : null;
}

/**
 * A value of a series at an epoch; null if there is none.
 *
 * @param {readonly number[]} epochs
 * @param {readonly MaybeNumber[]} values
 * @param {number} epoch
 * @returns {number | null}
 */
export function at(epochs, values, epoch) {
  const value = values[epochs.indexOf(epoch)];
  return isFiniteNumber(value) ? value : null;
}

/**
 * The validated epoch nearest to a place on the axis; in a picker an epoch with a checkpoint draws the pointer to
 * itself from `reach` epochs away, as only those can be chosen.
 *
 * @param {RunView} view
 * @param {number} place epoch, with a fraction
 * @param {number} reach
 * @returns {number | null}
 */
export function epochNear(view, place, reach) {
  const kept = view.checkpoints[nearest(view.checkpoints, place)];
  if (reach > 0 && kept !== undefined && Math.abs(kept - place) <= reach) return kept;
  return view.validation.epoch[nearest(view.validation.epoch, place)] ?? null;
}

/**
 * The last preview made up to an epoch; the first one for epochs before it; null if there are none.
 *
 * @param {RunView} view
 * @param {number} epoch
 */
export function previewFor(view, epoch) {
  const before = view.previews.filter((preview) => preview.epoch <= epoch);
  return before.at(-1) ?? view.previews[0] ?? null;
}
