// @ts-check
/** One node's chart: which run it shows, and where its data comes from. */

import { passToCanvas } from "./canvas_input.js";
import { chain, findWidget, firstId, nodeAt, runsIn, upstreamNode } from "./litegraph.js";
import { MINIMUM_HEIGHT, Panel } from "./panel.js";
import { chooseEpoch, isDefault, PICKER, PICKER_WIDGETS, readAllowedWeights, readQuery } from "./picker.js";
import { ShownRuns } from "./shown_runs.js";

/** @typedef {import("../types.d.ts").Canvas} Canvas */
/** @typedef {import("../types.d.ts").ChartNode} ChartNode */
/** @typedef {import("./messages.d.ts").ProgressMessage} ProgressMessage */
/** @typedef {import("./run_client.js").RunClient} RunClient */
/** @typedef {import("./run_view.d.ts").RunView} RunView */

/** The size of a new node leaves this much to the chart. */
const [WIDTH, HEIGHT] = [500, 400];

/** Milliseconds that a renderer takes to follow the graph. */
const RENDERING = 200;

/** What a chart says before it has a run to show. @type {Record<string, string>} */
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
    this.runs = new ShownRuns(node, canvas);
    const picks = firstId(node) === PICKER;
    this.panel = new Panel(
      {
        onChoose: picks ? (epoch) => chooseEpoch(node, canvas(), epoch) : null,
        allowedWeights: () => readAllowedWeights(node),
        onOpenRun: (run) => this.open(run),
        previewAddress: (run, file) => client.previewAddress(run, file),
      },
      INVITATIONS[firstId(node)],
    );
    /** How many requests were made or overtaken: only the answer to the latest is shown. */
    this.requests = 0;
    /** Name of the run that an event was last about. */
    this.reported = "";
    passToCanvas(this.panel.element, canvas);
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
    chain(node, "onAdded", () => setTimeout(() => this.mount(), RENDERING));
    chain(node, "onConfigure", () => this.refresh()); // after loading the workflow, reloading the page, or an undo
    chain(node, "onExecuted", (output) => this.onExecuted(output));
    if (!picks) return;
    for (const name of PICKER_WIDGETS) {
      const widget = findWidget(node, name);
      if (widget) chain(widget, "callback", () => this.refresh());
    }
  }

  /** @param {ProgressMessage} progress */
  onProgress(progress) {
    if (!this.concerns(progress.node, progress.run)) return;
    this.turnTo(progress.run);
    if (this.runs.current === progress.run) this.panel.showProgress(progress);
  }

  /**
   * @param {string} id execution id of the node that trains
   * @param {RunView} view picked by the default query
   */
  onView(id, view) {
    if (!this.concerns(id, view.run)) return;
    this.turnTo(view.run);
    if (this.runs.current !== view.run) return;
    if (isDefault(readQuery(this.node))) this.show(view);
    else void this.open(view.run);
  }

  /**
   * Turns to a run that has just begun; one that continues does not replace another that the user looks at.
   *
   * @param {string} run
   */
  turnTo(run) {
    if (run === this.reported) return;
    this.reported = run;
    if (run === this.runs.current) return;
    this.runs.remember(run);
    this.panel.clear("Training begins: the curves appear after the first validation.");
    void this.open(run, true);
  }

  /**
   * Whether an event concerns this chart: it is about this node, the trainer before it, or the run that is shown.
   *
   * @param {string} id execution id of the node that trains
   * @param {string} run
   */
  concerns(id, run) {
    if (this.runs.current === run || nodeAt(this.node, id) === this.node) return true;
    const trainer = upstreamNode(this.node, "run");
    return trainer !== null && runsIn(trainer, id);
  }

  /** Nothing runs any more, or the connection was lost for a while: what is shown of a training may be out of date. */
  catchUp() {
    if (!this.panel.training) return;
    this.panel.showProgress(null);
    this.refresh();
  }

  /** @param {unknown} output */
  onExecuted(output) {
    const views = /** @type {{lora_atelier_view?: RunView[]} | null} */ (output)?.lora_atelier_view;
    if (!views?.length) return;
    const view = views.find(({ run }) => run === this.runs.current) ?? views[views.length - 1];
    this.runs.remember(view.run, [...new Set(views.map(({ run }) => run))]);
    this.show(view);
  }

  /** @param {RunView} view */
  show(view) {
    this.requests += 1;
    this.runs.remember(view.run);
    this.panel.show(view, this.runs.all);
    this.mount();
  }

  /**
   * Takes the place of the chart of an earlier node of the same id: some Vue renderers keep it after an undo or in
   * another workflow.
   */
  mount() {
    const { element } = this.panel;
    if (element.isConnected || this.canvas()?.graph !== this.node.graph) return;
    document.querySelector(`.lg-node[data-node-id="${this.node.id}"] .lora-atelier-chart`)?.replaceWith(element);
  }

  /** Asks again for the run that is shown: it may be another one, or picked by another rule. */
  refresh() {
    const { current } = this.runs;
    if (current) void this.open(current);
  }

  /**
   * @param {string} run
   * @param {boolean} [quiet] for a run whose folder may not be there yet
   */
  async open(run, quiet = false) {
    this.requests += 1;
    const request = this.requests;
    try {
      const view = await this.client.view(run, readQuery(this.node));
      if (request === this.requests) this.show(view);
    } catch (error) {
      if (request !== this.requests || quiet) return;
      this.panel.showProblem(error instanceof Error ? error.message : String(error));
    }
  }
}
