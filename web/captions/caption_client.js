// @ts-check
/** Asks the server for the captions of a folder, and writes corrected ones. Does nothing on import. */

import { ask, post } from "../chart/ask.js";

/** @typedef {import("../types.d.ts").Api} Api */
/** @typedef {{key: string, style: string, name: string, caption: string}} Entry a picture and its caption */

const ROUTE = "/lora_atelier/captions";

export class CaptionClient {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
  }

  /**
   * @param {string} folder as chosen in DatasetLoader
   * @returns {Promise<Entry[]>}
   * @throws {Error} in the server's words
   */
  async list(folder) {
    return /** @type {Promise<Entry[]>} */ (ask(this.api, `${ROUTE}?folder=${encodeURIComponent(folder)}`));
  }

  /**
   * @param {string} folder
   * @param {Entry} entry
   * @returns {string} address of a small version of a picture
   */
  thumbnail(folder, { key }) {
    return this.api.apiURL(`${ROUTE}/${key}?folder=${encodeURIComponent(folder)}`);
  }

  /**
   * @param {string} folder
   * @param {Entry} entry with the caption that is replaced
   * @param {string} caption
   * @returns {Promise<string>} the caption as it was written
   * @throws {Error} in the server's words
   */
  async write(folder, { key, caption: before }, caption) {
    const answer = await ask(this.api, `${ROUTE}/${key}`, post({ folder, before, caption }));
    return /** @type {{caption: string}} */ (answer).caption;
  }
}
