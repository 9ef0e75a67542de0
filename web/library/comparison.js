// @ts-check
/** The window that compares runs: all of them in one chart, and any two checkpoints side by side. */

import { html } from "../chart/elements.js";
import { USUAL_QUERY } from "../chart/run_client.js";
import { Overlay } from "./overlay.js";
import { SideBySide } from "./side_by_side.js";

/** @typedef {import("../chart/run_client.js").RunClient} RunClient */
/** @typedef {import("./library_client.js").LibraryClient} LibraryClient */
/** @typedef {import("./words.js").Words} Words */

const STYLE_SHEETS = ["./library.css", "./comparison.css"].map((file) => new URL(file, import.meta.url).href);

/**
 * Opens it over everything else.
 *
 * @param {string[]} names of runs, at least one
 * @param {Words} words
 * @param {LibraryClient} library
 * @param {RunClient} runs
 * @param {HTMLElement} place where ComfyUI has room for what packs add to the page
 * @returns {Promise<HTMLDialogElement>} once it shows the runs, or why it can't
 */
export async function openComparison(names, words, library, runs, place) {
  const overlay = new Overlay(words);
  const sides = new SideBySide(words, library, runs);
  const close = html("button", { type: "button", class: "la-close", "aria-label": words.close }, "×");
  const title = html("h2", {}, `${words.comparison}: ${names.join(", ")}`);
  const body = html("div", { class: "la-comparison" }, overlay.element, sides.element);
  const sheets = STYLE_SHEETS.map((href) => html("link", { rel: "stylesheet", href }));
  const header = html("header", {}, title, close);
  const attributes = { class: "lora-atelier-library lora-atelier-comparison", "aria-label": words.comparison };
  const dialog = html("dialog", attributes, ...sheets, header, body);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation(); // ComfyUI has shortcuts of its own
    if (event.key === "Escape") dialog.close();
  });
  for (const event of ["paste", "copy", "wheel"]) dialog.addEventListener(event, (heard) => heard.stopPropagation());
  place.append(dialog);
  dialog.showModal();
  try {
    const views = await Promise.all(names.map((name) => runs.view(name, USUAL_QUERY)));
    overlay.show(views);
    await sides.show(views);
  } catch (error) {
    body.replaceChildren(html("p", { class: "la-problem" }, error instanceof Error ? error.message : String(error)));
  }
  return dialog;
}
