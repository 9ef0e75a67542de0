// @ts-check
/** Where the canvas stands when an example is opened. Does nothing on import. */

import { namesPack } from "./node_ids.js";

/** @typedef {{scale: number, offset: ArrayLike<number>}} Place */
/** @typedef {{ds: {scale: number, offset: ArrayLike<number>}, setDirty: (front: boolean, back: boolean) => void}} Canvas */

/** In which newer front ends may still move the view of a workflow that was opened. */
const FRAMES = 10;

/**
 * Lets an example of the pack stand where it was saved, with its first groups in sight. Newer front ends fit all of a
 * template into the window, and then draw no text.
 *
 * @param {unknown} workflow that is about to be opened
 * @param {Canvas} canvas that was cleared for it
 * @param {(callback: () => void) => void} nextFrame
 * @returns {() => void} to be called once it is there: where ComfyUI moves the view, it goes to that place
 */
export function standWhereSaved(workflow, canvas, nextFrame = requestAnimationFrame) {
  const { nodes, extra } = /** @type {{nodes?: unknown, extra?: {ds?: Place}}} */ (workflow ?? {});
  const saved = extra?.ds;
  if (!saved || !Array.isArray(nodes) || !nodes.some(namesPack)) return () => {};
  const before = viewOf(canvas);
  const stand = (frames = FRAMES) => {
    if (viewOf(canvas) === before) {
      if (frames) nextFrame(() => stand(frames - 1));
      return;
    }
    canvas.ds.scale = saved.scale;
    canvas.ds.offset = [saved.offset[0], saved.offset[1]];
    canvas.setDirty(true, true);
  };
  return () => stand();
}

/** @param {Canvas} canvas */
function viewOf({ ds: { scale, offset } }) {
  return String([scale, offset[0], offset[1]]);
}
