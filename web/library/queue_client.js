// @ts-check
/** The queue's routes (nodes/host/queue_routes.py) for the browser. Does nothing on import. */

import { ask, post } from "../chart/ask.js";
import { translate } from "../chart/translate.js";

/** @typedef {import("../types.d.ts").Api} Api */
/** @typedef {import("./library.d.ts").QueueListing} QueueListing */
/** @typedef {{graph: unknown, workflow: unknown, client: string}} Addition what ComfyUI's own queue would get */

const ROUTE = "/lora_atelier/queue";

/** Every request rejects with the server's words if it is refused. */
export class QueueClient {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
  }

  /** @returns {Promise<QueueListing>} with its sentences in the user's language */
  async list() {
    const listing = /** @type {QueueListing} */ (await ask(this.api, ROUTE));
    const trainings = listing.trainings.map((each) => ({ ...each, reason: translateFailure(each.reason) }));
    return { ...listing, trainings, problems: listing.problems.map(translate) };
  }

  /**
   * @param {Addition} addition
   * @returns {Promise<string>} the id of the entry, which is that of its prompt too
   */
  async add({ graph, workflow, client }) {
    const sent = post({ graph: JSON.stringify(graph), workflow: JSON.stringify(workflow), client });
    return /** @type {{id: string}} */ (await ask(this.api, ROUTE, sent)).id;
  }

  /** @param {boolean} going */
  async go(going) {
    await ask(this.api, `${ROUTE}/going`, post({ going: going ? "yes" : "no" }));
  }

  /** @param {boolean} restarts */
  async goOnAfterRestarts(restarts) {
    await ask(this.api, `${ROUTE}/restarts`, post({ restarts: restarts ? "yes" : "no" }));
  }

  /**
   * @param {string} id
   * @param {string} before id of the entry that comes after it; empty for the last place
   */
  async move(id, before) {
    await ask(this.api, `${routeOf(id)}/move`, post({ before }));
  }

  /** @param {string} id */
  async remove(id) {
    await ask(this.api, `${routeOf(id)}/remove`, post({}));
  }

  /** @param {string} id */
  async again(id) {
    await ask(this.api, `${routeOf(id)}/again`, post({}));
  }

  /** @param {string} id */
  async workflow(id) {
    return ask(this.api, `${routeOf(id)}/workflow`);
  }
}

/**
 * @param {string} reason why a training failed: a sentence, mostly behind the name of the node that says it
 */
function translateFailure(reason) {
  const [node, ...words] = reason.split(": ");
  const whole = translate(reason);
  return whole === reason && words.length ? `${node}: ${translate(words.join(": "))}` : whole;
}

/** @param {string} id */
function routeOf(id) {
  return `${ROUTE}/${encodeURIComponent(id)}`;
}
