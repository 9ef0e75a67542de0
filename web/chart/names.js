// @ts-check
/** Where a curve's name finds room beside it. Pure. */

import { isFiniteNumber } from "./curves.js";

/** @typedef {import("./curves.js").MaybeNumber} MaybeNumber */
/** @typedef {{xs: readonly number[], ys: readonly MaybeNumber[]}} Line in pixels */
/** @typedef {{left: number, right: number, top: number, bottom: number}} Box */

const LETTER = 5.3;
const HEIGHT = 11;
/** From the line of writing down to the lowest part of a letter. */
const DESCENT = 2;
/** Between the name and a line. */
const AIR = 4;

/**
 * The end of the name's line of writing, as near to the end of its curve as no line runs through the name.
 *
 * @param {string} name
 * @param {Line} curve
 * @param {readonly Line[]} others lines to stay clear of, too
 * @param {Box} inside
 * @returns {{x: number, y: number} | null} null where there is no room
 */
export function placeOf(name, curve, others, inside) {
  const width = LETTER * name.length;
  const lines = [curve, ...others];
  for (let index = curve.xs.length - 1; index >= 0; index -= 1) {
    const [x, y] = [curve.xs[index], curve.ys[index]];
    if (x - width < inside.left) return null;
    if (!isFiniteNumber(y)) continue;
    for (const bottom of [y - AIR, y + AIR + HEIGHT]) {
      const box = { left: x - width, right: x, top: bottom - HEIGHT, bottom };
      if (box.top < inside.top || bottom > inside.bottom || lines.some((line) => crosses(line, box))) continue;
      return { x, y: bottom - DESCENT };
    }
  }
  return null;
}

/**
 * Whether a line may run through a box: one of its pieces overlaps it in both directions.
 *
 * @param {Line} line
 * @param {Box} box
 */
function crosses({ xs, ys }, { left, right, top, bottom }) {
  for (let index = 1; index < xs.length; index += 1) {
    const [x0, x1, y0, y1] = [xs[index - 1], xs[index], ys[index - 1], ys[index]];
    if (x1 <= left || x0 >= right || !isFiniteNumber(y0) || !isFiniteNumber(y1)) continue;
    if (Math.max(y0, y1) > top && Math.min(y0, y1) < bottom) return true;
  }
  return false;
}
