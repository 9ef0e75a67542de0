// @ts-check
/** The pack's routes (nodes/host/routes.py) for the browser. */

import { ask, post } from "./ask.js";

/** @typedef {import("../types.d.ts").Api} Api */
/** @typedef {import("./picker.js").Query} Query */
/** @typedef {import("./run_view.d.ts").Preview} Preview */
/** @typedef {import("./run_view.d.ts").RunView} RunView */

/** What a new CheckpointPicker asks for. */
export const USUAL_QUERY = /** @type {const} */ ({ rule: "lowest", weights: "best" });

const ROUTE = "/lora_atelier/runs";

export class RunClient {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
    /** @type {Map<string, Promise<RunView>>} what was asked for just now: the charts of a run ask for the same */
    this.asked = new Map();
  }

  /**
   * A run's view, with the checkpoint that the query picks.
   *
   * @param {string} run
   * @param {Query} query
   * @returns {Promise<RunView>} rejected with the server's words if there is none
   */
  view(run, query) {
    const parameters = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    const address = `${ROUTE}/${encodeURIComponent(run)}?${parameters}`;
    const answer = this.asked.get(address) ?? /** @type {Promise<RunView>} */ (ask(this.api, address));
    this.asked.set(address, answer);
    queueMicrotask(() => this.asked.delete(address)); // a later request may find a run that has gone on
    return answer;
  }

  /**
   * Ends the training of a run where it is.
   *
   * @param {string} run
   * @returns {Promise<void>} rejected with the server's words if it does not train
   */
  async stop(run) {
    await ask(this.api, `${ROUTE}/${encodeURIComponent(run)}/stop`, post({}));
  }

  /**
   * Where a preview is; its time is part of it, since browsers keep what they once got from an address.
   *
   * @param {string} run
   * @param {Preview} preview
   */
  previewAddress(run, { file, made }) {
    return this.api.apiURL(`${ROUTE}/${encodeURIComponent(run)}/previews/${encodeURIComponent(file)}?made=${made}`);
  }
}
