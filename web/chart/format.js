// @ts-check
/** Losses, their differences and durations as text. */

import { say } from "./language.js";

/**
 * @param {number} seconds
 * @returns {string} such as "3 h 05 min"
 */
export function formatDuration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return say("{seconds} s", { seconds: whole });
  const all = Math.round(whole / 60);
  if (all < 60) return say("{minutes} min", { minutes: all });
  return say("{hours} h {minutes} min", { hours: Math.floor(all / 60), minutes: String(all % 60).padStart(2, "0") });
}

/**
 * @param {number} loss
 * @returns {string} with four decimals, or as a power of ten where these would say too little or too much
 */
export function formatLoss(loss) {
  return loss >= 0.001 && loss < 1000 ? loss.toFixed(4) : loss.toExponential(2);
}

/**
 * @param {number} loss
 * @param {number | null} error
 * @returns {string} such as "0.1334 ± 0.0010": the error has as many decimals as its loss
 */
export function formatLossWithError(loss, error) {
  if (!error) return formatLoss(loss);
  const likeLoss = formatLoss(loss).includes("e") || error < 0.00005 ? formatLoss(error) : error.toFixed(4);
  return `${formatLoss(loss)} \u00b1 ${likeLoss}`;
}

/**
 * @param {number} loss
 * @param {number} reference
 * @returns {string} such as "−4.1 %", with a true minus sign
 */
export function formatDifference(loss, reference) {
  const percent = ((loss - reference) / reference) * 100;
  const text = Math.abs(percent).toFixed(1);
  const sign = text === "0.0" ? "\u00b1" : percent < 0 ? "\u2212" : "+";
  return `${sign}${text} %`;
}

/**
 * @param {number} loss
 * @param {number} reference
 * @returns {string} such as "4.1 % better", as a lower loss is
 */
export function formatImprovement(loss, reference) {
  const percent = ((reference - loss) / reference) * 100;
  const share = Math.abs(percent).toFixed(1);
  return percent < 0 ? say("{share} % worse", { share }) : say("{share} % better", { share });
}
