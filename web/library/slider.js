// @ts-check
/** Two pictures in one place: the left one up to a line, the right one beyond it. */

import { html } from "../chart/elements.js";

/** @typedef {import("./words.js").Words} Words */
/** @typedef {{address: string | null, name: string}} Picture its address is null if there is none */

export class PictureSlider {
  /** @param {Words} words */
  constructor(words) {
    this.words = words;
    this.one = html("img", { class: "la-one", draggable: "false" });
    this.other = html("img", { class: "la-other", draggable: "false" });
    this.line = html("span", { class: "la-line", "aria-hidden": "true" });
    this.range = html("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": words.slide });
    this.names = { one: html("figcaption"), other: html("figcaption") };
    this.frame = html("div", { class: "la-pictures" }, this.other, this.one, this.line, this.range);
    const captions = html("div", { class: "la-captions" }, this.names.one, this.names.other);
    this.element = html("figure", {}, this.frame, captions);
    this.range.addEventListener("input", () => this.place());
    this.place();
  }

  /**
   * @param {Picture} one
   * @param {Picture} other
   */
  show(one, other) {
    this.showSide("one", one);
    this.showSide("other", other);
    this.range.disabled = one.address === null || other.address === null;
  }

  /**
   * @param {"one" | "other"} side
   * @param {Picture} picture
   */
  showSide(side, { address, name }) {
    const image = this[side];
    image.hidden = address === null;
    if (address === null) image.removeAttribute("src");
    else if (image.getAttribute("src") !== address) image.src = address;
    image.alt = name;
    this.names[side].textContent = address === null ? `${name}: ${this.words.noPreview}` : name;
  }

  place() {
    this.frame.style.setProperty("--la-at", `${this.range.value}%`);
  }
}
