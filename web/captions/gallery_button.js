// @ts-check
/** DatasetLoader's button for the pictures of its folder and their captions. Does nothing on import. */

import { say } from "../chart/language.js";
import { findWidget } from "../chart/litegraph.js";
import { openGallery } from "./gallery.js";

/** @typedef {import("../types.d.ts").Node} Node */
/** @typedef {import("./gallery_client.js").GalleryClient} GalleryClient */
/** @typedef {import("./gallery_client.js").Choice} Choice */

export const LOADER = "DatasetLoader";

/**
 * @param {Node} node
 * @param {GalleryClient} client
 * @param {() => HTMLElement} place for the gallery in the page
 */
export function addGalleryButton(node, client, place) {
  const open = () => void openGallery(client, readChoice(node), place());
  const button = node.addWidget("button", say("pictures and captions"), "", open, { serialize: false });
  button.serialize = false; // a saved workflow holds the values of the inputs alone
  node.setSize([node.size[0], Math.max(node.size[1], node.computeSize()[1])]);
}

/**
 * @param {Node} node
 * @returns {Choice}
 */
function readChoice(node) {
  const value = (/** @type {string} */ name) => String(findWidget(node, name)?.value ?? "");
  return {
    folder: value("folder"),
    resolution: value("resolution"),
    aspect_buckets: value("aspect_buckets"),
    validation_count: value("validation_count"),
    seed: value("seed"),
  };
}
