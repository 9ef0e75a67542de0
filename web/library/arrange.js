// @ts-check
/** Which runs the list shows, and in which order. Pure. */

/** @typedef {import("./library.d.ts").RunSummary} RunSummary */
/** @typedef {"newest" | "name" | "best" | "size"} Sort */

/** @type {Record<Sort, (one: RunSummary, other: RunSummary) => number>} */
const ORDERS = {
  newest: (one, other) => other.changed - one.changed,
  name: (one, other) => one.run.localeCompare(other.run, undefined, { numeric: true }),
  best: (one, other) => gain(other) - gain(one),
  size: (one, other) => other.size - one.size,
};

/**
 * The runs that have every word of a text somewhere in them.
 *
 * @param {readonly RunSummary[]} runs
 * @param {string} text
 * @param {Sort} sort
 * @returns {RunSummary[]}
 */
export function arrange(runs, text, sort) {
  const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const found = runs.filter((run) => {
    const all = searchable(run);
    return words.every((word) => all.includes(word));
  });
  return found.sort((one, other) => ORDERS[sort](one, other) || ORDERS.name(one, other));
}

/** @param {RunSummary} summary */
function searchable({ run, state, notes, recipe }) {
  const settings = Object.entries(recipe ?? {}).map(([name, value]) => `${name.replaceAll("_", " ")} ${value}`);
  return [run, state, notes, ...settings].join("\n").toLocaleLowerCase();
}

/** @param {RunSummary} summary */
function gain({ pick }) {
  return pick?.improvement ?? Number.MIN_SAFE_INTEGER;
}
