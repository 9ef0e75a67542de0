// @ts-check
/** What the chart says in words. Pure. */

import { formatDifference, formatDuration, formatImprovement, formatLoss, formatLossWithError } from "./format.js";
import { say } from "./language.js";
import { findNearest } from "./scales.js";
import { WHOLE } from "./subject.js";
import { translate } from "./translate.js";
import { baselineLoss, checkpointEpochs, lossAt, mainWeights, otherWeights, toldApart, valueAt } from "./view.js";

/** @typedef {import("./messages.d.ts").ProgressMessage} ProgressMessage */
/** @typedef {import("./run_view.d.ts").RunView} RunView */
/** @typedef {import("./messages.d.ts").SavedCheckpoint} SavedCheckpoint */
/** @typedef {import("./subject.js").Subject} Subject */
/** @typedef {{kind: string, name: string, meaning: string}} LegendEntry */

/** Shown while the pointer rests on a name in the legend. */
const MEANINGS = {
  averaged: "A moving average of the LoRA's weights over the steps, measured on the held-out pictures.",
  raw: "The LoRA's weights as they stood at the end of an epoch, measured on the held-out pictures.",
  only: "The loss on the held-out pictures.",
  probe:
    "The same measure on as many of the training pictures, scaled to start where the validation does: " +
    "the gap that opens between it and the validation of the same weights is overfitting.",
  told:
    "In how many pairs of a training and a held-out picture the training picture has gained more: " +
    "at the foot of the chart half of them, as by chance, at its top all.",
  training: "The mean loss of the training steps, on the scale at the right, which is its own.",
  baseline: "The validation loss without the LoRA.",
};

/** By the server's words. @type {Record<string, string>} */
const STAGES = {
  caching: "Caching",
  training: "Training",
  validating: "Validating",
  preview: "Preview",
  saving: "Saving",
};

/** Of the held-out pictures' curves in the legend, and of the others, by the weights. */
const HELD_OUT = {
  averaged: "held-out pictures (averaged weights)",
  raw: "held-out pictures (raw weights)",
};
export const WEIGHTS = { averaged: "averaged weights", raw: "raw weights" };

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
  const { epoch, epochs: asked } = view;
  const position = { epoch, epochs: Math.max(epoch, asked), asked };
  switch (view.status) {
    case "finished":
      if (epoch < asked) return say("Stopped at epoch {epoch} of {epochs}", position);
      if (epoch > asked) return say("Finished \u00b7 {epochs} epochs, {asked} asked for", position);
      return say(epoch === 1 ? "Finished \u00b7 1 epoch" : "Finished \u00b7 {epochs} epochs", position);
    case "cancelled":
      return say("Cancelled at epoch {epoch} of {epochs} \u00b7 run again to continue", position);
    case "failed":
      return say("Failed at epoch {epoch} of {epochs}", position);
    default:
      return say("Not finished \u00b7 epoch {epoch} of {epochs}", position);
  }
}

/** @param {ProgressMessage} progress */
function describeProgress(progress) {
  const { stage, step, steps, epoch, epochs, loss, seconds_left: left } = progress;
  const caching = stage === "caching";
  const parts = [say(STAGES[stage] ?? stage)];
  parts.push(caching ? say("picture {step}/{steps}", { step, steps }) : say("epoch {epoch}/{epochs}", { epoch, epochs }));
  if (left !== null) parts.push(say("{duration} left", { duration: formatDuration(left) }));
  if (!caching) parts.push(say("step {step}/{steps}", { step, steps }));
  if (loss !== null) parts.push(say("loss {loss}", { loss: formatLoss(loss) }));
  return parts.join(" \u00b7 ");
}

/**
 * One entry for each curve that is shown.
 *
 * @param {RunView} view
 * @param {Subject} [subject]
 * @returns {LegendEntry[]}
 */
export function listLegend(view, { training, comparison, findings } = WHOLE) {
  const entries = [];
  const [main, other] = [mainWeights(view), otherWeights(view)];
  const name = view.averaged && (comparison || findings) ? HELD_OUT[main] : "held-out pictures";
  entries.push({ kind: "validation", name, meaning: view.averaged ? MEANINGS[main] : MEANINGS.only });
  if (comparison && view.averaged) entries.push({ kind: "other", name: WEIGHTS[other], meaning: MEANINGS[other] });
  if (comparison && view.probe) entries.push({ kind: "probe", name: "training pictures", meaning: MEANINGS.probe });
  if (comparison && toldApart(view)) entries.push({ kind: "told", name: "told from held-out", meaning: MEANINGS.told });
  if (training) entries.push({ kind: "training", name: "training steps (right)", meaning: MEANINGS.training });
  if (baselineLoss(view) !== null) entries.push({ kind: "baseline", name: "no LoRA", meaning: MEANINGS.baseline });
  return entries.map(({ kind, name, meaning }) => ({ kind, name: say(name), meaning: say(meaning) }));
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
    [view.averaged ? "raw weights" : "held-out pictures", view.validation, start],
    ["training pictures", view.probe, view.probe && valueAt(view.probe.epoch, view.probe.loss, 0)],
  ]);
  for (const [name, curve, reference] of curves) {
    const loss = curve && lossAt(curve, epoch);
    if (loss === null) continue;
    const row = [say(name), formatLoss(loss)];
    if (reference !== null && epoch > 0) row.push(formatImprovement(loss, reference));
    rows.push(row);
  }
  const training = valueAt(view.train.epoch, view.train.smooth, epoch);
  if (training !== null) rows.push([say("training steps"), formatLoss(training), ""]);
  const share = view.probe && valueAt(view.probe.epoch, view.probe.told_apart, epoch);
  if (share !== null) rows.push([say("told from held-out"), say("{share} % of pairs", { share: Math.round(100 * share) })]);
  if (view.averaged && epoch > 0) rows.push([say("on disk"), describeCheckpoints(view, epoch)]);
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
  if (measured !== null) rows.push([say("held-out pictures"), formatLoss(measured)]);
  if (smoothed !== null) {
    rows.push([say("smoothed"), formatLossWithError(smoothed, valueAt(epochs, errors, epoch))]);
    if (reference !== null && epoch > 0) rows.push([say("against no LoRA"), formatDifference(smoothed, reference)]);
  }
  if (training !== null) rows.push([say("training steps"), formatLoss(training)]);
  return rows;
}

/** @param {number} epoch */
export function describeEpoch(epoch) {
  return epoch === 0 ? say("No LoRA") : say("Epoch {epoch}", { epoch });
}

/**
 * An epoch with its readings, in a sentence.
 *
 * @param {RunView} view
 * @param {number} epoch
 */
export function describeReadings(view, epoch) {
  return [describeEpoch(epoch), ...listReadings(view, epoch).map((row) => row.filter(Boolean).join(" "))].join(", ");
}

/**
 * What became of the picked checkpoint, or what makes something of it.
 *
 * @param {RunView} view
 * @param {readonly SavedCheckpoint[]} saved that the node has saved, as far as is known
 * @returns {{text: string, file: string}} the file is empty if there is none of it yet
 */
export function describePick({ run, pick, status }, saved) {
  if (!pick || status === "training") return { text: "", file: "" };
  const kept = saved.find((each) => each.run === run && each.epoch === pick.epoch && each.weights === pick.weights);
  if (kept) return { text: say("Saved as"), file: kept.file };
  return { text: say("Press Run to use epoch {epoch}.", { epoch: pick.epoch }), file: "" };
}

/**
 * Which weights of an epoch have a checkpoint.
 *
 * @param {RunView} view
 * @param {number} epoch
 */
function describeCheckpoints(view, epoch) {
  const weights = /** @type {const} */ (["averaged", "raw"]);
  const kept = weights.filter((each) => checkpointEpochs(view, each).includes(epoch));
  return kept.length === 2 ? say("averaged and raw") : say(kept[0] ?? "neither");
}

/**
 * What a click does at an epoch.
 *
 * @param {readonly number[]} kept epochs that can be chosen
 * @param {number} epoch
 * @returns {string}
 */
export function describeClick(kept, epoch) {
  if (kept.includes(epoch)) return say("Click to choose it");
  const near = kept[findNearest(kept, epoch)];
  return near === undefined ? say("No checkpoint kept") : say("Click for epoch {near}, the nearest kept", { near });
}

/**
 * Why this epoch was picked, or why none is.
 *
 * @param {RunView} view
 * @returns {string}
 */
export function describeReason(view) {
  if (view.pick && !view.validation.epoch.length && !view.averaged) return translate(view.pick.reason); // it holds nothing out
  if (view.selection) return translate(view.selection.reason);
  return say("Fewer than three validations so far: too few to find a stopping point.");
}

/**
 * The whole chart in a sentence or two, for those who cannot see it.
 *
 * @param {RunView} view
 * @returns {string}
 */
export function describeChart(view) {
  const curve = say(view.averaged ? HELD_OUT[mainWeights(view)] : "held-out pictures");
  const { run, epoch: epochs } = view;
  const several = "Loss curve of the run {run} over {epochs} epochs: {curve}.";
  const about = say(epochs === 1 ? "Loss curve of the run {run} over 1 epoch: {curve}." : several, { run, epochs, curve });
  return `${about} ${describeReason(view)}`;
}
