// @ts-check
/** Where the overlaid curves and their axes lie, and the curves as SVG. Pure. */

import { svg } from "../chart/elements.js";
import { bandPath, linePath } from "../chart/paths.js";
import {
  applyScale,
  countTickDecimals,
  extent,
  findNearest,
  findTicks,
  isFiniteNumber,
  linearScale,
  widen,
} from "../chart/scales.js";

/** @typedef {import("../chart/scales.js").Interval} Interval */
/** @typedef {import("../chart/scales.js").Scale} Scale */
/** @typedef {import("./relative.js").RelativeCurve} RelativeCurve */

/**
 * @typedef {object} Frame of the curves, in pixels, with what it shows and the scales between the two
 * @property {number} left
 * @property {number} right
 * @property {number} top
 * @property {number} bottom
 * @property {Interval} xs
 * @property {Interval} ys
 * @property {Scale} x
 * @property {Scale} y
 */

const [LEFT, RIGHT, TOP, BOTTOM] = [52, 16, 24, 34];
/** Pixels between two ticks. */
const [TICK_X, TICK_Y] = [90, 44];
/** Share of the curves' height that is left free above and below them. */
const ROOM = 0.08;
/** How many times as far as the curves reach below "no LoRA" they are drawn above it: a run that diverges leaves. */
const ABOVE = 1.5;
/** As many curves have a colour of their own. */
export const MOST_CURVES = 8;

/**
 * @param {readonly RelativeCurve[]} curves
 * @param {number} width
 * @param {number} height
 * @returns {Frame}
 */
export function layOut(curves, width, height) {
  const xs = extent([0], ...curves.map((curve) => curve.xs)) ?? [0, 1];
  const edges = curves.flatMap((curve) => [curve.change, edge(curve, -1)]);
  const reach = extent([0], ...edges) ?? [-0.01, 0];
  const high = reach[0] < 0 ? Math.min(reach[1], -reach[0] * ABOVE) : reach[1];
  const ys = widen([reach[0], high], ROOM);
  const [left, right, top, bottom] = [LEFT, width - RIGHT, TOP, height - BOTTOM];
  return { left, right, top, bottom, xs, ys, x: linearScale(xs, [left, right]), y: linearScale(ys, [bottom, top]) };
}

/**
 * @param {readonly RelativeCurve[]} curves
 * @param {Frame} frame
 * @param {{x: string, y: string}} names of the axes
 * @returns {SVGElement[]} layers, the lowest first
 */
export function drawOverlay(curves, frame, names) {
  const { left, right, top, bottom } = frame;
  const [width, height] = [right - left, bottom - top];
  const viewBox = `${left} ${top} ${width} ${height}`;
  // Curves may leave the frame: an inner svg clips what is drawn in it.
  const inner = svg("svg", { x: left, y: top, width, height, viewBox });
  curves.forEach((curve, index) => inner.append(drawBand(curve, index, frame)));
  curves.forEach((curve, index) => inner.append(drawLine(curve, index, frame)));
  return [drawAxes(frame, names), inner, ...curves.map((curve, index) => drawPick(curve, index, frame))];
}

/**
 * @param {Frame} frame
 * @param {{x: string, y: string}} names
 */
function drawAxes({ left, right, top, bottom, x, y, xs, ys }, names) {
  const layer = svg("g", { class: "la-axes" });
  const percents = findTicks([ys[0] * 100, ys[1] * 100], (bottom - top) / TICK_Y);
  const decimals = percents.length > 1 ? countTickDecimals(percents) : 1;
  for (const percent of percents) {
    const height = y(percent / 100);
    const sign = percent < 0 ? "−" : percent > 0 ? "+" : "";
    const zero = percent === 0 ? "la-zero" : "la-rule";
    layer.append(svg("path", { d: `M${left} ${height}H${right}`, class: zero }));
    const label = `${sign}${Math.abs(percent).toFixed(decimals)} %`;
    layer.append(svg("text", { x: left - 8, y: height + 4, "text-anchor": "end" }, label));
  }
  for (const tick of findTicks(xs, (right - left) / TICK_X, 1)) {
    layer.append(svg("text", { x: x(tick), y: bottom + 16, "text-anchor": "middle" }, String(tick)));
  }
  layer.append(svg("path", { d: `M${left} ${bottom}H${right}`, class: "la-edge" }));
  layer.append(svg("text", { x: right, y: bottom + 30, "text-anchor": "end", class: "la-axis-name" }, names.x));
  layer.append(svg("text", { x: 0, y: top - 12, class: "la-axis-name" }, names.y));
  return layer;
}

/**
 * @param {RelativeCurve} curve
 * @param {number} index
 * @param {Frame} frame
 */
function drawBand(curve, index, frame) {
  const [low, high] = [-1, 1].map((errors) => applyScale(edge(curve, errors), frame.y));
  return svg("path", { class: `la-band la-run-${index}`, d: bandPath(curve.xs.map(frame.x), low, high) });
}

/**
 * One edge of a curve's band.
 *
 * @param {RelativeCurve} curve
 * @param {number} errors so many standard errors above the curve, below it if negative
 */
function edge({ change, error }, errors) {
  return change.map((value, at) => (isFiniteNumber(value) ? value + errors * error[at] : null));
}

/**
 * @param {RelativeCurve} curve
 * @param {number} index
 * @param {Frame} frame
 */
function drawLine({ xs, change, run }, index, frame) {
  const d = linePath(xs.map(frame.x), applyScale(change, frame.y));
  return svg("path", { class: `la-line la-run-${index}`, d, "data-run": run });
}

/**
 * @param {RelativeCurve} curve
 * @param {number} index
 * @param {Frame} frame
 */
function drawPick(curve, index, frame) {
  const layer = svg("g", { class: `la-pick la-run-${index}` });
  const at = curve.picked === null ? -1 : findNearest(curve.epochs, curve.picked);
  const change = curve.change[at];
  if (isFiniteNumber(change)) layer.append(svg("circle", { cx: frame.x(curve.xs[at]), cy: frame.y(change), r: 5 }));
  return layer;
}
