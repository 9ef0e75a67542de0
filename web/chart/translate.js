// @ts-check
/**
 * Sentences that the server makes in English, in the chosen language. They come as plain text, in the middle of ComfyUI's
 * own messages too, so they are recognised by the patterns that the language has translations of.
 */

import { serverSentences } from "./language.js";

/** What stands between the parts of a text, the coarsest first. */
const SEPARATORS = ["\n", ". ", "; ", ": ", ", "];

/** @typedef {{shape: RegExp, names: string[], translation: string}} Pattern */
/** @typedef {{exact: Pattern[], open: Pattern[]}} Patterns those in which only numbers vary, and the others */

/** @type {WeakMap<Record<string, string>, Patterns>} */
const compiled = new WeakMap();

/**
 * @param {string} english
 * @returns {string} the text itself if a part of it has no translation
 */
export function translate(english) {
  const table = serverSentences();
  const patterns = compiled.get(table) ?? compileAll(table);
  compiled.set(table, patterns);
  return translateBy(patterns, english) ?? english;
}

/**
 * @param {Patterns} patterns
 * @param {string} text
 * @param {number} [level] of the separators, the first that may divide it
 * @returns {string | null}
 */
function translateBy(patterns, text, level = 0) {
  if (text.endsWith(".")) return append(translateBy(patterns, text.slice(0, -1), level), ".");
  const { exact, open } = patterns;
  return translateWhole(patterns, exact, text) ?? translateParts(patterns, text, level) ?? translateWhole(patterns, open, text);
}

/**
 * @param {Patterns} patterns
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
 * @param {Patterns} patterns
 * @param {string} text
 * @param {number} level
 * @returns {string | null}
 */
function translateParts(patterns, text, level) {
  if (level === SEPARATORS.length) return null;
  const parts = text.split(SEPARATORS[level]);
  const translated = [];
  for (const part of parts.length === 1 ? [] : parts) {
    const other = translateBy(patterns, part, level + 1);
    if (other === null) break;
    translated.push(other);
  }
  const whole = translated.length === parts.length;
  return whole ? translated.join(SEPARATORS[level]) : translateParts(patterns, text, level + 1);
}

/**
 * @param {Patterns} patterns
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
 * The patterns of a table, those first that say the most themselves: what a more general one would take for a part of
 * its own is theirs.
 *
 * @param {Record<string, string>} table
 * @returns {Patterns}
 */
function compileAll(table) {
  const own = (/** @type {string} */ text) => fill(text, () => "").length;
  const sorted = Object.entries(table).sort(([one], [next]) => own(next) - own(one));
  const all = sorted.map(([english, translation]) => compile(english, translation));
  const isOpen = (/** @type {Pattern} */ { names }) => names.some(isText);
  return { exact: all.filter((each) => !isOpen(each)), open: all.filter(isOpen) };
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
    return isText(name) ? "(.+?)" : "(-?\\d+(?:,\\d{3})*(?:\\.\\d+)?)";
  });
  return { shape: new RegExp(`^${shape}$`, "s"), names, translation };
}
