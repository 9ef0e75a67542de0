// @ts-check
/** What stands beside the main curve: the other weights, the probe, and the gap between what belongs together. */

import { bandPath, isFiniteNumber, linePath, scaled } from "./curves.js";
import { svg } from "./elements.js";
import { alignedProbe, at, mainCurve, mainWeights, otherCurve, probedCurve } from "./view.js";

/** @typedef {import("./curves.js").MaybeNumber} MaybeNumber */
/** @typedef {import("./frame.js").Frame} Frame */
/** @typedef {import("./view.js").RunView} RunView */

/** Pixels between a curve and its name, from the name's baseline. */
const NAME = { above: -7, below: 15, height: 9 };

/**
 * @param {RunView} view
 * @param {Frame} frame
 * @returns {SVGElement[]} layers, the lowest first; none for a run with nothing beside its validation
 */
export function beside(view, frame) {
  const probe = view.probe && { epoch: view.probe.epoch, loss: alignedProbe(view) };
  const other = otherCurve(view);
  if (!probe && !other) return [];
  // These two may leave the frame: an inner svg ends what is drawn in it at its edges.
  const { left, right, top, bottom } = frame;
  const box = { x: left, y: top, width: right - left, height: bottom - top };
  const layer = svg("svg", { ...box, viewBox: `${left} ${top} ${box.width} ${box.height}`, class: "la-beside" });
  const names = svg("g", { class: "la-names" });
  if (probe) {
    layer.append(gap(view, probe, frame), line("la-probe", probe, frame));
    names.append(nameOf("training pictures", probe, frame, view));
  }
  if (other) {
    const curve = { epoch: other.epoch, loss: other.smooth };
    layer.append(line("la-other", curve, frame));
    names.append(nameOf(mainWeights(view) === "raw" ? "averaged weights" : "raw weights", curve, frame, view));
  }
  return [layer, names];
}

/**
 * @param {string} kind
 * @param {{epoch: number[], loss: MaybeNumber[]}} curve
 * @param {Frame} frame
 */
function line(kind, { epoch, loss }, frame) {
  return svg("path", { class: kind, d: linePath(epoch.map(frame.x), scaled(loss, frame.y)) });
}

/**
 * The area between the probe and the validation of the same weights: the overfitting.
 *
 * @param {RunView} view
 * @param {{epoch: number[], loss: MaybeNumber[]}} probe
 * @param {Frame} frame
 */
function gap(view, probe, frame) {
  const { epoch, smooth } = probedCurve(view);
  const validated = probe.epoch.map((value) => at(epoch, smooth, value));
  const d = bandPath(probe.epoch.map(frame.x), scaled(probe.loss, frame.y), scaled(validated, frame.y));
  return svg("path", { class: "la-gap", d });
}

/**
 * A name at the end of a curve, on the side that the main curve is not on.
 *
 * @param {string} name
 * @param {{epoch: number[], loss: MaybeNumber[]}} curve
 * @param {Frame} frame
 * @param {RunView} view
 */
function nameOf(name, { epoch, loss }, frame, view) {
  const heights = scaled(loss, frame.y);
  const last = heights.findLastIndex((y) => isFiniteNumber(y) && y >= frame.top && y <= frame.bottom);
  const text = svg("text", {}, name);
  const y = heights[last];
  if (!isFiniteNumber(y)) return text;
  const main = at(mainCurve(view).epoch, mainCurve(view).smooth, epoch[last]);
  const above = main === null || y <= frame.y(main);
  const fits = above ? y + NAME.above - NAME.height >= frame.top : y + NAME.below <= frame.bottom;
  text.setAttribute("x", String(frame.x(epoch[last])));
  text.setAttribute("y", String(y + (above === fits ? NAME.above : NAME.below)));
  return text;
}
