// @ts-check
/** The trainings that wait their turn: above the list of runs. */

import { wordsOf } from "../chart/ask.js";
import { html, setChildren } from "../chart/elements.js";
import { Pace } from "../chart/pace.js";
import { describeProgress } from "./row.js";

/** @typedef {import("../chart/messages.d.ts").ProgressMessage} ProgressMessage */
/** @typedef {import("./library.d.ts").QueueListing} QueueListing */
/** @typedef {import("./library.d.ts").QueuedTraining} QueuedTraining */
/** @typedef {import("./queue_client.js").QueueClient} QueueClient */
/** @typedef {import("./words.js").Words} Words */

/**
 * @typedef {object} QueueListener
 * @property {() => Promise<void>} onAdd adds the graph that is open
 * @property {(workflow: unknown) => void} onOpen
 */

/** @typedef {(training: QueuedTraining) => Promise<void>} Act */

const STYLE_SHEET = new URL("./queue.css", import.meta.url).href;
/** What the buttons of a row show. */
const SIGNS = { up: "↑", down: "↓", remove: "×" };

export class QueueView {
  /**
   * @param {Words} words
   * @param {QueueClient} client
   * @param {QueueListener} listener
   */
  constructor(words, client, listener) {
    this.words = words.queue;
    this.all = words;
    this.client = client;
    this.listener = listener;
    /** @type {QueueListing} */
    this.listing = { going: true, restarts: false, trainings: [], problems: [] };
    /** @type {ProgressMessage | null} the last progress of any training */
    this.progress = null;
    this.following = new Pace(() => this.read());
    /** What the buttons do. @type {Record<string, Act>} */
    this.acts = {
      up: ({ id }) => client.move(id, this.neighbour(id, -1)),
      down: ({ id }) => client.move(id, this.neighbour(id, 2)),
      remove: ({ id }) => client.remove(id),
      again: ({ id }) => client.again(id),
      open: async ({ id }) => listener.onOpen(await client.workflow(id)),
    };
    this.title = html("h3", { role: "status" });
    this.going = html("button", { type: "button" });
    this.list = html("ol");
    this.problem = html("p", { class: "la-problem", role: "alert" });
    /** Why the list could not be read; gone as soon as it can be. */
    this.unread = html("p", { class: "la-problem", role: "status" });
    this.damage = html("details", { class: "la-problem" });
    this.add = html("button", { type: "button", title: this.words.addHint }, this.words.add);
    this.restarts = html("input", { type: "checkbox" });
    this.setting = html("label", { title: this.words.restartsHint }, this.restarts, ` ${this.words.restarts}`);
    const sheet = html("link", { rel: "stylesheet", href: STYLE_SHEET });
    this.heading = html("div", { class: "la-heading-line" }, this.title, this.going);
    const ending = html("div", { class: "la-actions" }, this.add, this.setting);
    const attributes = { class: "la-queue", "aria-label": this.words.title };
    const wrong = [this.damage, this.unread, this.problem];
    this.element = html("section", attributes, sheet, this.heading, this.list, ...wrong, ending);
    this.listen();
    this.show(this.listing);
  }

  listen() {
    this.add.addEventListener("click", () => void this.act(this.listener.onAdd, this.add));
    this.going.addEventListener("click", () => {
      void this.act(() => this.client.go(!this.listing.going), this.going);
    });
    this.restarts.addEventListener("change", () => {
      void this.act(() => this.client.goOnAfterRestarts(this.restarts.checked), this.restarts);
    });
    this.list.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("button");
      const id = button?.closest("li")?.dataset.id;
      const training = this.listing.trainings.find((each) => each.id === id);
      if (button && training) void this.act(() => this.acts[button.dataset.act ?? ""](training), button);
    });
  }

  /**
   * Does what the user asked for, once, and shows what became of it.
   *
   * @param {() => Promise<void>} act
   * @param {HTMLButtonElement | HTMLInputElement} control
   */
  async act(act, control) {
    const focused = control === document.activeElement;
    control.disabled = true;
    this.problem.textContent = "";
    const refusal = await act().then(() => "", wordsOf);
    await this.read();
    if (refusal !== this.unread.textContent) this.problem.textContent = refusal;
    control.disabled = false;
    if (focused) this.focus(control);
  }

  /**
   * Gives the focus back to what does the same in the list that is shown now.
   *
   * @param {HTMLElement} control
   */
  focus(control) {
    const row = this.rowOf(control.closest("li")?.dataset.id);
    const same = row ? row.querySelector(`[data-act="${control.dataset.act}"]`) : control;
    /** @type {HTMLElement | null} */ (same)?.focus();
  }

  /** Reads the queue again. */
  refresh() {
    this.following.ask();
  }

  async read() {
    try {
      this.show(await this.client.list());
      this.unread.textContent = "";
    } catch (error) {
      this.unread.textContent = wordsOf(error);
    }
  }

  /** @param {QueueListing} listing */
  show(listing) {
    this.listing = listing;
    const { trainings, going, restarts, problems } = listing;
    const waiting = trainings.filter(({ state }) => state === "waiting");
    this.heading.hidden = this.setting.hidden = !trainings.length;
    this.title.textContent = describeQueue(listing, this.all);
    this.going.textContent = going ? this.words.pause : this.words.goOn;
    this.going.title = going ? this.words.pauseHint : this.words.goOnHint;
    this.going.classList.toggle("la-primary", !going && waiting.length > 0);
    this.restarts.checked = restarts;
    this.showDamage(problems);
    setChildren(this.list, ...trainings.map((training, index) => this.makeRow(training, index)));
  }

  /**
   * Shows the first problem, cut short, and how many there are; a click unfolds them all.
   *
   * @param {string[]} problems
   */
  showDamage([first = "", ...others]) {
    const more = others.length ? [html("span", { class: "la-unfold" }, this.words.more(others.length))] : [];
    const summary = html("summary", {}, html("span", { class: "la-first" }, first), ...more);
    setChildren(this.damage, summary, ...others.map((problem) => html("p", {}, problem)));
    this.damage.hidden = !first;
  }

  /**
   * @param {QueuedTraining} training
   * @param {number} index
   */
  makeRow(training, index) {
    const { id, runs, state, reason } = training;
    const { trainings } = this.listing;
    const running = state === "running";
    const behindRunning = index > 0 && trainings[index - 1].state === "running";
    const name = runs.join(", ");
    const line = html("span", { class: state === "failed" ? "la-problem" : "la-muted" }, this.describe(training));
    const lines = html("span", { class: "la-lines" }, html("span", { class: "la-name", title: name }, name), line);
    if (state === "failed") line.title = reason;
    const small = {
      up: index === 0 || behindRunning,
      down: running || index === trainings.length - 1,
      remove: running,
    };
    const buttons = Object.entries(small).map(([act, disabled]) => {
      const says = this.words[/** @type {"up" | "down" | "remove"} */ (act)](name);
      const button = html("button", { type: "button", "data-act": act, title: says, "aria-label": says });
      button.textContent = SIGNS[/** @type {keyof typeof SIGNS} */ (act)];
      if (disabled) button.setAttribute("disabled", "");
      return button;
    });
    const more = state === "failed" || state === "cancelled" ? ["again", "open"] : ["open"];
    const actions = more.map((act) => {
      const says = this.words[/** @type {"again" | "open"} */ (act)];
      return html("button", { type: "button", "data-act": act }, says);
    });
    const order = html("span", { class: "la-order" }, ...buttons);
    const others = html("span", { class: "la-more" }, ...actions);
    return html("li", { "data-id": id, "data-state": state }, lines, others, order);
  }

  /** @param {QueuedTraining} training */
  describe(training) {
    const { id, runs, state, reason, begun } = training;
    if (state === "failed") return reason;
    if (state === "cancelled") return this.words.cancelled;
    const own = this.progress?.prompt_id === id ? this.progress : null;
    if (state === "running" && own) {
      const told = describeProgress(own, this.all);
      return runs.length === 1 && runs[0] === own.run ? told : `${own.run}: ${told}`;
    }
    const first = state === "running" ? this.all.states.running : begun ? this.words.begun : "";
    return [first, describeLength(training, this.words)].filter(Boolean).join(" · ");
  }

  /**
   * Shows how the training that is under way gets on.
   *
   * @param {ProgressMessage} progress
   */
  onProgress(progress) {
    this.progress = progress;
    const training = this.listing.trainings.find(({ id }) => id === progress.prompt_id);
    const line = this.rowOf(progress.prompt_id)?.querySelector(".la-lines .la-muted");
    if (training && line) line.textContent = this.describe(training);
  }

  /** @param {string | undefined} id */
  rowOf(id) {
    return /** @type {HTMLElement[]} */ ([...this.list.children]).find(({ dataset }) => dataset.id === id);
  }

  /**
   * The id of the entry that is so many places behind another one; empty beyond the last.
   *
   * @param {string} id
   * @param {number} places
   */
  neighbour(id, places) {
    const ids = this.listing.trainings.map((each) => each.id);
    return ids[ids.indexOf(id) + places] ?? "";
  }
}

/**
 * Such as "Waiting: 3 · about 2 h 10 min".
 *
 * @param {QueueListing} listing
 * @param {Words} words
 */
export function describeQueue({ trainings, going }, { queue }) {
  const due = trainings.filter(({ state }) => state === "waiting" || state === "running");
  const known = due.flatMap(({ seconds }) => seconds ?? []);
  const failed = trainings.filter(({ state }) => state === "failed").length;
  const parts = [queue.waiting(due.filter(({ state }) => state === "waiting").length)];
  if (failed) parts.push(queue.failed(failed));
  const sum = known.reduce((all, each) => all + each, 0);
  if (known.length) parts.push(known.length < due.length ? queue.atLeast(sum) : queue.about(sum));
  if (!going) parts.push(queue.stands);
  return parts.join(" · ");
}

/**
 * @param {QueuedTraining} training
 * @param {Words["queue"]} words
 */
function describeLength({ steps, seconds, like }, words) {
  if (steps === null) return words.uncounted;
  if (seconds === null) return `${words.steps(steps)} · ${words.unmeasured}`;
  return `${words.steps(steps)} · ${words.about(seconds)} ${words.like(like)}`;
}
