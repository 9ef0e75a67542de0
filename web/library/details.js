// @ts-check
/** One run, opened: its chart, what it was made from, what it takes on the disk, notes, and what can be done with it. */

import { wordsOf } from "../chart/ask.js";
import { html } from "../chart/elements.js";
import { Panel } from "../chart/panel.js";
import { USUAL_QUERY } from "../chart/run_client.js";
import { translate } from "../chart/translate.js";
import { mainWeights } from "../chart/view.js";
import { makeDeletion } from "./deletion.js";
import { HeatView } from "./heat.js";
import { makeNotes } from "./notes.js";
import { describePick, describeState, formatDate, formatSize, formatValue, nameSetting } from "./words.js";

/** @typedef {import("../chart/messages.d.ts").ProgressMessage} ProgressMessage */
/** @typedef {import("../chart/run_client.js").RunClient} RunClient */
/** @typedef {import("./library_client.js").LibraryClient} LibraryClient */
/** @typedef {import("./library.d.ts").RunDetails} RunDetails */
/** @typedef {import("./library.d.ts").RunSummary} RunSummary */
/** @typedef {import("./words.js").Words} Words */

/**
 * @typedef {object} DetailsListener
 * @property {(run: string) => void} onOpenInGraph
 * @property {(run: string) => void} onCompare
 * @property {(run: string) => void} onDeleted
 */

export class Details {
  /**
   * @param {RunSummary} summary
   * @param {Words} words
   * @param {LibraryClient} library
   * @param {RunClient} runs
   * @param {DetailsListener} listener
   */
  constructor(summary, words, library, runs, listener) {
    this.summary = summary;
    this.words = words;
    this.library = library;
    this.runs = runs;
    this.listener = listener;
    this.chart = new Panel(
      {
        onChoose: null,
        onSheet: null,
        onStop: () => void this.stop(),
        onRename: null,
        allowedWeights: () => "best",
        onOpenRun: () => {},
        previewAddress: (run, preview) => runs.previewAddress(run, preview),
      },
      translate(summary.problem),
    );
    this.facts = html("dl");
    this.heat = new HeatView(summary.run, words, library);
    this.heat.element.hidden = summary.curve === null;
    this.notes = html("div");
    this.deletion = html("div");
    this.problem = html("p", { class: "la-problem", role: "alert" });
    this.element = html(
      "article",
      { class: "la-details", "aria-label": summary.run },
      html("div", { class: "la-chart" }, this.chart.element),
      this.makeActions(),
      this.problem,
      this.facts,
      this.heat.element,
      this.notes,
      this.deletion,
    );
    this.showFacts(null);
    this.showDeletion();
  }

  makeActions() {
    const { summary, words } = this;
    const { run } = summary;
    const { onOpenInGraph, onCompare } = this.listener;
    const open = html("button", { type: "button", title: words.openHint }, words.open);
    open.addEventListener("click", () => onOpenInGraph(run));
    const compare = html("button", { type: "button" }, words.compareEpochs);
    compare.addEventListener("click", () => onCompare(run));
    compare.disabled = summary.curve === null;
    const address = this.library.bundleAddress(run);
    const bundle = html(
      "a",
      { class: "la-button", href: address, download: `${run}.zip`, title: words.bundleHint },
      words.bundle,
    );
    return html("div", { class: "la-actions" }, ...(summary.problem ? [] : [open, compare, bundle]));
  }

  /** Reads the run. */
  async load() {
    if (this.summary.problem) return;
    const { run } = this.summary;
    try {
      const [view, details] = await Promise.all([this.runs.view(run, USUAL_QUERY), this.library.details(run)]);
      this.chart.show(view, [run]);
      this.showFacts(details);
      const write = (/** @type {string} */ before, /** @type {string} */ notes) =>
        this.library.writeNotes(run, before, notes);
      if (!this.notes.firstChild) this.notes.append(makeNotes(details.notes, this.words, write));
      this.heat.weights = mainWeights(view);
      await this.heat.load();
    } catch (error) {
      this.problem.textContent = wordsOf(error);
    }
  }

  /**
   * Shows how the run has gone on.
   *
   * @param {RunSummary} summary
   */
  async update(summary) {
    if (summary.state !== this.summary.state) this.showDeletion(summary);
    this.summary = summary;
    await this.load();
  }

  /** @param {RunSummary} [summary] */
  showDeletion(summary = this.summary) {
    const act = async () => {
      await this.library.delete(summary.run);
      this.listener.onDeleted(summary.run);
    };
    this.deletion.replaceChildren(makeDeletion(summary, this.words, act));
  }

  /** Ends the training where it is. */
  async stop() {
    try {
      await this.runs.stop(this.summary.run);
    } catch (error) {
      this.problem.textContent = wordsOf(error);
    }
  }

  /** @param {ProgressMessage | null} progress */
  showProgress(progress) {
    this.chart.showProgress(progress);
  }

  /** @param {RunDetails | null} details */
  showFacts(details) {
    const { summary, words } = this;
    /** @type {[string, string][]} */
    const facts = [
      [words.facts.state, describeState(summary, words)],
      [words.facts.pick, describePick(summary, words)],
      [words.facts.begun, summary.created ? formatDate(summary.created, summary.changed, words) : ""],
      [words.facts.recipe, summary.recipe ? words.wholeRecipe(summary.recipe) : ""],
      [words.facts.changed, this.describeChanges(details)],
      [words.facts.size, this.describeSize(details)],
    ];
    const shown = facts.filter(([, fact]) => fact);
    this.facts.replaceChildren(...shown.flatMap(([name, fact]) => [html("dt", {}, name), html("dd", {}, fact)]));
  }

  /** @param {RunDetails | null} details */
  describeChanges(details) {
    const changes = details?.changed ?? [];
    return changes
      .map(({ setting, other }) => `${nameSetting(setting, this.words)} ${formatValue(other, this.words)}`)
      .join("; ");
  }

  /** @param {RunDetails | null} details */
  describeSize(details) {
    const parts = (details?.parts ?? []).map(
      ({ name, size, files }) => `${this.words.parts[name] ?? name} ${formatSize(size)}${name ? ` (${files})` : ""}`,
    );
    return [formatSize(this.summary.size), ...parts].join("; ");
  }
}
