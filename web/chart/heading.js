// @ts-check
/** The chart's heading: which run it shows, a choice where there are several, and the legend. */

import { keepPresses } from "./canvas_input.js";
import { html, setChildren } from "./elements.js";
import { say } from "./language.js";
import { WHOLE } from "./subject.js";
import { listLegend } from "./words.js";

/** @typedef {import("./run_view.d.ts").RunView} RunView */
/** @typedef {import("./subject.js").Subject} Subject */

/** The most curves whose legend fits on the line of the run's name. */
const SHORT_LEGEND = 3;

export class Heading {
  /**
   * @param {(run: string) => void} onOpenRun another run was chosen
   * @param {Subject} [subject]
   */
  constructor(onOpenRun, subject = WHOLE) {
    this.subject = subject;
    this.name = html("span", { class: "la-run" });
    this.chooser = html("select", { class: "la-runs", "aria-label": say("Run") });
    this.legend = html("span", { class: "la-legend" });
    this.element = html("div", { class: "la-heading" }, this.name, this.legend);
    this.chooser.addEventListener("change", () => onOpenRun(this.chooser.value));
    keepPresses(this.chooser);
  }

  /**
   * @param {RunView} view
   * @param {readonly string[]} runs names of all runs to choose from
   */
  show(view, runs) {
    const entries = listLegend(view, this.subject);
    this.element.classList.toggle("la-many", entries.length > SHORT_LEGEND);
    setChildren(this.legend, ...entries.map(makeLegendEntry));
    this.name.textContent = this.name.title = view.run;
    setChildren(this.chooser, ...runs.map((run) => html("option", { value: run }, run)));
    this.selectRun(view.run);
    const label = runs.length > 1 ? this.chooser : this.name;
    if (label.parentNode !== this.element) this.element.firstElementChild?.replaceWith(label);
  }

  /**
   * Lets the chooser name the run that is shown, whatever was chosen in it.
   *
   * @param {string} run
   */
  selectRun(run) {
    if (this.chooser.value !== run) this.chooser.value = run;
  }
}

/** @param {import("./words.js").LegendEntry} entry */
function makeLegendEntry({ kind, name, meaning }) {
  return html("span", { class: `la-key la-key-${kind}`, title: meaning }, name);
}
