// @ts-check
/** The curves with their crosshair, for pointer and keyboard. */

import { keepPresses } from "./canvas_input.js";
import { drawChart, heightsAt } from "./draw.js";
import { html, svg } from "./elements.js";
import { layOutFrame } from "./frame.js";
import { clamp, findNearest } from "./scales.js";
import { WHOLE } from "./subject.js";
import { Tooltip } from "./tooltip.js";
import { checkpointEpochs, epochNear, mainCurve } from "./view.js";
import { describeChart, describeClick, describeReadings } from "./words.js";

/** @typedef {import("./frame.js").Frame} Frame */
/** @typedef {import("./run_view.d.ts").RunView} RunView */
/** @typedef {import("./run_view.d.ts").Weights} Weights */
/** @typedef {import("./subject.js").Subject} Subject */

/** From how far (in pixels) an epoch with a checkpoint attracts the crosshair. */
const REACH = 9;
/** How far (in pixels) the pointer may move between press and release of a click. */
const CLICK_RADIUS = 5;
/** Below this width or height (in pixels) nothing is drawn. */
const LEAST_SIZE = 60;

/**
 * @typedef {object} PlotListener
 * @property {((epoch: number) => void) | null} onChoose an epoch with a checkpoint was chosen; null where none can be
 * @property {() => Weights | "best"} allowedWeights the weights that may be chosen
 * @property {(epoch: number | null) => void} onPoint the crosshair moved; without one, the picked epoch is meant
 */

export class Plot {
  /**
   * @param {PlotListener} listener
   * @param {Subject} [subject]
   */
  constructor(listener, subject = WHOLE) {
    this.listener = listener;
    this.subject = subject;
    this.layers = svg("g");
    this.crosshair = svg("g", { class: "la-crosshair" });
    this.svg = svg("svg", { class: "la-plot", role: "slider", tabindex: 0 }, this.layers, this.crosshair);
    /** To be placed where it hides no curve. */
    this.tooltip = new Tooltip();
    this.element = html("div", { class: "la-plot-area" }, this.svg);
    /** @type {RunView | null} */
    this.view = null;
    /** @type {Frame | null} */
    this.frame = null;
    /** @type {number | null} under the crosshair */
    this.epoch = null;
    /** @type {[number, number] | null} where the left button went down */
    this.pressed = null;
    this.width = 0;
    this.height = 0;
    if (listener.onChoose) this.element.classList.add("la-pickable");
    this.listen();
    new ResizeObserver(() => this.resize()).observe(this.element);
  }

  /** @param {RunView} view */
  show(view) {
    if (view.run !== this.view?.run) this.epoch = null;
    this.view = view;
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
    this.describe();
    if (!this.view || this.width < LEAST_SIZE || this.height < LEAST_SIZE) return;
    this.frame = layOutFrame(this.view, this.width, this.height, this.subject);
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.layers.replaceChildren(...drawChart(this.view, this.frame, this.kept, this.subject));
    this.pointAt(this.epoch);
  }

  /** The epochs that can be chosen here. */
  get kept() {
    return this.view && this.listener.onChoose ? checkpointEpochs(this.view, this.listener.allowedWeights()) : [];
  }

  listen() {
    keepPresses(this.svg);
    this.svg.addEventListener("pointermove", (event) => this.pointAt(this.epochUnder(event)));
    this.svg.addEventListener("pointerleave", () => this.pointAt(null));
    this.svg.addEventListener("blur", () => this.pointAt(null));
    this.svg.addEventListener("pointerdown", (event) => {
      if (event.button === 0) this.pressed = [event.clientX, event.clientY];
    });
    // Not "click": ComfyUI looks for changes to undo on mouseup, which comes before it.
    this.svg.addEventListener("pointerup", (event) => this.release(event));
    this.svg.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.handleKey(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  /** @param {PointerEvent} event */
  release(event) {
    const [x, y] = this.pressed ?? [Infinity, Infinity];
    this.pressed = null;
    if (event.button !== 0 || Math.hypot(event.clientX - x, event.clientY - y) > CLICK_RADIUS) return;
    this.pointAt(this.epochUnder(event));
    this.choose();
  }

  /**
   * @param {string} key
   * @returns {boolean} whether the key was used up
   */
  handleKey(key) {
    const epochs = this.view ? mainCurve(this.view).epoch : [];
    const last = epochs.length - 1;
    if (last < 0) return false;
    const here = this.epoch ?? this.view?.selection?.epoch;
    const index = here === undefined ? last : Math.max(0, epochs.findLastIndex((epoch) => epoch <= here));
    /** @type {Record<string, number>} */
    const moves = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: last };
    if (key in moves) {
      this.pointAt(epochs[clamp(moves[key], 0, last)]);
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
    const [origin, next] = [this.frame.x(0), this.frame.x(1)];
    return epochNear(this.view, (x - origin) / (next - origin), this.kept, REACH / (next - origin));
  }

  /** Chooses the epoch under the crosshair, or the nearest one with a checkpoint. */
  choose() {
    const { kept } = this;
    if (this.epoch !== null && kept.length) this.listener.onChoose?.(kept[findNearest(kept, this.epoch)]);
  }

  /** @param {number | null} epoch */
  pointAt(epoch) {
    this.epoch = epoch;
    this.crosshair.replaceChildren();
    this.tooltip.hide();
    this.listener.onPoint(epoch ?? this.view?.selection?.epoch ?? null);
    this.describe();
    if (epoch === null || !this.view || !this.frame) return;
    const { top, bottom } = this.frame;
    const x = this.frame.x(epoch);
    this.crosshair.append(svg("path", { d: `M${x} ${top}V${bottom}` }));
    const heights = heightsAt(this.view, epoch, this.frame, this.subject);
    heights.forEach((y, index) => this.crosshair.append(svg("circle", { cx: x, cy: y, r: index ? 2.5 : 3.5 })));
    const { kept } = this;
    this.svg.classList.toggle("la-choosable", kept.length > 0);
    this.tooltip.show(this.view, epoch, this.listener.onChoose ? describeClick(kept, epoch) : "");
  }

  /** Tells those who cannot see it what the chart shows, and what it says of the epoch that it stands at. */
  describe() {
    if (!this.view) return;
    const { epoch: epochs } = mainCurve(this.view);
    const here = this.epoch ?? this.view.selection?.epoch ?? epochs.at(-1) ?? 0;
    const attributes = {
      "aria-label": describeChart(this.view),
      "aria-valuemin": epochs[0] ?? 0,
      "aria-valuemax": epochs.at(-1) ?? 0,
      "aria-valuenow": here,
      "aria-valuetext": describeReadings(this.view, here),
    };
    for (const [name, value] of Object.entries(attributes)) this.svg.setAttribute(name, String(value));
  }
}
