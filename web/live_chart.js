// @ts-check
/**
 * The pack's extension of the front end: the live chart in LoRATrainer, ValidationLossPlot and CheckpointPicker, and
 * the captions in DatasetLoader.
 *
 * ComfyUI imports every .js file below this folder, so the other modules do nothing on import. With another ending
 * they might be served from a stale cache.
 */

import { app } from "../../scripts/app.js";
import { api } from "../../scripts/api.js";
import { addCaptionButton, LOADER } from "./captions/caption_button.js";
import { CaptionClient } from "./captions/caption_client.js";
import { keepScrolling } from "./chart/canvas_input.js";
import { chain, firstId } from "./chart/litegraph.js";
import { NODES, NodeChart } from "./chart/node_chart.js";
import { RunClient } from "./chart/run_client.js";
import { Tabs } from "./chart/tabs.js";
import { createNode } from "./create_node.js";
import { provideExample } from "./example_building.js";
import { showRemarks } from "./remarks.js";
import { tidyWidgets } from "./widgets.js";

/** @typedef {import("./chart/messages.d.ts").EpochMessage} EpochMessage */
/** @typedef {import("./chart/messages.d.ts").ExecutedMessage} ExecutedMessage */
/** @typedef {import("./chart/messages.d.ts").ProgressMessage} ProgressMessage */
/** @typedef {import("./chart/messages.d.ts").RunMessage} RunMessage */
/** @typedef {import("./chart/run_view.d.ts").RunView} RunView */
/** @typedef {import("./chart/tabs.js").Tab} Tab */
/** @typedef {import("./types.d.ts").ChartNode} ChartNode */
/** @typedef {{nodeData?: {category?: string}}} NodeClass */
/** @typedef {{workflow?: {activeWorkflow?: Tab | null}}} Manager */

/** The charts of the nodes that are in a graph. @type {Set<NodeChart>} */
const charts = new Set();
const client = new RunClient(api);
const captions = new CaptionClient(api);
const tabs = new Tabs(() => /** @type {Manager} */ (app.extensionManager)?.workflow?.activeWorkflow, sessionStorage);

app.registerExtension({
  name: "loraatelier.chart",

  setup() {
    keepScrolling();
    listen("lora_atelier.progress", (/** @type {ProgressMessage} */ progress) => {
      const own = isOwn(progress.prompt_id, progress.node, [progress.run]);
      for (const chart of charts) chart.onProgress(progress, own);
    });
    listen("lora_atelier.epoch", (/** @type {EpochMessage} */ message) => {
      const own = isOwn(message.prompt_id, message.node, [message.run]);
      for (const chart of charts) chart.onEpoch(message, own);
    });
    listen("lora_atelier.ended", (/** @type {RunMessage} */ message) => {
      for (const chart of charts) chart.onEnded(message);
    });
    // Not by the nodes' own onExecuted, which ComfyUI calls in whatever workflow is in front.
    listen("executed", (/** @type {ExecutedMessage} */ { node, display_node, prompt_id, output }) => {
      const { lora_atelier_view: views } = /** @type {{lora_atelier_view?: RunView[]}} */ (output ?? {});
      const id = String(display_node ?? node);
      if (!views || !isOwn(prompt_id, id, views.map(({ run }) => run))) return;
      for (const chart of charts) chart.onExecuted(id, views);
    });
    for (const event of ["execution_success", "execution_error", "execution_interrupted", "reconnected"]) {
      listen(event, () => {
        for (const chart of charts) chart.catchUp();
      });
    }
    followTabs();
  },

  loadedGraphNode(node) {
    void provideExample(/** @type {import("./example_building.js").LoadingNode} */ (node), api);
  },

  nodeCreated(node) {
    // Another pack may have a node of the same id.
    if (/** @type {NodeClass} */ (node.constructor).nodeData?.category !== "LoRA Atelier") return;
    tidyWidgets(node);
    showRemarks(/** @type {ChartNode} */ (node));
    if (firstId(node) === LOADER) addCaptionButton(node, captions);
    if (!NODES.includes(firstId(node))) return;
    const chart = new NodeChart(/** @type {ChartNode} */ (node), client, () => app.canvas, tabs, createNode);
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

/** Notes which workflow each prompt is queued in, and when another workflow comes to the front. */
function followTabs() {
  const queue = api.queuePrompt;
  api.queuePrompt = async function queuePrompt(...parameters) {
    const { open } = tabs;
    const answer = await queue.apply(this, parameters);
    if (answer.prompt_id) tabs.remember(answer.prompt_id, open);
    reportKept(); // the server may have begun before its answer arrived
    return answer;
  };
  const load = app.loadGraphData;
  app.loadGraphData = async function loadGraphData(...parameters) {
    const result = await tabs.load(parameters[3], () => load.apply(this, parameters));
    reportKept();
    return result;
  };
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
