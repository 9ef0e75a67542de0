// @ts-check
/** The pictures of a folder, each with its caption, to be corrected, and its side of the split. Does nothing on import. */

import { wordsOf } from "../chart/ask.js";
import { html } from "../chart/elements.js";
import { say } from "../chart/language.js";
import { makeCard } from "./card.js";
import { SideBar } from "./side_bar.js";

/** @typedef {import("./gallery_client.js").Choice} Choice */
/** @typedef {import("./gallery_client.js").GalleryClient} GalleryClient */

const STYLE_SHEET = new URL("./gallery.css", import.meta.url).href;

/**
 * Opens the gallery of a folder over everything else.
 *
 * @param {GalleryClient} client
 * @param {Choice} choice what DatasetLoader's inputs are set to
 * @param {HTMLElement} place where ComfyUI has room for what packs add to the page
 * @returns {Promise<HTMLDialogElement>} once it shows the captions, or why it can't; the sides come later
 */
export async function openGallery(client, choice, place) {
  const { folder } = choice;
  const close = html("button", { type: "button", class: "la-close", "aria-label": say("Close") }, "\u00d7");
  const title = html("h2", {}, say("Pictures of {folder}", { folder }));
  const about = html("p", { class: "la-about" }, say("A caption is written to its .txt file once you leave its field."));
  const body = html("div", { class: "la-entries" });
  const bar = new SideBar(body);
  const sheet = html("link", { rel: "stylesheet", href: STYLE_SHEET });
  const header = html("header", {}, title, close);
  const attributes = { class: "lora-atelier-captions", tabindex: -1 }; // so that a press between fields keeps the focus
  const dialog = html("dialog", attributes, sheet, header, about, bar.element, body);
  close.addEventListener("click", () => dialog.close());
  /** On the window, and first: where nothing has the focus, or ComfyUI would listen. @param {KeyboardEvent} event */
  const leave = (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    closeGallery(dialog);
  };
  window.addEventListener("keydown", leave, true);
  dialog.addEventListener("close", () => {
    window.removeEventListener("keydown", leave, true);
    dialog.remove();
  });
  for (const event of ["keydown", "paste", "copy", "wheel"]) {
    dialog.addEventListener(event, (heard) => heard.stopPropagation()); // ComfyUI has shortcuts of its own
  }
  place.querySelectorAll("dialog.lora-atelier-captions").forEach(closeGallery); // one at a time
  place.append(dialog);
  dialog.showModal();
  try {
    const entries = await client.list(folder);
    body.append(...entries.map((entry) => makeCard(client, folder, entry)));
    void showSides(client, choice, bar);
  } catch (error) {
    body.append(html("p", { class: "la-problem" }, wordsOf(error)));
  }
  return dialog;
}

/** @param {Element} dialog */
function closeGallery(dialog) {
  /** @type {HTMLElement | null} */ (dialog.querySelector(":focus"))?.blur(); // which writes what is in its field
  /** @type {HTMLDialogElement} */ (dialog).close();
}

/**
 * @param {GalleryClient} client
 * @param {Choice} choice
 * @param {SideBar} bar
 */
async function showSides(client, choice, bar) {
  bar.wait();
  try {
    bar.show(await client.sides(choice));
  } catch (error) {
    bar.fail(wordsOf(error));
  }
}
