// @ts-check
/** What ComfyUI reports of nodes of ours that refused their inputs or failed, in our own sentences. Pure. */

/** @typedef {{node: string, kind: string, sentence: string}} Failure the node by its execution id and its class */

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

/**
 * @param {ErrorMessage} message
 * @returns {Failure | null} null if it is not an error with a sentence of ours
 */
export function failureOf({ node_id, node_type, exception_type, exception_message }) {
  if (!OURS.test(exception_type)) return null;
  return { node: String(node_id), kind: node_type, sentence: exception_message.trim() };
}

/**
 * @param {NodeErrors | null | undefined} errors
 * @param {(kind: string) => boolean} isOurs whether a class of nodes is the pack's
 * @returns {Failure[]} one for each node of ours that refused its inputs in a sentence
 */
export function refusalsIn(errors, isOurs) {
  return Object.entries(errors ?? {}).flatMap(([node, { class_type: kind, errors: reasons }]) => {
    const told = reasons.find(({ type }) => type === "custom_validation_failed");
    if (!told || !isOurs(kind)) return [];
    // ComfyUI puts the name of the input before it.
    const sentence = String(told.details).replace(`${told.extra_info?.input_name} - `, "");
    return [{ node, kind, sentence }];
  });
}
