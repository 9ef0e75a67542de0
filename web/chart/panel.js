// @ts-check
/** Everything that a node shows of a run: heading, curves, previews, reason and status. */

import { keepPresses } from "./canvas_input.js";
import { html, setChildren } from "./elements.js";
import { Heading } from "./heading.js";
import { say } from "./language.js";
import { Plot } from "./plot.js";
import { Previews } from "./previews.js";
import { SavedLine } from "./saved_line.js";
import { Strengths } from "./strengths.js";
import { WHOLE } from "./subject.js";
import { translate } from "./translate.js";
import { describeReason, describeStatus } from "./words.js";

/** @typedef {import("./messages.d.ts").ProgressMessage} ProgressMessage */
/** @typedef {import("./messages.d.ts").SavedCheckpoint} SavedCheckpoint */
/** @typedef {import("./run_view.d.ts").Preview} Preview */
/** @typedef {import("./run_view.d.ts").RunView} RunView */
/** @typedef {import("./run_view.d.ts").Weights} Weights */
/** @typedef {import("./subject.js").Subject} Subject */

/**
 * @typedef {object} PanelListener
 * @property {((epoch: number) => void) | null} onChoose an epoch was chosen; null where none can be
 * @property {(() => void) | null} onSheet a sheet is to be made of the run; null where none can be
 * @property {(() => void) | null} onStop training is to stop here and its run to be used; null where none can
 * @property {(() => void) | null} onRename a run is to get a name that is free; null where none can
 * @property {() => Weights | "best"} allowedWeights the weights that may be chosen
 * @property {(run: string) => void} onOpenRun another run was chosen
 * @property {(run: string, preview: Preview) => string} previewAddress
 */

const STYLE_SHEET = new URL("./chart.css", import.meta.url).href;

const SHEET_MEANING =
  "Adds nodes that make a picture for each of a few epochs at each of a few strengths of this run, and lay them out " +
  "on one sheet. Ctrl+Z takes them away again.";

const STOP_MEANING =
  "Ends the training after this step, sets epochs to what was trained, and lets the rest of the graph run with it. " +
  "For more later, raise epochs and run again.";

const RENAME_MEANING = "Gives the trainer that name; press Run then. The run that has the name now stays as it is.";

/** Pixels that all parts need together; the curves get what is left. */
export const MINIMUM_HEIGHT = 348;

export class Panel {
  /**
   * @param {PanelListener} listener
   * @param {string} invitation shown while there is no run to show
   * @param {Subject} [subject]
   */
  constructor(listener, invitation, subject = WHOLE) {
    const { onChoose, onSheet, onStop, onRename, allowedWeights, onOpenRun, previewAddress } = listener;
    this.subject = subject;
    this.heading = new Heading(onOpenRun, subject);
    this.previews = new Previews(previewAddress);
    this.plot = new Plot({ onChoose, allowedWeights, onPoint: (epoch) => this.previews.mark(epoch) }, subject);
    this.invited = invitation;
    this.invitation = html("div", { class: "la-invitation" });
    this.reason = html("div", { class: "la-reason", "data-capture-wheel": "true" });
    this.strengths = new Strengths();
    this.bar = html("span", { class: "la-bar" });
    this.statusText = html("span", { class: "la-status-text" });
    this.saved = onChoose && new SavedLine();
    this.sheet = onSheet && makeButton("la-sheet", say("Sheet: epochs \u00d7 strengths"), say(SHEET_MEANING), onSheet);
    this.stop = onStop && makeButton("la-stop", say("Stop here and use it"), say(STOP_MEANING), onStop);
    this.rename = onRename && makeButton("la-rename", "", say(RENAME_MEANING), onRename);
    this.status = html("div", { class: "la-status" }, this.statusText, this.bar);
    this.element = html(
      "div",
      // "widget-expands" lets the Vue renderer give the chart the room that a taller node has. Nothing is laid out
      // before the style sheet is there, whose containment keeps that node from growing without end.
      { class: `lora-atelier-chart widget-expands${onChoose ? " la-choosing" : ""}`, style: "display: none" },
      html("link", { rel: "stylesheet", href: STYLE_SHEET }),
      this.heading.element,
      html("div", { class: "la-stage" }, this.plot.element, this.previews.enlarged, this.invitation),
      this.previews.strip,
      this.reason,
      this.strengths.element,
      ...(this.saved ? [this.saved.element] : []),
      html("div", { class: "la-foot" }, this.status, ...[this.rename, this.stop, this.sheet].filter((button) => button !== null)),
      this.plot.tooltip.element,
    );
    /** @type {RunView | null} */
    this.view = null;
    /** @type {ProgressMessage | null} of the run that is shown */
    this.progress = null;
    /** Why the graph could not go on; empty if it could. */
    this.failure = "";
    /** The name under which it could; empty if that is no way out. */
    this.freeName = "";
    /** Why what was asked for last is not shown; empty if it is. */
    this.problem = "";
    /** What is to be known before the first step. @type {string[]} */
    this.remarks = [];
    this.renderEmptiness();
  }

  /**
   * @param {RunView} view
   * @param {readonly string[]} runs names of all runs that this node can show
   * @param {readonly SavedCheckpoint[]} [saved] that the node has saved, as far as is known
   */
  show(view, runs, saved = []) {
    this.view = view;
    this.problem = "";
    if (view.status !== "training" || this.progress?.run !== view.run) this.progress = null;
    this.renderEmptiness();
    this.heading.show(view, runs);
    if (this.subject.previews) this.previews.show(view);
    this.plot.show(view);
    const strength = this.subject.findings ? view.strength : null;
    this.strengths.show(strength);
    this.element.classList.toggle("la-measured", strength !== null);
    this.saved?.show(view, saved);
    this.renderReason();
  }

  /**
   * Shows no run.
   *
   * @param {string} invitation
   */
  clear(invitation) {
    this.view = null;
    this.progress = null;
    this.failure = this.freeName = this.problem = "";
    this.remarks = [];
    this.invited = invitation;
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
    this.problem = message;
    if (this.view) this.heading.selectRun(this.view.run);
    this.renderEmptiness();
    this.renderReason();
  }

  /**
   * Says why the graph could not go on, until it runs again.
   *
   * @param {string} sentence empty once that is over
   * @param {string} [name] a run's name that would do; empty if that is no way out
   */
  showFailure(sentence, name = "") {
    if (this.failure === sentence && this.freeName === name) return;
    this.failure = sentence;
    this.freeName = name;
    this.renderEmptiness();
    this.renderReason();
  }

  /**
   * Adds something to be known before the first step of the run that is shown.
   *
   * @param {string} text
   */
  addRemark(text) {
    if (this.remarks.includes(text)) return;
    this.remarks.push(text);
    this.renderEmptiness();
    this.renderReason();
  }

  renderReason() {
    const { failure, problem, view } = this;
    const parts = failure ? [makeWarning(failure, "la-failure")] : [];
    if (problem) parts.push(makeWarning(problem));
    else if (view) {
      const { findings } = this.subject;
      const early = view.selection ? [] : this.remarks.filter((text) => !view.notes.includes(text));
      const caveats = findings ? (view.selection?.warnings ?? []) : [];
      if (findings) parts.push(html("p", {}, describeReason(view)));
      parts.push(...[...early, ...caveats, ...view.notes].map((text) => makeWarning(translate(text))));
    }
    this.reason.hidden = parts.length === 0;
    setChildren(this.reason, ...parts);
  }

  renderEmptiness() {
    const empty = this.view === null;
    this.element.classList.toggle("la-empty", empty);
    this.invitation.hidden = !empty;
    const sentences = this.failure || this.problem ? [this.failure, this.problem] : [this.invited, ...this.remarks.map(translate)];
    setChildren(this.invitation, ...sentences.filter(Boolean).map((text) => html("p", {}, text)));
    this.invitation.classList.toggle("la-failed", this.failure !== "");
    this.renderStatus();
  }

  renderStatus() {
    const { progress, view } = this;
    this.statusText.textContent = describeStatus(view, progress);
    this.status.dataset.status = progress ? "live" : (view?.status ?? "");
    const done = progress && progress.steps > 0 ? Math.min(progress.step / progress.steps, 1) : 0;
    this.bar.style.transform = `scaleX(${done})`;
    if (this.stop) this.stop.hidden = !(progress && progress.epoch > 1 && view?.pick);
    if (this.rename) {
      this.rename.hidden = !this.freeName;
      this.rename.textContent = say("Train as {name}", { name: this.freeName });
    }
    if (this.sheet) this.sheet.hidden = progress !== null;
  }
}

/**
 * @param {string} text
 * @param {string} [kind]
 */
function makeWarning(text, kind = "") {
  return html("p", { class: `la-warning ${kind}`.trim() }, text);
}

/**
 * @param {string} kind
 * @param {string} name
 * @param {string} meaning
 * @param {() => void} onPress
 */
function makeButton(kind, name, meaning, onPress) {
  const button = html("button", { type: "button", class: `la-button ${kind}`, title: meaning }, name);
  button.addEventListener("click", onPress);
  keepPresses(button);
  return button;
}
