// @ts-check
/** The example workflows name a photograph that nobody has: the server draws it. Does nothing on import. */

/** @typedef {{name: string, value: unknown, options?: {values?: unknown}, callback?: (value: unknown) => void}} Widget */
/** @typedef {string | number} Id */
/** @typedef {{getNodeById: (id: Id) => unknown}} Graph */
/** @typedef {{id: Id, graph?: Graph | null, comfyClass?: string, widgets?: Widget[]}} LoadingNode */
/** @typedef {{fetchApi: (route: string, options: RequestInit) => Promise<Response>}} Server */

const FILES = ["theatre.png", "theatre_mask.png"];

/**
 * Has the photograph drawn if a node that was just loaded shows it, and shows it then.
 *
 * @param {LoadingNode} node
 * @param {Server} server
 */
export async function provideExample(node, server) {
  const widget = node.widgets?.find(({ name }) => name === "image");
  const wanted = widget?.value;
  if (!widget || !node.comfyClass?.startsWith("LoadImage") || !FILES.includes(String(wanted))) return;
  const answer = await server.fetchApi("/lora_atelier/example_building", { method: "POST" });
  // If another workflow is open by now, the picture would be shown in its node of the same id.
  if (!answer.ok || widget.value !== wanted || node.graph?.getNodeById(node.id) !== node) return;
  const choices = widget.options?.values;
  if (Array.isArray(choices) && !choices.includes(wanted)) choices.push(wanted);
  widget.callback?.(wanted);
}
