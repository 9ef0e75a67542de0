// @ts-check
/** The library's routes (nodes/host/library_routes.py) for the browser. Does nothing on import. */

import { ask, post } from "../chart/ask.js";

/** @typedef {import("../types.d.ts").Api} Api */
/** @typedef {import("./library.d.ts").Comparison} Comparison */
/** @typedef {import("./library.d.ts").Listing} Listing */
/** @typedef {import("./library.d.ts").RunDetails} RunDetails */
/** @typedef {import("./library.d.ts").Weights} Weights */
/** @typedef {{run: string, epoch: number, weights: Weights}} Checkpoint */

const ROUTE = "/lora_atelier";

/** Every request rejects with the server's words if it is refused. */
export class LibraryClient {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
  }

  /**
   * @param {number} since the mark of the answer before; 0 for all runs
   * @returns {Promise<Listing>}
   */
  async list(since) {
    return /** @type {Listing} */ (await ask(this.api, `${ROUTE}/library?since=${since}`));
  }

  /**
   * @param {string} run
   * @returns {Promise<RunDetails>}
   */
  async details(run) {
    return /** @type {RunDetails} */ (await ask(this.api, routeOf(run)));
  }

  /**
   * @param {Checkpoint} one
   * @param {Checkpoint} other
   * @returns {Promise<Comparison>}
   */
  async compare(one, other) {
    const query = new URLSearchParams({ ...named("one", one), ...named("other", other) });
    return /** @type {Comparison} */ (await ask(this.api, `${ROUTE}/difference?${query}`));
  }

  /**
   * @param {string} run
   * @param {string} before the notes that are replaced
   * @param {string} notes
   * @returns {Promise<string>} the notes as they were written
   */
  async writeNotes(run, before, notes) {
    const answer = await ask(this.api, `${routeOf(run)}/notes`, post({ before, notes }));
    return /** @type {{notes: string}} */ (answer).notes;
  }

  /** @param {string} run */
  async delete(run) {
    await ask(this.api, `${routeOf(run)}/delete`, post({ run }));
  }

  /**
   * Where the zip file of a run is.
   *
   * @param {string} run
   */
  bundleAddress(run) {
    return this.api.apiURL(`${routeOf(run)}/bundle`);
  }
}

/** @param {string} run */
function routeOf(run) {
  return `${ROUTE}/library/${encodeURIComponent(run)}`;
}

/**
 * @param {string} side
 * @param {Checkpoint} checkpoint
 */
function named(side, { run, epoch, weights }) {
  return { [side]: run, [`${side}_epoch`]: String(epoch), [`${side}_weights`]: weights };
}
