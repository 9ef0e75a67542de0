// @ts-check
/** Numbers, intervals and the scales that turn them into pixels. Pure. */

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
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
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
export function widen([low, high], share) {
  const length = high - low || Math.abs(high) * 0.1 || 1;
  return [low - length * share, high + length * share];
}

/**
 * @param {Interval} domain
 * @param {Interval} range
 * @returns {Scale}
 */
export function linearScale([low, high], [start, end]) {
  const unit = (end - start) / (high - low || 1);
  return (value) => start + (value - low) * unit;
}

/**
 * Each finite value through a scale; null for the others.
 *
 * @param {readonly MaybeNumber[]} values
 * @param {Scale} scale
 * @returns {(number | null)[]}
 */
export function applyScale(values, scale) {
  return values.map((value) => (isFiniteNumber(value) ? scale(value) : null));
}

/**
 * Round numbers (1, 2 or 5 times a power of ten apart) inside an interval, about `count` of them.
 *
 * @param {Interval} interval
 * @param {number} count
 * @param {number} [smallestStep]
 * @returns {number[]}
 */
export function findTicks([low, high], count, smallestStep = 0) {
  const step = Math.max(roundStep((high - low) / Math.max(count, 1)), smallestStep);
  const ticks = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index += 1) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return ticks;
}

/** @param {number} step */
function roundStep(step) {
  if (!(step > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(step));
  const lead = step / power;
  return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
}

/**
 * How many decimals it takes to tell neighbouring ticks apart.
 *
 * @param {readonly number[]} ticks
 * @returns {number}
 */
export function countTickDecimals(ticks) {
  if (ticks.length < 2) return 3;
  const step = Math.abs(ticks[1] - ticks[0]);
  return clamp(-Math.floor(Math.log10(step) + 1e-9), 0, 8);
}

/**
 * Index of the value nearest to `target`, the first of two that are equally near; -1 if there are none.
 *
 * @param {readonly number[]} values
 * @param {number} target
 * @returns {number}
 */
export function findNearest(values, target) {
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
