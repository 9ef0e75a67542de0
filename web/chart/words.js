// @ts-check
/** What the chart says in words. Pure. */

import { formatDifference, formatDuration, formatImprovement, formatLoss, formatLossWithError } from "./format.js";
import { findNearest } from "./scales.js";
import { baselineLoss, checkpointEpochs, lossAt, mainWeights, otherWeights, valueAt } from "./view.js";

/** @typedef {import("./messages.d.ts").ProgressMessage} ProgressMessage */
/** @typedef {import("./run_view.d.ts").RunView} RunView */
/** @typedef {{kind: string, name: string, meaning: string}} LegendEntry */

/** Shown while the pointer rests on a name in the legend. */
const MEANINGS = {
  averaged: "A moving average of the LoRA's weights over the steps, measured on the held-out pictures.",
  raw: "The LoRA's weights as they stood at the end of an epoch, measured on the held-out pictures.",
  only: "The loss on the held-out pictures.",
  probe:
    "The same measure on as many of the training pictures, scaled to start where the validation does: " +
    "the gap that opens between it and the validation of the same weights is overfitting.",
  training: "The mean loss of the training steps, on the scale at the right.",
  baseline: "The validation loss without the LoRA.",
};

/**
 * How the run stands, in one line.
 *
 * @param {RunView | null} view
 * @param {ProgressMessage | null} progress
 * @returns {string}
 */
export function describeStatus(view, progress) {
  if (progress) return describeProgress(progress);
  if (!view) return "";
  const position = `epoch ${view.epoch} of ${view.epochs}`;
  switch (view.status) {
    case "finished":
      return view.epoch < view.epochs ? `Stopped early at ${position}` : `Finished \u00b7 ${view.epochs} epochs`;
    case "cancelled":
      return `Cancelled at ${position} \u00b7 run again to continue`;
    case "failed":
      return `Failed at ${position}`;
    default:
      return `Not finished \u00b7 ${position}`;
  }
}

/** @param {ProgressMessage} progress */
function describeProgress(progress) {
  const parts = [progress.stage.charAt(0).toUpperCase() + progress.stage.slice(1)];
  if (progress.stage === "caching") {
    parts.push(`picture ${progress.step}/${progress.steps}`);
  } else {
    parts.push(`epoch ${progress.epoch}/${progress.epochs}`, `step ${progress.step}/${progress.steps}`);
  }
  if (progress.loss !== null) parts.push(`loss ${formatLoss(progress.loss)}`);
  if (progress.seconds_left !== null) parts.push(`${formatDuration(progress.seconds_left)} left`);
  return parts.join(" \u00b7 ");
}

/**
 * One entry for each curve that the view has.
 *
 * @param {RunView} view
 * @returns {LegendEntry[]}
 */
export function listLegend(view) {
  const entries = [];
  if (view.averaged) {
    const [main, other] = [mainWeights(view), otherWeights(view)];
    entries.push({ kind: "validation", name: `validation, ${main} weights`, meaning: MEANINGS[main] });
    entries.push({ kind: "other", name: `validation, ${other} weights`, meaning: MEANINGS[other] });
  } else {
    entries.push({ kind: "validation", name: "validation", meaning: MEANINGS.only });
  }
  if (view.probe) entries.push({ kind: "probe", name: "training pictures, same measure", meaning: MEANINGS.probe });
  const training = hasComparison(view) ? "training steps" : "training";
  entries.push({ kind: "training", name: training, meaning: MEANINGS.training });
  if (baselineLoss(view) !== null) entries.push({ kind: "baseline", name: "no LoRA", meaning: MEANINGS.baseline });
  return entries;
}

/**
 * The tooltip's rows at an epoch: what, how much, and, where there is a comparison, how much better than no LoRA.
 *
 * @param {RunView} view
 * @param {number} epoch
 * @returns {string[][]}
 */
export function listReadings(view, epoch) {
  return hasComparison(view) ? listCompared(view, epoch) : listSingle(view, epoch);
}

/**
 * Whether the validation of the raw weights has a curve beside it to be compared with.
 *
 * @param {RunView} view
 */
function hasComparison(view) {
  return view.averaged !== null || view.probe !== null;
}

/**
 * @param {RunView} view
 * @param {number} epoch
 */
function listCompared(view, epoch) {
  const rows = [];
  const start = baselineLoss(view);
  const curves = /** @type {const} */ ([
    ["averaged weights", view.averaged, start],
    [view.averaged ? "raw weights" : "validation", view.validation, start],
    ["training pictures", view.probe, view.probe && valueAt(view.probe.epoch, view.probe.loss, 0)],
  ]);
  for (const [name, curve, reference] of curves) {
    const loss = curve && lossAt(curve, epoch);
    if (loss === null) continue;
    const row = [name, formatLoss(loss)];
    if (reference !== null && epoch > 0) row.push(formatImprovement(loss, reference));
    rows.push(row);
  }
  const training = valueAt(view.train.epoch, view.train.smooth, epoch);
  if (training !== null) rows.push(["training steps", formatLoss(training), ""]);
  const share = view.probe && valueAt(view.probe.epoch, view.probe.told_apart, epoch);
  if (share !== null) rows.push(["told from held-out", `${Math.round(100 * share)} % of pairs`]);
  if (view.averaged && epoch > 0) rows.push(["on disk", describeCheckpoints(view, epoch)]);
  return rows;
}

/**
 * @param {RunView} view
 * @param {number} epoch
 */
function listSingle(view, epoch) {
  const { epoch: epochs, loss, smooth, standard_error: errors } = view.validation;
  const rows = [];
  const measured = valueAt(epochs, loss, epoch);
  const smoothed = valueAt(epochs, smooth, epoch);
  const reference = baselineLoss(view);
  const training = valueAt(view.train.epoch, view.train.smooth, epoch);
  if (measured !== null) rows.push(["validation", formatLoss(measured)]);
  if (smoothed !== null) {
    rows.push(["smoothed", formatLossWithError(smoothed, valueAt(epochs, errors, epoch))]);
    if (reference !== null && epoch > 0) rows.push(["against no LoRA", formatDifference(smoothed, reference)]);
  }
  if (training !== null) rows.push(["training", formatLoss(training)]);
  return rows;
}

/**
 * Which weights of an epoch have a checkpoint.
 *
 * @param {RunView} view
 * @param {number} epoch
 */
function describeCheckpoints(view, epoch) {
  const weights = /** @type {const} */ (["averaged", "raw"]);
  return weights.filter((each) => checkpointEpochs(view, each).includes(epoch)).join(" and ") || "neither";
}

/**
 * What a click does at an epoch.
 *
 * @param {readonly number[]} kept epochs that can be chosen
 * @param {number} epoch
 * @returns {string}
 */
export function describeClick(kept, epoch) {
  if (kept.includes(epoch)) return "Click to choose it";
  const near = kept[findNearest(kept, epoch)];
  return near === undefined ? "No checkpoint kept" : `Click for epoch ${near}, the nearest kept`;
}

/**
 * Why this epoch was picked, or why none is.
 *
 * @param {RunView} view
 * @returns {string}
 */
export function describeReason(view) {
  if (view.pick && !view.validation.epoch.length && !view.averaged) return view.pick.reason; // it holds nothing out
  return view.selection?.reason ?? "Fewer than three validations so far: too few to find a stopping point.";
}

/**
 * The whole chart in a sentence or two, for those who cannot see it.
 *
 * @param {RunView} view
 * @returns {string}
 */
export function describeChart(view) {
  const weights = view.averaged ? `, ${mainWeights(view)} weights,` : "";
  return `Validation loss of the run ${view.run}${weights} over ${view.epoch} epochs. ${describeReason(view)}`;
}
