// @ts-check
/**
 * The language of what the pack draws itself. Its sentences stand in English where they are used; other languages are
 * tables of them. To add one: its tables here, locales/CODE/nodeDefs.json, and web/docs/NODE/CODE.md.
 */

import { UKRAINIAN } from "./ukrainian.js";
import { UKRAINIAN_NOTES } from "./ukrainian_notes.js";
import { UKRAINIAN_SERVER } from "./ukrainian_server.js";

/** @typedef {Record<string, string>} Table translations by the English sentence */
/** @typedef {{own: Table, server: Table, notes: Table}} Language what the page, the server, and the example workflows say */

/** By the code that ComfyUI's setting and browsers use. @type {Record<string, Language>} */
export const LANGUAGES = { uk: { own: UKRAINIAN, server: UKRAINIAN_SERVER, notes: UKRAINIAN_NOTES } };

/** @type {Language} */
const ENGLISH = { own: {}, server: {}, notes: {} };

let language = ENGLISH;

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
  return (language.own[english] ?? english).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
