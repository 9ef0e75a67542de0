// @ts-check
/** The curve with its crosshair, for pointer and keyboard. */

import { nearest } from "./curves.js";
import { draw, heightsAt } from "./draw.js";
import { html, svg } from "./elements.js";
import { frame } from "./frame.js";
import { choosable, epochNear, mainCurve } from "./view.js";
import { description, invitation, readings } from "./words.js";

/** @typedef {import("./frame.js").Frame} Frame */
/** @typedef {import("./view.js").RunView} RunView */
/** @typedef {import("./view.js").Weights} Weights */

/** How near (in pixels) an epoch with a checkpoint has to be to draw the crosshair to itself. */
const REACH = 9;
/** How far (in pixels) the pointer may move between press and release of a click. */
const STILL = 5;

/**
 * @typedef {object} PlotListener
 * @property {((epoch: number) => void) | null} choose takes an epoch with a checkpoint; null where none can be chosen
 * @property {() => Weights | "best"} weights which of them may be chosen
 * @property {(epoch: number | null) => void} point told which epoch is looked at: under the crosshair, else the picked one
 */

export class Plot {
  /** @param {PlotListener} listener */
  constructor(listener) {
    this.listener = listener;
    this.layers = svg("g");
    this.crosshair = svg("g", { class: "la-crosshair" });
    this.svg = svg("svg", { class: "la-plot", role: "img", tabindex: 0 }, this.layers, this.crosshair);
    this.tooltip = html("div", { class: "la-tooltip", role: "status", hidden: "" });
    this.element = html("div", { class: "la-plot-area" }, this.svg, this.tooltip);
    /** @type {RunView | null} */
    this.view = null;
    /** @type {Frame | null} */
    this.frame = null;
    /** @type {number | null} */
    this.epoch = null;
    /** @type {[number, number] | null} */
    this.pressed = null;
    this.width = 0;
    this.height = 0;
    if (listener.choose) this.element.classList.add("la-pickable");
    this.listen();
    new ResizeObserver(() => this.resize()).observe(this.element);
  }

  /** @param {RunView} view */
  show(view) {
    this.view = view;
    this.svg.setAttribute("aria-label", description(view));
    this.redraw();
  }

  resize() {
    const { clientWidth, clientHeight } = this.element;
    if (clientWidth === this.width && clientHeight === this.height) return;
    this.width = clientWidth;
    this.height = clientHeight;
    this.redraw();
  }

  redraw() {
    if (!this.view || this.width < 60 || this.height < 60) return;
    this.frame = frame(this.view, this.width, this.height);
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.layers.replaceChildren(...draw(this.view, this.frame, this.kept));
    this.pointAt(this.epoch);
  }

  /** The epochs that can be chosen here. */
  get kept() {
    return this.view && this.listener.choose ? choosable(this.view, this.listener.weights()) : [];
  }

  listen() {
    this.svg.addEventListener("pointermove", (event) => this.pointAt(this.epochUnder(event)));
    this.svg.addEventListener("pointerleave", () => this.pointAt(null));
    this.svg.addEventListener("blur", () => this.pointAt(null));
    this.svg.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      // The node would be dragged along otherwise.
      event.stopPropagation();
      this.pressed = [event.clientX, event.clientY];
    });
    // Not "click": ComfyUI looks for changes to undo on mouseup, which comes before it.
    this.svg.addEventListener("pointerup", (event) => {
      const [x, y] = this.pressed ?? [Infinity, Infinity];
      this.pressed = null;
      if (event.button !== 0 || Math.hypot(event.clientX - x, event.clientY - y) > STILL) return;
      this.pointAt(this.epochUnder(event));
      this.choose();
    });
    this.svg.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.press(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  /**
   * @param {string} key
   * @returns {boolean} whether the key means anything here
   */
  press(key) {
    const epochs = this.view ? mainCurve(this.view).epoch : [];
    const last = epochs.length - 1;
    if (last < 0) return false;
    const here = this.epoch ?? this.view?.selection?.epoch;
    const index = here === undefined ? last : Math.max(0, epochs.findLastIndex((epoch) => epoch <= here));
    /** @type {Record<string, number>} */
    const moves = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: last };
    if (key in moves) {
      this.pointAt(epochs[Math.min(Math.max(moves[key], 0), last)]);
      return true;
    }
    if (key === "Escape") this.pointAt(null);
    if (key === "Enter" || key === " ") this.choose();
    return key === "Enter" || key === " ";
  }

  /** @param {MouseEvent} event */
  epochUnder(event) {
    if (!this.view || !this.frame) return null;
    const box = this.svg.getBoundingClientRect();
    // The graph may be zoomed: the box is in screen pixels, the frame in the node's own.
    const x = ((event.clientX - box.left) * this.width) / box.width;
    const [first, second] = [this.frame.x(0), this.frame.x(1)];
    return epochNear(this.view, (x - first) / (second - first), this.kept, REACH / (second - first));
  }

  /** Chooses what is looked at, or the nearest epoch with a checkpoint. */
  choose() {
    const { kept } = this;
    if (this.epoch !== null && kept.length) this.listener.choose?.(kept[nearest(kept, this.epoch)]);
  }

  /** @param {number | null} epoch */
  pointAt(epoch) {
    this.epoch = epoch;
    this.crosshair.replaceChildren();
    this.tooltip.hidden = epoch === null;
    this.listener.point(epoch ?? this.view?.selection?.epoch ?? null);
    if (epoch === null || !this.view || !this.frame) return;
    const { top, bottom } = this.frame;
    const x = this.frame.x(epoch);
    this.crosshair.append(svg("path", { d: `M${x} ${top}V${bottom}` }));
    const heights = heightsAt(this.view, epoch, this.frame);
    heights.forEach((y, index) => this.crosshair.append(svg("circle", { cx: x, cy: y, r: index ? 2.5 : 3.5 })));
    this.fillTooltip(this.view, epoch);
    this.placeTooltip(x, heights[0] ?? top);
  }

  /**
   * @param {RunView} view
   * @param {number} epoch
   */
  fillTooltip(view, epoch) {
    const title = html("strong", {}, epoch === 0 ? "No LoRA" : `Epoch ${epoch}`);
    const rows = readings(view, epoch);
    const compared = rows.some((row) => row.length > 2);
    this.tooltip.classList.toggle("la-compared", compared);
    this.tooltip.replaceChildren(
      compared ? html("div", { class: "la-reading" }, title, html("span", {}, "against no LoRA")) : title,
      ...rows.map((row) => html("div", { class: "la-reading" }, ...row.map((word) => html("span", {}, word)))),
    );
    if (!this.listener.choose) return;
    const { kept } = this;
    this.tooltip.append(html("em", {}, invitation(kept, epoch)));
    this.svg.classList.toggle("la-choosable", kept.length > 0);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  placeTooltip(x, y) {
    const { offsetWidth, offsetHeight } = this.tooltip;
    const toTheRight = x + 12 + offsetWidth < this.width || x < this.width / 2;
    const beside = toTheRight ? x + 12 : x - 12 - offsetWidth;
    const left = Math.min(Math.max(beside, 0), Math.max(this.width - offsetWidth, 0));
    const top = Math.min(Math.max(y - offsetHeight / 2, 0), Math.max(this.height - offsetHeight, 0));
    this.tooltip.style.transform = `translate(${left}px, ${top}px)`;
  }
}
