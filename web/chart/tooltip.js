// @ts-check
/** The box below the curves that tells what was measured at the epoch under the crosshair. */

import { html } from "./elements.js";
import { say } from "./language.js";
import { describeEpoch, listReadings } from "./words.js";

/** @typedef {import("./run_view.d.ts").RunView} RunView */

export class Tooltip {
  constructor() {
    this.element = html("div", { class: "la-tooltip", hidden: "" });
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
    const rows = listReadings(view, epoch);
    const title = html("div", { class: "la-title" }, html("strong", {}, describeEpoch(epoch)));
    if (rows.some((row) => row.length > 2)) title.append(html("span", {}, say("against no LoRA")));
    if (hint) title.append(html("em", {}, hint));
    this.element.replaceChildren(title, ...rows.map(makeReading));
    this.element.hidden = false;
  }
}

/** @param {string[]} cells */
function makeReading(cells) {
  return html("div", { class: "la-reading" }, ...cells.map((cell) => html("span", {}, cell)));
}
