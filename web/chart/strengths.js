// @ts-check
/** The validation loss over the strength of the picked LoRA, where it was measured: a small curve with error bars. */

import { html, setChildren, svg } from "./elements.js";
import { say } from "./language.js";
import { extent, linearScale } from "./scales.js";
import { translate } from "./translate.js";

/** @typedef {import("./run_view.d.ts").StrengthCurve} StrengthCurve */

const [WIDTH, HEIGHT] = [220, 64];
const MARGIN = { left: 6, right: 6, top: 6, bottom: 14 };
/** Strengths that are named under the curve. */
const NAMED = [0, 0.5, 1, 1.5];

export class Strengths {
  constructor() {
    this.text = html("p");
    const label = say("Loss by strength");
    this.drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label });
    this.element = html("div", { class: "la-strengths", hidden: "" }, this.drawing, this.text);
  }

  /** @param {StrengthCurve | null} curve */
  show(curve) {
    this.element.hidden = !curve;
    if (!curve) return;
    this.text.textContent = translate(curve.reason);
    setChildren(this.drawing, ...drawStrengths(curve));
  }
}

/**
 * @param {StrengthCurve} curve
 * @returns {SVGElement[]}
 */
export function drawStrengths({ strengths, difference, standard_error: errors, lowest }) {
  const [low, high] = [-1, 1].map((side) => difference.map((value, index) => value + side * (errors?.[index] ?? 0)));
  const bottom = HEIGHT - MARGIN.bottom;
  const x = linearScale([strengths[0], strengths[strengths.length - 1]], [MARGIN.left, WIDTH - MARGIN.right]);
  const y = linearScale(extent(low, high) ?? [0, 1], [bottom, MARGIN.top]);
  const line = strengths.map((strength, index) => `${index ? "L" : "M"}${x(strength)} ${y(difference[index])}`).join("");
  const bars = strengths.map((strength, index) => `M${x(strength)} ${y(low[index])}V${y(high[index])}`).join("");
  const best = strengths.indexOf(lowest);
  const names = NAMED.filter((strength) => strengths.includes(strength)).map((strength) =>
    svg("text", { x: x(strength), y: HEIGHT - 3, "text-anchor": anchorOf(x(strength)) }, String(strength)),
  );
  return [
    svg("path", { class: "la-strength-one", d: `M${x(1)} ${MARGIN.top}V${bottom}` }),
    svg("path", { class: "la-strength-bars", d: bars }),
    svg("path", { class: "la-strength-line", d: line }),
    svg("circle", { class: "la-strength-lowest", cx: x(lowest), cy: y(difference[best]), r: 3.5 }),
    ...names,
  ];
}

/** @param {number} position so that a name at an edge stays inside */
function anchorOf(position) {
  if (position < WIDTH / 8) return "start";
  return position > (WIDTH * 7) / 8 ? "end" : "middle";
}
