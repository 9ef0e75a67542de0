// @ts-check
/** One node's chart: which run it shows, and where its data comes from. */

import { passToCanvas } from "./canvas_input.js";
import { say } from "./language.js";
import { chain, dependsOn, findWidget, firstId, nodeAt, runsIn, setWidget, upstreamNode } from "./litegraph.js";
import { Pace } from "./pace.js";
import { MINIMUM_HEIGHT, Panel } from "./panel.js";
import { chooseEpoch, PICKER, PICKER_WIDGETS, readAllowedWeights, readQuery } from "./picker.js";
import { addSheet } from "./sheet.js";
import { ShownRuns } from "./shown_runs.js";
import { INVITATIONS, NAMES, SUBJECTS } from "./subject.js";

/** @typedef {import("../types.d.ts").Canvas} Canvas */
/** @typedef {import("../types.d.ts").ChartNode} ChartNode */
/** @typedef {import("../types.d.ts").Node} Node */
/** @typedef {import("./messages.d.ts").ProgressMessage} ProgressMessage */
/** @typedef {import("./run_client.js").RunClient} RunClient */
/** @typedef {import("./messages.d.ts").EpochMessage} EpochMessage */
/** @typedef {import("./messages.d.ts").NoteMessage} NoteMessage */
/** @typedef {import("./messages.d.ts").RunMessage} RunMessage */
/** @typedef {import("./messages.d.ts").SavedCheckpoint} SavedCheckpoint */
/** @typedef {import("./run_view.d.ts").RunView} RunView */
/** @typedef {import("../failures.js").Failure} Failure */
/** @typedef {import("./sheet.js").Create} Create */
/** @typedef {import("./tabs.js").Tabs} Tabs */

/** The size of a new node leaves this much to the chart. */
const [WIDTH, HEIGHT] = [500, 400];

/** Milliseconds that a renderer takes to follow the graph. */
const RENDERING = 200;

export const NODES = Object.keys(SUBJECTS);

export class NodeChart {
  /**
   * @param {ChartNode} node
   * @param {RunClient} client
   * @param {() => Canvas} canvas
   * @param {Tabs} tabs
   * @param {Create} create
   */
  constructor(node, client, canvas, tabs, create) {
    this.node = node;
    this.client = client;
    this.canvas = canvas;
    this.runs = new ShownRuns(node, canvas, tabs);
    const picks = firstId(node) === PICKER;
    this.panel = new Panel(
      {
        onChoose: picks ? (epoch) => chooseEpoch(node, canvas(), epoch) : null,
        onSheet: picks ? () => void addSheet(node, canvas(), create) : null,
        onStop: () => void this.stop(),
        onRename: () => this.rename(),
        allowedWeights: () => readAllowedWeights(node),
        onOpenRun: (run) => this.open(run),
        previewAddress: (run, preview) => client.previewAddress(run, preview),
      },
      say(INVITATIONS[firstId(node)]),
      SUBJECTS[firstId(node)],
    );
    /** How many requests were made or overtaken: only the answer to the latest is shown. */
    this.requests = 0;
    /** Name of the run that is to stop and be used as it is; empty if none is. */
    this.stopping = "";
    /** What keeps the graph from going on. @type {Failure | null} */
    this.failure = null;
    /** Name of the run that an event was last about. */
    this.reported = "";
    this.following = new Pace(() => this.refresh(true));
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
    widget.label = say(NAMES[firstId(this.node)]);
    const [width, height] = this.node.computeSize();
    this.node.setSize([Math.max(width, WIDTH), height - MINIMUM_HEIGHT + HEIGHT]);
  }

  /** @param {boolean} picks */
  listen(picks) {
    const { node } = this;
    chain(node, "onAdded", () => setTimeout(() => this.mount(), RENDERING));
    chain(node, "onConfigure", () => void this.refresh()); // after loading the workflow, reloading the page, or an undo
    if (!picks) return;
    for (const name of PICKER_WIDGETS) {
      const widget = findWidget(node, name);
      // Afterwards, because the front end may set one widget after another.
      if (widget) chain(widget, "callback", () => queueMicrotask(() => void this.refresh()));
    }
  }

  /**
   * @param {ProgressMessage} progress
   * @param {boolean} own whether it is about this chart's workflow
   */
  onProgress(progress, own) {
    this.hear(progress, own);
    if (this.runs.current === progress.run) this.panel.showProgress(progress);
  }

  /**
   * Something is to be known before the first step.
   *
   * @param {NoteMessage} message
   * @param {boolean} own
   */
  onNote(message, own) {
    this.hear(message, own);
    if (this.runs.current === message.run) this.panel.addRemark(message.text);
  }

  /**
   * A node of this chart's workflow refused its inputs or failed; null when the workflow runs again.
   *
   * @param {Failure | null} failure
   */
  onFailed(failure) {
    this.failure = failure !== null && dependsOn(this.node, failure.node) ? failure : null;
    if (this.failure) this.panel.showFailure(this.failure.sentence, this.freeName());
    else if (failure === null) this.panel.showFailure("");
  }

  /** What the trainer that failed could call its run; empty if its name is not the reason, or comes from another node. */
  freeName() {
    const { node, ending } = this.failure ?? {};
    const trainer = node && ending ? nodeAt(this.node, node) : null;
    const name = trainer && !upstreamNode(trainer, "run_name") && findWidget(trainer, "run_name")?.value;
    return name ? `${String(name).trim()}${ending}` : "";
  }

  /** Gives the trainer that failed a name that is free, as one change to undo. */
  rename() {
    const name = this.freeName();
    const trainer = this.failure && nodeAt(this.node, this.failure.node);
    if (!name || !trainer) return;
    this.setInput(trainer, "run_name", name);
    this.failure = null;
    this.panel.showFailure(say("Press Run to train as {name}.", { name }));
  }

  /**
   * An epoch has been measured and saved.
   *
   * @param {RunMessage} message
   * @param {boolean} own
   */
  onEpoch(message, own) {
    this.hear(message, own);
    if (this.runs.current === message.run) this.following.ask();
  }

  /**
   * Nothing trains any more.
   *
   * @param {EpochMessage} message
   */
  onEnded({ node, run, epoch }) {
    if (this.stopping === run && epoch) this.setEpochs(node, epoch);
    this.stopping = "";
    if (this.runs.current !== run) return;
    this.panel.showProgress(null);
    void this.refresh();
  }

  /**
   * @param {RunMessage} message
   * @param {boolean} own whether it is about this chart's workflow
   */
  hear({ node, run }, own) {
    if (own && this.concerns(node)) this.turnTo(run);
  }

  /**
   * What came while this chart's workflow was not in front.
   *
   * @param {[string, string[]][]} reports runs by the execution id that they were reported for
   */
  onOpened(reports) {
    const own = reports.filter(([id]) => this.concerns(id));
    for (const [, runs] of own) runs.forEach((run) => this.turnTo(run));
    if (own.length || !this.panel.view) void this.refresh();
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
    this.panel.clear(say("Training begins: the curves appear after the first validation."));
    void this.open(run, true);
  }

  /**
   * Whether an event of this chart's workflow is about this node or the trainer before it.
   *
   * @param {string} id execution id
   */
  concerns(id) {
    if (nodeAt(this.node, id) === this.node) return true;
    const trainer = upstreamNode(this.node, "run");
    return trainer !== null && runsIn(trainer, id);
  }

  /** Nothing runs any more, or the connection was lost for a while: what is shown of a training may be out of date. */
  catchUp() {
    if (!this.panel.training) return;
    this.panel.showProgress(null);
    void this.refresh();
  }

  /**
   * A node of this chart's workflow was executed.
   *
   * @param {string} id execution id
   * @param {RunView[]} views
   * @param {SavedCheckpoint[]} [saved]
   */
  onExecuted(id, views, saved = []) {
    if (nodeAt(this.node, id) !== this.node || !views.length) return;
    this.runs.saved = saved;
    const view = views.find(({ run }) => run === this.runs.current) ?? views[views.length - 1];
    this.runs.remember(view.run, [...new Set(views.map(({ run }) => run))]);
    this.show(view);
  }

  /** @param {RunView} view */
  show(view) {
    this.requests += 1;
    this.runs.remember(view.run);
    this.panel.show(view, this.runs.all, this.runs.saved);
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

  /**
   * Asks again for the run that is shown: it may be another one, have gone on, or be picked by another rule.
   *
   * @param {boolean} [quiet]
   */
  async refresh(quiet = false) {
    const { current } = this.runs;
    if (current) await this.open(current, quiet);
  }

  /** Ends the training that is shown; once it has ended, its trainer wants no more epochs than it has. */
  async stop() {
    const { progress } = this.panel;
    if (!progress) return;
    this.stopping = progress.run;
    try {
      await this.client.stop(progress.run);
    } catch (error) {
      this.stopping = "";
      this.panel.showProblem(error instanceof Error ? error.message : String(error));
    }
  }

  /**
   * Sets how many epochs a trainer is to train.
   *
   * @param {string} id execution id of the trainer
   * @param {number} epochs
   */
  setEpochs(id, epochs) {
    const trainer = nodeAt(this.node, id);
    if (trainer) this.setInput(trainer, "epochs", epochs);
  }

  /**
   * Sets an input as one change to undo.
   *
   * @param {Node} node
   * @param {string} input
   * @param {string | number} value
   */
  setInput(node, input, value) {
    this.canvas().emitBeforeChange();
    setWidget(node, input, value);
    this.canvas().emitAfterChange();
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
