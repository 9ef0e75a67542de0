// @ts-check
/** The shapes of what the server tells of a run (lora_core/run_view.py, nodes/watcher.py), and look-ups in them. */

import { isFiniteNumber, nearest } from "./curves.js";

/** @typedef {import("./curves.js").Interval} Interval */
/** @typedef {import("./curves.js").MaybeNumber} MaybeNumber */

/**
 * Which weights of the LoRA: their moving average over the steps, or as they stood at the end of an epoch.
 *
 * @typedef {"averaged" | "raw"} Weights
 */

/**
 * Losses on the validation grid by epoch.
 *
 * @typedef {object} Curve
 * @property {number[]} epoch
 * @property {MaybeNumber[]} loss
 * @property {MaybeNumber[]} smooth
 * @property {MaybeNumber[]} standard_error
 */

/** @typedef {Pick<Curve, "epoch" | "loss" | "smooth">} Probe The same grid on as many training pictures. */

/**
 * @typedef {object} Selection
 * @property {number} epoch
 * @property {string} rule
 * @property {Weights} weights which the picked checkpoint holds; the regions and candidates are of their curve
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
 * @property {Curve} validation of the raw weights
 * @property {Curve | null} averaged of the averaged weights; null for a run that keeps no average
 * @property {Probe | null} probe of the averaged weights if there are any, else of the raw ones
 * @property {Selection | null} selection
 * @property {number[]} checkpoints epochs whose raw LoRA is on the disk
 * @property {number[]} averaged_checkpoints epochs whose averaged LoRA is on the disk
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
 * The weights that the chart is about: those of the picked checkpoint. Before one is picked, the averaged ones.
 *
 * @param {RunView} view
 * @returns {Weights}
 */
export function mainWeights(view) {
  if (!view.averaged) return "raw";
  return view.selection?.weights ?? "averaged";
}

/**
 * @param {RunView} view
 * @returns {Curve} of the weights that the chart is about
 */
export function mainCurve(view) {
  return mainWeights(view) === "averaged" && view.averaged ? view.averaged : view.validation;
}

/**
 * @param {RunView} view
 * @returns {Curve | null} of the other weights
 */
export function otherCurve(view) {
  if (!view.averaged) return null;
  return mainWeights(view) === "averaged" ? view.validation : view.averaged;
}

/**
 * @param {RunView} view
 * @returns {Curve} of the weights that the probe was measured with
 */
export function probedCurve(view) {
  return view.averaged ?? view.validation;
}

/**
 * The smooth losses of the probe, in proportion so that they start where the validation losses do: some pictures are
 * harder than others, whatever the LoRA has learnt, and only what grows between the two curves is overfitting.
 *
 * @param {RunView} view
 * @returns {MaybeNumber[]}
 */
export function alignedProbe(view) {
  if (!view.probe) return [];
  const [start, own] = [baseline(view), at(view.probe.epoch, view.probe.loss, 0)];
  const factor = start !== null && own ? start / own : 1;
  return view.probe.smooth.map((value) => (isFiniteNumber(value) ? value * factor : null));
}

/**
 * The epochs with a checkpoint of the weights that a picker allows.
 *
 * @param {RunView} view
 * @param {Weights | "best"} weights
 * @returns {number[]}
 */
export function choosable(view, weights) {
  const averaged = view.averaged_checkpoints ?? [];
  if (weights === "averaged") return averaged;
  if (weights === "raw") return view.checkpoints;
  return [...new Set([...averaged, ...view.checkpoints])].sort((one, other) => one - other);
}

/**
 * The loss of a curve at an epoch: smoothed, or as measured where it could not be smoothed.
 *
 * @param {Probe} curve
 * @param {number} epoch
 * @returns {number | null}
 */
export function lossAt({ epoch: epochs, loss, smooth }, epoch) {
  return at(epochs, smooth, epoch) ?? at(epochs, loss, epoch);
}

/**
 * The validated epoch nearest to a place on the axis; one of the `kept` draws the pointer to itself from `reach` epochs
 * away, as only those can be chosen.
 *
 * @param {RunView} view
 * @param {number} place epoch, with a fraction
 * @param {readonly number[]} kept
 * @param {number} reach
 * @returns {number | null}
 */
export function epochNear(view, place, kept, reach) {
  const drawing = kept[nearest(kept, place)];
  if (drawing !== undefined && Math.abs(drawing - place) <= reach) return drawing;
  const { epoch } = mainCurve(view);
  return epoch[nearest(epoch, place)] ?? null;
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
