// @ts-check
/** New nodes as one change to undo. */

/** @typedef {import("../types.d.ts").Canvas} Canvas */

/** Milliseconds after which the Vue renderer has measured new nodes, and their charts have been laid out. */
const MEASURING = 1000;
/** What may come to undo the change, or to make another. */
const NEXT_ACTIONS = /** @type {const} */ (["keydown", "pointerdown"]);

/**
 * Makes nodes as one change to undo. The Vue renderer sets their sizes after it has drawn them, which ComfyUI would
 * take for a change of its own: so this one ends a while later, or just before the user does anything else.
 *
 * @template Made
 * @param {Canvas} canvas
 * @param {() => Made} make
 * @returns {Made}
 */
export function asOneChange(canvas, make) {
  canvas.emitBeforeChange();
  try {
    return make();
  } finally {
    canvas.setDirty(true, true);
    later(() => canvas.emitAfterChange());
  }
}

/** @param {() => void} end is called once */
function later(end) {
  const timer = setTimeout(finish, MEASURING);
  for (const action of NEXT_ACTIONS) window.addEventListener(action, finish, { capture: true });
  function finish() {
    clearTimeout(timer);
    for (const action of NEXT_ACTIONS) window.removeEventListener(action, finish, { capture: true });
    end();
  }
}
