// @ts-check
/** The box beside the crosshair that tells what was measured at an epoch. */

import { html } from "./elements.js";
import { clamp } from "./scales.js";
import { listReadings } from "./words.js";

/** @typedef {import("./run_view.d.ts").RunView} RunView */

/** Pixels between the crosshair and the box. */
const GAP = 12;

export class Tooltip {
  constructor() {
    this.element = html("div", { class: "la-tooltip", role: "status", hidden: "" });
  }

  hide() {
    this.element.hidden = true;
  }

  /**
   * @param {RunView} view
   * @param {number} epoch
   * @param {string} hint what a click does; empty where it does nothing
   */
  show(view, epoch, hint) {
    const title = html("strong", {}, epoch === 0 ? "No LoRA" : `Epoch ${epoch}`);
    const rows = listReadings(view, epoch);
    const compares = rows.some((row) => row.length > 2);
    this.element.classList.toggle("la-compared", compares);
    this.element.replaceChildren(
      compares ? html("div", { class: "la-reading" }, title, html("span", {}, "against no LoRA")) : title,
      ...rows.map((row) => html("div", { class: "la-reading" }, ...row.map((cell) => html("span", {}, cell)))),
    );
    if (hint) this.element.append(html("em", {}, hint));
    this.element.hidden = false;
  }

  /**
   * Puts the box beside a point, inside an area.
   *
   * @param {{x: number, y: number}} point
   * @param {{width: number, height: number}} area
   */
  place({ x, y }, { width, height }) {
    const { offsetWidth, offsetHeight } = this.element;
    const toTheRight = x + GAP + offsetWidth < width || x < width / 2;
    const left = clamp(toTheRight ? x + GAP : x - GAP - offsetWidth, 0, Math.max(width - offsetWidth, 0));
    const top = clamp(y - offsetHeight / 2, 0, Math.max(height - offsetHeight, 0));
    this.element.style.transform = `translate(${left}px, ${top}px)`;
  }
}
