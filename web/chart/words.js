// @ts-check
/** What the chart says in words. Pure. */

import { at, baseline } from "./view.js";

/** @typedef {import("./view.js").Progress} Progress */
/** @typedef {import("./view.js").RunView} RunView */

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
 * The rows of the tooltip at an epoch: what, and how much.
 *
 * @param {RunView} view
 * @param {number} epoch
 * @returns {[string, string][]}
 */
export function readings(view, epoch) {
  const { epoch: epochs, loss: losses, smooth, standard_error: errors } = view.validation;
  /** @type {[string, string][]} */
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
  return `Validation loss of the run ${view.run} over ${view.epoch} epochs. ${reason}`;
}
