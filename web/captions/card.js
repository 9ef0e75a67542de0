// @ts-check
/** A picture of the gallery: small, with its name, its caption in a field, and room for its side. Does nothing on import. */

import { html } from "../chart/elements.js";
import { say } from "../chart/language.js";

/** @typedef {import("./pictures.d.ts").GalleryEntry} GalleryEntry */
/** @typedef {import("./pictures.d.ts").LeftOut} LeftOut */
/** @typedef {import("./gallery_client.js").GalleryClient} GalleryClient */

/**
 * @param {GalleryClient} client
 * @param {string} folder as chosen in DatasetLoader
 * @param {GalleryEntry} entry
 */
export function makeCard(client, folder, entry) {
  const image = html("img", { src: client.thumbnail(folder, entry), alt: "", loading: "lazy", draggable: "false" });
  const label = say("Caption of {name}", { name: entry.name });
  const field = html("textarea", { rows: 3, "aria-label": label, placeholder: say("no caption yet") });
  const undo = html("button", { type: "button", class: "la-undo", hidden: "" }, say("Undo"));
  const state = html("span", { class: "la-state", role: "status" });
  const heading = html("figcaption", {}, makeName(entry), makeBadge(), undo);
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
      state.textContent = written === shown ? "" : say("written");
      undo.hidden = written === shown || !shown;
    } catch (error) {
      state.textContent = error instanceof Error ? error.message : String(error);
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
  image.addEventListener("error", () => image.classList.add("la-unreadable"));
  return html("figure", { "data-key": entry.key }, image, heading, makeWhy(), field, state);
}

/**
 * A file that the gallery has no picture of.
 *
 * @param {LeftOut} file
 */
export function makeFileCard(file) {
  return html("figure", { "data-key": file.key }, html("figcaption", {}, makeName(file), makeBadge()), makeWhy());
}

/**
 * Says on which side of the split a card's picture is.
 *
 * @param {HTMLElement} card
 * @param {string} side
 * @param {string} name of that side
 * @param {string} [reason] why it is on neither
 */
export function setSide(card, side, name, reason = "") {
  card.dataset.side = side;
  const [badge, why] = [".la-badge", ".la-why"].map((part) => /** @type {HTMLElement} */ (card.querySelector(part)));
  badge.textContent = name;
  why.textContent = reason;
}

/** @param {{style: string, name: string}} file */
function makeName({ style, name }) {
  return html("span", { class: "la-name", title: `${style}/${name}` }, name);
}

function makeBadge() {
  return html("span", { class: "la-badge" });
}

function makeWhy() {
  return html("p", { class: "la-why" });
}
