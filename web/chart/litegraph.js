// @ts-check
/** The few things that the chart asks of ComfyUI's graph. */

/** @typedef {import("../types.d.ts").Node} Node */
/** @typedef {import("../types.d.ts").Widget} Widget */

/** A chain of more reroutes than this is taken for a circle. */
const MOST_REROUTES = 100;

/**
 * Calls `after` each time a method of `owner` was called, and keeps the method that was there before.
 *
 * @template {string} Name
 * @param {{[name in Name]?: ((...parameters: any[]) => any) | undefined}} owner
 * @param {Name} name of the method
 * @param {(...parameters: any[]) => void} after
 */
export function chain(owner, name, after) {
  const before = owner[name];
  owner[name] = /** @this {unknown} @param {any[]} parameters */ function (...parameters) {
    const result = before?.apply(this, parameters);
    after(...parameters);
    return result;
  };
}

/**
 * A node's class by its id of old: it has a second one where another pack took the first.
 *
 * @param {Node} node
 */
export function firstId(node) {
  return String(node.comfyClass).replace(/^LoraAtelier/, "");
}

/**
 * @param {Node} node
 * @param {string} name
 * @returns {Widget | undefined}
 */
export function findWidget(node, name) {
  return node.widgets?.find((widget) => widget.name === name);
}

/**
 * Sets a widget as if the user had: its callback tells both renderers and whoever else listens.
 *
 * @param {Node} node
 * @param {string} name
 * @param {string | number} value
 */
export function setWidget(node, name, value) {
  const widget = findWidget(node, name);
  if (!widget || widget.value === value) return;
  widget.value = value;
  widget.callback?.(value);
}

/**
 * The node that an input is connected to, followed through reroute nodes.
 *
 * @param {Node} node
 * @param {string} input
 * @returns {Node | null}
 */
export function upstreamNode(node, input) {
  const slot = node.findInputSlot(input);
  let source = slot < 0 || !node.graph ? null : node.getInputNode(slot);
  for (let hops = 0; source?.type === "Reroute" && hops < MOST_REROUTES; hops += 1) source = source.getInputNode(0);
  return source ?? null; // litegraph says undefined where a link leads to a node that was removed
}

/**
 * The node of an execution id: "12", or "7:12" for node 12 in the subgraph of node 7.
 *
 * @param {Node} near any node of the same workflow
 * @param {string} id
 * @returns {Node | null}
 */
export function nodeAt(near, id) {
  const path = String(id).split(":");
  /** @type {Node["graph"] | undefined} */
  let graph = near.graph?.rootGraph;
  for (const step of path.slice(0, -1)) {
    /** @type {Node | null | undefined} */
    const host = graph?.getNodeById(step);
    graph = host?.isSubgraphNode() ? host.subgraph : undefined;
  }
  return graph?.getNodeById(path[path.length - 1]) ?? null;
}

/**
 * Whether the node of an execution id is this one, or one inside its subgraph.
 *
 * @param {Node} node
 * @param {string} id
 */
export function runsIn(node, id) {
  const path = String(id).split(":");
  return path.some((_, index) => nodeAt(node, path.slice(0, index + 1).join(":")) === node);
}

/**
 * Whether a node is, or gets anything from, the node of an execution id.
 *
 * @param {Node} node
 * @param {string} id
 */
export function dependsOn(node, id) {
  const reached = new Set([node]);
  for (const each of reached) {
    if (runsIn(each, id)) return true;
    for (const slot of (each.inputs ?? []).keys()) {
      const source = each.getInputNode(slot);
      if (source) reached.add(source);
    }
  }
  return false;
}
