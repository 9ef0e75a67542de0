// @ts-check
/** What the chart reads from a run's view. Pure; each function is named after what it returns. */

import { findNearest, isFiniteNumber } from "./scales.js";

/** @typedef {import("./run_view.d.ts").LossCurve} LossCurve */
/** @typedef {import("./run_view.d.ts").RunView} RunView */
/** @typedef {import("./run_view.d.ts").ValidationCurve} ValidationCurve */
/** @typedef {import("./run_view.d.ts").Weights} Weights */
/** @typedef {import("./scales.js").MaybeNumber} MaybeNumber */

/**
 * The weights that the chart is about: those of the picked checkpoint, or the averaged ones before any is picked.
 *
 * @param {RunView} view
 * @returns {Weights}
 */
export function mainWeights(view) {
  if (!view.averaged) return "raw";
  return view.selection?.weights ?? "averaged";
}

/**
 * The weights that the main ones are compared with, if the run has them.
 *
 * @param {RunView} view
 * @returns {Weights}
 */
export function otherWeights(view) {
  return mainWeights(view) === "averaged" ? "raw" : "averaged";
}

/**
 * @param {RunView} view
 * @returns {ValidationCurve} of the main weights
 */
export function mainCurve(view) {
  return mainWeights(view) === "averaged" && view.averaged ? view.averaged : view.validation;
}

/**
 * @param {RunView} view
 * @returns {ValidationCurve | null} of the other weights; null if the run keeps no average
 */
export function otherCurve(view) {
  if (!view.averaged) return null;
  return otherWeights(view) === "raw" ? view.validation : view.averaged;
}

/**
 * @param {RunView} view
 * @returns {ValidationCurve} of the weights that the probe was measured with
 */
export function probedCurve(view) {
  return view.averaged ?? view.validation;
}

/**
 * The validation loss without a LoRA (epoch 0); null if it was not measured.
 *
 * @param {RunView} view
 * @returns {number | null}
 */
export function baselineLoss(view) {
  return valueAt(view.validation.epoch, view.validation.loss, 0);
}

/**
 * The value of a series at an epoch; null if there is none.
 *
 * @param {readonly number[]} epochs
 * @param {readonly MaybeNumber[]} values
 * @param {number} epoch
 * @returns {number | null}
 */
export function valueAt(epochs, values, epoch) {
  const value = values[epochs.indexOf(epoch)];
  return isFiniteNumber(value) ? value : null;
}

/**
 * The loss of a curve at an epoch: smoothed, or as measured where it could not be smoothed.
 *
 * @param {LossCurve} curve
 * @param {number} epoch
 * @returns {number | null}
 */
export function lossAt({ epoch: epochs, loss, smooth }, epoch) {
  return valueAt(epochs, smooth, epoch) ?? valueAt(epochs, loss, epoch);
}

/**
 * One edge of a curve's error band: so many standard errors above its smooth losses, below them if negative.
 *
 * @param {ValidationCurve} curve
 * @param {number} errors
 * @returns {(number | null)[]}
 */
export function bandEdge({ smooth, standard_error: standardError }, errors) {
  return smooth.map((value, index) => (isFiniteNumber(value) ? value + errors * (standardError[index] ?? 0) : null));
}

/**
 * The probe's losses, scaled to start where the validation loss does.
 *
 * @param {RunView} view
 * @returns {(number | null)[]} none without a probe
 */
export function alignedProbe(view) {
  return view.probe?.aligned ?? [];
}

/**
 * In what share of pairs the probe's pictures can be told from held-out ones.
 *
 * @param {RunView} view
 * @returns {{epoch: number[], share: readonly MaybeNumber[]} | null} null where no share is known
 */
export function toldApart({ probe }) {
  return probe?.told_apart?.some(isFiniteNumber) ? { epoch: probe.epoch, share: probe.told_apart } : null;
}

/**
 * The epochs with a checkpoint of the weights that a picker allows.
 *
 * @param {RunView} view
 * @param {Weights | "best"} weights
 * @returns {number[]}
 */
export function checkpointEpochs(view, weights) {
  if (weights === "averaged") return view.averaged_checkpoints;
  if (weights === "raw") return view.checkpoints;
  return [...new Set([...view.averaged_checkpoints, ...view.checkpoints])].sort((one, other) => one - other);
}

/**
 * The validated epoch nearest to a position on the axis; one of the `kept` attracts the pointer from `reach` epochs
 * away, as only those can be chosen.
 *
 * @param {RunView} view
 * @param {number} position epoch, with a fraction
 * @param {readonly number[]} kept
 * @param {number} reach
 * @returns {number | null}
 */
export function epochNear(view, position, kept, reach) {
  const attracting = kept[findNearest(kept, position)];
  if (attracting !== undefined && Math.abs(attracting - position) <= reach) return attracting;
  const { epoch } = mainCurve(view);
  return epoch[findNearest(epoch, position)] ?? null;
}

/**
 * The preview made nearest to an epoch; null if there are none.
 *
 * @param {RunView} view
 * @param {number} epoch
 */
export function previewFor(view, epoch) {
  const epochs = view.previews.map((preview) => preview.epoch);
  return view.previews[findNearest(epochs, epoch)] ?? null;
}
