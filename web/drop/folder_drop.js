// @ts-check
/** A folder of pictures that is dropped onto DatasetLoader becomes its dataset. Does nothing on import. */

import { say } from "../chart/language.js";
import { findWidget, setWidget } from "../chart/litegraph.js";
import { alonePicture, readDropped, takeDropped } from "./dropped.js";

/** @typedef {import("../types.d.ts").Canvas} Canvas */
/** @typedef {import("../types.d.ts").ChartNode} ChartNode */
/** @typedef {import("../types.d.ts").Node} Node */
/** @typedef {import("../remarks.js").Remarks} Remarks */
/** @typedef {import("./dropped.js").DroppedFolder} DroppedFolder */
/** @typedef {import("./folder_client.js").Arrived} Arrived */
/** @typedef {import("./folder_client.js").FolderClient} FolderClient */

const NAMES_SHOWN = 3;

/**
 * @param {ChartNode} node
 * @param {FolderClient} client
 * @param {() => Canvas} canvas
 * @param {Remarks} remarks where the node says how far it is
 */
export function takeFolders(node, client, canvas, remarks) {
  /** The last of the folders that were dropped: each waits for the one before. */
  let last = Promise.resolve();
  node.onDragOver = (event) => [...(event.dataTransfer?.items ?? [])].some(({ kind }) => kind === "file");
  node.onDragDrop = (event) => {
    const dropped = takeDropped(event.dataTransfer);
    if (!dropped) {
      explain(alonePicture(event.dataTransfer), remarks);
      return false;
    }
    event.preventDefault();
    event.stopPropagation(); // some front ends would open one of the files as a workflow as well
    const folder = readDropped(dropped); // at once: what was dropped may be gone by its turn
    folder.catch(() => {}); // which is reported when its turn comes
    last = last.then(() => bring(folder, node, client, canvas, remarks));
    return true;
  };
}

/**
 * Says what becomes of a single picture.
 *
 * @param {string} name empty if none was dropped
 * @param {Remarks} remarks
 */
function explain(name, remarks) {
  if (!name) return;
  const sentence = "{name} alone is no dataset: ComfyUI looks for a workflow in it. Drop a folder, or several pictures.";
  remarks.show([say(sentence, { name })]);
}

/**
 * @param {Promise<DroppedFolder>} dropped
 * @param {Node} node
 * @param {FolderClient} client
 * @param {() => Canvas} canvas
 * @param {Remarks} remarks
 */
async function bring(dropped, node, client, canvas, remarks) {
  try {
    const folder = await dropped;
    const arrived = await client.send(folder, (done, all) => {
      remarks.show([say("Copying {name}: {done} of {all} files", { name: folder.name, done, all })], "plain");
    });
    setFolder(node, canvas(), arrived.folder);
    remarks.show(describe(arrived), "plain");
  } catch (error) {
    remarks.show([error instanceof Error ? error.message : String(error)]);
  }
}

/**
 * Chooses a folder that is new, as one change to undo.
 *
 * @param {Node} node
 * @param {Canvas} canvas
 * @param {string} folder
 */
function setFolder(node, canvas, folder) {
  const choices = /** @type {{values?: unknown} | undefined} */ (findWidget(node, "folder")?.options)?.values;
  if (Array.isArray(choices) && !choices.includes(folder)) choices.push(folder);
  canvas.emitBeforeChange();
  setWidget(node, "folder", folder);
  canvas.emitAfterChange();
  canvas.setDirty(true, true);
}

/**
 * @param {Arrived} arrived
 * @returns {string[]} sentences
 */
function describe({ folder, sent, leftOut }) {
  const lines = [say("{folder} is in the input folder now (files: {count}).", { count: sent.length, folder })];
  if (leftOut.length) {
    const names = leftOut.slice(0, NAMES_SHOWN).map(({ path }) => path).join(", ");
    const more = leftOut.length > NAMES_SHOWN ? ", \u2026" : "";
    lines.push(say("Not needed, left out ({count}): {names}.", { count: leftOut.length, names: names + more }));
  }
  return lines;
}
