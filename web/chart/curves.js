// @ts-check
/** Numbers into places and paths. Knows nothing of the browser, so that Node can test it. */

/** @typedef {[number, number]} Interval */
/** @typedef {(value: number) => number} Scale */
/** @typedef {number | null | undefined} MaybeNumber A loss that is not finite arrives from JSON as null. */

/**
 * @param {MaybeNumber} value
 * @returns {value is number}
 */
export function isFiniteNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

/**
 * Smallest and largest of all finite values; null if there are none.
 *
 * @param {...readonly MaybeNumber[]} lists
 * @returns {Interval | null}
 */
export function extent(...lists) {
  let low = Infinity;
  let high = -Infinity;
  for (const list of lists) {
    for (const value of list) {
      if (!isFiniteNumber(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low <= high ? [low, high] : null;
}

/**
 * The interval with a margin of `share` of its length on either side; never of zero length.
 *
 * @param {Interval} interval
 * @param {number} share
 * @returns {Interval}
 */
export function padded([low, high], share) {
  const length = high - low || Math.abs(high) * 0.1 || 1;
  return [low - length * share, high + length * share];
}

/**
 * A straight scale from `domain` to `range`.
 *
 * @param {Interval} domain
 * @param {Interval} range
 * @returns {Scale}
 */
export function linear([low, high], [start, end]) {
  const unit = (end - start) / (high - low || 1);
  return (value) => start + (value - low) * unit;
}

/**
 * Round numbers (1, 2 or 5 times a power of ten apart) inside an interval, about `count` of them.
 *
 * @param {Interval} interval
 * @param {number} count
 * @param {number} [smallestStep]
 * @returns {number[]}
 */
export function ticks([low, high], count, smallestStep = 0) {
  const step = Math.max(roundStep((high - low) / Math.max(count, 1)), smallestStep);
  const found = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index += 1) {
    found.push(Number((index * step).toPrecision(12)));
  }
  return found;
}

/** @param {number} step */
function roundStep(step) {
  if (!(step > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(step));
  const lead = step / power;
  return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
}

/**
 * Digits after the point that tell neighbouring ticks apart.
 *
 * @param {readonly number[]} values
 * @returns {number}
 */
export function digitsFor(values) {
  if (values.length < 2) return 3;
  const step = Math.abs(values[1] - values[0]);
  return Math.min(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), 8);
}

/**
 * A polyline as SVG path data; a value that is not finite breaks the line.
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
    parts.push(`${open ? "L" : "M"}${short(x)} ${short(y)}`);
    open = true;
  }
  return parts.join("");
}

/**
 * Many dots as one path: strokes of no length, which round line caps turn into discs. Thousands of epochs stay one
 * element.
 *
 * @param {readonly MaybeNumber[]} xs
 * @param {readonly MaybeNumber[]} ys
 * @returns {string}
 */
export function dotsPath(xs, ys) {
  let path = "";
  for (let index = 0; index < xs.length; index += 1) {
    const [x, y] = [xs[index], ys[index]];
    if (isFiniteNumber(x) && isFiniteNumber(y)) path += `M${short(x)} ${short(y)}h0`;
  }
  return path;
}

/**
 * The area between two curves over the same places, as SVG path data.
 *
 * @param {readonly MaybeNumber[]} xs
 * @param {readonly MaybeNumber[]} lows
 * @param {readonly MaybeNumber[]} highs
 * @returns {string}
 */
export function bandPath(xs, lows, highs) {
  const there = [];
  const back = [];
  for (let index = 0; index < xs.length; index += 1) {
    const [x, low, high] = [xs[index], lows[index], highs[index]];
    if (!isFiniteNumber(x) || !isFiniteNumber(low) || !isFiniteNumber(high)) continue;
    there.push(`${short(x)} ${short(high)}`);
    back.unshift(`${short(x)} ${short(low)}`);
  }
  return there.length > 1 ? `M${there.join("L")}L${back.join("L")}Z` : "";
}

/**
 * Index of the value next to `target`; -1 if there are none.
 *
 * @param {readonly number[]} values
 * @param {number} target
 * @returns {number}
 */
export function nearest(values, target) {
  let best = -1;
  let distance = Infinity;
  values.forEach((value, index) => {
    if (Math.abs(value - target) < distance) {
      best = index;
      distance = Math.abs(value - target);
    }
  });
  return best;
}

/**
 * @param {readonly MaybeNumber[]} values
 * @param {Scale} scale
 * @returns {MaybeNumber[]}
 */
export function scaled(values, scale) {
  return values.map((value) => (isFiniteNumber(value) ? scale(value) : null));
}

/** @param {number} value */
function short(value) {
  return Number(value.toFixed(2));
}
