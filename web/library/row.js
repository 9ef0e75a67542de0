// @ts-check
/** A run in the list: its picture, name, recipe, how good it is, and a small curve. */

import { html, svg } from "../chart/elements.js";
import { bandPath, linePath } from "../chart/paths.js";
import { applyScale, extent, linearScale, widen } from "../chart/scales.js";
import { translate } from "../chart/translate.js";
import { describePickShortly, describeState, formatDate, formatSize } from "./words.js";

/** @typedef {import("../chart/messages.d.ts").ProgressMessage} ProgressMessage */
/** @typedef {import("./library.d.ts").RunSummary} RunSummary */
/** @typedef {import("./library.d.ts").SmallCurve} SmallCurve */
/** @typedef {import("./words.js").Words} Words */

/**
 * @typedef {object} RowListener
 * @property {(run: string) => void} onOpen
 * @property {(run: string, wanted: boolean) => boolean} onChoose to be compared; whether it is chosen now
 * @property {(summary: RunSummary) => string | null} picture address of its preview
 */

const [WIDTH, HEIGHT, MARGIN] = [72, 30, 3];

/**
 * @param {RunSummary} summary
 * @param {boolean} chosen
 * @param {Words} words
 * @param {RowListener} listener
 * @returns {HTMLLIElement}
 */
export function makeRow(summary, chosen, words, { onOpen, onChoose, picture }) {
  const { run, recipe, problem } = summary;
  const address = picture(summary);
  const image = address ? html("img", { src: address, alt: "", loading: "lazy", draggable: "false" }) : html("span");
  image.classList.add("la-thumbnail");
  const details = translate(problem) || (recipe ? words.recipe(recipe) : "");
  const lines = html(
    "span",
    { class: "la-lines" },
    html("span", { class: "la-name" }, run),
    html("span", { class: problem ? "la-problem" : "la-muted la-recipe-line" }, details),
    html("span", { class: "la-good" }, describePickShortly(summary, words)),
    html("span", { class: "la-state", "data-state": summary.state }, describeState(summary, words)),
  );
  const about = html(
    "span",
    { class: "la-about" },
    summary.curve ? drawSmall(summary.curve, words.curve(run)) : "",
    html("span", { class: "la-muted" }, formatDate(summary.created, summary.changed, words)),
    html("span", { class: "la-muted" }, formatSize(summary.size)),
  );
  const open = html("button", { type: "button", class: "la-open" }, image, lines, about);
  open.addEventListener("click", () => onOpen(run));
  const box = html("input", { type: "checkbox", "aria-label": words.select(run) });
  box.checked = chosen;
  box.disabled = summary.curve === null;
  box.addEventListener("change", () => {
    box.checked = onChoose(run, box.checked);
  });
  return html("li", { class: "la-row", "data-run": run }, box, open);
}

/**
 * @param {HTMLElement} row
 * @param {ProgressMessage} progress of its training
 * @param {Words} words
 */
export function showProgress(row, progress, words) {
  const state = row.querySelector(".la-state");
  if (!state) return;
  state.setAttribute("data-state", "running");
  state.textContent = describeProgress(progress, words);
}

/**
 * @param {ProgressMessage} progress
 * @param {Words} words
 */
export function describeProgress({ epoch, epochs, seconds_left: left }, words) {
  const told = `${words.states.running}, ${words.epochs(epoch, epochs)}`;
  return left === null ? told : `${told} · ${words.left(left)}`;
}

/**
 * @param {SmallCurve} curve
 * @param {string} title
 */
export function drawSmall({ epoch, change }, title) {
  const x = linearScale([epoch[0], epoch[epoch.length - 1]], [MARGIN, WIDTH - MARGIN]);
  const y = linearScale(widen(extent([0], change) ?? [-1, 0], 0), [HEIGHT - MARGIN, MARGIN]);
  const [xs, ys] = [epoch.map(x), applyScale(change, y)];
  const zero = ys.map((each) => (each === null ? null : y(0)));
  return svg(
    "svg",
    { class: "la-small", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title },
    svg("path", { class: "la-zero", d: `M${MARGIN} ${y(0)}H${WIDTH - MARGIN}` }),
    svg("path", { class: "la-area", d: bandPath(xs, ys, zero) }),
    svg("path", { class: "la-line", d: linePath(xs, ys) }),
  );
}
