// @ts-check
/**
 * The language of what the pack draws itself. Its sentences stand in English where they are used; another language is a
 * folder in web/languages with tables of them, which adds itself here when ComfyUI imports it. Without a table, English
 * is spoken.
 */

/** @typedef {Record<string, string>} Table translations by the English sentence */

/**
 * @typedef {object} Language
 * @property {Table} page what the page says itself
 * @property {Table} server what the server says, by patterns: see translate.js
 * @property {Table} notes the lines of the example workflows' notes
 * @property {Partial<import("../library/words_english.js").Words>} library what the library of runs says
 */

/** @type {Language} */
const ENGLISH = { page: {}, server: {}, notes: {}, library: {} };

/** By the code that ComfyUI's setting and browsers use. @type {Record<string, Language>} */
export const LANGUAGES = {};

let language = ENGLISH;

/**
 * @param {string} code such as "uk"
 * @param {Language} texts
 */
export function addLanguage(code, texts) {
  LANGUAGES[code] = texts;
}

/**
 * Which language to speak: that of ComfyUI's setting. Where ComfyUI does not offer the browser's language, and so
 * falls back on English, it is the browser's.
 *
 * @param {string | undefined} setting such as "en"
 * @param {string} browser such as "uk-UA"
 * @param {readonly string[]} [offered] the languages that ComfyUI's setting offers
 * @returns {string} its code
 */
export function languageCode(setting, browser, offered = []) {
  const own = browser.split("-")[0];
  const decided = setting && (setting !== "en" || offered.includes(own));
  return decided ? setting.split("-")[0] : own;
}

/** @param {string} code of a language; English is spoken where there is no table */
export function chooseLanguage(code) {
  language = LANGUAGES[code] ?? ENGLISH;
}

/**
 * A line of an example workflow's note.
 *
 * @param {string} english
 */
export function sayLine(english) {
  return language.notes[english] ?? english;
}

/** The server's sentences in the chosen language, by their English patterns. */
export function serverSentences() {
  return language.server;
}

/**
 * A sentence in the chosen language, in English if there is none.
 *
 * @param {string} english with {names} of what is to be put in
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function say(english, values = {}) {
  return (language.page[english] ?? english).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
