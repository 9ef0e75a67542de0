// @ts-check
/** The line below a picker's curves that says where its LoRA is, with a button that copies the file's name. */

import { keepPresses } from "./canvas_input.js";
import { html } from "./elements.js";
import { say } from "./language.js";
import { describePick } from "./words.js";

/** @typedef {import("./messages.d.ts").SavedCheckpoint} SavedCheckpoint */
/** @typedef {import("./run_view.d.ts").RunView} RunView */

/** Milliseconds that the button says that it has copied. */
const SAID = 2000;

export class SavedLine {
  constructor() {
    this.words = html("span");
    this.file = html("code");
    this.copy = html("button", { type: "button", class: "la-copy", title: say("Copy the file's name") }, say("Copy"));
    this.element = html("p", { class: "la-saved", hidden: "" }, this.words, this.file, this.copy);
    this.copy.addEventListener("click", () => void this.copyName());
    keepPresses(this.copy);
  }

  /**
   * @param {RunView} view
   * @param {readonly SavedCheckpoint[]} saved that the node has saved, as far as is known
   */
  show(view, saved) {
    const { text, file } = describePick(view, saved);
    this.words.textContent = text;
    this.file.textContent = this.file.title = file;
    this.file.hidden = this.copy.hidden = !file;
    this.element.hidden = !text;
  }

  async copyName() {
    await navigator.clipboard.writeText(this.file.textContent ?? "");
    this.copy.textContent = say("Copied");
    setTimeout(() => {
      this.copy.textContent = say("Copy");
    }, SAID);
  }
}
