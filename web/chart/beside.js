// @ts-check
/** What stands beside the main curve: the other weights, the probe, and the gap between what belongs together. */

import { bandPath, linePath, scaled } from "./curves.js";
import { svg } from "./elements.js";
import { placeOf } from "./names.js";
import { alignedProbe, at, baseline, mainCurve, mainWeights, otherCurve, probedCurve } from "./view.js";

/** @typedef {import("./curves.js").MaybeNumber} MaybeNumber */
/** @typedef {import("./frame.js").Frame} Frame */
/** @typedef {import("./names.js").Line} Line */
/** @typedef {import("./view.js").RunView} RunView */

/** Where the epoch of the picked point is written, from the foot of the point. */
const POINT = { reach: 60, top: 21, bottom: 5 };
/** Pixels that the regions' edge and the marks on the axis take from the room for names. */
const [EDGE, MARKS] = [2, 6];

/**
 * @param {RunView} view
 * @param {Frame} frame
 * @returns {SVGElement[]} layers, the lowest first; none for a run with nothing beside its validation
 */
export function beside(view, frame) {
  const other = otherCurve(view);
  const lines = [];
  if (view.probe) {
    const line = lineOf(view.probe.epoch, alignedProbe(view), frame);
    lines.push({ kind: "la-probe", name: "training pictures", line });
  }
  if (other) {
    const name = mainWeights(view) === "raw" ? "averaged weights" : "raw weights";
    lines.push({ kind: "la-other", name, line: lineOf(other.epoch, other.smooth, frame) });
  }
  if (!lines.length) return [];
  // They may leave the frame: an inner svg ends what is drawn in it at its edges.
  const { left, right, top, bottom } = frame;
  const box = { x: left, y: top, width: right - left, height: bottom - top };
  const room = { left, right, top: top + EDGE, bottom: bottom - MARKS };
  const layer = svg("svg", { ...box, viewBox: `${left} ${top} ${box.width} ${box.height}`, class: "la-beside" });
  const names = svg("g", { class: "la-names" });
  if (view.probe) layer.append(gap(view, view.probe.epoch, frame));
  for (const { kind, name, line } of lines) {
    layer.append(svg("path", { class: kind, d: linePath(line.xs, line.ys) }));
    const obstacles = lines.map((each) => each.line).filter((each) => each !== line);
    const place = placeOf(name, line, [...obstacles, ...fixed(view, frame)], room);
    if (place) names.append(svg("text", { ...place }, name));
  }
  return [layer, names];
}

/**
 * @param {number[]} epochs
 * @param {readonly MaybeNumber[]} losses
 * @param {Frame} frame
 * @returns {Line}
 */
function lineOf(epochs, losses, frame) {
  return { xs: epochs.map(frame.x), ys: scaled(losses, frame.y) };
}

/**
 * The lines that every name has to stay clear of.
 *
 * @param {RunView} view
 * @param {Frame} frame
 * @returns {Line[]}
 */
function fixed(view, frame) {
  const { epoch, smooth } = mainCurve(view);
  const lines = [lineOf(epoch, smooth, frame)];
  const start = baseline(view);
  if (start !== null) lines.push({ xs: [frame.left, frame.right], ys: [frame.y(start), frame.y(start)] });
  if (view.selection) {
    // From corner to corner: a piece of a line keeps names out of all the box around it.
    const [x, y] = [frame.x(view.selection.epoch), frame.bottom];
    lines.push({ xs: [x - POINT.reach, x + POINT.reach], ys: [y - POINT.top, y - POINT.bottom] });
    lines.push({ xs: [x - 1, x + 1], ys: [frame.top, y] });
  }
  return lines;
}

/**
 * The area between the probe and the validation of the same weights: the overfitting.
 *
 * @param {RunView} view
 * @param {number[]} epochs of the probe
 * @param {Frame} frame
 */
function gap(view, epochs, frame) {
  const { epoch, smooth } = probedCurve(view);
  const validated = epochs.map((each) => at(epoch, smooth, each));
  const d = bandPath(epochs.map(frame.x), scaled(alignedProbe(view), frame.y), scaled(validated, frame.y));
  return svg("path", { class: "la-gap", d });
}
