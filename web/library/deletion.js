// @ts-check
/** Deleting a run: a button, and the question whether it is meant. */

import { html } from "../chart/elements.js";
import { formatSize } from "./words.js";

/** @typedef {import("./library.d.ts").RunSummary} RunSummary */
/** @typedef {import("./words.js").Words} Words */

/**
 * @param {RunSummary} summary
 * @param {Words} words
 * @param {() => Promise<void>} act deletes the run
 */
export function makeDeletion({ run, size, state }, words, act) {
  const ask = html("button", { type: "button", class: "la-delete" }, words.delete);
  const yes = html("button", { type: "button", class: "la-danger" }, words.deleteYes(formatSize(size)));
  const no = html("button", { type: "button" }, words.deleteNo);
  const sentence = html("p", {}, words.deleteAsk(run, formatSize(size)));
  const answers = html("div", { class: "la-actions" }, no, yes);
  const question = html(
    "div",
    { class: "la-question", role: "alertdialog", "aria-label": words.delete },
    sentence,
    answers,
  );
  const element = html("div", {}, ask, question);
  const open = (/** @type {boolean} */ wanted) => {
    question.hidden = !wanted;
    ask.hidden = wanted;
    (wanted ? no : ask).focus();
  };
  ask.addEventListener("click", () => open(true));
  no.addEventListener("click", () => open(false));
  question.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    open(false);
  });
  yes.addEventListener("click", async () => {
    yes.disabled = true;
    try {
      await act();
    } catch (error) {
      sentence.textContent = error instanceof Error ? error.message : String(error);
      yes.disabled = false;
    }
  });
  question.hidden = true;
  ask.disabled = state === "running";
  ask.title = state === "running" ? words.deleteRunning : "";
  return element;
}
