// @ts-check
/** Where everything in the chart stands: margins, scales and ticks for a view and a size. Pure. */

import { countTickDecimals, extent, findTicks, linearScale, widen } from "./scales.js";
import { WHOLE } from "./subject.js";
import { alignedProbe, bandEdge, baselineLoss, mainCurve, otherCurve } from "./view.js";

/** @typedef {import("./run_view.d.ts").RunView} RunView */
/** @typedef {import("./scales.js").Interval} Interval */
/** @typedef {import("./scales.js").Scale} Scale */
/** @typedef {import("./subject.js").Subject} Subject */
/** @typedef {{position: number, label: string}} Tick its position in pixels */

/**
 * @typedef {object} Frame the plot's edges, scales and ticks, in pixels
 * @property {number} left
 * @property {number} right
 * @property {number} top
 * @property {number} bottom
 * @property {Interval} epochs
 * @property {Scale} x epochs to pixels
 * @property {Scale} y validation loss to pixels
 * @property {Scale} trainY training loss to pixels: a scale of its own, or the validation curve would be flat beside it
 * @property {Tick[]} xTicks
 * @property {Tick[]} yTicks
 * @property {Tick[]} trainTicks
 */

const MARGIN = { top: 20, bottom: 24, left: 16, right: 14 };
const DIGIT_WIDTH = 6.2;
/** Of the word "loss" above the left axis and "steps" above the right one. */
const NAME_WIDTH = { left: 26, right: 36 };
/** Between the plot's edge and its first and last epoch. */
const PADDING = 6;
/** How many epochs the axis spans at least, unless the run has fewer: two points are not stretched over all of it. */
const LEAST_EPOCHS = 8;
/** How far the curves beside the main one may widen the scale, in heights of the main one; the rest is cut off. */
const ROOM = { below: 0.7, above: 0.3 };

/**
 * @param {RunView} view
 * @param {number} width
 * @param {number} height
 * @param {Subject} [subject]
 * @returns {Frame}
 */
export function layOutFrame(view, width, height, subject = WHOLE) {
  const losses = validationExtent(view, subject.comparison);
  const validation = lossAxis(losses, 0.08, Math.min(Math.round((height - 44) / 24), 7));
  const training = lossAxis(subject.training ? extent(view.train.smooth) : null, 0.3, 3);
  const left = Math.max(NAME_WIDTH.left, MARGIN.left + DIGIT_WIDTH * longestLength(validation.labels));
  const beside = Math.max(NAME_WIDTH.right, MARGIN.right + DIGIT_WIDTH * longestLength(training.labels));
  const right = width - (training.labels.length ? beside : MARGIN.right);
  const top = MARGIN.top;
  const bottom = Math.max(height - MARGIN.bottom, top + 10);
  const epochs = epochExtent(view);
  const x = linearScale(epochs, [left + PADDING, right - PADDING]);
  const y = linearScale(validation.domain, [bottom, top]);
  const trainY = linearScale(training.domain, [bottom, top]);
  const xValues = findTicks(epochs, Math.max(2, (right - left) / 64), 1);
  return {
    left,
    right,
    top,
    bottom,
    epochs,
    x,
    y,
    trainY,
    xTicks: placeTicks(xValues, xValues.map(String), x),
    yTicks: placeTicks(validation.values, validation.labels, y),
    trainTicks: placeTicks(training.values, training.labels, trainY),
  };
}

/**
 * @param {readonly number[]} values
 * @param {readonly string[]} labels
 * @param {Scale} scale
 * @returns {Tick[]}
 */
function placeTicks(values, labels, scale) {
  return values.map((value, index) => ({ position: scale(value), label: labels[index] }));
}

/**
 * @param {Interval | null} losses
 * @param {number} margin share of the interval
 * @param {number} count of ticks, about
 */
function lossAxis(losses, margin, count) {
  const domain = widen(losses ?? [0, 1], margin);
  const values = losses ? findTicks(domain, Math.max(count, 2)) : [];
  const decimals = countTickDecimals(values);
  return { domain, values, labels: values.map((value) => value.toFixed(decimals)) };
}

/**
 * @param {RunView} view
 * @param {boolean} comparison whether other curves stand beside the main one
 * @returns {Interval | null}
 */
function validationExtent(view, comparison) {
  const curve = mainCurve(view);
  const main = extent(curve.loss, bandEdge(curve, -1), bandEdge(curve, 1), [baselineLoss(view)]);
  const others = comparison ? extent(otherCurve(view)?.smooth ?? [], alignedProbe(view)) : null;
  if (!main || !others) return main;
  const [low, high] = main;
  return [
    Math.min(low, Math.max(others[0], low - ROOM.below * (high - low))),
    Math.max(high, Math.min(others[1], high + ROOM.above * (high - low))),
  ];
}

/**
 * @param {RunView} view
 * @returns {Interval}
 */
function epochExtent(view) {
  const [low, high] = extent(mainCurve(view).epoch, view.validation.epoch, view.train.epoch) ?? [0, 1];
  return [low, Math.max(high, low + Math.min(LEAST_EPOCHS, Math.max(view.epochs - low, 1)))];
}

/** @param {readonly string[]} labels */
function longestLength(labels) {
  return labels.reduce((length, label) => Math.max(length, label.length), 0);
}
