// @ts-check
/** Mouse and wheel over a chart: what the canvas reacts to, and what stays in the chart. */

/** @typedef {import("../types.d.ts").Canvas} Canvas */

const LEFT = 0;
const MIDDLE = 1;
const MIDDLE_HELD = 4;

/**
 * Keeps zooming and panning alive while the pointer is over an element in front of the canvas.
 *
 * @param {HTMLElement} element
 * @param {() => Canvas} canvas
 */
export function passToCanvas(element, canvas) {
  // A node of the Vue renderer passes on by itself what its elements let through; in App mode there is no canvas behind.
  const target = () => (element.closest(".dom-widget") && !element.closest(".lg-node") ? canvas() : null);
  element.addEventListener("wheel", (event) => target()?.processMouseWheel(event), { passive: false });
  element.addEventListener("pointerdown", (event) => {
    if (event.button === MIDDLE) target()?.processMouseDown(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (event.buttons & MIDDLE_HELD) target()?.processMouseMove(event);
  });
  element.addEventListener("pointerup", (event) => {
    if (event.button === MIDDLE) target()?.processMouseUp(event);
  });
}

/**
 * Keeps a press of the left button on an element from dragging or selecting the node.
 *
 * @param {Element} element
 */
export function keepPresses(element) {
  element.addEventListener("pointerdown", (event) => {
    if (/** @type {PointerEvent} */ (event).button === LEFT) event.stopPropagation();
  });
}

/**
 * Lets the parts of charts scroll; call it once. It hears of the wheel before anyone else: newer Vue renderers zoom by
 * it over every node, unless something in the part has the focus.
 */
export function keepScrolling() {
  window.addEventListener(
    "wheel",
    (event) => {
      const part = findScrollable(event);
      if (!part) return;
      event.stopPropagation();
      // A plain wheel turns vertically only; the strip of previews is horizontal.
      if (!event.deltaX && part.scrollHeight <= part.clientHeight) part.scrollLeft += event.deltaY;
    },
    { capture: true, passive: true },
  );
}

/**
 * The part of a chart under the pointer that the wheel can scroll, if there is one.
 *
 * @param {WheelEvent} event
 */
function findScrollable(event) {
  if (event.ctrlKey || event.metaKey || !(event.target instanceof Element)) return null;
  const part = event.target.closest(".lora-atelier-chart [data-capture-wheel]");
  if (!part) return null;
  return part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight ? part : null;
}
