// @ts-check
/** Where there is room for a curve's name. Pure. */

import { isFiniteNumber } from "./scales.js";

/** @typedef {import("./scales.js").MaybeNumber} MaybeNumber */
/** @typedef {{xs: readonly number[], ys: readonly MaybeNumber[]}} Line in pixels */
/** @typedef {{left: number, right: number, top: number, bottom: number}} Box */

const LETTER_WIDTH = 5.3;
const LINE_HEIGHT = 11;
/** From the baseline down to the lowest part of a letter. */
const DESCENT = 2;
/** Between the name and a line. */
const GAP = 4;

/**
 * Where the baseline of a curve's name ends: above or below the curve, as near to its end as no line crosses the name.
 *
 * @param {string} name
 * @param {Line} curve
 * @param {readonly Line[]} others more lines to stay clear of
 * @param {Box} bounds
 * @returns {{x: number, y: number} | null} null where there is no room
 */
export function placeLabel(name, curve, others, bounds) {
  const width = LETTER_WIDTH * name.length;
  const lines = [curve, ...others];
  for (let index = curve.xs.length - 1; index >= 0; index -= 1) {
    const [x, y] = [curve.xs[index], curve.ys[index]];
    if (x - width < bounds.left) return null;
    if (!isFiniteNumber(y)) continue;
    for (const bottom of [y - GAP, y + GAP + LINE_HEIGHT]) {
      const box = { left: x - width, right: x, top: bottom - LINE_HEIGHT, bottom };
      if (box.top < bounds.top || bottom > bounds.bottom || lines.some((line) => mayCross(line, box))) continue;
      return { x, y: bottom - DESCENT };
    }
  }
  return null;
}

/**
 * A line that keeps other names out of the box of one that was placed.
 *
 * @param {string} name
 * @param {{x: number, y: number}} place
 * @returns {Line}
 */
export function diagonalOf(name, { x, y }) {
  const bottom = y + DESCENT;
  return { xs: [x - LETTER_WIDTH * name.length, x], ys: [bottom - LINE_HEIGHT, bottom] };
}

/**
 * Whether a line may cross a box: one of its segments overlaps the box in both directions.
 *
 * @param {Line} line
 * @param {Box} box
 */
function mayCross({ xs, ys }, { left, right, top, bottom }) {
  for (let index = 1; index < xs.length; index += 1) {
    const [x0, x1, y0, y1] = [xs[index - 1], xs[index], ys[index - 1], ys[index]];
    if (x1 <= left || x0 >= right || !isFiniteNumber(y0) || !isFiniteNumber(y1)) continue;
    if (Math.max(y0, y1) > top && Math.min(y0, y1) < bottom) return true;
  }
  return false;
}
