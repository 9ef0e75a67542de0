// @ts-check
/** What the main curve is compared with: the other weights, and the probe, with its gap and how well it is told. */

import { diagonalOf, placeLabel } from "./curve_labels.js";
import { svg } from "./elements.js";
import { say } from "./language.js";
import { bandPath, linePath } from "./paths.js";
import { applyScale, clamp, linearScale } from "./scales.js";
import { alignedProbe, baselineLoss, mainCurve, otherCurve, otherWeights, probedCurve, toldApart, valueAt } from "./view.js";
import { WEIGHTS } from "./words.js";

/** @typedef {import("./curve_labels.js").Line} Line */
/** @typedef {import("./frame.js").Frame} Frame */
/** @typedef {import("./run_view.d.ts").RunView} RunView */
/** @typedef {import("./scales.js").MaybeNumber} MaybeNumber */
/** @typedef {{kind: string, name: string, line: Line}} Compared a curve: its class, its name, and where it runs */

/** The box that the picked epoch is written in, from the foot of its mark. */
const PICK_LABEL = { reach: 85, top: 21, bottom: 5 };
/** Pixels that the regions' edge and the checkpoints' marks take from the room for names. */
const [REGION_EDGE, CHECKPOINT_MARK] = [2, 6];

/**
 * @param {RunView} view
 * @param {Frame} frame
 * @returns {SVGElement[]} layers, the lowest first; none if there is nothing to compare with
 */
export function drawComparison(view, frame) {
  const curves = comparedCurves(view, frame);
  if (!curves.length) return [];
  const { left, right, top, bottom } = frame;
  const [width, height] = [right - left, bottom - top];
  // These curves may leave the frame: an inner svg clips what is drawn in it.
  const viewBox = `${left} ${top} ${width} ${height}`;
  const layer = svg("svg", { x: left, y: top, width, height, viewBox, class: "la-beside" });
  if (view.probe) layer.append(drawGap(view, view.probe.epoch, frame));
  layer.append(...curves.map(({ kind, line }) => svg("path", { class: kind, d: linePath(line.xs, line.ys) })));
  return [layer, drawNames(curves, linesInTheWay(view, frame), frame)];
}

/**
 * @param {RunView} view
 * @param {Frame} frame
 * @returns {Compared[]}
 */
function comparedCurves(view, frame) {
  const curves = [];
  if (view.probe) {
    const line = toLine(view.probe.epoch, alignedProbe(view), frame);
    curves.push({ kind: "la-probe", name: say("training pictures"), line });
  }
  const other = otherCurve(view);
  if (other) {
    const line = toLine(other.epoch, other.smooth, frame);
    curves.push({ kind: "la-other", name: say(WEIGHTS[otherWeights(view)]), line });
  }
  const told = toldApart(view);
  if (told) curves.push({ kind: "la-told", name: say("told from held-out"), line: toShares(told, frame) });
  return curves;
}

/**
 * @param {number[]} epochs
 * @param {readonly MaybeNumber[]} losses
 * @param {Frame} frame
 * @returns {Line}
 */
function toLine(epochs, losses, frame) {
  return { xs: epochs.map(frame.x), ys: applyScale(losses, frame.y) };
}

/**
 * Shares of pairs from the foot of the frame, which is chance, to its top, which is all of them: an axis of its own
 * without numbers, which are in the tooltip.
 *
 * @param {{epoch: number[], share: readonly MaybeNumber[]}} told
 * @param {Frame} frame
 * @returns {Line}
 */
function toShares({ epoch, share }, { x, top, bottom }) {
  const y = linearScale([0.5, 1], [bottom, top]);
  return { xs: epoch.map(x), ys: applyScale(share, (value) => y(clamp(value, 0.5, 1))) };
}

/**
 * @param {readonly Compared[]} curves
 * @param {readonly Line[]} obstacles
 * @param {Frame} frame
 */
function drawNames(curves, obstacles, { left, right, top, bottom }) {
  const layer = svg("g", { class: "la-names" });
  const bounds = { left, right, top: top + REGION_EDGE, bottom: bottom - CHECKPOINT_MARK };
  /** @type {Line[]} */
  const named = [];
  for (const { name, line } of curves) {
    const others = curves.map((curve) => curve.line).filter((other) => other !== line);
    const place = placeLabel(name, line, [...others, ...obstacles, ...named], bounds);
    if (!place) continue;
    layer.append(svg("text", { ...place }, name));
    named.push(diagonalOf(name, place));
  }
  return layer;
}

/**
 * The lines that every name has to stay clear of.
 *
 * @param {RunView} view
 * @param {Frame} frame
 * @returns {Line[]}
 */
function linesInTheWay(view, frame) {
  const { epoch, smooth } = mainCurve(view);
  const lines = [toLine(epoch, smooth, frame)];
  const baseline = baselineLoss(view);
  if (baseline !== null) lines.push({ xs: [frame.left, frame.right], ys: [frame.y(baseline), frame.y(baseline)] });
  if (view.selection) {
    const [x, y] = [frame.x(view.selection.epoch), frame.bottom];
    // The diagonal of the label's box keeps names out of the whole box.
    lines.push({ xs: [x - PICK_LABEL.reach, x + PICK_LABEL.reach], ys: [y - PICK_LABEL.top, y - PICK_LABEL.bottom] });
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
function drawGap(view, epochs, frame) {
  const { epoch, smooth } = probedCurve(view);
  const validated = epochs.map((each) => valueAt(epoch, smooth, each));
  const d = bandPath(epochs.map(frame.x), applyScale(alignedProbe(view), frame.y), applyScale(validated, frame.y));
  return svg("path", { class: "la-gap", d });
}
