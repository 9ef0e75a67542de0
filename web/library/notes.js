// @ts-check
/** A person's notes on a run: a field that is written once it is left. */

import { html } from "../chart/elements.js";

/** @typedef {import("./words.js").Words} Words */

/**
 * @param {string} notes as they are
 * @param {Words} words
 * @param {(before: string, notes: string) => Promise<string>} write gives back the notes as they are from then on
 */
export function makeNotes(notes, words, write) {
  const field = html("textarea", { rows: 4, "aria-label": words.notes, placeholder: words.notesHint });
  const state = html("span", { class: "la-muted", role: "status" });
  field.value = notes;
  let written = notes;
  let writing = Promise.resolve();

  async function save() {
    const text = field.value;
    if (text.trim() === written) return;
    try {
      written = await write(written, text);
      if (field.value === text) field.value = written;
      state.textContent = words.written;
    } catch (error) {
      state.textContent = error instanceof Error ? error.message : String(error);
    }
  }
  /** One after another: each replaces what the one before has written. */
  field.addEventListener("change", () => {
    writing = writing.then(save);
  });
  field.addEventListener("input", () => {
    state.textContent = "";
  });
  const heading = html("div", { class: "la-heading-line" }, html("h3", {}, words.notes), state);
  return html("section", { class: "la-notes" }, heading, field);
}
