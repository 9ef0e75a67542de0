// @ts-check
/** Several runs in one chart, with a table that tells their losses at the picked epochs or under the pointer. */

import { html, svg } from "../chart/elements.js";
import { clamp, findNearest, isFiniteNumber } from "../chart/scales.js";
import { drawOverlay, layOut } from "./overlay_frame.js";
import { relativeCurve } from "./relative.js";
import { formatChange } from "./words.js";

/** @typedef {import("../chart/run_view.d.ts").RunView} RunView */
/** @typedef {import("./overlay_frame.js").Frame} Frame */
/** @typedef {import("./relative.js").RelativeCurve} RelativeCurve */
/** @typedef {import("./relative.js").Unit} Unit */
/** @typedef {import("./words.js").Words} Words */

/** How much of the axis a press of an arrow key goes along. */
const STEP = 1 / 100;
const LEAST_SIZE = 60;

export class Overlay {
  /** @param {Words} words */
  constructor(words) {
    this.words = words;
    /** @type {RunView[]} */
    this.views = [];
    /** @type {RelativeCurve[]} */
    this.curves = [];
    /** @type {Unit} */
    this.unit = "epochs";
    /** @type {Frame | null} */
    this.frame = null;
    /** Where the crosshair is, in units of the axis. @type {number | null} */
    this.at = null;
    this.layers = svg("g");
    this.crosshair = svg("path", { class: "la-crosshair" });
    this.svg = svg("svg", { tabindex: 0, role: "slider", "aria-label": words.comparison }, this.layers, this.crosshair);
    this.plot = html("div", { class: "la-overlay-plot" }, this.svg);
    this.rows = html("tbody");
    this.missing = html("p", { class: "la-muted" });
    this.element = html(
      "section",
      { class: "la-overlay" },
      this.makeUnits(),
      this.plot,
      this.makeTable(),
      this.missing,
    );
    this.listen();
    new ResizeObserver(() => this.redraw()).observe(this.plot);
  }

  makeUnits() {
    const names = /** @type {[Unit, string][]} */ (Object.entries(this.words.units));
    const buttons = names.map(([unit, name]) => {
      const button = html("button", { type: "button", "aria-pressed": String(unit === this.unit) }, name);
      button.addEventListener("click", () => {
        for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
        this.unit = unit;
        this.at = null;
        this.show(this.views);
      });
      return button;
    });
    return html("div", { class: "la-units", role: "group", "aria-label": this.words.unit }, ...buttons);
  }

  makeTable() {
    const { run, at, loss } = this.words.table;
    const head = html("tr", {}, ...[run, at, loss].map((name) => html("th", { scope: "col" }, name)));
    return html("table", {}, html("thead", {}, head), this.rows);
  }

  /** @param {RunView[]} views */
  show(views) {
    this.views = views;
    const curves = views.map((view) => relativeCurve(view, this.unit));
    this.curves = curves.flatMap((curve) => curve ?? []);
    const missing = views.filter((_, index) => !curves[index]).map(({ run }) => this.words.notMeasured(run));
    this.missing.textContent = missing.join(" ");
    this.redraw();
  }

  redraw() {
    const { clientWidth: width, clientHeight: height } = this.plot;
    this.frame = width < LEAST_SIZE || height < LEAST_SIZE ? null : layOut(this.curves, width, height);
    if (this.frame) {
      const names = { x: this.words.units[this.unit], y: this.words.relative };
      this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      this.layers.replaceChildren(...drawOverlay(this.curves, this.frame, names));
    }
    this.pointAt(this.at);
  }

  listen() {
    this.svg.addEventListener("pointermove", ({ clientX }) => {
      if (!this.frame) return;
      const { left, right, xs } = this.frame;
      const share = (clientX - this.svg.getBoundingClientRect().left - left) / (right - left);
      this.pointAt(xs[0] + clamp(share, 0, 1) * (xs[1] - xs[0]));
    });
    for (const event of ["pointerleave", "blur"]) this.svg.addEventListener(event, () => this.pointAt(null));
    this.svg.addEventListener("keydown", (event) => {
      const [low, high] = this.frame?.xs ?? [0, 0];
      const here = this.at ?? this.curves[0]?.picked ?? low;
      const step = Math.max(1, (high - low) * STEP);
      /** @type {Record<string, number>} */
      const moves = { ArrowLeft: here - step, ArrowRight: here + step, Home: low, End: high };
      if (!(event.key in moves)) return;
      this.pointAt(clamp(moves[event.key], low, high));
      event.preventDefault();
    });
  }

  /** @param {number | null} at null for the picked epochs */
  pointAt(at) {
    this.at = at;
    const { frame } = this;
    const line = at === null || !frame ? "" : `M${frame.x(at)} ${frame.top}V${frame.bottom}`;
    this.crosshair.setAttribute("d", line);
    const readings = this.curves.map((curve) => this.read(curve, at));
    this.rows.replaceChildren(...readings.map((cells, index) => makeRow(cells, index)));
    const [low, high] = frame?.xs ?? [0, 0];
    for (const [name, value] of Object.entries({ min: low, max: high, now: Math.round(at ?? low) })) {
      this.svg.setAttribute(`aria-value${name}`, String(value));
    }
    this.svg.setAttribute("aria-valuetext", readings.map((cells) => cells.join(" ")).join("; "));
  }

  /**
   * @param {RelativeCurve} curve
   * @param {number | null} at
   * @returns {string[]} run, epoch, loss
   */
  read({ run, epochs, xs, change, error, picked }, at) {
    const index =
      at === null ? (picked === null ? epochs.length - 1 : findNearest(epochs, picked)) : findNearest(xs, at);
    const epoch = epochs[index];
    const value = change[index];
    const told = isFiniteNumber(value) ? formatChange(value, error[index] || null) : "";
    return [run, epoch === picked ? this.words.picked(epoch) : String(epoch ?? ""), told];
  }
}

/**
 * @param {string[]} cells
 * @param {number} index
 */
function makeRow([run, epoch, loss], index) {
  const name = html("th", { scope: "row", class: `la-run-${index}` }, run);
  return html("tr", {}, name, html("td", {}, epoch), html("td", {}, loss));
}
