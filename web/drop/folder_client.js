// @ts-check
/** Brings a folder of pictures into ComfyUI's input folder, file by file. Does nothing on import. */

import { ask, post } from "../chart/ask.js";
import { say } from "../chart/language.js";

/** @typedef {import("../types.d.ts").Api} Api */
/** @typedef {import("./dropped.js").DroppedFolder} DroppedFolder */
/** @typedef {import("./dropped.js").PlacedFile} PlacedFile */
/** @typedef {{ticket: string, endings: string[], captions: string[], largest: number, most: number}} Begun and what the server
 * takes: files with these endings, of which some are of captions */
/** @typedef {{folder: string, sent: PlacedFile[], leftOut: PlacedFile[]}} Arrived the new folder's name, and what is in it */

const ROUTE = "/lora_atelier/incoming";
/** A style's folder and its val folder, and a folder of styles around them. */
const DEEPEST = 3;

export class FolderClient {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
  }

  /**
   * Sends the pictures and captions of a folder; nothing is left behind if one cannot be taken.
   *
   * @param {DroppedFolder} dropped
   * @param {(done: number, all: number) => void} onProgress
   * @returns {Promise<Arrived>}
   * @throws {Error} in words for the user
   */
  async send({ name, files }, onProgress) {
    const begun = /** @type {Begun} */ (await ask(this.api, ROUTE, post({ name })));
    try {
      const { sent, leftOut } = sort(files, begun);
      for (const [done, placed] of sent.entries()) {
        onProgress(done, sent.length);
        await this.sendFile(begun.ticket, placed);
      }
      const { folder } = /** @type {{folder: string}} */ (await this.finish(begun.ticket, "settle"));
      return { folder, sent, leftOut };
    } catch (error) {
      await this.finish(begun.ticket, "discard").catch(() => {}); // the first error is the one to show
      throw error;
    }
  }

  /**
   * @param {string} ticket
   * @param {PlacedFile} placed
   */
  async sendFile(ticket, { path, file }) {
    const body = await file.arrayBuffer().catch(() => {
      throw new Error(say("{path} cannot be read. Copy the folder to this computer and drop it again.", { path }));
    });
    const headers = { "Content-Type": "application/octet-stream" };
    await ask(this.api, `${ROUTE}/${ticket}/files?${new URLSearchParams({ path })}`, { method: "POST", headers, body });
  }

  /**
   * @param {string} ticket
   * @param {"settle" | "discard"} how
   */
  async finish(ticket, how) {
    return ask(this.api, `${ROUTE}/${ticket}/${how}`, post({}));
  }
}

/**
 * Which files are sent, and which are not needed.
 *
 * @param {PlacedFile[]} files
 * @param {Begun} begun
 * @throws {Error} if the server would not take them all, before the first is sent
 */
function sort(files, { endings, captions, largest, most }) {
  const ends = (/** @type {string} */ path, /** @type {string[]} */ ways) => ways.some((way) => path.toLowerCase().endsWith(way));
  const isTaken = (/** @type {PlacedFile} */ { path }) =>
    path.split("/").length <= DEEPEST && ends(path, endings);
  const [sent, leftOut] = [files.filter(isTaken), files.filter((placed) => !isTaken(placed))];
  if (!sent.some(({ path }) => !ends(path, captions))) {
    throw new Error(say("No picture is among what was dropped. Drop PNG or JPEG files, or a folder with some."));
  }
  const tooLarge = sent.find(({ file }) => file.size > largest);
  if (tooLarge) {
    const values = { path: tooLarge.path, megabytes: largest / 1e6 };
    throw new Error(say("{path} has more than {megabytes} MB. Make it smaller and drop the folder again.", values));
  }
  if (sent.length > most) {
    throw new Error(say("{count} files are too many, {most} are possible. Divide the folder.", { count: sent.length, most }));
  }
  return { sent, leftOut };
}
