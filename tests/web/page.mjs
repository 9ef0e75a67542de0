/** A page for the tests: jsdom's, with the sizes that jsdom leaves out as it lays nothing out. */

import { createRequire } from "node:module";

const { JSDOM } = createRequire(import.meta.url)("jsdom");
const { window } = new JSDOM("<!doctype html>");

/** @type {WeakMap<Element, {left: number, top: number, width: number, height: number}>} */
const boxes = new WeakMap();
/** @type {{callback: () => void, element: Element}[]} */
const observed = [];

class ResizeObserver {
  constructor(callback) {
    this.callback = callback;
  }

  observe(element) {
    observed.push({ callback: this.callback, element });
  }
}

/** Gives an element its place and size in pixels, and tells who observes it. */
export function lay(element, { left = 0, top = 0, width = 0, height = 0 }) {
  boxes.set(element, { left, top, width, height });
  for (const each of observed) if (each.element === element) each.callback();
}

const SIZES = {
  clientWidth: "width",
  clientHeight: "height",
  offsetWidth: "width",
  offsetHeight: "height",
  scrollWidth: "width",
  scrollHeight: "height",
  offsetLeft: "left",
};
for (const [property, side] of Object.entries(SIZES)) {
  const owner = property.startsWith("offset") ? window.HTMLElement : window.Element;
  Object.defineProperty(owner.prototype, property, {
    configurable: true,
    get() {
      return boxes.get(this)?.[side] ?? 0;
    },
  });
}
window.Element.prototype.getBoundingClientRect = function getBoundingClientRect() {
  return boxes.get(this) ?? { left: 0, top: 0, width: 0, height: 0 };
};

/** jsdom has no popovers. */
const open = new WeakSet();
const { matches } = window.Element.prototype;
window.Element.prototype.matches = function (selector) {
  return selector === ":popover-open" ? open.has(this) : matches.call(this, selector);
};
window.HTMLElement.prototype.showPopover = function () {
  if (open.has(this)) throw new Error("It is open already.");
  open.add(this);
};
window.HTMLElement.prototype.hidePopover = function () {
  open.delete(this);
};

const { document, Element, HTMLElement, Node } = window;
Object.assign(globalThis, { window, document, Element, HTMLElement, Node, ResizeObserver });

/** Puts an element on the page, alone. */
export function place(element) {
  document.body.replaceChildren(element);
  return element;
}

/** What the pointer does to an element, as a mouse event, which jsdom knows; whether it reached the page behind. */
export function point(element, type, { x = 0, y = 0, button = 0 } = {}) {
  const event = new window.MouseEvent(type, { bubbles: true, clientX: x, clientY: y, button });
  return reaches(element, event);
}

/** A press of a key in an element; whether it reached the page behind. */
export function press(element, key, modifiers = {}) {
  return reaches(element, new window.KeyboardEvent("keydown", { bubbles: true, cancelable: true, key, ...modifiers }));
}

/** The user chooses an option of a list. */
export function choose(select, value) {
  select.value = value;
  select.dispatchEvent(new window.Event("change", { bubbles: true }));
}

function reaches(element, event) {
  let reached = false;
  const hear = () => {
    reached = true;
  };
  document.body.addEventListener(event.type, hear);
  element.dispatchEvent(event);
  document.body.removeEventListener(event.type, hear);
  return reached;
}

/** Whether two lists hold the very same elements; assert.deepEqual is content with equal ones. */
export function areSame(found, expected) {
  return found.length === expected.length && found.every((element, index) => element === expected[index]);
}

/** The text of each element that a selector finds. */
export function texts(element, selector) {
  return [...element.querySelectorAll(selector)].map((found) => found.textContent);
}
