// @ts-check
/** Wheel and middle button over a chart: what the canvas would do goes on, what a part of the chart scrolls by stays. */

/** @typedef {import("../types.d.ts").Canvas} Canvas */

const MIDDLE = 1;
const MIDDLE_HELD = 4;

/**
 * Zooming and panning go on when the pointer is over an element that stands in front of the canvas.
 *
 * @param {HTMLElement} element
 * @param {() => Canvas} canvas
 */
export function passOn(element, canvas) {
  // A node of the Vue renderer hands on by itself what its elements let through.
  const behind = () => (element.closest(".lg-node") ? null : canvas());
  element.addEventListener("wheel", (event) => behind()?.processMouseWheel(event), { passive: false });
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
 * Lets the parts of charts scroll; to be called once. It hears of the wheel before anyone else: newer Vue renderers zoom
 * by it above all nodes, unless something in the part has the focus.
 */
export function keepScrolling() {
  window.addEventListener(
    "wheel",
    (event) => {
      const part = scrolledBy(event);
      if (!part) return;
      event.stopPropagation();
      // A plain wheel turns one way only, a strip of pictures lies the other way.
      if (!event.deltaX && part.scrollHeight <= part.clientHeight) part.scrollLeft += event.deltaY;
    },
    { capture: true, passive: true },
  );
}

/**
 * The part of a chart that scrolls by a turn of the wheel, if there is one under the pointer.
 *
 * @param {WheelEvent} event
 */
function scrolledBy(event) {
  if (event.ctrlKey || event.metaKey || !(event.target instanceof Element)) return null;
  const part = event.target.closest(".lora-atelier-chart [data-capture-wheel]");
  if (!part) return null;
  return part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight ? part : null;
}
