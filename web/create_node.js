// @ts-check
/** Making nodes of the pack. Does nothing on import. */

/**
 * A new node; of the pack's own where another pack took the id.
 *
 * @param {string} type
 */
export function createNode(type) {
  const ours = `LoraAtelier${type}`;
  const node = LiteGraph.createNode(ours in LiteGraph.registered_node_types ? ours : type);
  if (!node) throw new Error(`ComfyUI has no node ${type}.`);
  return node;
}
