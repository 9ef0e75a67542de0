// @ts-check
/** The language of the chart. Its sentences stand in English where they are used; other languages are tables of them. */

import { UKRAINIAN } from "./ukrainian.js";

/** @typedef {Record<string, string>} Table translations by the English sentence */

/** By the code that ComfyUI's setting and browsers use. @type {Record<string, Table>} */
export const LANGUAGES = { uk: UKRAINIAN };

/** @type {Table} */
let table = {};

/**
 * Chooses the language: that of ComfyUI's setting, or the browser's where ComfyUI, which has no other, falls back on
 * English.
 *
 * @param {string | undefined} setting such as "en"
 * @param {string} browser such as "uk-UA"
 */
export function chooseLanguage(setting, browser) {
  const code = setting && setting !== "en" ? setting : browser;
  table = LANGUAGES[code.split("-")[0]] ?? {};
}

/**
 * A sentence in the chosen language, in English if there is none.
 *
 * @param {string} english with {names} of what is to be put in
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function say(english, values = {}) {
  return (table[english] ?? english).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
