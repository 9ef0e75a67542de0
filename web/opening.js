// @ts-check
/** Where the canvas stands when an example is opened. Does nothing on import. */

import { namesPack } from "./node_ids.js";

/** @typedef {{scale: number, offset: ArrayLike<number>}} Place */
/** @typedef {{ds: {scale: number, offset: ArrayLike<number>}, setDirty: (front: boolean, back: boolean) => void}} Canvas */

/**
 * Lets an example of the pack stand where it was saved, with its first groups in sight. Newer front ends fit all of a
 * template into the window, and then draw no text.
 *
 * @param {unknown} workflow that was opened
 * @param {unknown} options with which it was opened
 * @param {Canvas} canvas
 */
export function standWhereSaved(workflow, options, canvas) {
  const { nodes, extra } = /** @type {{nodes?: unknown, extra?: {ds?: Place}}} */ (workflow ?? {});
  const { openSource } = /** @type {{openSource?: string}} */ (options ?? {});
  if (openSource !== "template" || !extra?.ds || !Array.isArray(nodes) || !nodes.some(namesPack)) return;
  canvas.ds.scale = extra.ds.scale;
  canvas.ds.offset = [extra.ds.offset[0], extra.ds.offset[1]];
  canvas.setDirty(true, true);
}
