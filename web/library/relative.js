// @ts-check
/** A run's validation curve relative to no LoRA, so that runs on other pictures or models compare. Pure. */

import { isFiniteNumber } from "../chart/scales.js";
import { baselineLoss, lossAt, mainCurve } from "../chart/view.js";

/** @typedef {import("../chart/run_view.d.ts").RunView} RunView */
/** @typedef {"epochs" | "steps"} Unit of the horizontal axis */

/**
 * @typedef {object} RelativeCurve shares of the loss without a LoRA: -0.05 is 5 % below it
 * @property {string} run
 * @property {number[]} epochs
 * @property {number[]} xs the epochs in the unit of the axis
 * @property {(number | null)[]} change
 * @property {number[]} error standard errors
 * @property {number | null} picked the picked epoch
 */

/**
 * @param {RunView} view
 * @param {Unit} unit
 * @returns {RelativeCurve | null} null if the loss without a LoRA was not measured
 */
export function relativeCurve(view, unit) {
  const base = baselineLoss(view);
  if (base === null) return null;
  const curve = mainCurve(view);
  const stride = unit === "steps" && view.epochs ? view.steps / view.epochs : 1;
  return {
    run: view.run,
    epochs: curve.epoch,
    xs: curve.epoch.map((epoch) => epoch * stride),
    change: curve.epoch.map((epoch) => {
      const loss = lossAt(curve, epoch);
      return loss === null ? null : loss / base - 1;
    }),
    error: curve.standard_error.map((error) => (isFiniteNumber(error) ? error / base : 0)),
    picked: view.pick?.epoch ?? null,
  };
}
