// @ts-check
/** Asks the server for the pictures of a folder, and writes corrected captions. Does nothing on import. */

import { ask, post } from "../chart/ask.js";

/** @typedef {import("../types.d.ts").Api} Api */
/** @typedef {import("./pictures.d.ts").GalleryEntry} GalleryEntry */
/** @typedef {import("./pictures.d.ts").Sides} Sides */

/**
 * What DatasetLoader's inputs are set to.
 *
 * @typedef {{folder: string, resolution: string, aspect_buckets: string, validation_count: string, seed: string}} Choice
 */

const CAPTIONS = "/lora_atelier/captions";
const SIDES = "/lora_atelier/sides";

export class GalleryClient {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
  }

  /**
   * @param {string} folder as chosen in DatasetLoader
   * @returns {Promise<GalleryEntry[]>}
   * @throws {Error} in the server's words
   */
  async list(folder) {
    return /** @type {Promise<GalleryEntry[]>} */ (ask(this.api, `${CAPTIONS}?${new URLSearchParams({ folder })}`));
  }

  /**
   * Which pictures train and which validate. A folder that was not loaded before is read for that, which takes a while.
   *
   * @param {Choice} choice
   * @returns {Promise<Sides>}
   * @throws {Error} in the server's words
   */
  async sides(choice) {
    return /** @type {Promise<Sides>} */ (ask(this.api, `${SIDES}?${new URLSearchParams(choice)}`));
  }

  /**
   * @param {string} folder
   * @param {GalleryEntry} entry
   * @returns {string} address of a small version of a picture
   */
  thumbnail(folder, { key, version }) {
    return this.api.apiURL(`${CAPTIONS}/${key}?${new URLSearchParams({ folder, version: String(version) })}`);
  }

  /**
   * @param {string} folder
   * @param {GalleryEntry} entry with the caption that is replaced
   * @param {string} caption
   * @returns {Promise<string>} the caption as it was written
   * @throws {Error} in the server's words
   */
  async write(folder, { key, caption: before }, caption) {
    const answer = await ask(this.api, `${CAPTIONS}/${key}`, post({ folder, before, caption }));
    return /** @type {{caption: string}} */ (answer).caption;
  }
}
