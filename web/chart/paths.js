// @ts-check
/** Points as SVG path data. Pure. */

import { isFiniteNumber } from "./scales.js";

/** @typedef {import("./scales.js").MaybeNumber} MaybeNumber */

/**
 * A polyline; a value that is not finite breaks it.
 *
 * @param {readonly MaybeNumber[]} xs
 * @param {readonly MaybeNumber[]} ys
 * @returns {string}
 */
export function linePath(xs, ys) {
  const parts = [];
  let open = false;
  for (let index = 0; index < xs.length; index += 1) {
    const [x, y] = [xs[index], ys[index]];
    if (!isFiniteNumber(x) || !isFiniteNumber(y)) {
      open = false;
      continue;
    }
    parts.push(`${open ? "L" : "M"}${roundPixel(x)} ${roundPixel(y)}`);
    open = true;
  }
  return parts.join("");
}

/**
 * Dots as strokes of no length, which round line caps turn into discs: thousands of epochs stay one element.
 *
 * @param {readonly MaybeNumber[]} xs
 * @param {readonly MaybeNumber[]} ys
 * @returns {string}
 */
export function dotsPath(xs, ys) {
  let path = "";
  for (let index = 0; index < xs.length; index += 1) {
    const [x, y] = [xs[index], ys[index]];
    if (isFiniteNumber(x) && isFiniteNumber(y)) path += `M${roundPixel(x)} ${roundPixel(y)}h0`;
  }
  return path;
}

/**
 * The area between two curves over the same xs.
 *
 * @param {readonly MaybeNumber[]} xs
 * @param {readonly MaybeNumber[]} lows
 * @param {readonly MaybeNumber[]} highs
 * @returns {string}
 */
export function bandPath(xs, lows, highs) {
  const upper = [];
  const lower = [];
  for (let index = 0; index < xs.length; index += 1) {
    const [x, low, high] = [xs[index], lows[index], highs[index]];
    if (!isFiniteNumber(x) || !isFiniteNumber(low) || !isFiniteNumber(high)) continue;
    upper.push(`${roundPixel(x)} ${roundPixel(high)}`);
    lower.push(`${roundPixel(x)} ${roundPixel(low)}`);
  }
  return upper.length > 1 ? `M${upper.join("L")}L${lower.reverse().join("L")}Z` : "";
}

/** @param {number} value */
function roundPixel(value) {
  return Number(value.toFixed(2));
}
