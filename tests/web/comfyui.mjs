/** ComfyUI around a chart: its real graph (litegraph), and in place of the application what a chart asks of it. */

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

import "./page.mjs";
import { NodeChart } from "../../web/chart/node_chart.js";
import { RunClient } from "../../web/chart/run_client.js";
import { Tabs } from "../../web/chart/tabs.js";

// Its package offers require a script that Node takes for a module: the module itself lies beside it.
const script = pathToFileURL(createRequire(import.meta.url).resolve("@comfyorg/litegraph"));
const { LGraph, LGraphNode, LiteGraph, SubgraphNode } = await import(new URL("./litegraph.es.js", script));

const RULES = ["lowest in G", "earliest within one standard error", "chosen epoch"];

/** The server's runs: what it is asked, and views or errors as its answers. */
export class Server {
  constructor() {
    this.views = {};
    this.asked = [];
    this.apiURL = (route) => `http://here${route}`;
    this.stopped = [];
    this.fetchApi = async (route, { method = "GET" } = {}) => {
      const { pathname, searchParams } = new URL(route, "http://here");
      if (method === "POST") {
        this.stopped.push(pathname.match(/runs\/(.*)\/stop$/)[1]);
        return Response.json({});
      }
      const run = decodeURIComponent(pathname.split("/").at(-1));
      const query = Object.fromEntries(searchParams);
      this.asked.push({ run, ...query });
      const view = this.views[run];
      if (!view) return Response.json({ error: `There is no run ${run}.` }, { status: 404 });
      return Response.json(typeof view === "function" ? await view(query) : view);
    };
  }
}

/** The canvas as a chart knows it: it shows a graph, and between before and after is one change to undo. */
class Canvas {
  constructor(graph) {
    this.graph = graph;
    this.changes = [];
    this.depth = 0;
  }

  emitBeforeChange() {
    if (this.depth === 0) this.changes.push(this.graph.serialize());
    this.depth += 1;
  }

  emitAfterChange() {
    this.depth -= 1;
  }

  undo() {
    this.graph.configure(structuredClone(this.changes.pop()));
  }

  setDirty() {}

  processMouseWheel() {
    this.zoomed = true;
  }
}

/** What a page keeps for itself until it is closed, over reloads too. */
export class Storage {
  constructor() {
    this.items = new Map();
    this.getItem = (name) => this.items.get(name) ?? null;
    this.setItem = (name, value) => this.items.set(name, value);
  }
}

/** A page of ComfyUI with an empty graph. */
export class ComfyUI {
  /** @param {string} id of the workflow */
  constructor(id) {
    this.server = new Server();
    this.client = new RunClient(this.server);
    this.graph = new LGraph();
    this.graph.id = id;
    this.canvas = new Canvas(this.graph);
    this.charts = new Map();
    this.tab = { path: `workflows/${id}.json` };
    this.tabs = new Tabs(() => this.tab, new Storage());
    for (const [type, build] of Object.entries(NODES)) LiteGraph.registerNodeType(type, nodeClass(this, type, build));
    this.graph.events.addEventListener("subgraph-created", ({ detail: { subgraph } }) => {
      LiteGraph.registerNodeType(subgraph.id, subgraphClass(this.graph, subgraph));
    });
  }

  create(type) {
    return LiteGraph.createNode(type);
  }

  add(type) {
    const node = this.create(type);
    this.graph.add(node);
    return node;
  }

  /** Moves nodes of a graph into a subgraph; the node that stands for it. */
  wrap(...nodes) {
    return nodes[0].graph.convertToSubgraph(new Set(nodes)).node;
  }

  /** The node that has taken a node's place after its workflow was opened again, or after an undo. */
  now(node) {
    return this.graph.getNodeById(node.id);
  }

  chart(node) {
    return this.charts.get(node);
  }

  element(node) {
    return this.chart(node).panel.element;
  }

  text(node, selector) {
    return this.element(node).querySelector(selector)?.textContent ?? null;
  }

  /** Name of the run that a node's chart shows; null if none. */
  shown(node) {
    if (this.element(node).classList.contains("la-empty")) return null;
    return this.text(node, ".la-run") ?? this.element(node).querySelector("select").value;
  }

  /** Why a node's chart says that its checkpoint was picked. */
  reason(node) {
    return this.text(node, ".la-reason p");
  }

  /** A trainer, and a picker or another node that its run goes to. */
  addConnected(type = "CheckpointPicker") {
    const [trainer, node] = [this.add("LoRATrainer"), this.add(type)];
    trainer.connect(0, node, "run");
    return [trainer, node];
  }
}

function nodeClass(page, type, build) {
  return class extends LGraphNode {
    constructor(title) {
      super(title ?? type);
      this.comfyClass = type;
      build(this);
      if (!CHARTS.includes(type)) return;
      const create = (wanted) => LiteGraph.createNode(wanted);
      page.charts.set(this, new NodeChart(this, page.client, () => page.canvas, page.tabs, create));
    }

    addDOMWidget(name, kind, element, options) {
      const computeLayoutSize = () => ({ minHeight: options.getMinHeight(), minWidth: 0 });
      return this.addCustomWidget({ name, type: kind, element, options, computeLayoutSize, y: 0 });
    }
  };
}

function subgraphClass(graph, subgraph) {
  const { id: type } = subgraph;
  const bare = { id: -1, type, pos: [0, 0], size: [100, 100], inputs: [], outputs: [], flags: {}, order: 0, mode: 0 };
  return class extends SubgraphNode {
    constructor() {
      super(graph, subgraph, structuredClone(bare));
    }
  };
}

const CHARTS = ["LoRATrainer", "ValidationLossPlot", "CheckpointPicker"];

/** Inputs, outputs and widgets of nodes without a chart, as far as they matter here. */
const PLAIN = {
  PocketModelLoader: ["", "MODEL CLIP VAE"],
  SheetCells: ["run:RUN model:MODEL clip:CLIP", "MODEL CLIP lora:LORA_MODEL strength:FLOAT seed:INT cells:SHEET_CELLS"],
  StyleSheet: ["images:IMAGE cells:SHEET_CELLS photo:IMAGE", "sheet:IMAGE"],
  CLIPTextEncode: ["clip:CLIP", "CONDITIONING"],
  EmptyLatentImage: ["", "LATENT"],
  KSampler: [
    "model:MODEL positive:CONDITIONING negative:CONDITIONING latent_image:LATENT seed:INT",
    "LATENT",
  ],
  StyledControlNetApply: [
    "model:MODEL photo:IMAGE lora:LORA_MODEL lora_strength:FLOAT",
    "MODEL positive:CONDITIONING negative:CONDITIONING LATENT photo:IMAGE mask:MASK",
  ],
  VAEDecode: ["samples:LATENT vae:VAE", "IMAGE"],
  ImageCompositeMasked: ["destination:IMAGE source:IMAGE mask:MASK", "IMAGE"],
  LoadImage: ["", "IMAGE"],
  SaveImage: ["images:IMAGE", ""],
  TrainingRunLoader: ["", "run:RUN"],
};

const slots = (text) => text.split(" ").filter(Boolean).map((slot) => [slot.split(":")[0], slot.split(":").at(-1)]);

const NODES = {
  ...Object.fromEntries(
    Object.entries(PLAIN).map(([type, [inputs, outputs]]) => [
      type,
      (node) => {
        for (const [name, kind] of slots(inputs)) node.addInput(name, kind);
        for (const [name, kind] of slots(outputs)) node.addOutput(name, kind);
        if (type === "KSampler") node.addWidget("number", "seed", 0, () => {}, {});
        if (type === "TrainingRunLoader") node.addWidget("combo", "run_name", "", () => {}, { values: ["(latest run)"] });
        if (type === "SheetCells") {
          node.addWidget("number", "seed", 0, () => {}, {});
          node.addWidget("combo", "weights", "best", () => {}, { values: ["best", "averaged", "raw"] });
        }
      },
    ]),
  ),
  LoRATrainer: (node) => node.addOutput("run", "RUN"),
  ValidationLossPlot: (node) => node.addInput("run", "RUN"),
  CheckpointPicker: (node) => {
    node.addInput("run", "RUN");
    for (const [name, type] of slots("model:MODEL clip:CLIP")) node.addInput(name, type);
    for (const [name, type] of slots("MODEL CLIP lora:LORA_MODEL")) node.addOutput(name, type);
    node.addWidget("combo", "rule", RULES[0], () => {}, { values: RULES });
    node.addWidget("number", "epoch", 0, () => {}, { min: 0, max: 10000, precision: 0 });
    node.addWidget("combo", "weights", "best", () => {}, { values: ["best", "averaged", "raw"] });
    node.serialize_widgets = true;
  },
  Reroute: (node) => {
    node.addInput("", "*");
    node.addOutput("", "*");
  },
};

/** A node of the page's workflow has been executed. */
export const execute = (page, node, ...views) => page.chart(node).onExecuted(String(node.id), views);

/** Waits until all answers of the server have arrived. */
export const settle = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
