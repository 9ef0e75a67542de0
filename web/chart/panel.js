// @ts-check
/** The whole of what a node shows of a run: heading, curve, previews, reason and status. */

import { html } from "./elements.js";
import { Plot } from "./plot.js";
import { Previews } from "./previews.js";
import { legend, status } from "./words.js";

/** @typedef {import("./view.js").Progress} Progress */
/** @typedef {import("./view.js").RunView} RunView */
/** @typedef {import("./view.js").Weights} Weights */

/**
 * @typedef {object} PanelListener
 * @property {((epoch: number) => void) | null} choose an epoch was chosen; null where none can be
 * @property {() => Weights | "best"} weights which of them may be chosen
 * @property {(run: string) => void} open another of the runs was asked for
 * @property {(run: string, file: string) => string} previewAddress
 */

const STYLE_SHEET = new URL("./chart.css", import.meta.url).href;

/** Heights in pixels that the parts need; the curve gets what is left. */
export const MINIMUM_HEIGHT = 288;

export class Panel {
  /**
   * @param {PanelListener} listener
   * @param {string} invitation shown while there is nothing to show
   */
  constructor(listener, invitation) {
    this.listener = listener;
    this.previews = new Previews(listener.previewAddress);
    const { choose, weights } = listener;
    this.plot = new Plot({ choose, weights, point: (epoch) => this.previews.mark(epoch) });
    this.heading = html("div", { class: "la-heading" });
    this.invitation = html("p", { class: "la-invitation" }, invitation);
    this.stage = html("div", { class: "la-stage" }, this.plot.element, this.previews.large, this.invitation);
    this.reason = html("div", { class: "la-reason", "data-capture-wheel": "true" });
    this.bar = html("span", { class: "la-bar" });
    this.statusText = html("span", { class: "la-status-text" });
    this.status = html("div", { class: "la-status" }, this.statusText, this.bar);
    this.element = html(
      "div",
      // "widget-expands" lets the Vue renderer give the chart the room that a taller node has. Nothing is laid out
      // before the style sheet is there, whose containment keeps that node from growing without end.
      { class: "lora-atelier-chart widget-expands", style: "display: none" },
      html("link", { rel: "stylesheet", href: STYLE_SHEET }),
      this.heading,
      this.stage,
      this.previews.strip,
      this.reason,
      this.status,
    );
    /** @type {RunView | null} */
    this.view = null;
    /** @type {Progress | null} */
    this.progress = null;
    this.render();
  }

  /**
   * @param {RunView} view
   * @param {readonly string[]} runs names of all runs that this node can show
   */
  show(view, runs) {
    this.view = view;
    this.runs = runs;
    if (view.status !== "training") this.progress = null;
    this.render();
  }

  /** @param {string} invitation */
  clear(invitation) {
    this.view = null;
    this.progress = null;
    this.invitation.textContent = invitation;
    this.render();
  }

  /** Whether the run goes on, as far as is known here. */
  get training() {
    return this.progress !== null || this.view?.status === "training";
  }

  /** @param {Progress | null} progress */
  showProgress(progress) {
    this.progress = progress;
    this.renderStatus();
  }

  /** @param {string} message */
  showProblem(message) {
    if (this.view) this.reason.replaceChildren(html("p", { class: "la-warning" }, message));
    else this.invitation.textContent = message;
  }

  render() {
    const { view } = this;
    this.element.classList.toggle("la-empty", view === null);
    this.invitation.hidden = view !== null;
    this.renderStatus();
    if (!view) return;
    this.renderHeading(view);
    this.previews.show(view);
    this.plot.show(view);
    const lines = [...(view.selection?.warnings ?? []), ...view.notes];
    this.reason.replaceChildren(
      html("p", {}, view.selection?.reason ?? "The stopping point is looked for from the third validation on."),
      ...lines.map((line) => html("p", { class: "la-warning" }, line)),
    );
  }

  /** @param {RunView} view */
  renderHeading(view) {
    const runs = this.runs ?? [view.run];
    const keys = legend(view).map(({ kind, name, meaning }) =>
      html("span", { class: `la-key la-key-${kind}`, title: meaning }, name),
    );
    this.heading.classList.toggle("la-many", keys.length > 3);
    this.heading.replaceChildren(
      runs.length > 1 ? this.chooser(view.run, runs) : runName(view.run),
      html("span", { class: "la-legend" }, ...keys),
    );
  }

  /**
   * @param {string} current
   * @param {readonly string[]} runs
   */
  chooser(current, runs) {
    const select = html("select", { class: "la-runs", "aria-label": "Run" });
    for (const run of runs) select.append(html("option", { value: run }, run));
    select.value = current;
    select.addEventListener("pointerdown", (event) => event.stopPropagation());
    select.addEventListener("change", () => this.listener.open(select.value));
    return select;
  }

  renderStatus() {
    const { progress, view } = this;
    this.statusText.textContent = status(view, progress);
    this.status.dataset.status = progress ? "live" : (view?.status ?? "");
    const [done, total] = progress ? [progress.step, progress.steps] : [0, 1];
    this.bar.style.transform = `scaleX(${total > 0 ? Math.min(done / total, 1) : 0})`;
  }
}

/** @param {string} run */
function runName(run) {
  return html("span", { class: "la-run", title: run }, run);
}
