// @ts-check
/** The preview pictures of a run: a strip, and one of them large in the chart's place. */

import { html } from "./elements.js";
import { previewFor } from "./view.js";

/** @typedef {import("./view.js").RunView} RunView */

export class Previews {
  /** @param {(run: string, file: string) => string} address */
  constructor(address) {
    this.address = address;
    this.strip = html("div", {
      class: "la-previews",
      role: "group",
      "aria-label": "Preview pictures",
      "data-capture-wheel": "true",
      hidden: "",
    });
    this.picture = html("img", { draggable: "false" });
    this.caption = html("figcaption");
    this.large = html("figure", { class: "la-large", role: "button", tabindex: 0, hidden: "" });
    this.large.append(this.picture, this.caption);
    /** @type {RunView | null} */
    this.view = null;
    /** @type {number} */
    this.index = -1;
    /** @type {string} */
    this.shown = "";
    this.large.addEventListener("click", () => this.close());
    this.large.addEventListener("pointerdown", (event) => {
      if (event.button === 0) event.stopPropagation();
    });
    this.large.addEventListener("keydown", (event) => this.press(event));
  }

  /** @param {RunView} view */
  show(view) {
    this.view = view;
    this.strip.hidden = view.previews.length === 0;
    const shown = JSON.stringify([view.run, view.previews]);
    if (shown === this.shown) return;
    this.shown = shown;
    const atEnd = this.strip.scrollLeft + this.strip.clientWidth >= this.strip.scrollWidth - 4;
    this.strip.replaceChildren(...view.previews.map((_, index) => this.thumbnail(view, index)));
    if (atEnd) this.strip.scrollLeft = this.strip.scrollWidth;
    if (this.index >= view.previews.length) this.close();
  }

  /**
   * @param {RunView} view
   * @param {number} index
   */
  thumbnail(view, index) {
    const { epoch, file } = view.previews[index];
    const source = this.address(view.run, file);
    const picture = html("img", { src: source, alt: "", loading: "lazy", draggable: "false" });
    const button = html(
      "button",
      { type: "button", class: "la-preview", "data-epoch": epoch, "aria-label": `Preview of epoch ${epoch}` },
      picture,
      html("span", {}, String(epoch)),
    );
    button.addEventListener("pointerdown", (event) => {
      if (event.button === 0) event.stopPropagation();
    });
    button.addEventListener("click", () => this.open(index));
    return button;
  }

  /**
   * Marks the preview that belongs to an epoch and brings it into sight.
   *
   * @param {number | null} epoch
   */
  mark(epoch) {
    const wanted = this.view && epoch !== null ? previewFor(this.view, epoch) : null;
    for (const button of this.strip.querySelectorAll("button")) {
      const marked = button.dataset.epoch === String(wanted?.epoch);
      const before = button.classList.contains("la-marked");
      button.classList.toggle("la-marked", marked);
      // Not scrollIntoView: that would scroll ComfyUI's canvas too.
      if (marked && !before) this.strip.scrollLeft = button.offsetLeft - (this.strip.clientWidth - button.offsetWidth) / 2;
    }
  }

  /** @param {number} index */
  open(index) {
    const preview = this.view?.previews[index];
    if (!this.view || !preview) return;
    this.index = index;
    this.picture.src = this.address(this.view.run, preview.file);
    this.picture.alt = `Preview of epoch ${preview.epoch}`;
    this.caption.textContent = `Epoch ${preview.epoch}`;
    this.large.setAttribute("aria-label", `Preview of epoch ${preview.epoch}: close`);
    this.large.hidden = false;
    this.large.focus({ preventScroll: true });
  }

  close() {
    this.index = -1;
    this.large.hidden = true;
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (step) this.open(this.index + step);
    else if (["Escape", "Enter", " "].includes(event.key)) this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
