// @ts-check
/** What the chart says in words. Pure. */

import { isFiniteNumber, nearest } from "./curves.js";
import { at, baseline, choosable, lossAt, mainWeights } from "./view.js";

/** @typedef {import("./view.js").Progress} Progress */
/** @typedef {import("./view.js").RunView} RunView */

/** What the other curves are, for the pointer that rests on their names. */
const MEANINGS = {
  averaged: "A moving average of the LoRA's weights over the steps, measured on the pictures held out.",
  raw: "The LoRA's weights as they stood at the end of an epoch, measured on the pictures held out.",
  probe:
    "The same measure on as many of the training pictures, drawn from the same start: " +
    "what opens between it and the validation of the same weights is overfitting.",
};

/**
 * @param {number} seconds
 * @returns {string}
 */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/**
 * How far `value` lies from `reference`, such as "-4.1 %" (with a true minus sign).
 *
 * @param {number} value
 * @param {number} reference
 * @returns {string}
 */
export function difference(value, reference) {
  const percent = ((value - reference) / reference) * 100;
  const text = Math.abs(percent).toFixed(1);
  const sign = text === "0.0" ? "\u00b1" : percent < 0 ? "\u2212" : "+";
  return `${sign}${text} %`;
}

/**
 * How much lower than `reference` a loss is, such as "4.1 % better".
 *
 * @param {number} value
 * @param {number} reference
 * @returns {string}
 */
export function better(value, reference) {
  const percent = ((reference - value) / reference) * 100;
  return `${Math.abs(percent).toFixed(1)} % ${percent < 0 ? "worse" : "better"}`;
}

/** @param {number} value */
export function loss(value) {
  return value >= 0.001 && value < 1000 ? value.toFixed(4) : value.toExponential(2);
}

/**
 * A loss with its error, of which the same digits are told.
 *
 * @param {number} value
 * @param {number | null} error
 */
export function lossWithError(value, error) {
  if (!error) return loss(value);
  const same = loss(value).includes("e") || error < 0.00005 ? loss(error) : error.toFixed(4);
  return `${loss(value)} \u00b1 ${same}`;
}

/**
 * @param {RunView | null} view
 * @param {Progress | null} progress
 * @returns {string}
 */
export function status(view, progress) {
  if (progress) return progressLine(progress);
  if (!view) return "";
  const part = `epoch ${view.epoch} of ${view.epochs}`;
  switch (view.status) {
    case "finished":
      return view.epoch < view.epochs ? `Stopped early at ${part}` : `Finished \u00b7 ${view.epochs} epochs`;
    case "cancelled":
      return `Cancelled at ${part} \u00b7 run again to go on`;
    case "failed":
      return `Failed at ${part}`;
    default:
      return `Not finished \u00b7 ${part}`;
  }
}

/** @param {Progress} progress */
function progressLine(progress) {
  const stage = progress.stage.charAt(0).toUpperCase() + progress.stage.slice(1);
  const parts = [stage];
  if (progress.stage === "caching") {
    parts.push(`picture ${progress.step}/${progress.steps}`);
  } else {
    parts.push(`epoch ${progress.epoch}/${progress.epochs}`, `step ${progress.step}/${progress.steps}`);
  }
  if (typeof progress.loss === "number") parts.push(`loss ${loss(progress.loss)}`);
  if (typeof progress.seconds_left === "number") parts.push(`${duration(progress.seconds_left)} left`);
  return parts.join(" \u00b7 ");
}

/**
 * The legend: only what the view has.
 *
 * @param {RunView} view
 * @returns {{kind: string, name: string, meaning: string}[]}
 */
export function legend(view) {
  const keys = [];
  if (view.averaged) {
    const others = /** @type {const} */ ({ averaged: "raw", raw: "averaged" });
    const main = mainWeights(view);
    keys.push({ kind: "validation", name: `validation, ${main} weights`, meaning: MEANINGS[main] });
    keys.push({ kind: "other", name: `validation, ${others[main]} weights`, meaning: MEANINGS[others[main]] });
  } else {
    keys.push({ kind: "validation", name: "validation", meaning: "The loss on the pictures held out." });
  }
  if (view.probe) keys.push({ kind: "probe", name: "training pictures, same measure", meaning: MEANINGS.probe });
  const training = "The mean loss of the training steps, on the scale at the right.";
  keys.push({ kind: "training", name: compares(view) ? "training steps" : "training", meaning: training });
  if (baseline(view) !== null) {
    keys.push({ kind: "baseline", name: "no LoRA", meaning: "The validation loss without the LoRA." });
  }
  return keys;
}

/**
 * The rows of the tooltip at an epoch: what, how much, and for some how much better than no LoRA that is.
 *
 * @param {RunView} view
 * @param {number} epoch
 * @returns {string[][]}
 */
export function readings(view, epoch) {
  return compares(view) ? compared(view, epoch) : plain(view, epoch);
}

/**
 * Whether there is something beside the validation of the raw weights to compare it with.
 *
 * @param {RunView} view
 */
function compares(view) {
  return Boolean(view.averaged || view.probe);
}

/**
 * @param {RunView} view
 * @param {number} epoch
 */
function compared(view, epoch) {
  const rows = [];
  const start = baseline(view);
  const curves = /** @type {const} */ ([
    ["averaged weights", view.averaged, start],
    [view.averaged ? "raw weights" : "validation", view.validation, start],
    ["training pictures", view.probe, view.probe && at(view.probe.epoch, view.probe.loss, 0)],
  ]);
  for (const [name, curve, reference] of curves) {
    const value = curve && lossAt(curve, epoch);
    if (!isFiniteNumber(value)) continue;
    const row = [name, loss(value)];
    if (reference !== null && epoch > 0) row.push(better(value, reference));
    rows.push(row);
  }
  const training = at(view.train.epoch, view.train.smooth, epoch);
  if (training !== null) rows.push(["training steps", loss(training), ""]);
  if (view.averaged && epoch > 0) rows.push(["on the disk", onDisk(view, epoch)]);
  return rows;
}

/**
 * Which weights of an epoch have a checkpoint.
 *
 * @param {RunView} view
 * @param {number} epoch
 */
function onDisk(view, epoch) {
  const kinds = /** @type {const} */ (["averaged", "raw"]);
  return kinds.filter((kind) => choosable(view, kind).includes(epoch)).join(" and ") || "neither";
}

/**
 * What a click does at an epoch.
 *
 * @param {readonly number[]} kept epochs that can be chosen
 * @param {number} epoch
 * @returns {string}
 */
export function invitation(kept, epoch) {
  if (kept.includes(epoch)) return "Click to choose it";
  const near = kept[nearest(kept, epoch)];
  return near === undefined ? "No checkpoint kept" : `Click for epoch ${near}, the nearest kept`;
}

/**
 * @param {RunView} view
 * @param {number} epoch
 */
function plain(view, epoch) {
  const { epoch: epochs, loss: losses, smooth, standard_error: errors } = view.validation;
  const rows = [];
  const measured = at(epochs, losses, epoch);
  const smoothed = at(epochs, smooth, epoch);
  const error = at(epochs, errors, epoch);
  const reference = baseline(view);
  const training = at(view.train.epoch, view.train.smooth, epoch);
  if (measured !== null) rows.push(["validation", loss(measured)]);
  if (smoothed !== null) rows.push(["smoothed", lossWithError(smoothed, error)]);
  if (smoothed !== null && reference !== null && epoch > 0) rows.push(["to no LoRA", difference(smoothed, reference)]);
  if (training !== null) rows.push(["training", loss(training)]);
  return rows;
}

/**
 * One sentence about the whole chart, for those who cannot see it.
 *
 * @param {RunView} view
 * @returns {string}
 */
export function description(view) {
  const reason = view.selection?.reason ?? "Fewer than three validations so far.";
  const weights = view.averaged ? `, ${mainWeights(view)} weights,` : "";
  return `Validation loss of the run ${view.run}${weights} over ${view.epoch} epochs. ${reason}`;
}
