// @ts-check
/** What ComfyUI reports of nodes of ours that refused their inputs or failed, in our own sentences. Pure. */

import { translate } from "./chart/translate.js";

/**
 * @typedef {object} Failure
 * @property {string} node by its execution id
 * @property {string} kind its class
 * @property {string} sentence in the user's language
 * @property {string} [ending] what makes a run's name one that no run has yet, where that is the way out
 */

/**
 * @typedef {object} ErrorMessage ComfyUI's event execution_error
 * @property {string} prompt_id
 * @property {string | number} node_id
 * @property {string} node_type
 * @property {string} exception_type
 * @property {string} exception_message
 */

/** @typedef {{type: string, details?: string, extra_info?: {input_name?: string}}} Refusal */
/** @typedef {Record<string, {class_type: string, errors: Refusal[]}>} NodeErrors by execution id, of POST /prompt */

/** The module of all errors that the pack raises on purpose, in whatever folder it is installed. */
const OURS = /(^|\.)lora_core\.errors\.\w+$/;

/** How the server refuses the name of a run that exists and was made differently. */
const TAKEN = /^A run named (['\x22])(.+?)\1 exists .* such as (['\x22])\2(-\d+)\3\.$/s;

/**
 * @param {ErrorMessage} message
 * @returns {Failure | null} null if it is not an error with a sentence of ours
 */
export function failureOf({ node_id, node_type, exception_type, exception_message }) {
  if (!OURS.test(exception_type)) return null;
  const english = exception_message.trim();
  const ending = TAKEN.exec(english)?.[4];
  const failure = { node: String(node_id), kind: node_type, sentence: translate(english) };
  return ending ? { ...failure, ending } : failure;
}

/**
 * @param {NodeErrors} errors of nodes of ours
 * @returns {Failure[]} one for each node of ours that refused its inputs in a sentence
 */
export function refusalsIn(errors) {
  return Object.entries(errors).flatMap(([node, { class_type: kind, errors: reasons }]) => {
    const told = reasons.find(({ type }) => type === "custom_validation_failed");
    if (!told) return [];
    // ComfyUI puts the name of the input before it.
    const sentence = String(told.details).replace(`${told.extra_info?.input_name} - `, "");
    return [{ node, kind, sentence: translate(sentence) }];
  });
}
