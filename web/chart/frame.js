// @ts-check
/** Where everything in the chart stands: margins, scales and ticks for a view and a size. Pure. */

import { digitsFor, extent, isFiniteNumber, linear, padded, ticks } from "./curves.js";
import { alignedProbe, baseline, mainCurve, otherCurve } from "./view.js";

/** @typedef {import("./curves.js").Interval} Interval */
/** @typedef {import("./curves.js").Scale} Scale */
/** @typedef {import("./view.js").RunView} RunView */

/**
 * @typedef {object} Frame
 * @property {number} left
 * @property {number} right
 * @property {number} top
 * @property {number} bottom
 * @property {Interval} epochs
 * @property {Scale} x epochs to pixels
 * @property {Scale} y validation loss to pixels
 * @property {Scale} trainY training loss to pixels: a scale of its own, or the validation curve would be flat beside it
 * @property {{at: number, label: string}[]} xTicks
 * @property {{at: number, label: string}[]} yTicks
 * @property {{at: number, label: string}[]} trainTicks
 */

const MARGIN = { top: 20, bottom: 24, right: 14 };
const DIGIT = 6.2;

/** How far, in heights of the main curve, what stands beside it may widen the scale; it leaves the frame beyond. */
const ROOM = { below: 0.7, above: 0.3 };

/**
 * @param {RunView} view
 * @param {number} width
 * @param {number} height
 * @returns {Frame}
 */
export function frame(view, width, height) {
  const validation = lossScale(validationExtent(view), 0.08, Math.min(Math.round((height - 44) / 24), 7));
  const training = lossScale(extent(view.train.smooth), 0.3, 3);
  const left = 16 + DIGIT * longest(validation.labels);
  const right = width - (training.labels.length ? 14 + DIGIT * longest(training.labels) : MARGIN.right);
  const top = MARGIN.top;
  const bottom = Math.max(height - MARGIN.bottom, top + 10);
  const epochs = epochExtent(view);
  const x = linear(epochs, [left + 6, right - 6]);
  const y = linear(validation.domain, [bottom, top]);
  const trainY = linear(training.domain, [bottom, top]);
  const xTicks = ticks(epochs, Math.max(2, (right - left) / 64), 1);
  return {
    left,
    right,
    top,
    bottom,
    epochs,
    x,
    y,
    trainY,
    xTicks: xTicks.map((epoch) => ({ at: x(epoch), label: String(epoch) })),
    yTicks: validation.values.map((value, index) => ({ at: y(value), label: validation.labels[index] })),
    trainTicks: training.values.map((value, index) => ({ at: trainY(value), label: training.labels[index] })),
  };
}

/**
 * @param {Interval | null} interval
 * @param {number} margin
 * @param {number} count
 */
function lossScale(interval, margin, count) {
  const domain = padded(interval ?? [0, 1], margin);
  const values = interval ? ticks(domain, Math.max(count, 2)) : [];
  const digits = digitsFor(values);
  return { domain, values, labels: values.map((value) => value.toFixed(digits)) };
}

/**
 * @param {RunView} view
 * @returns {Interval | null}
 */
function validationExtent(view) {
  const { loss, smooth, standard_error: error } = mainCurve(view);
  const at = (/** @type {number} */ sign) =>
    smooth.map((value, index) => (isFiniteNumber(value) ? value + sign * (error[index] ?? 0) : null));
  const main = extent(loss, at(-1), at(1), [baseline(view)]);
  const beside = extent(otherCurve(view)?.smooth ?? [], alignedProbe(view));
  if (!main || !beside) return main;
  const [low, high] = main;
  return [
    Math.min(low, Math.max(beside[0], low - ROOM.below * (high - low))),
    Math.max(high, Math.min(beside[1], high + ROOM.above * (high - low))),
  ];
}

/**
 * @param {RunView} view
 * @returns {Interval}
 */
function epochExtent(view) {
  const [low, high] = extent(mainCurve(view).epoch, view.validation.epoch, view.train.epoch) ?? [0, 1];
  // A run that has just begun fills a part of the width instead of stretching two points over all of it.
  return [low, Math.max(high, low + Math.min(8, Math.max(view.epochs - low, 1)))];
}

/** @param {readonly string[]} labels */
function longest(labels) {
  return labels.reduce((length, label) => Math.max(length, label.length), 0);
}
