// @ts-check
/** The library of runs: a tab in ComfyUI's sidebar. ComfyUI imports this file as it does every other one. */

import { app } from "../../scripts/app.js";
import { api } from "../../scripts/api.js";
import { languageCode } from "./chart/language.js";
import { RunClient } from "./chart/run_client.js";
import { createNode } from "./create_node.js";
import { openComparison } from "./library/comparison.js";
import { LibraryClient } from "./library/library_client.js";
import { LibraryPanel } from "./library/library_panel.js";
import { openInGraph } from "./library/open_in_graph.js";
import { QueueClient } from "./library/queue_client.js";
import { QueueView } from "./library/queue_view.js";
import { wordsIn } from "./library/words.js";
import { tabs } from "./open_tabs.js";
import { languages } from "./settings.js";

/** @typedef {import("./chart/messages.d.ts").ProgressMessage} ProgressMessage */

const TAB = "lora-atelier-library";

const runs = new RunClient(api);
const library = new LibraryClient(api);
const waiting = new QueueClient(api);
/** @type {LibraryPanel | null} */
let panel = null;
/** @type {QueueView | null} */
let queue = null;

app.registerExtension({
  name: "loraatelier.library",
  // ComfyUI makes a command of every tab. On a Mac, Option+L types the second sign.
  keybindings: ["l", "¬"].map((key) => ({ combo: { key, alt: true }, commandId: `Workspace.ToggleSidebarTab.${TAB}` })),

  setup() {
    const words = wordsIn(languageCode(...languages(app)));
    app.extensionManager.registerSidebarTab({
      id: TAB,
      icon: "pi pi-chart-line",
      title: words.title,
      tooltip: words.tooltip,
      type: "custom",
      render(container) {
        container.style.height = "100%"; // so that the list scrolls, not what stands above it
        panel ??= makePanel(words);
        container.append(panel.element); // which may not be on the page yet
        panel.refresh();
        queue?.refresh();
      },
    });
    for (const event of ["lora_atelier.epoch", "lora_atelier.ended", "reconnected"]) listen(event, refresh);
    listen("lora_atelier.queue", () => {
      if (panel?.element.isConnected) queue?.refresh();
    });
    listen("lora_atelier.progress", (event) => {
      const { detail } = /** @type {CustomEvent<ProgressMessage>} */ (event);
      panel?.onProgress(detail);
      queue?.onProgress(detail);
    });
  },
});

/** @param {import("./library/words.js").Words} words */
function makePanel(words) {
  queue = new QueueView(words, waiting, {
    onAdd: addToQueue,
    onOpen: (workflow) => void app.loadGraphData(/** @type {Parameters<typeof app.loadGraphData>[0]} */ (workflow)),
  });
  const made = new LibraryPanel(words, library, runs, {
    onOpenInGraph: (run) => {
      const covered = panel?.element.getBoundingClientRect().right ?? 0;
      openInGraph(run, app.canvas, createNode, covered);
    },
    onCompare: (names) => void openComparison(names, words, library, runs, app.bodyBottom),
  });
  made.overview.prepend(queue.element);
  return made;
}

/** Queues what ComfyUI's own queue would get of the graph that is open; its charts follow the training. */
async function addToQueue() {
  const { open } = tabs;
  const { output, workflow } = await app.graphToPrompt();
  tabs.remember(await waiting.add({ graph: output, workflow, client: api.clientId ?? "" }), open);
}

/** Shows what has changed, if the tab is open. */
function refresh() {
  if (!panel?.element.isConnected) return;
  panel.refresh();
  queue?.refresh();
}

/**
 * @param {string} event
 * @param {(event: Event) => void} handle
 */
function listen(event, handle) {
  /** @type {EventTarget} */ (api).addEventListener(event, handle);
}
