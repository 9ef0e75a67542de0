// @ts-check
/** The chart as SVG: everything but the crosshair, which moves over it. */

import { drawComparison } from "./comparison.js";
import { svg } from "./elements.js";
import { say } from "./language.js";
import { bandPath, dotsPath, linePath } from "./paths.js";
import { applyScale, clamp, isFiniteNumber } from "./scales.js";
import { WHOLE } from "./subject.js";
import { alignedProbe, bandEdge, baselineLoss, lossAt, mainCurve, otherCurve, valueAt } from "./view.js";

/** @typedef {import("./frame.js").Frame} Frame */
/** @typedef {import("./run_view.d.ts").RunView} RunView */
/** @typedef {import("./run_view.d.ts").Selection} Selection */
/** @typedef {import("./subject.js").Subject} Subject */

/** Room (in pixels) that the picked epoch's label needs at its right. */
const LABEL_WIDTH = 100;
/** Room (in pixels) of a letter in a region's name. */
const LETTER_WIDTH = 6.5;

/** What the regions and the point mean for the pictures, shown while the pointer rests on them. */
const GOOD =
  "Region G: most of the style is learned here, and little is lost again. Look at previews of these epochs first";
const OVERFITTING =
  "Region O: overfitting. From here on the LoRA gets worse on pictures that it has not seen, and what it draws may come " +
  "to resemble those that it was trained on";
const PICKED =
  "The picked epoch. The lowest loss on held-out pictures is where to begin looking, not a verdict on beauty";

/**
 * @param {RunView} view
 * @param {Frame} frame
 * @param {readonly number[]} kept the epochs to mark, as they can be chosen
 * @param {Subject} [subject]
 * @returns {SVGElement[]} layers, the lowest first
 */
export function drawChart(view, frame, kept, subject = WHOLE) {
  const selection = subject.findings ? view.selection : null;
  /** @type {SVGElement[]} */
  const layers = [drawRegions(selection, frame), drawAxes(frame)];
  if (kept.length) layers.push(drawCheckpointMarks(kept, frame));
  if (subject.training) layers.push(drawTraining(view, frame));
  layers.push(drawBaseline(view, frame));
  if (subject.comparison) layers.push(...drawComparison(view, frame));
  layers.push(drawValidation(view, frame));
  if (selection) layers.push(drawCandidates(view, selection, frame), drawPick(view, selection, frame));
  return layers;
}

/**
 * @param {Selection | null} selection
 * @param {Frame} frame
 */
function drawRegions(selection, frame) {
  const layer = svg("g", { class: "la-regions" });
  for (const [letter, name, region, meaning] of /** @type {const} */ ([
    ["G", "good", selection?.region_g, GOOD],
    ["O", "overfitting", selection?.region_o, OVERFITTING],
  ])) {
    if (!region) continue;
    const start = clamp(frame.x(region[0] - 0.5), frame.left, frame.right);
    const end = clamp(frame.x(region[1] + 0.5), frame.left, frame.right);
    const whole = `${say(name)} (${letter})`;
    layer.append(
      svg(
        "g",
        { class: `la-region la-region-${letter.toLowerCase()}` },
        svg("title", {}, say(meaning)),
        svg("rect", { x: start, y: frame.top, width: end - start, height: frame.bottom - frame.top }),
        svg("path", { d: `M${start} ${frame.top}H${end}` }),
        svg("text", { x: (start + end) / 2, y: frame.top - 6 }, fits(whole, end - start) ? whole : letter),
      ),
    );
  }
  return layer;
}

/**
 * @param {string} name
 * @param {number} width
 */
function fits(name, width) {
  return LETTER_WIDTH * name.length <= width;
}

/** @param {Frame} frame */
function drawAxes(frame) {
  const { left, right, top, bottom } = frame;
  const layer = svg("g", { class: "la-axes" });
  for (const { position: y, label } of frame.yTicks) {
    layer.append(svg("path", { d: `M${left} ${y}H${right}` }));
    layer.append(svg("text", { x: left - 6, y: y + 3.5, class: "la-tick-y" }, label));
  }
  for (const { position: y, label } of frame.trainTicks) {
    layer.append(svg("text", { x: right + 6, y: y + 3.5, class: "la-tick-train" }, label));
  }
  for (const { position: x, label } of frame.xTicks) {
    layer.append(svg("text", { x, y: bottom + 14, class: "la-tick-x" }, label));
  }
  layer.append(svg("path", { d: `M${left} ${bottom}H${right}`, class: "la-axis" }));
  layer.append(svg("text", { x: left, y: top - 8, class: "la-axis-name" }, say("loss")));
  if (frame.trainTicks.length) {
    layer.append(svg("text", { x: right + 6, y: top - 8, class: "la-train-name" }, say("steps")));
  }
  return layer;
}

/**
 * @param {readonly number[]} kept
 * @param {Frame} frame
 */
function drawCheckpointMarks(kept, frame) {
  const marks = kept.map((epoch) => `M${frame.x(epoch).toFixed(2)} ${frame.bottom}v-5`);
  return svg("path", { class: "la-checkpoints", d: marks.join("") });
}

/**
 * @param {RunView} view
 * @param {Frame} frame
 */
function drawTraining(view, frame) {
  const d = linePath(view.train.epoch.map(frame.x), applyScale(view.train.smooth, frame.trainY));
  return svg("path", { class: `la-training${view.probe ? " la-fainter" : ""}`, d });
}

/**
 * @param {RunView} view
 * @param {Frame} frame
 */
function drawBaseline(view, frame) {
  const layer = svg("g", { class: "la-baseline" });
  const loss = baselineLoss(view);
  if (loss !== null) layer.append(svg("path", { d: `M${frame.left} ${frame.y(loss)}H${frame.right}` }));
  return layer;
}

/**
 * @param {RunView} view
 * @param {Frame} frame
 */
function drawValidation(view, frame) {
  const curve = mainCurve(view);
  const xs = curve.epoch.map(frame.x);
  const [low, high] = [-1, 1].map((errors) => applyScale(bandEdge(curve, errors), frame.y));
  return svg(
    "g",
    { class: "la-validation" },
    svg("path", { class: "la-band", d: bandPath(xs, low, high) }),
    svg("path", { class: "la-dots", d: dotsPath(xs, applyScale(curve.loss, frame.y)) }),
    svg("path", { class: "la-line", d: linePath(xs, applyScale(curve.smooth, frame.y)) }),
  );
}

/**
 * @param {RunView} view
 * @param {Selection} selection
 * @param {Frame} frame
 */
function drawCandidates(view, selection, frame) {
  const layer = svg("g", { class: "la-candidates" });
  for (const epoch of selection.candidates) {
    const y = mainHeight(view, epoch, frame);
    if (y === null || epoch === selection.epoch) continue;
    const title = svg("title", {}, say("Candidate: epoch {epoch}", { epoch }));
    layer.append(svg("circle", { cx: frame.x(epoch), cy: y, r: 4, "data-epoch": epoch }, title));
  }
  return layer;
}

/**
 * The picked point with its epoch beside it, on the side where there is room.
 *
 * @param {RunView} view
 * @param {Selection} selection
 * @param {Frame} frame
 */
function drawPick(view, selection, frame) {
  const layer = svg("g", { class: "la-point", "data-epoch": selection.epoch });
  const y = mainHeight(view, selection.epoch, frame);
  if (y === null) return layer;
  const x = frame.x(selection.epoch);
  const toTheLeft = x > frame.right - LABEL_WIDTH;
  layer.append(
    svg("title", {}, say(PICKED)),
    svg("path", { d: `M${x} ${y}V${frame.bottom}` }),
    svg("circle", { cx: x, cy: y, r: 5 }),
    svg(
      "text",
      { x: toTheLeft ? x - 7 : x + 7, y: frame.bottom - 9, "text-anchor": toTheLeft ? "end" : "start" },
      `${say("epoch")} ${selection.epoch} (`,
      svg("tspan", { class: "la-p" }, "p"),
      ")",
    ),
  );
  return layer;
}

/**
 * Height of the main curve at an epoch, interpolated where it was not validated: raw weights have such checkpoints.
 *
 * @param {RunView} view
 * @param {number} epoch
 * @param {Frame} frame
 * @returns {number | null}
 */
function mainHeight(view, epoch, frame) {
  const curve = mainCurve(view);
  const before = curve.epoch.findLast((other) => other <= epoch) ?? epoch;
  const after = curve.epoch.find((other) => other >= epoch) ?? before;
  const [low, high] = [lossAt(curve, before), lossAt(curve, after)];
  if (low === null || high === null) return null;
  const share = after > before ? (epoch - before) / (after - before) : 0;
  return frame.y(low + share * (high - low));
}

/**
 * Heights at an epoch of all curves on the validation's scale, the main one first, as far as they lie in the frame.
 *
 * @param {RunView} view
 * @param {number} epoch
 * @param {Frame} frame
 * @param {Subject} [subject]
 * @returns {number[]}
 */
export function heightsAt(view, epoch, frame, subject = WHOLE) {
  const losses = [lossAt(mainCurve(view), epoch)];
  if (subject.comparison) {
    const other = otherCurve(view);
    losses.push(other && lossAt(other, epoch), view.probe && valueAt(view.probe.epoch, alignedProbe(view), epoch));
  }
  const heights = losses.filter(isFiniteNumber).map(frame.y);
  return heights.filter((y) => y >= frame.top && y <= frame.bottom);
}
