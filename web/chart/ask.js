// @ts-check
/** Asking the pack's routes. Does nothing on import. */

import { say } from "./language.js";
import { translate } from "./translate.js";

/** @typedef {import("../types.d.ts").Api} Api */

/**
 * @param {Api} api
 * @param {string} route
 * @param {RequestInit} [options]
 * @returns {Promise<unknown>} what the server answers
 * @throws {Error} in the server's words, or their translation; also if the server is away
 */
export async function ask(api, route, options) {
  const response = await api.fetchApi(route, options).catch(() => {
    throw new Error(say("ComfyUI cannot be reached. Its console may say why."));
  });
  const answer = await response.json().catch(() => null);
  if (!response.ok) {
    throw new Error(answer?.error ? translate(answer.error) : say("The server answered {status}.", { status: response.status }));
  }
  return answer;
}

/**
 * What makes a request one that writes.
 *
 * @param {Record<string, string>} body
 * @returns {RequestInit}
 */
export function post(body) {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

/**
 * @param {unknown} error
 * @returns {string} what it says
 */
export function wordsOf(error) {
  return error instanceof Error ? error.message : String(error);
}
