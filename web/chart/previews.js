// @ts-check
/** The preview pictures of a run: a strip of them, and one enlarged over the whole page. */

import { keepPresses } from "./canvas_input.js";
import { html, setChildren } from "./elements.js";
import { say } from "./language.js";
import { previewFor } from "./view.js";

/** @typedef {import("./run_view.d.ts").Preview} Preview */
/** @typedef {import("./run_view.d.ts").RunView} RunView */

/** How near (in pixels) to its end a strip counts as scrolled to the end. */
const AT_END = 4;

export class Previews {
  /** @param {(run: string, preview: Preview) => string} address */
  constructor(address) {
    this.address = address;
    this.strip = html("div", {
      class: "la-previews",
      role: "group",
      "aria-label": say("Preview pictures"),
      "data-capture-wheel": "true",
      hidden: "",
    });
    this.picture = html("img", { draggable: "false" });
    this.caption = html("figcaption");
    const attributes = { class: "la-large", role: "button", tabindex: 0, hidden: "", popover: "manual" };
    const [before, after] = [this.makeStep(-1, "\u2039"), this.makeStep(1, "\u203a")];
    this.enlarged = html("figure", attributes, before, this.picture, after, this.caption);
    /** @type {RunView | null} */
    this.view = null;
    /** @type {Map<string, HTMLButtonElement>} by the address of their picture */
    this.thumbnails = new Map();
    /** @type {string | null} address of the enlarged picture */
    this.opened = null;
    this.enlarged.addEventListener("click", () => this.close());
    this.enlarged.addEventListener("keydown", (event) => this.handleKey(event));
    this.enlarged.addEventListener("wheel", (event) => event.stopPropagation()); // the graph behind does not zoom
    keepPresses(this.enlarged);
  }

  /**
   * A button to the picture before or after the enlarged one.
   *
   * @param {number} step
   * @param {string} sign
   */
  makeStep(step, sign) {
    const label = step < 0 ? say("Earlier preview") : say("Later preview");
    const button = html("button", { type: "button", class: "la-step", "aria-label": label, tabindex: -1 }, sign);
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      this.openNeighbour(step);
    });
    return button;
  }

  /** @param {RunView} view */
  show(view) {
    this.view = view;
    this.strip.hidden = view.previews.length === 0;
    const thumbnails = new Map(view.previews.map((preview) => this.thumbnailEntry(view, preview)));
    if (this.opened !== null && !thumbnails.has(this.opened)) this.close();
    if (String([...thumbnails.keys()]) === String([...this.thumbnails.keys()])) return;
    const atEnd = this.strip.scrollLeft + this.strip.clientWidth >= this.strip.scrollWidth - AT_END;
    setChildren(this.strip, ...thumbnails.values());
    this.thumbnails = thumbnails;
    if (atEnd) this.strip.scrollLeft = this.strip.scrollWidth;
  }

  /**
   * A preview's address with the thumbnail that is there already, or else a new one.
   *
   * @param {RunView} view
   * @param {Preview} preview
   * @returns {[string, HTMLButtonElement]}
   */
  thumbnailEntry(view, preview) {
    const address = this.address(view.run, preview);
    return [address, this.thumbnails.get(address) ?? this.makeThumbnail(preview.epoch, address)];
  }

  /**
   * @param {number} epoch
   * @param {string} address
   */
  makeThumbnail(epoch, address) {
    const picture = html("img", { src: address, alt: "", loading: "lazy", draggable: "false" });
    const label = say("Preview of epoch {epoch}", { epoch });
    const attributes = { type: "button", class: "la-preview", "data-epoch": epoch, "aria-label": label };
    const button = html("button", attributes, picture, html("span", {}, String(epoch)));
    keepPresses(button);
    button.addEventListener("click", () => this.open(address));
    return button;
  }

  /**
   * Marks the preview for an epoch and brings it into sight.
   *
   * @param {number | null} epoch
   */
  mark(epoch) {
    const preview = this.view && epoch !== null ? previewFor(this.view, epoch) : null;
    for (const button of this.thumbnails.values()) {
      const marked = button.dataset.epoch === String(preview?.epoch);
      const before = button.classList.contains("la-marked");
      button.classList.toggle("la-marked", marked);
      if (marked && !before) this.scrollTo(button);
    }
  }

  /**
   * Brings a thumbnail into the middle of the strip. Not by scrollIntoView, which would scroll ComfyUI's canvas too.
   *
   * @param {HTMLButtonElement} button
   */
  scrollTo(button) {
    this.strip.scrollLeft = button.offsetLeft - (this.strip.clientWidth - button.offsetWidth) / 2;
  }

  /**
   * Enlarges a preview.
   *
   * @param {string} address
   */
  open(address) {
    const epoch = this.thumbnails.get(address)?.dataset.epoch ?? "";
    this.opened = address;
    this.picture.src = address;
    this.picture.alt = say("Preview of epoch {epoch}", { epoch });
    this.caption.textContent = say("Epoch {epoch}", { epoch });
    this.enlarged.setAttribute("aria-label", say("Preview of epoch {epoch}: close", { epoch }));
    this.enlarged.hidden = false;
    if (!this.enlarged.matches(":popover-open")) this.enlarged.showPopover();
    this.enlarged.focus({ preventScroll: true });
  }

  close() {
    const thumbnail = this.thumbnails.get(this.opened ?? "");
    const focused = this.enlarged.contains(document.activeElement);
    if (this.opened !== null) this.enlarged.hidePopover();
    this.opened = null;
    this.enlarged.hidden = true;
    if (focused) thumbnail?.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  handleKey(event) {
    const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (step) this.openNeighbour(step);
    else if (["Escape", "Enter", " "].includes(event.key)) this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} step */
  openNeighbour(step) {
    const addresses = [...this.thumbnails.keys()];
    const neighbour = addresses[addresses.indexOf(this.opened ?? "") + step];
    if (neighbour !== undefined) this.open(neighbour);
  }
}
