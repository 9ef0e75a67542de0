// @ts-check
/**
 * The pack's extension of the front end: the live chart in LoRATrainer, ValidationLossPlot and CheckpointPicker.
 *
 * ComfyUI imports every .js file below this folder, so the modules in chart/ do nothing on import. With another ending
 * they might be served from a stale cache.
 */

import { app } from "../../scripts/app.js";
import { api } from "../../scripts/api.js";
import { keepScrolling } from "./chart/canvas_input.js";
import { chain, firstId } from "./chart/litegraph.js";
import { NODES, NodeChart } from "./chart/node_chart.js";
import { RunClient } from "./chart/run_client.js";
import { showRemarks } from "./remarks.js";
import { tidyWidgets } from "./widgets.js";

/** @typedef {import("./chart/messages.d.ts").ProgressMessage} ProgressMessage */
/** @typedef {import("./chart/messages.d.ts").ViewMessage} ViewMessage */
/** @typedef {import("./types.d.ts").ChartNode} ChartNode */
/** @typedef {{nodeData?: {category?: string}}} NodeClass */

/** The charts of the nodes that are in a graph. @type {Set<NodeChart>} */
const charts = new Set();
const client = new RunClient(api);

app.registerExtension({
  name: "loraatelier.chart",

  setup() {
    keepScrolling();
    listen("lora_atelier.progress", (/** @type {ProgressMessage} */ progress) => {
      for (const chart of charts) chart.onProgress(progress);
    });
    listen("lora_atelier.view", (/** @type {ViewMessage} */ { node, view }) => {
      for (const chart of charts) chart.onView(node, view);
    });
    for (const event of ["execution_success", "execution_error", "execution_interrupted", "reconnected"]) {
      listen(event, () => {
        for (const chart of charts) chart.catchUp();
      });
    }
  },

  nodeCreated(node) {
    // Another pack may have a node of the same id.
    if (/** @type {NodeClass} */ (node.constructor).nodeData?.category !== "LoRA Atelier") return;
    tidyWidgets(node);
    showRemarks(/** @type {ChartNode} */ (node));
    if (!NODES.includes(firstId(node))) return;
    const chart = new NodeChart(/** @type {ChartNode} */ (node), client, () => app.canvas);
    chain(node, "onAdded", () => charts.add(chart));
    chain(node, "onRemoved", () => charts.delete(chart));
  },
});

/**
 * @template Detail
 * @param {string} event
 * @param {(detail: Detail) => void} handle
 */
function listen(event, handle) {
  const target = /** @type {EventTarget} */ (api);
  target.addEventListener(event, (message) => handle(/** @type {CustomEvent<Detail>} */ (message).detail));
}
