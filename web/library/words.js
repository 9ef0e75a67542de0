// @ts-check
/** The library's numbers and sentences in the user's language. Pure. */

import { LANGUAGES } from "../chart/language.js";
import { ENGLISH } from "./words_english.js";

/** @typedef {import("./library.d.ts").LossDifference} LossDifference */
/** @typedef {import("./library.d.ts").Picked} Picked */
/** @typedef {import("./library.d.ts").RunSummary} RunSummary */
/** @typedef {import("./words_english.js").Words} Words */

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/**
 * @param {string} language such as "uk" or "uk-UA"
 * @returns {Words} English for what it cannot say in that language
 */
export function wordsIn(language) {
  return { ...ENGLISH, ...LANGUAGES[language.split(/[-_]/)[0]]?.library };
}

/**
 * @param {number} bytes
 * @returns {string} such as "2.5 GB", as file managers count
 */
export function formatSize(bytes) {
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value < 9.95 && unit > 1 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/**
 * @param {number} share
 * @param {number | null} [error]
 * @returns {string} without its sign, such as "6.2 ± 0.8 %"
 */
function formatShare(share, error = null) {
  const size = Math.abs(share);
  const digits = size >= 0.01 || size === 0 ? 1 : 2;
  const spread = error === null ? "" : ` ± ${(error * 100).toFixed(digits)}`;
  return `${(size * 100).toFixed(digits)}${spread} %`;
}

/**
 * @param {number} change relative to no LoRA
 * @param {number | null} [error]
 * @returns {string} with its sign, such as "−6.2 ± 0.8 %"
 */
export function formatChange(change, error = null) {
  return `${change < 0 ? "−" : change > 0 ? "+" : ""}${formatShare(change, error)}`;
}

/**
 * @param {string} created ISO 8601
 * @param {number} changed milliseconds since 1970, for a run that does not say when it began
 * @param {Words} words
 */
export function formatDate(created, changed, { language }) {
  const date = new Date(created);
  const shown = Number.isNaN(date.getTime()) ? new Date(changed) : date;
  return new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(shown);
}

/**
 * How good the picked epoch is.
 *
 * @param {RunSummary} summary
 * @param {Words} words
 * @returns {string} empty where that is unknown
 */
export function describePick({ pick }, words) {
  if (!pick) return "";
  const epoch = words.pick(pick.epoch, words.weights[pick.weights]);
  const told = describeImprovement(pick, words);
  return told ? `${epoch}: ${told}` : epoch;
}

/**
 * The same, how good first, for a line of the list.
 *
 * @param {RunSummary} summary
 * @param {Words} words
 */
export function describePickShortly(summary, words) {
  const told = summary.pick && describeImprovement(summary.pick, words);
  return summary.pick && told ? words.short(told, summary.pick.epoch) : describePick(summary, words);
}

/**
 * @param {Picked} pick
 * @param {Words} words
 */
function describeImprovement({ improvement, standard_error: error }, words) {
  if (improvement === null) return "";
  const share = formatShare(improvement, error);
  return improvement < 0 ? words.worse(share) : words.better(share);
}

/**
 * @param {RunSummary} summary
 * @param {Words} words
 */
export function describeState({ state, epoch, epochs }, words) {
  const unfinished = state !== "damaged" && epoch < epochs;
  return unfinished ? `${words.states[state]}, ${words.epochs(epoch, epochs)}` : words.states[state];
}

/**
 * @param {LossDifference | null} loss
 * @param {string} one what the left side is called
 * @param {string} other what the right side is called
 * @param {Words} words
 */
export function describeDifference(loss, one, other, words) {
  if (!loss) return words.noDifference;
  if (one === other) return words.lossIdentical;
  const { difference, standard_error: error, paired, distinct } = loss;
  const share = formatShare(difference, error);
  const sure = distinct || error === null;
  const told = !sure ? words.lossSame : difference < 0 ? words.lossBetter : words.lossWorse;
  const doubt = error === null ? `; ${words.unsure}` : "";
  return `${told(one, other, share)} ${paired ? words.paired : words.unpaired}${doubt}.`;
}

/**
 * @param {string} setting
 * @param {Words} words
 */
export function nameSetting(setting, words) {
  const [section, name] = setting.split(".");
  if (section === "versions") return words.settings[setting] ?? words.version(name);
  return words.settings[setting] ?? (name ?? section).replaceAll("_", " ");
}

/**
 * @param {string | number | boolean} value
 * @param {Words} words
 */
export function formatValue(value, words) {
  if (typeof value === "boolean") return value ? words.yes : words.no;
  return String(value) || words.nothing;
}
