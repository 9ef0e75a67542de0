// @ts-check
/** DatasetLoader's button for the captions of its folder. Does nothing on import. */

import { findWidget } from "../chart/litegraph.js";
import { openGallery } from "./gallery.js";

/** @typedef {import("../types.d.ts").Node} Node */
/** @typedef {import("./caption_client.js").CaptionClient} CaptionClient */

export const LOADER = "DatasetLoader";

/**
 * @param {Node} node
 * @param {CaptionClient} client
 */
export function addCaptionButton(node, client) {
  const open = () => void openGallery(client, String(findWidget(node, "folder")?.value ?? ""));
  const button = node.addWidget("button", "edit captions", "", open, { serialize: false });
  button.serialize = false; // a saved workflow holds the values of the inputs alone
  node.setSize([node.size[0], Math.max(node.size[1], node.computeSize()[1])]);
}
