// @ts-check
/** The example workflows' texts in the chosen language: notes, groups, an app's inputs. Does nothing on import. */

import { sayLine } from "./chart/language.js";
import { namesPack } from "./node_ids.js";

/** @typedef {{label?: unknown}} Slot */
/** @typedef {{type?: string, title?: unknown, inputs?: Slot[], widgets_values?: unknown, properties?: Record<string, unknown>}} SavedNode */
/** @typedef {{nodes?: SavedNode[], groups?: {title?: unknown}[]}} SavedGraph */

/**
 * Before a workflow is opened, so that its text is not a change to it.
 *
 * @template Workflow
 * @param {Workflow} workflow perhaps with notes
 * @returns {Workflow} the same, or a copy with other texts in its notes and, if the pack is in it, at groups and inputs
 */
export function translateNotes(workflow) {
  const { nodes, groups } = /** @type {SavedGraph} */ (workflow ?? {});
  if (!Array.isArray(nodes)) return workflow;
  const noted = changed(nodes, translateNote);
  const ours = nodes.some((node) => node && namesPack(node));
  const labelled = ours ? changed(noted, translateLabels) : noted;
  const titled = ours && Array.isArray(groups) ? changed(groups, translateTitle) : groups;
  if (labelled === nodes && titled === groups) return workflow;
  return { ...workflow, nodes: labelled, ...(titled === groups ? {} : { groups: titled }) };
}

/**
 * @template Item
 * @param {Item[]} items
 * @param {(item: Item) => Item} change gives the item itself if there is nothing to change
 * @returns {Item[]} the list itself if nothing has changed
 */
function changed(items, change) {
  const others = items.map(change);
  return others.every((item, index) => item === items[index]) ? items : others;
}

/**
 * @param {SavedNode} node
 * @returns {SavedNode}
 */
function translateNote(node) {
  const values = node?.widgets_values;
  if (node?.type !== "MarkdownNote" || !Array.isArray(values) || typeof values[0] !== "string") return node;
  const text = values[0].split("\n").map(sayLine).join("\n");
  return text === values[0] ? node : translateTitle({ ...node, widgets_values: [text, ...values.slice(1)] });
}

/**
 * @param {SavedNode} node
 * @returns {SavedNode}
 */
function translateLabels(node) {
  if (!Array.isArray(node?.inputs)) return node;
  const inputs = changed(node.inputs, (slot) => {
    const label = typeof slot?.label === "string" ? sayLine(slot.label) : slot?.label;
    return label === slot?.label ? slot : { ...slot, label };
  });
  return inputs === node.inputs ? node : { ...node, inputs };
}

/**
 * @template {{title?: unknown}} Titled
 * @param {Titled} item
 * @returns {Titled}
 */
function translateTitle(item) {
  const title = typeof item?.title === "string" ? sayLine(item.title) : item?.title;
  return title === item?.title ? item : { ...item, title };
}
