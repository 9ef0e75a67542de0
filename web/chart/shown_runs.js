// @ts-check
/** Which runs a node has shown, remembered in its workflow; their curves stay in the runs' folders. */

/** @typedef {import("../types.d.ts").Canvas} Canvas */
/** @typedef {import("../types.d.ts").Node} Node */
/** @typedef {import("./tabs.js").Tabs} Tabs */

/** The node's properties. */
const SHOWN = "lora_atelier_shown";
const RUNS = "lora_atelier_runs";

export class ShownRuns {
  /**
   * @param {Node} node
   * @param {() => Canvas} canvas
   * @param {Tabs} tabs
   */
  constructor(node, canvas, tabs) {
    this.node = node;
    this.canvas = canvas;
    this.tabs = tabs;
  }

  /** Name of the run that is shown; empty if none is. An undo may bring the node back as it was before it showed it. */
  get current() {
    return String(this.node.properties[SHOWN] ?? this.tabs.shown.get(this.key) ?? "");
  }

  /** @returns {string[]} names of all runs that can be shown */
  get all() {
    const runs = this.node.properties[RUNS];
    return Array.isArray(runs) ? runs.map(String) : [this.current].filter(Boolean);
  }

  /** The checkpoints that the node has saved, as far as is known since the page was opened. */
  get saved() {
    return this.tabs.saved.get(this.key) ?? [];
  }

  set saved(checkpoints) {
    this.tabs.saved.set(this.key, checkpoints);
  }

  /** Tells the nodes of a workflow and its subgraphs apart. */
  get key() {
    return `${this.node.graph?.id}/${this.node.id}`;
  }

  /**
   * Remembers what is shown, as a change of its own: undoing a later one must not take it back.
   *
   * @param {string} run
   * @param {string[]} [all] names of all runs that can be shown; by default, one more than before
   */
  remember(run, all = [...new Set([...this.all, run])]) {
    const known = run === this.current && String(all) === String(this.all);
    this.tabs.shown.set(this.key, run);
    if (known) return; // after an undo too, although the properties lack it: a change would end what can be redone
    const canvas = this.canvas(); // none yet when a training reports while the page is still opening
    canvas?.emitBeforeChange();
    this.node.properties[SHOWN] = run;
    this.node.properties[RUNS] = all;
    canvas?.emitAfterChange();
  }
}
