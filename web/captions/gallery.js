// @ts-check
/** The captions of a folder beside its pictures, to be corrected. Does nothing on import. */

import { html } from "../chart/elements.js";

/** @typedef {import("./caption_client.js").CaptionClient} CaptionClient */
/** @typedef {import("./caption_client.js").Entry} Entry */

const STYLE_SHEET = new URL("./gallery.css", import.meta.url).href;

/**
 * Opens the gallery of a folder over everything else.
 *
 * @param {CaptionClient} client
 * @param {string} folder as chosen in DatasetLoader
 * @returns {Promise<HTMLDialogElement>} once it shows the captions, or why it can't
 */
export async function openGallery(client, folder) {
  const close = html("button", { type: "button", class: "la-close", "aria-label": "Close" }, "\u00d7");
  const title = html("h2", {}, `Captions of ${folder}`);
  const about = html("p", { class: "la-about" }, "A caption is written to its .txt file once you leave its field.");
  const body = html("div", { class: "la-entries" });
  const sheet = html("link", { rel: "stylesheet", href: STYLE_SHEET });
  const header = html("header", {}, title, close);
  const attributes = { class: "lora-atelier-captions", tabindex: -1 }; // so that a press between fields keeps the focus
  const dialog = html("dialog", attributes, sheet, header, about, body);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    /** @type {HTMLElement | null} */ (dialog.querySelector(":focus"))?.blur(); // which writes what is in its field
    dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  for (const event of ["keydown", "paste", "copy", "wheel"]) {
    dialog.addEventListener(event, (heard) => heard.stopPropagation()); // ComfyUI has shortcuts of its own
  }
  document.body.append(dialog);
  dialog.showModal();
  try {
    const entries = await client.list(folder);
    title.textContent = `Captions of ${folder} (${entries.length})`;
    body.append(...entries.map((entry) => makeEntry(client, folder, entry)));
  } catch (error) {
    body.append(html("p", { class: "la-problem" }, wordsOf(error)));
  }
  return dialog;
}

/**
 * @param {CaptionClient} client
 * @param {string} folder
 * @param {Entry} entry
 */
function makeEntry(client, folder, entry) {
  const image = html("img", { src: client.thumbnail(folder, entry), alt: "", loading: "lazy", draggable: "false" });
  const field = html("textarea", { rows: 3, "aria-label": `Caption of ${entry.name}`, placeholder: "no caption yet" });
  const undo = html("button", { type: "button", class: "la-undo", hidden: "" }, "Undo");
  const state = html("span", { class: "la-state", role: "status" });
  const name = html("span", { class: "la-name", title: `${entry.style}/${entry.name}` }, entry.name);
  field.value = entry.caption;
  const shown = entry.caption;
  let written = entry.caption;
  let writing = Promise.resolve();

  async function write() {
    const caption = field.value.trim();
    if (caption === written) return;
    try {
      written = await client.write(folder, { ...entry, caption: written }, caption);
      if (field.value.trim() === caption) field.value = written;
      state.textContent = written === shown ? "" : "written";
      undo.hidden = written === shown || !shown;
    } catch (error) {
      state.textContent = wordsOf(error);
    }
  }
  /** One after another: each replaces what the one before has written. */
  function writeNext() {
    writing = writing.then(write);
  }
  field.addEventListener("change", writeNext);
  undo.addEventListener("click", () => {
    field.value = shown;
    field.focus();
    writeNext();
  });
  return html("figure", {}, image, html("figcaption", {}, name, undo), field, state);
}

/** @param {unknown} error */
function wordsOf(error) {
  return error instanceof Error ? error.message : String(error);
}
