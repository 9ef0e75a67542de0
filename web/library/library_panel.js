// @ts-check
/** The library in the sidebar: the list of runs, or one of them opened. */

import { html } from "../chart/elements.js";
import { Pace } from "../chart/pace.js";
import { arrange } from "./arrange.js";
import { Details } from "./details.js";
import { MOST_CURVES } from "./overlay_frame.js";
import { makeRow, showProgress } from "./row.js";

/** @typedef {import("../chart/messages.d.ts").ProgressMessage} ProgressMessage */
/** @typedef {import("../chart/run_client.js").RunClient} RunClient */
/** @typedef {import("./arrange.js").Sort} Sort */
/** @typedef {import("./library_client.js").LibraryClient} LibraryClient */
/** @typedef {import("./library.d.ts").RunSummary} RunSummary */
/** @typedef {import("./words.js").Words} Words */

/**
 * @typedef {object} LibraryListener
 * @property {(run: string) => void} onOpenInGraph
 * @property {(runs: string[]) => void} onCompare
 */

const STYLE_SHEET = new URL("./library.css", import.meta.url).href;
/** Milliseconds from one answer to the next question while a long list is read: somebody may be training. */
const PAUSE = 100;

export class LibraryPanel {
  /**
   * @param {Words} words
   * @param {LibraryClient} library
   * @param {RunClient} runs
   * @param {LibraryListener} listener
   */
  constructor(words, library, runs, listener) {
    this.words = words;
    this.library = library;
    this.runs = runs;
    this.listener = listener;
    /** What was read so far, in the server's order. @type {RunSummary[]} */
    this.summaries = [];
    /** How far it was read. */
    this.mark = 0;
    /** Names of the runs that are to be compared. @type {Set<string>} */
    this.chosen = new Set();
    /** The rows that were made, with what they show. @type {Map<string, {shows: string, row: HTMLLIElement}>} */
    this.rows = new Map();
    /** @type {Details | null} */
    this.opened = null;
    this.following = new Pace(() => this.read());
    this.count = html("span", { class: "la-muted" });
    this.search = html("input", { type: "search", placeholder: words.search, "aria-label": words.searchHint });
    this.sort = html(
      "select",
      { "aria-label": words.sort },
      ...Object.entries(words.sorts).map(([value, name]) => html("option", { value }, name)),
    );
    this.list = html("ul", { class: "la-list" });
    this.state = html("p", { class: "la-muted", role: "status" });
    this.comparing = this.makeComparing();
    const bar = html("div", { class: "la-bar" }, this.search, this.sort);
    this.overview = html("div", { class: "la-overview" }, bar, this.comparing.element, this.list, this.state);
    this.page = html("div", { class: "la-page" });
    this.page.hidden = true;
    const heading = html("header", {}, html("h2", {}, words.title), this.count);
    const sheet = html("link", { rel: "stylesheet", href: STYLE_SHEET });
    // Nothing is laid out before the style sheet is there.
    const attributes = { class: "lora-atelier-library lora-atelier-panel", style: "display: none" };
    this.element = html("div", attributes, sheet, heading, this.overview, this.page);
    this.listen();
  }

  makeComparing() {
    const count = html("span", {});
    const compare = html("button", { type: "button", class: "la-primary" }, this.words.compare);
    const clear = html("button", { type: "button" }, this.words.clear);
    compare.addEventListener("click", () => this.listener.onCompare([...this.chosen]));
    clear.addEventListener("click", () => {
      this.chosen.clear();
      for (const box of this.list.querySelectorAll("input")) box.checked = false;
      this.showChosen();
    });
    const element = html("div", { class: "la-comparing", role: "status" }, count, compare, clear);
    element.hidden = true;
    return { element, count };
  }

  listen() {
    for (const event of ["input", "change"]) {
      this.search.addEventListener(event, () => this.show());
      this.sort.addEventListener(event, () => this.show());
    }
    this.element.addEventListener("keydown", (event) => {
      event.stopPropagation(); // ComfyUI has shortcuts of its own
      if (event.key === "Escape" && this.opened) this.close();
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && this.moveFocus(step)) event.preventDefault();
    });
  }

  /**
   * Moves the focus from a run to the next one.
   *
   * @param {number} step
   * @returns {boolean} whether it was on a run
   */
  moveFocus(step) {
    const buttons = /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll(".la-open")]);
    const index = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    buttons[index + step]?.focus();
    return index >= 0;
  }

  /** Reads again what has changed. */
  refresh() {
    this.following.ask();
  }

  /** Reads what is new, bit by bit where there is much of it. */
  async read() {
    try {
      while ((await this.readSome()) && this.element.isConnected) await new Promise((go) => setTimeout(go, PAUSE));
    } catch (error) {
      this.state.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  /** @returns {Promise<number>} how many runs are still to be read */
  async readSome() {
    const { names, runs, waiting, mark } = await this.library.list(this.mark);
    this.mark = mark;
    const known = new Map([...this.summaries, ...runs].map((summary) => [summary.run, summary]));
    this.summaries = names.flatMap((name) => known.get(name) ?? []);
    this.show();
    if (waiting) this.state.textContent = this.words.reading(waiting);
    const own = runs.find(({ run }) => run === this.opened?.summary.run);
    if (own) await this.opened?.update(own);
    return waiting;
  }

  show() {
    const sort = /** @type {Sort} */ (this.sort.value);
    const shown = arrange(this.summaries, this.search.value, sort);
    this.count.textContent = this.words.count(shown.length, this.summaries.length);
    this.state.textContent = shown.length ? "" : this.summaries.length ? this.words.noneFound : this.words.none;
    this.place(shown.map((summary) => this.rowOf(summary)));
  }

  /**
   * Puts rows into the list; those that are in their places already keep the focus and the scrolling.
   *
   * @param {HTMLLIElement[]} rows
   */
  place(rows) {
    const present = this.list.children;
    rows.forEach((row, index) => {
      if (present[index] !== row) this.list.insertBefore(row, present[index] ?? null);
    });
    while (present.length > rows.length) present[rows.length].remove();
  }

  /**
   * The row of a run: the one made before if it shows the same.
   *
   * @param {RunSummary} summary
   */
  rowOf(summary) {
    const shows = JSON.stringify(summary);
    const made = this.rows.get(summary.run);
    if (made?.shows === shows) return made.row;
    const row = makeRow(summary, this.chosen.has(summary.run), this.words, {
      onOpen: (run) => void this.open(run),
      onChoose: (run, wanted) => this.choose(run, wanted),
      picture: ({ run, preview }) => preview && this.runs.previewAddress(run, preview),
    });
    this.rows.set(summary.run, { shows, row });
    return row;
  }

  /**
   * @param {string} run
   * @param {boolean} wanted
   */
  choose(run, wanted) {
    if (wanted) this.chosen.add(run);
    else this.chosen.delete(run);
    this.showChosen();
  }

  showChosen() {
    const full = this.chosen.size >= MOST_CURVES;
    this.comparing.element.hidden = this.chosen.size === 0;
    this.comparing.count.textContent = this.words.chosen(this.chosen.size);
    for (const { row } of this.rows.values()) row.classList.toggle("la-full", full);
  }

  /**
   * Shows one run in the list's place.
   *
   * @param {string} run
   */
  async open(run) {
    const summary = this.summaries.find((each) => each.run === run);
    if (!summary) return;
    const back = html("button", { type: "button", class: "la-back" }, `← ${this.words.back}`);
    back.addEventListener("click", () => this.close());
    this.opened = new Details(summary, this.words, this.library, this.runs, {
      onOpenInGraph: this.listener.onOpenInGraph,
      onCompare: (name) => this.listener.onCompare([name]),
      onDeleted: (name) => this.forget(name),
    });
    this.page.replaceChildren(back, this.opened.element);
    this.overview.hidden = true;
    this.page.hidden = false;
    back.focus();
    await this.opened.load();
  }

  /** Shows the list again. */
  close() {
    const run = this.opened?.summary.run ?? "";
    this.opened = null;
    this.page.hidden = true;
    this.page.replaceChildren();
    this.overview.hidden = false;
    /** @type {HTMLElement | null | undefined} */ (this.rows.get(run)?.row.querySelector(".la-open"))?.focus();
  }

  /**
   * A run was deleted.
   *
   * @param {string} run
   */
  forget(run) {
    this.close();
    this.choose(run, false);
    this.rows.delete(run);
    this.summaries = this.summaries.filter((each) => each.run !== run);
    this.show();
    this.refresh();
  }

  /** @param {ProgressMessage} progress */
  onProgress(progress) {
    const row = this.rows.get(progress.run)?.row;
    if (row) showProgress(row, progress, this.words);
    if (this.opened?.summary.run === progress.run) this.opened.showProgress(progress);
  }
}
