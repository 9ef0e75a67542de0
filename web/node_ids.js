// @ts-check
/** Saved nodes of the pack, and other packs that have their ids. Pure; does nothing on import. */

/** @typedef {{type?: string, properties?: Record<string, unknown>, widgets_values?: unknown}} SavedNode */
/** @typedef {{nodes?: SavedNode[], definitions?: {subgraphs?: SavedGraph[]}}} SavedGraph */

const SECOND = "LoraAtelier";
/** How a saved node may name its pack: as the registry does, or by its repository. */
const [NAMES, PACK] = [["cnr_id", "aux_id"], /^([\w-]+\/)?(comfyui-)?lora-atelier$/];

/**
 * Lets the nodes of a workflow that is about to be opened be the pack's own, whatever other packs are there: those that
 * name the pack get their second id where another pack took the first, and the first again where none did.
 *
 * @param {SavedGraph} workflow
 * @param {(kind: string) => boolean} exists whether there is a class of nodes
 */
export function settleIds(workflow, exists) {
  for (const node of savedNodes(workflow)) {
    const { type } = node;
    if (typeof type !== "string") continue;
    const first = type.startsWith(SECOND) ? type.slice(SECOND.length) : type;
    const second = SECOND + first;
    if (type === first && namesPack(node) && exists(second)) node.type = second;
    if (type === second && !exists(second) && exists(first)) node.type = first;
  }
}

/**
 * @param {SavedGraph} workflow
 * @returns {SavedNode[]} those in its subgraphs too
 */
export function savedNodes({ nodes, definitions }) {
  const inside = Array.isArray(definitions?.subgraphs) ? definitions.subgraphs.flatMap(savedNodes) : [];
  return [...(Array.isArray(nodes) ? nodes : []), ...inside];
}

/**
 * Whether a saved node says that it is the pack's.
 *
 * @param {SavedNode} node
 */
export function namesPack({ properties = {} }) {
  return NAMES.some((name) => PACK.test(String(properties[name])));
}
