// @ts-check
/**
 * The pack's extension of the front end: the live chart in LoRATrainer, ValidationLossPlot and CheckpointPicker, and
 * the gallery and the folders dropped in DatasetLoader.
 *
 * ComfyUI imports every .js file below this folder, so the other modules do nothing on import. With another ending
 * they might be served from a stale cache.
 */

import { app } from "../../scripts/app.js";
import { api } from "../../scripts/api.js";
import { Announcer } from "./announcer.js";
import { addGalleryButton, LOADER } from "./captions/gallery_button.js";
import { GalleryClient } from "./captions/gallery_client.js";
import { keepScrolling } from "./chart/canvas_input.js";
import { chooseLanguage, languageCode } from "./chart/language.js";
import { chain, firstId } from "./chart/litegraph.js";
import { NODES, NodeChart } from "./chart/node_chart.js";
import { RunClient } from "./chart/run_client.js";
import { createNode } from "./create_node.js";
import { FolderClient } from "./drop/folder_client.js";
import { takeFolders } from "./drop/folder_drop.js";
import { ExampleBuilding } from "./example_building.js";
import { failureOf, refusalsIn } from "./failures.js";
import { settleIds } from "./node_ids.js";
import { translateNotes } from "./notes.js";
import { onOpened, tabs } from "./open_tabs.js";
import { standWhereSaved } from "./opening.js";
import { showRemarks } from "./remarks.js";
import { languages } from "./settings.js";
import { tidyWidgets } from "./widgets.js";

/** @typedef {import("./chart/messages.d.ts").EpochMessage} EpochMessage */
/** @typedef {import("./chart/executed.d.ts").ExecutedMessage} ExecutedMessage */
/** @typedef {import("./chart/messages.d.ts").NoteMessage} NoteMessage */
/** @typedef {import("./chart/messages.d.ts").ProgressMessage} ProgressMessage */
/** @typedef {import("./chart/executed.d.ts").Shown} Shown */
/** @typedef {import("./failures.js").ErrorMessage} ErrorMessage */
/** @typedef {import("./failures.js").Failure} Failure */
/** @typedef {import("./failures.js").NodeErrors} NodeErrors */
/** @typedef {import("./types.d.ts").ChartNode} ChartNode */
/** @typedef {{nodeData?: {category?: string, display_name?: string}}} NodeClass */
/** @typedef {{prompt_id: string | null, node_errors: NodeErrors}} Answer of ComfyUI to a request to run a graph */

const CATEGORY = "LoRA Atelier";

/** The charts of the nodes that are in a graph. @type {Set<NodeChart>} */
const charts = new Set();
const client = new RunClient(api);
const gallery = new GalleryClient(api);
const folders = new FolderClient(api);
const example = new ExampleBuilding(api);
const announcer = new Announcer(
  (toast) => app.extensionManager.toast.add(toast),
  (kind) => nodeData(kind)?.display_name ?? kind,
);
/** Lets the workflow that is being opened stand where it was saved. @type {() => void} */
let stand = () => {};

app.registerExtension({
  name: "loraatelier.chart",

  setup() {
    chooseLanguage(languageCode(...languages(app)));
    keepScrolling();
    listen("lora_atelier.progress", (/** @type {ProgressMessage} */ progress) => {
      const own = isOwn(progress.prompt_id, progress.node, [progress.run]);
      for (const chart of charts) chart.onProgress(progress, own);
      if (tabs.knows(progress.prompt_id)) announcer.onProgress(progress);
    });
    listen("lora_atelier.note", (/** @type {NoteMessage} */ message) => {
      const own = isOwn(message.prompt_id, message.node, [message.run]);
      for (const chart of charts) chart.onNote(message, own);
    });
    listen("lora_atelier.epoch", (/** @type {EpochMessage} */ message) => {
      const own = isOwn(message.prompt_id, message.node, [message.run]);
      for (const chart of charts) chart.onEpoch(message, own);
    });
    listen("lora_atelier.ended", (/** @type {EpochMessage} */ message) => {
      for (const chart of charts) chart.onEnded(message);
    });
    // Not by the nodes' own onExecuted, which ComfyUI calls in whatever workflow is in front.
    listen("executed", (/** @type {ExecutedMessage} */ { node, display_node, prompt_id, output }) => {
      const { lora_atelier_view: views, lora_atelier_saved: saved = [] } = /** @type {Shown} */ (output ?? {});
      const id = String(display_node ?? node);
      if (!views) return;
      if (tabs.knows(prompt_id)) announcer.onSaved(id, saved);
      if (!isOwn(prompt_id, id, views.map(({ run }) => run))) return;
      for (const chart of charts) chart.onExecuted(id, views, saved);
    });
    listen("lora_atelier.queued", onAnswer);
    listen("execution_start", (/** @type {{prompt_id: string}} */ { prompt_id }) => {
      if (tabs.owns(prompt_id)) forgetFailures();
    });
    listen("execution_error", (/** @type {ErrorMessage} */ message) => {
      const failure = failureOf(message);
      if (failure && tabs.knows(message.prompt_id)) tell([failure], tabs.owns(message.prompt_id));
    });
    listen("execution_interrupted", (/** @type {{prompt_id: string}} */ { prompt_id }) => {
      announcer.onCancelled(prompt_id);
    });
    listen("execution_success", (/** @type {{prompt_id: string}} */ { prompt_id }) => announcer.onEnded(prompt_id));
    for (const event of ["execution_success", "execution_error", "execution_interrupted", "reconnected"]) {
      listen(event, () => {
        for (const chart of charts) chart.catchUp();
      });
    }
    onOpened(() => {
      tabs.arrive();
      setTimeout(reportKept); // what it changes in the graph comes after the state that ComfyUI now takes note of
    });
  },

  async beforeConfigureGraph(workflow) {
    const cleared = !app.graph.nodes.length; // an undo does not clear the canvas
    if (cleared) tabs.leave();
    stand = cleared ? standWhereSaved(workflow, app.canvas) : () => {};
    settleIds(workflow, (kind) => kind in LiteGraph.registered_node_types);
    Object.assign(workflow, translateNotes(workflow)); // before it is opened, so that its text is not a change to it
    await example.draw(workflow);
  },

  afterConfigureGraph() {
    stand();
  },

  loadedGraphNode(node) {
    example.show(/** @type {import("./example_building.js").LoadingNode} */ (node));
  },

  nodeCreated(node) {
    // Another pack may have a node of the same id.
    if (/** @type {NodeClass} */ (node.constructor).nodeData?.category !== CATEGORY) return;
    tidyWidgets(node);
    const own = /** @type {ChartNode} */ (node);
    const [first] = /** @type {import("./types.d.ts").AskedWidget[]} */ (node.widgets ?? []);
    if (first) chain(first, "beforeQueued", onAsking);
    const remarks = showRemarks(own);
    if (firstId(node) === LOADER) {
      addGalleryButton(node, gallery, () => app.bodyBottom);
      takeFolders(own, folders, () => app.canvas, remarks);
    }
    if (!NODES.includes(firstId(node))) return;
    const chart = new NodeChart(own, client, () => app.canvas, tabs, createNode);
    chain(node, "onAdded", () => charts.add(chart));
    chain(node, "onRemoved", () => charts.delete(chart));
  },
});

/**
 * Whether a prompt was queued in the workflow in front; if not, what it reports is kept for the one that it is from.
 *
 * @param {string} prompt
 * @param {string} node execution id
 * @param {string[]} runs
 */
function isOwn(prompt, node, runs) {
  const own = tabs.owns(prompt);
  if (!own) tabs.keep(prompt, node, runs);
  return own;
}

/**
 * Says in a toast what went wrong, and in the charts that wait for it.
 *
 * @param {Failure[]} failures
 * @param {boolean} own whether they are of the workflow in front
 */
function tell(failures, own) {
  for (const failure of failures) {
    announcer.onFailure(failure);
    for (const chart of own ? charts : []) chart.onFailed(failure);
  }
}

function forgetFailures() {
  for (const chart of charts) chart.onFailed(null);
}

/** @param {string} kind class of nodes */
function nodeData(kind) {
  return /** @type {NodeClass | undefined} */ (LiteGraph.registered_node_types[kind])?.nodeData;
}

/** A graph with a node of ours is about to be queued; each of its nodes may say so. */
function onAsking() {
  tabs.ask();
  forgetFailures();
}

/** @param {Answer} answer */
function onAnswer({ prompt_id, node_errors }) {
  if (prompt_id) tabs.remember(prompt_id, tabs.asking);
  else tell(refusalsIn(node_errors), tabs.asking === tabs.open);
  reportKept(); // the server may have begun before its answer arrived
}

function reportKept() {
  const reports = tabs.takeKept();
  for (const chart of charts) chart.onOpened(reports);
}

/**
 * @template Detail
 * @param {string} event
 * @param {(detail: Detail) => void} handle
 */
function listen(event, handle) {
  const target = /** @type {EventTarget} */ (api);
  target.addEventListener(event, (message) => handle(/** @type {CustomEvent<Detail>} */ (message).detail));
}
