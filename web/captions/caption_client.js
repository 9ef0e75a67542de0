// @ts-check
/** Asks the server for the captions of a folder, and writes corrected ones. Does nothing on import. */

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
    return /** @type {Promise<Entry[]>} */ (this.ask(`${ROUTE}?folder=${encodeURIComponent(folder)}`));
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
    const options = {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ folder, before, caption }),
    };
    const answer = await this.ask(`${ROUTE}/${key}`, options);
    return /** @type {{caption: string}} */ (answer).caption;
  }

  /**
   * @param {string} route
   * @param {RequestInit} [options]
   * @returns {Promise<unknown>}
   */
  async ask(route, options) {
    const response = await this.api.fetchApi(route, options);
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error ?? `The server answered ${response.status}.`);
    return answer;
  }
}
