// @ts-check
/**
 * Which of the page's workflows a prompt was queued in, and what the charts of each have shown. Node ids repeat from
 * workflow to workflow, and copies of a template share the workflow's id as well: only the prompt tells them apart.
 */

/** @typedef {{path: string}} Tab an open workflow, as ComfyUI has it */
/** @typedef {Map<string, string[]>} RunsByNode names of runs by execution id */
/** @typedef {import("./messages.d.ts").SavedCheckpoint} SavedCheckpoint */
/** @typedef {{shown: Map<string, string>, saved: Map<string, SavedCheckpoint[]>}} Memory by node */

/** The item of the page's storage in which the paths of the workflows of queued prompts outlast a reload. */
const STORED = "lora_atelier.queued";
/** The most prompts that are remembered. */
const MOST_PROMPTS = 100;
/** Stands for the only workflow where ComfyUI has no tabs, or none yet. */
const NO_TABS = { path: "" };

export class Tabs {
  /**
   * @param {() => Tab | null | undefined} active the workflow in front
   * @param {Pick<Storage, "getItem" | "setItem">} storage of the page
   */
  constructor(active, storage) {
    this.active = active;
    this.storage = storage;
    /** Whether another workflow is being opened: its nodes are made before ComfyUI brings it to the front. */
    this.opening = false;
    /** The workflow that was in front before. @type {Tab | null | undefined} */
    this.left = null;
    /** The workflow in front when ComfyUI was last asked to run a graph. @type {Tab | null} */
    this.asking = null;
    /** @type {Map<string, Tab>} by prompt, of those queued since the page was opened */
    this.queued = new Map();
    /** @type {Map<string, RunsByNode>} by prompt: what was reported while its workflow was not in front */
    this.missed = new Map();
    /** @type {WeakMap<Tab, Memory>} what each node of a workflow has shown and saved last */
    this.memories = new WeakMap();
  }

  /** The workflow in front; null while another is being opened. */
  get open() {
    return this.opening ? null : (this.active() ?? NO_TABS);
  }

  /** Notes that the graph in front is about to be queued. Another may be in front when ComfyUI answers. */
  ask() {
    this.opening = false; // an opening that failed ends here at the latest
    this.asking = this.open;
  }

  /**
   * @param {string} prompt id of a prompt that was queued
   * @param {Tab | null} tab the workflow that was in front
   */
  remember(prompt, tab) {
    if (!tab) return;
    this.queued.set(prompt, tab);
    const paths = [...Object.entries(this.readPaths()), [prompt, tab.path]].slice(-MOST_PROMPTS);
    this.storage.setItem(STORED, JSON.stringify(Object.fromEntries(paths)));
  }

  /**
   * Whether a prompt was queued in the workflow in front.
   *
   * @param {string} prompt
   */
  owns(prompt) {
    const { open } = this;
    const tab = this.queued.get(prompt);
    if (tab) return tab === open;
    return open !== null && this.readPaths()[prompt] === open.path;
  }

  /**
   * Whether a prompt was queued in this page, in whichever workflow.
   *
   * @param {string} prompt
   */
  knows(prompt) {
    return this.queued.has(prompt) || prompt in this.readPaths();
  }

  /** @returns {Record<string, string>} by prompt */
  readPaths() {
    return JSON.parse(this.storage.getItem(STORED) ?? "{}");
  }

  /**
   * Keeps a report for the workflow that its prompt turns out to be from, or until that comes to the front.
   *
   * @param {string} prompt
   * @param {string} node execution id
   * @param {string[]} runs
   */
  keep(prompt, node, runs) {
    const reports = this.missed.get(prompt) ?? new Map();
    this.missed.set(prompt, reports.set(node, runs));
    if (this.missed.size > MOST_PROMPTS) this.missed.delete([...this.missed.keys()][0]);
  }

  /** @returns {[string, string[]][]} the reports kept for the workflow in front, once */
  takeKept() {
    const own = [...this.missed.keys()].filter((prompt) => this.owns(prompt));
    const reports = own.flatMap((prompt) => [...(this.missed.get(prompt) ?? [])]);
    for (const prompt of own) this.missed.delete(prompt);
    return reports;
  }

  /** Notes that the workflow in front gives way: to another, or to a file that takes its place. */
  leave() {
    this.opening = true;
    this.left = this.active();
  }

  /** Notes that a workflow has come to the front. */
  arrive() {
    if (this.opening && this.left && this.left === this.active()) this.memories.delete(this.left);
    this.opening = false;
  }

  /** @returns {Map<string, string>} the run shown last by each node of the workflow in front */
  get shown() {
    return this.memory.shown;
  }

  /** @returns {Map<string, SavedCheckpoint[]>} the checkpoints that each of its nodes has saved, as far as is known */
  get saved() {
    return this.memory.saved;
  }

  /** @returns {Memory} */
  get memory() {
    const { open } = this;
    const memory = (open && this.memories.get(open)) ?? { shown: new Map(), saved: new Map() };
    if (open) this.memories.set(open, memory);
    return memory;
  }
}
