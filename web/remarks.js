// @ts-check
/** What a node has to say, mostly about its inputs, as a line or two below its widgets. Does nothing on import. */

import { html } from "./chart/elements.js";
import { chain } from "./chart/litegraph.js";
import { translate } from "./chart/translate.js";

/** @typedef {import("./types.d.ts").ChartNode} ChartNode */

/** Milliseconds that a renderer takes to follow the graph. */
const RENDERING = 200;
const LINE_HEIGHT = 17;
/** Lines that a node makes room for; the others are scrolled to. */
const MOST_LINES = 12;
/** Letters that fit into a line of 220 pixels. */
const LINE_LENGTH = 34;

/** @typedef {{show: (sentences: string[], kind?: "warning" | "plain") => void}} Remarks */

const COLOURS = { warning: "#f0a030", plain: "var(--fg-color, #ddd)" };

/**
 * Shows the texts of each execution in the node until the next one has others or none.
 *
 * @param {ChartNode} node
 * @returns {Remarks} to show others
 */
export function showRemarks(node) {
  /** @type {HTMLElement | null} */
  let element = null;
  /** @type {Remarks["show"]} */
  function show(sentences, kind = "warning") {
    if (!element && !sentences.length) return;
    element ??= addWidget(node);
    element.textContent = sentences.join("\n");
    element.hidden = !sentences.length;
    element.style.color = COLOURS[kind];
    node.setSize([node.size[0], Math.max(node.size[1], node.computeSize()[1])]);
    node.setDirtyCanvas(true, true);
    const shown = element;
    setTimeout(() => mount(node, shown), RENDERING);
  }
  chain(node, "onExecuted", (output) => {
    const sentences = /** @type {{text?: string[]} | null} */ (output)?.text;
    if (Array.isArray(sentences)) show(sentences.map(translate));
  });
  return { show };
}

/**
 * Some Vue renderers no longer notice a new widget once an input of the node was changed: then it is put below the others.
 *
 * @param {ChartNode} node
 * @param {HTMLElement} element
 */
function mount(node, element) {
  if (element.isConnected) return;
  const widgets = document.querySelector(`.lg-node[data-node-id="${node.id}"] .lg-node-widgets`);
  widgets?.append(html("div", { style: "grid-column: 1 / -1; padding-left: 12px" }, element));
}

/**
 * @param {ChartNode} node
 * @returns {HTMLElement} the text
 */
function addWidget(node) {
  const element = document.createElement("div");
  element.className = "lora-atelier-remarks";
  element.style.cssText = `font: 12px/${LINE_HEIGHT}px sans-serif; white-space: pre-line; overflow: auto`;
  element.style.maxHeight = `${MOST_LINES * LINE_HEIGHT}px`;
  const widget = node.addDOMWidget("lora_atelier_remarks", "LORA_ATELIER_REMARKS", element, {
    serialize: false,
    hideOnZoom: false,
    getMinHeight: () => heightOf(element.hidden ? "" : (element.textContent ?? "")),
  });
  widget.serialize = false;
  return element;
}

/** @param {string} text */
export function heightOf(text) {
  const lines = text ? text.split("\n").map((line) => Math.ceil(line.length / LINE_LENGTH)) : [];
  const all = lines.reduce((sum, count) => sum + count, 0);
  return LINE_HEIGHT * Math.min(all, MOST_LINES);
}
