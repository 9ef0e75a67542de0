// @ts-check
/** The example workflows name a photograph that nobody has: the server draws it. Does nothing on import. */

import { savedNodes } from "./node_ids.js";

/** @typedef {import("./node_ids.js").SavedGraph} SavedGraph */
/** @typedef {{name: string, value: unknown, options?: {values?: unknown}, callback?: (value: unknown) => void}} Widget */
/** @typedef {{comfyClass?: string, widgets?: Widget[]}} LoadingNode */
/** @typedef {{fetchApi: (route: string, options: RequestInit) => Promise<Response>}} Server */

const FILES = ["theatre.png", "theatre_mask.png"];
/** Of the classes of the nodes that show a picture of the input folder. */
const LOADERS = "LoadImage";

export class ExampleBuilding {
  /** @param {Server} server */
  constructor(server) {
    this.server = server;
    this.drawn = false;
  }

  /**
   * Has the photograph drawn if a workflow that is about to be opened shows it: by then it has to be there, or newer
   * front ends call it missing.
   *
   * @param {SavedGraph} workflow
   */
  async draw(workflow) {
    this.drawn = false;
    if (!savedNodes(workflow).some(wantsExample)) return;
    this.drawn = (await this.server.fetchApi("/lora_atelier/example_building", { method: "POST" })).ok;
  }

  /**
   * Shows the photograph that was drawn in a node that was just loaded with it.
   *
   * @param {LoadingNode} node
   */
  show(node) {
    const widget = node.widgets?.find(({ name }) => name === "image");
    const wanted = String(widget?.value);
    if (!this.drawn || !widget || !node.comfyClass?.startsWith(LOADERS) || !FILES.includes(wanted)) return;
    const choices = widget.options?.values;
    if (Array.isArray(choices) && !choices.includes(wanted)) choices.push(wanted);
    widget.callback?.(wanted);
  }
}

/** @param {import("./node_ids.js").SavedNode} node */
function wantsExample({ type, widgets_values: values }) {
  const all = values && typeof values === "object" ? Object.values(values) : [];
  return String(type).startsWith(LOADERS) && all.some((value) => FILES.includes(String(value)));
}
