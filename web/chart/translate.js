// @ts-check
/**
 * Sentences that the server makes in English, in the chosen language. They come as plain text, in the middle of ComfyUI's
 * own messages too, so they are recognised by the patterns that the language has translations of.
 */

import { serverSentences } from "./language.js";

/** What stands between the parts of a text, the coarsest first. */
const SEPARATORS = ["\n", ". ", "; ", ": ", ", "];

/** @typedef {{shape: RegExp, names: string[], translation: string}} Pattern */

/** @type {WeakMap<Record<string, string>, Pattern[]>} */
const compiled = new WeakMap();

/**
 * @param {string} english
 * @returns {string} the text itself if a part of it has no translation
 */
export function translate(english) {
  const table = serverSentences();
  if (!compiled.has(table)) compiled.set(table, Object.entries(table).map(([text, other]) => compile(text, other)));
  return translateBy(/** @type {Pattern[]} */ (compiled.get(table)), english) ?? english;
}

/**
 * @param {Pattern[]} patterns
 * @param {string} text
 * @param {number} [level] of the separators, the first that may divide it
 * @returns {string | null}
 */
function translateBy(patterns, text, level = 0) {
  if (text.endsWith(".")) return append(translateBy(patterns, text.slice(0, -1), level), ".");
  const [exact, open] = [false, true].map((isOpen) => patterns.filter(({ names }) => names.some(isText) === isOpen));
  return translateWhole(patterns, exact, text) ?? translateParts(patterns, text, level) ?? translateWhole(patterns, open, text);
}

/**
 * @param {Pattern[]} patterns
 * @param {Pattern[]} among those that the text as a whole may have
 * @param {string} text
 */
function translateWhole(patterns, among, text) {
  for (const { shape, names, translation } of among) {
    const found = shape.exec(text);
    if (found) return fill(translation, (name) => translatePart(patterns, name, found[names.indexOf(name) + 1]));
  }
  return null;
}

/**
 * @param {Pattern[]} patterns
 * @param {string} text
 * @param {number} level
 * @returns {string | null}
 */
function translateParts(patterns, text, level) {
  if (level === SEPARATORS.length) return null;
  const parts = text.split(SEPARATORS[level]);
  if (parts.length === 1) return translateParts(patterns, text, level + 1);
  const translated = parts.map((part) => translateBy(patterns, part, level + 1));
  return translated.includes(null) ? translateParts(patterns, text, level + 1) : translated.join(SEPARATORS[level]);
}

/**
 * @param {Pattern[]} patterns
 * @param {string} name of what varies
 * @param {string} found in its place
 */
function translatePart(patterns, name, found) {
  return isText(name) ? (translateBy(patterns, found) ?? found) : found;
}

/** @param {string} name */
function isText(name) {
  return name.startsWith("text");
}

/**
 * @param {string} text
 * @param {(name: string) => string} valueOf
 */
function fill(text, valueOf) {
  return text.replace(/\{(\w+)\}/g, (_, name) => valueOf(name));
}

/**
 * @param {string | null} text
 * @param {string} end
 */
function append(text, end) {
  return text === null ? null : text + end;
}

/**
 * A text with {names} of what varies: of numbers, or, if a name begins with "text", of anything.
 *
 * @param {string} english
 * @param {string} translation
 * @returns {Pattern}
 */
function compile(english, translation) {
  /** @type {string[]} */
  const names = [];
  const shape = fill(english.replace(/[.*+?^$()|[\]\\]/g, "\\$&"), (name) => {
    names.push(name);
    return isText(name) ? "(.+?)" : "(-?\\d+(?:\\.\\d+)?)";
  });
  return { shape: new RegExp(`^${shape}$`, "s"), names, translation };
}
