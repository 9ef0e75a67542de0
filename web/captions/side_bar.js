// @ts-check
/** The gallery's line above the pictures: how many are on each side, and buttons that show one side alone. */

import { html } from "../chart/elements.js";
import { say } from "../chart/language.js";
import { translate } from "../chart/translate.js";
import { makeFileCard, setSide } from "./card.js";

/** @typedef {import("./pictures.d.ts").Sides} Sides */

/** By the word that cards and the style sheet use. */
const NAMES = { all: "all", training: "training", validation: "held out", left_out: "left out" };

export class SideBar {
  /** @param {HTMLElement} cards the element that holds them */
  constructor(cards) {
    this.cards = cards;
    this.state = html("span", { class: "la-sorting", role: "status" });
    this.buttons = html("div", { class: "la-sides" });
    this.notes = html("details", { class: "la-notes", hidden: "" });
    this.element = html("div", { class: "la-bar" }, this.buttons, this.state, this.notes);
  }

  /** The server reads the pictures. */
  wait() {
    this.state.textContent = say("Sorting the pictures as the node does \u2026");
  }

  /** @param {string} sentence why the sides are not known */
  fail(sentence) {
    this.state.textContent = sentence;
    this.state.classList.add("la-problem");
  }

  /** @param {Sides} sides */
  show(sides) {
    this.state.textContent = "";
    if (sides.problems.length) this.fail(sides.problems.map(translate).join("\n"));
    this.mark(sides);
    const counts = {
      all: this.cards.children.length,
      training: sides.training.length,
      validation: sides.validation.length,
      left_out: sides.left_out.length,
    };
    const sorted = /** @type {(keyof typeof NAMES)[]} */ (Object.keys(NAMES)).filter((side) => counts[side]);
    this.buttons.replaceChildren(...sorted.map((side) => this.makeButton(side, counts[side])));
    this.choose("all");
    this.notes.hidden = !sides.notes.length;
    const about = html("summary", {}, say("Remarks: {count}", { count: sides.notes.length }));
    this.notes.replaceChildren(about, ...sides.notes.map((note) => html("p", {}, translate(note))));
  }

  /** @param {Sides} sides */
  mark({ training, validation, left_out: leftOut }) {
    const cards = /** @type {HTMLElement[]} */ ([...this.cards.children]);
    const byKey = new Map(cards.map((card) => [card.dataset.key ?? "", card]));
    for (const [side, keys] of /** @type {const} */ ([["training", training], ["validation", validation]])) {
      for (const key of keys) {
        const card = byKey.get(key);
        if (card) setSide(card, side, say(NAMES[side]));
      }
    }
    for (const file of leftOut) {
      const card = byKey.get(file.key) ?? makeFileCard(file);
      setSide(card, "left_out", say(NAMES.left_out), translate(file.reason));
      this.cards.append(card); // behind the others
    }
  }

  /**
   * @param {keyof typeof NAMES} side
   * @param {number} count
   */
  makeButton(side, count) {
    const button = html("button", { type: "button", "data-side": side }, `${say(NAMES[side])} ${count}`);
    button.addEventListener("click", () => this.choose(side));
    return button;
  }

  /** @param {string} side that is shown alone */
  choose(side) {
    this.cards.dataset.shown = side;
    for (const button of this.buttons.children) {
      button.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (button).dataset.side === side));
    }
  }
}
