// @ts-check
/** Everything that a node shows of a run: heading, curves, previews, reason and status. */

import { keepPresses } from "./canvas_input.js";
import { html, setChildren } from "./elements.js";
import { Heading } from "./heading.js";
import { Plot } from "./plot.js";
import { Previews } from "./previews.js";
import { Strengths } from "./strengths.js";
import { describeReason, describeStatus } from "./words.js";

/** @typedef {import("./messages.d.ts").ProgressMessage} ProgressMessage */
/** @typedef {import("./run_view.d.ts").Preview} Preview */
/** @typedef {import("./run_view.d.ts").RunView} RunView */
/** @typedef {import("./run_view.d.ts").Weights} Weights */

/**
 * @typedef {object} PanelListener
 * @property {((epoch: number) => void) | null} onChoose an epoch was chosen; null where none can be
 * @property {(() => void) | null} onSheet a sheet is to be made of the run; null where none can be
 * @property {() => Weights | "best"} allowedWeights the weights that may be chosen
 * @property {(run: string) => void} onOpenRun another run was chosen
 * @property {(run: string, preview: Preview) => string} previewAddress
 */

const STYLE_SHEET = new URL("./chart.css", import.meta.url).href;

const SHEET_MEANING =
  "Adds nodes that make a picture for each of a few epochs at each of a few strengths of this run, and lay them out " +
  "on one sheet. Ctrl+Z takes them away again.";

/** Pixels that all parts need together; the curves get what is left. */
export const MINIMUM_HEIGHT = 288;

export class Panel {
  /**
   * @param {PanelListener} listener
   * @param {string} invitation shown while there is no run to show
   */
  constructor({ onChoose, onSheet, allowedWeights, onOpenRun, previewAddress }, invitation) {
    this.heading = new Heading(onOpenRun);
    this.previews = new Previews(previewAddress);
    this.plot = new Plot({ onChoose, allowedWeights, onPoint: (epoch) => this.previews.mark(epoch) });
    this.invitation = html("p", { class: "la-invitation" }, invitation);
    this.reason = html("div", { class: "la-reason", "data-capture-wheel": "true" });
    this.strengths = new Strengths();
    this.bar = html("span", { class: "la-bar" });
    this.statusText = html("span", { class: "la-status-text" });
    const about = { type: "button", class: "la-sheet", title: SHEET_MEANING };
    this.sheet = html("button", about, "Sheet: epochs \u00d7 strengths");
    this.sheet.hidden = onSheet === null;
    this.sheet.addEventListener("click", () => onSheet?.());
    keepPresses(this.sheet);
    this.status = html("div", { class: "la-status" }, this.statusText, this.bar);
    this.element = html(
      "div",
      // "widget-expands" lets the Vue renderer give the chart the room that a taller node has. Nothing is laid out
      // before the style sheet is there, whose containment keeps that node from growing without end.
      { class: "lora-atelier-chart widget-expands", style: "display: none" },
      html("link", { rel: "stylesheet", href: STYLE_SHEET }),
      this.heading.element,
      html("div", { class: "la-stage" }, this.plot.element, this.previews.enlarged, this.invitation),
      this.previews.strip,
      this.reason,
      this.strengths.element,
      html("div", { class: "la-foot" }, this.status, this.sheet),
    );
    /** @type {RunView | null} */
    this.view = null;
    /** @type {ProgressMessage | null} of the run that is shown */
    this.progress = null;
    this.renderEmptiness();
  }

  /**
   * @param {RunView} view
   * @param {readonly string[]} runs names of all runs that this node can show
   */
  show(view, runs) {
    this.view = view;
    if (view.status !== "training" || this.progress?.run !== view.run) this.progress = null;
    this.renderEmptiness();
    this.heading.show(view, runs);
    this.previews.show(view);
    this.plot.show(view);
    this.strengths.show(view.strength);
    this.element.classList.toggle("la-measured", view.strength !== null);
    const warnings = [...(view.selection?.warnings ?? []), ...view.notes];
    setChildren(this.reason, html("p", {}, describeReason(view)), ...warnings.map(makeWarning));
  }

  /**
   * Shows no run.
   *
   * @param {string} invitation
   */
  clear(invitation) {
    this.view = null;
    this.progress = null;
    this.invitation.textContent = invitation;
    this.previews.close();
    this.renderEmptiness();
  }

  /** Whether the run is still training, as far as is known here. */
  get training() {
    return this.progress !== null || this.view?.status === "training";
  }

  /** @param {ProgressMessage | null} progress of the run that is shown; null if it no longer trains */
  showProgress(progress) {
    this.progress = progress;
    this.renderStatus();
  }

  /**
   * Says why what was asked for cannot be shown; the run that was shown stays.
   *
   * @param {string} message
   */
  showProblem(message) {
    if (!this.view) {
      this.invitation.textContent = message;
      return;
    }
    this.heading.selectRun(this.view.run);
    setChildren(this.reason, makeWarning(message));
  }

  renderEmptiness() {
    const empty = this.view === null;
    this.element.classList.toggle("la-empty", empty);
    this.invitation.hidden = !empty;
    this.renderStatus();
  }

  renderStatus() {
    const { progress, view } = this;
    this.statusText.textContent = describeStatus(view, progress);
    this.status.dataset.status = progress ? "live" : (view?.status ?? "");
    const done = progress && progress.steps > 0 ? Math.min(progress.step / progress.steps, 1) : 0;
    this.bar.style.transform = `scaleX(${done})`;
  }
}

/** @param {string} text */
function makeWarning(text) {
  return html("p", { class: "la-warning" }, text);
}
