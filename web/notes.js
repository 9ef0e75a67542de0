// @ts-check
/** The notes of the example workflows in the chosen language. Does nothing on import. */

import { sayLine } from "./chart/language.js";

/** @typedef {{type?: string, widgets_values?: unknown}} SavedNode */

/**
 * Before a workflow is opened, so that its text is not a change to it.
 *
 * @template Workflow
 * @param {Workflow} workflow perhaps with notes
 * @returns {Workflow} the same, or a copy with other texts in its notes
 */
export function translateNotes(workflow) {
  const { nodes } = /** @type {{nodes?: SavedNode[]}} */ (workflow ?? {});
  if (!Array.isArray(nodes)) return workflow;
  const translated = nodes.map(translateNote);
  return translated.every((node, index) => node === nodes[index]) ? workflow : { ...workflow, nodes: translated };
}

/**
 * @param {SavedNode} node
 * @returns {SavedNode}
 */
function translateNote(node) {
  const values = node?.widgets_values;
  if (node?.type !== "MarkdownNote" || !Array.isArray(values) || typeof values[0] !== "string") return node;
  const text = values[0].split("\n").map(sayLine).join("\n");
  return text === values[0] ? node : { ...node, widgets_values: [text, ...values.slice(1)] };
}
