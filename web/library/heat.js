// @ts-check
/** The loss of each held-out picture, and at each noise level, by epoch: blue where it fell, red where it rose. */

import { html, svg } from "../chart/elements.js";
import { clamp, extent, isFiniteNumber } from "../chart/scales.js";
import { formatChange } from "./words.js";

/** @typedef {import("./library.d.ts").HeatMap} HeatMap */
/** @typedef {import("./library.d.ts").HeatRow} HeatRow */
/** @typedef {import("./library.d.ts").Weights} Weights */
/** @typedef {import("./library_client.js").LibraryClient} LibraryClient */
/** @typedef {import("./words.js").Words} Words */

/** Shades on either side of no change. */
const SHADES = 5;

export class HeatView {
  /**
   * @param {string} run
   * @param {Words} words
   * @param {LibraryClient} library
   */
  constructor(run, words, library) {
    this.run = run;
    this.words = words;
    this.library = library;
    /** Whose losses are shown. @type {Weights} */
    this.weights = "raw";
    this.reading = html("p", { class: "la-muted la-reading", role: "status" }, words.heat.meaning);
    this.rows = html("div");
    this.picture = html("figure", { class: "la-heat-picture", hidden: "" });
    const summary = html("summary", {}, words.heat.title);
    this.element = html("details", { class: "la-heat" }, summary, this.reading, this.rows, this.picture);
    this.element.addEventListener("toggle", () => void this.load());
  }

  /** Reads the losses anew if they are looked at. */
  async load() {
    if (!this.element.open) return;
    try {
      this.show(await this.library.heat(this.run, this.weights));
    } catch (error) {
      this.reading.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  /** @param {HeatMap} heat */
  show({ epochs, pictures, levels }) {
    const { heat } = this.words;
    const [low, high] = extent(...[...pictures, ...levels].map(({ change }) => change)) ?? [0, 0];
    const most = Math.max(-low, high);
    const make = (/** @type {HeatRow} */ row, /** @type {string} */ name) => this.makeRow(row, name, epochs, most);
    this.rows.replaceChildren(
      html("h3", {}, heat.pictures),
      ...pictures.map((row, index) => make(row, row.name || heat.picture(index + 1))),
      html("h3", {}, heat.levels),
      ...levels.map((row, index) => make(row, heat.level(index + 1, levels.length))),
    );
  }

  /**
   * @param {HeatRow} row
   * @param {string} name
   * @param {number[]} epochs
   * @param {number} most the change of the deepest shade
   */
  makeRow(row, name, epochs, most) {
    const { heat } = this.words;
    const last = row.change.at(-1);
    const label = row.key
      ? html("button", { type: "button", class: "la-heat-name", title: name }, name)
      : html("span", { class: "la-heat-name", title: name }, name);
    if (row.key) label.addEventListener("click", () => this.showPicture(row.key, name));
    const cells = drawCells(row.change, most);
    cells.setAttribute(
      "aria-label",
      isFiniteNumber(last) ? heat.reading(name, epochs.at(-1) ?? 0, formatChange(last)) : name,
    );
    cells.addEventListener("pointermove", ({ clientX }) => {
      const { left, width } = cells.getBoundingClientRect();
      const index = clamp(Math.floor(((clientX - left) / width) * epochs.length), 0, epochs.length - 1);
      const change = row.change[index];
      const told = isFiniteNumber(change) ? formatChange(change) : this.words.nothing;
      this.reading.textContent = heat.reading(name, epochs[index], told);
    });
    cells.addEventListener("pointerleave", () => {
      this.reading.textContent = heat.meaning;
    });
    return html("div", { class: "la-heat-row" }, label, cells);
  }

  /**
   * @param {string} key
   * @param {string} name
   */
  showPicture(key, name) {
    const image = html("img", { src: this.library.pictureAddress(this.run, key), alt: name });
    const caption = html("figcaption", { class: "la-muted" }, name);
    image.addEventListener("error", () => {
      image.hidden = true;
      caption.textContent = `${name}: ${this.words.heat.gone}`;
    });
    this.picture.replaceChildren(image, caption);
    this.picture.hidden = false;
  }
}

/**
 * A row of cells, one path for each shade.
 *
 * @param {readonly (number | null)[]} change
 * @param {number} most
 */
export function drawCells(change, most) {
  /** @type {Map<number, string>} */
  const shades = new Map();
  change.forEach((value, index) => {
    if (!isFiniteNumber(value)) return;
    const shade = most > 0 ? Math.round((value / most) * SHADES) : 0;
    shades.set(shade, `${shades.get(shade) ?? ""}M${index} 0h1v1h-1z`);
  });
  const paths = [...shades].map(([shade, d]) => {
    const kind = shade > 0 ? "la-worse" : "la-better";
    return svg("path", { d, class: kind, style: `--la-share: ${(Math.abs(shade) / SHADES) * 100}%` });
  });
  const viewBox = `0 0 ${Math.max(change.length, 1)} 1`;
  return svg("svg", { class: "la-cells", role: "img", viewBox, preserveAspectRatio: "none" }, ...paths);
}
