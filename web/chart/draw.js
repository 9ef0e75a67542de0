// @ts-check
/** The chart as SVG: everything but the crosshair, which moves over it. */

import { beside } from "./beside.js";
import { bandPath, dotsPath, isFiniteNumber, linePath, scaled } from "./curves.js";
import { svg } from "./elements.js";
import { alignedProbe, at, baseline, lossAt, mainCurve, otherCurve } from "./view.js";

/** @typedef {import("./frame.js").Frame} Frame */
/** @typedef {import("./view.js").RunView} RunView */
/** @typedef {import("./view.js").Selection} Selection */

/**
 * @param {RunView} view
 * @param {Frame} frame
 * @param {readonly number[]} kept the epochs to mark, as they can be chosen
 * @returns {SVGElement[]} layers, the lowest first
 */
export function draw(view, frame, kept) {
  /** @type {SVGElement[]} */
  const layers = [regions(view.selection, frame), axes(frame)];
  if (kept.length) layers.push(checkpointMarks(kept, frame));
  layers.push(training(view, frame), reference(view, frame), ...beside(view, frame), validation(view, frame));
  if (view.selection) layers.push(candidates(view, view.selection, frame), point(view, view.selection, frame));
  return layers;
}

/**
 * @param {Selection | null} selection
 * @param {Frame} frame
 */
function regions(selection, frame) {
  const layer = svg("g", { class: "la-regions" });
  for (const [letter, interval, meaning] of /** @type {const} */ ([
    ["G", selection?.region_g, "Region G: where to look for the stopping point"],
    ["O", selection?.region_o, "Region O: overfitting"],
  ])) {
    if (!interval) continue;
    const start = clamp(frame.x(interval[0] - 0.5), frame.left, frame.right);
    const end = clamp(frame.x(interval[1] + 0.5), frame.left, frame.right);
    layer.append(
      svg(
        "g",
        { class: `la-region la-region-${letter.toLowerCase()}` },
        svg("title", {}, meaning),
        svg("rect", { x: start, y: frame.top, width: end - start, height: frame.bottom - frame.top }),
        svg("path", { d: `M${start} ${frame.top}H${end}` }),
        svg("text", { x: (start + end) / 2, y: frame.top - 6 }, letter),
      ),
    );
  }
  return layer;
}

/** @param {Frame} frame */
function axes(frame) {
  const { left, right, top, bottom } = frame;
  const layer = svg("g", { class: "la-axes" });
  for (const { at: y, label } of frame.yTicks) {
    layer.append(svg("path", { d: `M${left} ${y}H${right}` }));
    layer.append(svg("text", { x: left - 6, y: y + 3.5, class: "la-tick-y" }, label));
  }
  for (const { at: y, label } of frame.trainTicks) {
    layer.append(svg("text", { x: right + 6, y: y + 3.5, class: "la-tick-train" }, label));
  }
  for (const { at: x, label } of frame.xTicks) {
    layer.append(svg("text", { x, y: bottom + 14, class: "la-tick-x" }, label));
  }
  layer.append(svg("path", { d: `M${left} ${bottom}H${right}`, class: "la-axis" }));
  layer.append(svg("text", { x: left, y: top - 8, class: "la-axis-name" }, "loss"));
  return layer;
}

/**
 * @param {readonly number[]} kept
 * @param {Frame} frame
 */
function checkpointMarks(kept, frame) {
  const parts = kept.map((epoch) => `M${frame.x(epoch).toFixed(2)} ${frame.bottom}v-5`);
  return svg("path", { class: "la-checkpoints", d: parts.join("") });
}

/**
 * @param {RunView} view
 * @param {Frame} frame
 */
function training(view, frame) {
  const xs = view.train.epoch.map(frame.x);
  return svg("path", { class: `la-training${view.probe ? " la-fainter" : ""}`, d: linePath(xs, scaled(view.train.smooth, frame.trainY)) });
}

/**
 * @param {RunView} view
 * @param {Frame} frame
 */
function reference(view, frame) {
  const layer = svg("g", { class: "la-baseline" });
  const value = baseline(view);
  if (value === null) return layer;
  const y = frame.y(value);
  layer.append(svg("path", { d: `M${frame.left} ${y}H${frame.right}` }));
  return layer;
}

/**
 * @param {RunView} view
 * @param {Frame} frame
 */
function validation(view, frame) {
  const { epoch, loss, smooth, standard_error: errors } = mainCurve(view);
  const xs = epoch.map(frame.x);
  const edge = (/** @type {number} */ sign) =>
    smooth.map((value, index) => (isFiniteNumber(value) ? frame.y(value + sign * (errors[index] ?? 0)) : null));
  return svg(
    "g",
    { class: "la-validation" },
    svg("path", { class: "la-band", d: bandPath(xs, edge(-1), edge(1)) }),
    svg("path", { class: "la-dots", d: dotsPath(xs, scaled(loss, frame.y)) }),
    svg("path", { class: "la-line", d: linePath(xs, scaled(smooth, frame.y)) }),
  );
}

/**
 * @param {RunView} view
 * @param {Selection} selection
 * @param {Frame} frame
 */
function candidates(view, selection, frame) {
  const layer = svg("g", { class: "la-candidates" });
  for (const epoch of selection.candidates) {
    const height = heightAt(view, epoch, frame);
    if (height === null || epoch === selection.epoch) continue;
    layer.append(
      svg(
        "circle",
        { cx: frame.x(epoch), cy: height, r: 4, "data-epoch": epoch },
        svg("title", {}, `Candidate: epoch ${epoch}`),
      ),
    );
  }
  return layer;
}

/**
 * @param {RunView} view
 * @param {Selection} selection
 * @param {Frame} frame
 */
function point(view, selection, frame) {
  const layer = svg("g", { class: "la-point", "data-epoch": selection.epoch });
  const y = heightAt(view, selection.epoch, frame);
  if (y === null) return layer;
  const x = frame.x(selection.epoch);
  const leftwards = x > frame.right - 80;
  layer.append(
    svg("path", { d: `M${x} ${y}V${frame.bottom}` }),
    svg("circle", { cx: x, cy: y, r: 5 }),
    svg(
      "text",
      { x: leftwards ? x - 7 : x + 7, y: frame.bottom - 9, "text-anchor": leftwards ? "end" : "start" },
      svg("tspan", { class: "la-p" }, "p"),
      ` = ${selection.epoch}`,
    ),
  );
  return layer;
}

/**
 * Height of the main curve at an epoch, or of the measured point where it has none.
 *
 * @param {RunView} view
 * @param {number} epoch
 * @param {Frame} frame
 * @returns {number | null}
 */
function heightAt(view, epoch, frame) {
  const curve = mainCurve(view);
  // Raw weights have checkpoints of epochs at which they were not validated: these lie on the line in between.
  const before = curve.epoch.findLast((other) => other <= epoch) ?? epoch;
  const after = curve.epoch.find((other) => other >= epoch) ?? before;
  const [low, high] = [lossAt(curve, before), lossAt(curve, after)];
  if (low === null || high === null) return null;
  const share = after > before ? (epoch - before) / (after - before) : 0;
  return frame.y(low + share * (high - low));
}

/**
 * Heights of all curves of the validation's scale at an epoch, as far as they lie in the frame; the main one is the
 * first.
 *
 * @param {RunView} view
 * @param {number} epoch
 * @param {Frame} frame
 * @returns {number[]}
 */
export function heightsAt(view, epoch, frame) {
  const other = otherCurve(view);
  const values = [lossAt(mainCurve(view), epoch), other && lossAt(other, epoch)];
  if (view.probe) values.push(at(view.probe.epoch, alignedProbe(view), epoch));
  const heights = values.filter(isFiniteNumber).map(frame.y);
  return heights.filter((height) => height >= frame.top && height <= frame.bottom);
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
