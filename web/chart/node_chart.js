// @ts-check
/** One node's chart: which run it shows, where its data comes from, and what a click does to the node. */

import { passOn } from "./canvas_input.js";
import { chain, findWidget, nodeAt, runsIn, setWidget, upstreamNode } from "./litegraph.js";
import { MINIMUM_HEIGHT, Panel } from "./panel.js";

/** @typedef {import("../types.d.ts").Canvas} Canvas */
/** @typedef {import("../types.d.ts").ChartNode} ChartNode */
/** @typedef {import("./view.js").Progress} Progress */
/** @typedef {import("./view.js").RunView} RunView */
/** @typedef {import("./view.js").Weights} Weights */
/** @typedef {import("./run_client.js").RunClient} RunClient */

/** Where the workflow remembers what the node showed; the curves themselves stay in the run's folder. */
const RUNS = "lora_atelier_runs";
const SHOWN = "lora_atelier_shown";

/** The same by graph and node: an undo may bring back a node of the time before it showed anything. */
/** @type {Map<string, string>} */
const lastShown = new Map();

/** The size of a new node leaves this much to the chart. */
const [WIDTH, HEIGHT] = [500, 400];

/** The picker's rules as the server's run_view knows them. */
/** @type {Record<string, string>} */
const RULES = {
  "lowest in G": "lowest",
  "earliest within one standard error": "earliest",
  "chosen epoch": "epoch",
};
const CHOSEN = "chosen epoch";

/** @type {Record<string, string>} */
const INVITATIONS = {
  LoRATrainer: "Run the graph: the curves appear here while it trains.",
  ValidationLossPlot: "Run the graph to see the curves of its training run.",
  CheckpointPicker: "Run the graph to see the curves; a click on them chooses an epoch.",
};

export const NODES = Object.keys(INVITATIONS);

export class NodeChart {
  /**
   * @param {ChartNode} node
   * @param {RunClient} client
   * @param {() => Canvas} canvas
   */
  constructor(node, client, canvas) {
    this.node = node;
    this.client = client;
    this.canvas = canvas;
    const picks = node.comfyClass === "CheckpointPicker";
    this.panel = new Panel(
      {
        choose: picks ? (epoch) => this.choose(epoch) : null,
        weights: () => this.weights,
        open: (run) => this.open(run),
        previewAddress: (run, file) => client.previewAddress(run, file),
      },
      INVITATIONS[String(node.comfyClass)],
    );
    /** Number of the last question to the server: older answers are out of date. */
    this.asked = 0;
    /** Name of the run that was heard of last. */
    this.live = "";
    passOn(this.panel.element, canvas);
    this.addWidget();
    this.listen(picks);
  }

  addWidget() {
    const widget = this.node.addDOMWidget("lora_atelier_chart", "LORA_ATELIER_CHART", this.panel.element, {
      serialize: false,
      hideOnZoom: false,
      getMinHeight: () => MINIMUM_HEIGHT,
    });
    widget.serialize = false;
    const [width, height] = this.node.computeSize();
    this.node.setSize([Math.max(width, WIDTH), height - MINIMUM_HEIGHT + HEIGHT]);
  }

  /** @param {boolean} picks */
  listen(picks) {
    const { node } = this;
    // Once the renderer has caught up with the graph.
    chain(node, "onAdded", () => setTimeout(() => this.mount(), 200));
    chain(node, "onConfigure", () => this.restore());
    chain(node, "onExecuted", (output) => this.executed(output));
    if (!picks) return;
    for (const name of ["rule", "epoch", "weights"]) {
      const widget = findWidget(node, name);
      if (widget) chain(widget, "callback", () => this.refresh());
    }
  }

  get shown() {
    return String(this.node.properties[SHOWN] ?? lastShown.get(this.place) ?? "");
  }

  /** Which node of which graph this is, for as long as the page is open. */
  get place() {
    return `${this.node.graph?.id}/${this.node.id}`;
  }

  /** @returns {string[]} */
  get runs() {
    const runs = this.node.properties[RUNS];
    return Array.isArray(runs) ? runs.map(String) : [this.shown].filter(Boolean);
  }

  /** @param {Progress} progress */
  onProgress(progress) {
    if (!this.follows(progress.node, progress.run)) return;
    this.turnTo(progress.run);
    if (this.shown === progress.run) this.panel.showProgress(progress);
  }

  /**
   * @param {string} id
   * @param {RunView} view
   */
  onView(id, view) {
    if (!this.follows(id, view.run)) return;
    this.turnTo(view.run);
    if (this.shown !== view.run) return;
    // What the trainer sends is picked as a new node would.
    if (this.query().rule === "lowest" && this.weights === "best") this.show(view);
    else void this.open(view.run);
  }

  /**
   * Turns to a run that has just begun; one that goes on does not take the place of another that the user looks at.
   *
   * @param {string} run
   */
  turnTo(run) {
    if (run === this.live) return;
    this.live = run;
    if (run === this.shown) return;
    this.remember(run);
    this.panel.clear("Training begins: the curves appear after the first validation.");
    void this.open(run, true);
  }

  /**
   * Whether an event of a node and a run concerns this chart: its own node, the trainer before it, or the run it shows.
   *
   * @param {string} id
   * @param {string} run
   */
  follows(id, run) {
    const trainer = upstreamNode(this.node, "run");
    return this.shown === run || nodeAt(this.node, id) === this.node || (trainer !== null && runsIn(trainer, id));
  }

  /** Nothing runs any more, or the connection was lost for a while: what is shown of a training may be out of date. */
  catchUp() {
    if (!this.panel.training) return;
    this.panel.showProgress(null);
    this.refresh();
  }

  /** @param {unknown} output */
  executed(output) {
    const views = /** @type {{lora_atelier_view?: RunView[]} | null} */ (output)?.lora_atelier_view;
    if (!views?.length) return;
    const view = views.find(({ run }) => run === this.shown) ?? views[views.length - 1];
    this.remember(view.run, [...new Set(views.map(({ run }) => run))]);
    this.show(view);
  }

  /** @param {RunView} view */
  show(view) {
    this.asked += 1;
    this.remember(view.run);
    this.panel.show(view, this.runs);
    this.mount();
  }

  /**
   * Some Vue renderers leave the element of an earlier node of the same id standing, after an undo or another workflow:
   * this chart takes its place.
   */
  mount() {
    const { element } = this.panel;
    if (element.isConnected || this.canvas()?.graph !== this.node.graph) return;
    document.querySelector(`.lg-node[data-node-id="${this.node.id}"] .lora-atelier-chart`)?.replaceWith(element);
  }

  /**
   * Notes in the workflow what is shown, as a change of its own: the undo of a later one is not to take it back.
   *
   * @param {string} run
   * @param {string[]} [runs] all that can be shown; one more than before by default
   */
  remember(run, runs = [...new Set([...this.runs, run])]) {
    const known = run === this.shown && String(runs) === String(this.runs);
    lastShown.set(this.place, run);
    if (known) return;
    const canvas = this.canvas(); // none yet when a training reports while the page is still opening
    canvas?.emitBeforeChange();
    this.node.properties[SHOWN] = run;
    this.node.properties[RUNS] = runs;
    canvas?.emitAfterChange();
  }

  /** Shows what the workflow remembers: after loading it, reloading the page, or an undo. */
  restore() {
    if (this.shown) void this.open(this.shown);
  }

  /** Asks again for the run that is shown, as the rule may have changed. */
  refresh() {
    if (this.shown) void this.open(this.shown);
  }

  /**
   * @param {string} run
   * @param {boolean} [quiet] for a run whose folder may not be there yet
   */
  async open(run, quiet = false) {
    this.asked += 1;
    const asked = this.asked;
    try {
      const view = await this.client.view(run, this.query());
      if (asked === this.asked) this.show(view);
    } catch (error) {
      if (asked === this.asked && !quiet) this.panel.showProblem(error instanceof Error ? error.message : String(error));
    }
  }

  /** @returns {Weights | "best"} the weights that may be picked, as the node's widget says */
  get weights() {
    const value = findWidget(this.node, "weights")?.value;
    return value === "averaged" || value === "raw" ? value : "best";
  }

  /** The rule by which the server is to choose, as the node's widgets say. */
  query() {
    const { weights } = this;
    const rule = RULES[String(findWidget(this.node, "rule")?.value)] ?? "lowest";
    const epoch = Number(findWidget(this.node, "epoch")?.value);
    return rule === "epoch" && Number.isFinite(epoch) ? { rule, epoch, weights } : { rule, weights };
  }

  /**
   * Chooses an epoch, as one change to undo.
   *
   * @param {number} epoch
   */
  choose(epoch) {
    const canvas = this.canvas();
    canvas.emitBeforeChange();
    setWidget(this.node, "epoch", epoch);
    setWidget(this.node, "rule", CHOSEN);
    canvas.emitAfterChange();
    canvas.setDirty(true, true);
  }
}
