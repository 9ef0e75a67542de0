// @ts-check
/** The pack's routes (nodes/routes.py) for the browser. */

/** @typedef {import("./view.js").RunView} RunView */
/** @typedef {import("../types.d.ts").Api} Api */

const ROUTE = "/lora_atelier/runs";

export class RunClient {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
  }

  /**
   * @param {string} run
   * @param {{rule: string, epoch?: number, weights?: string}} query
   * @returns {Promise<RunView>}
   */
  async view(run, query) {
    const parameters = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    const response = await this.api.fetchApi(`${ROUTE}/${encodeURIComponent(run)}?${parameters}`);
    const answer = await response.json().catch(() => null);
    if (!response.ok) throw new Error(answer?.error ?? `The server could not show the run ${run}.`);
    return answer;
  }

  /**
   * @param {string} run
   * @param {string} file
   */
  previewAddress(run, file) {
    return this.api.apiURL(`${ROUTE}/${encodeURIComponent(run)}/previews/${encodeURIComponent(file)}`);
  }
}
