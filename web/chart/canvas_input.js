// @ts-check
/** Zooming and panning go on when the pointer is over an element that stands in front of the canvas. */

/** @typedef {import("../types.d.ts").Canvas} Canvas */

const MIDDLE = 1;
const MIDDLE_HELD = 4;

/**
 * @param {HTMLElement} element
 * @param {() => Canvas} canvas
 */
export function passOn(element, canvas) {
  // A node of the Vue renderer hands on by itself what its elements let through.
  const behind = () => (element.closest(".lg-node") ? null : canvas());
  element.addEventListener(
    "wheel",
    (event) => {
      if (scrolls(event, element)) event.stopPropagation();
      else behind()?.processMouseWheel(event);
    },
    { passive: false },
  );
  element.addEventListener("pointerdown", (event) => {
    if (event.button === MIDDLE) behind()?.processMouseDown(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (event.buttons & MIDDLE_HELD) behind()?.processMouseMove(event);
  });
  element.addEventListener("pointerup", (event) => {
    if (event.button === MIDDLE) behind()?.processMouseUp(event);
  });
}

/**
 * Whether something between the pointer and `outermost` scrolls by a turn of the wheel.
 *
 * @param {WheelEvent} event
 * @param {HTMLElement} outermost
 */
function scrolls(event, outermost) {
  if (event.ctrlKey || event.metaKey) return false;
  let element = event.target instanceof Element ? event.target : null;
  for (; element && element !== outermost; element = element.parentElement) {
    if (!element.hasAttribute("data-capture-wheel")) continue;
    if (element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight) return true;
  }
  return false;
}
