// @ts-check
/** What every node's inputs need on front ends that do not do it themselves. Does nothing on import. */

/** @typedef {import("./types.d.ts").Node} Node */
/** @typedef {import("./types.d.ts").Widget} Widget */

const ROW_HEIGHT = 20;
/** Of a node without widgets, which would else be as narrow as its title. */
const LEAST_WIDTH = 220;

/** @param {Node} node */
export function tidyWidgets(node) {
  const widgets = node.widgets ?? [];
  for (const widget of widgets) showAllDigits(widget);
  const folded = widgets.filter((widget) => fold(node, widget)).length;
  if (folded) node.setSize([node.size[0], node.computeSize()[1]]);
  if (!widgets.length) node.setSize([Math.max(node.size[0], LEAST_WIDTH), node.size[1]]);
}

/**
 * A number is shown, and taken, with as many digits as its input rounds to: front ends go by its step, and the first
 * Vue renderers show three, so that a learning rate of 0.0003 would read 0.
 *
 * @param {Widget} widget
 */
export function showAllDigits(widget) {
  const options = /** @type {{precision?: number, round?: number | boolean, maxFractionDigits?: number}} */ (widget.options);
  if (typeof widget.value !== "number" || !options) return;
  const rounded = typeof options.round === "number" && options.round > 0 ? digits(options.round) : 0;
  const precision = Math.max(options.precision ?? 0, rounded);
  if (precision > (options.precision ?? 0)) options.precision = precision;
  if (precision > 3) options.maxFractionDigits = precision;
}

/** @param {number} unit */
function digits(unit) {
  return Math.max(0, Math.ceil(-Math.log10(unit) - 1e-9));
}

/**
 * Folds an advanced input away, which the right-click menu shows again; some front ends know the word but not the deed.
 *
 * @param {Node} node
 * @param {Widget} widget
 * @returns {boolean} whether it had to be done
 */
export function fold(node, widget) {
  const { advanced } = /** @type {{advanced?: boolean}} */ (widget.options ?? {});
  if (!advanced || widget.advanced !== undefined) return false;
  widget.advanced = true;
  // The layout leaves room for what it does not draw; 4 is the gap that it adds to each.
  widget.computeSize = (width = 0) => (node.showAdvanced ? [width, ROW_HEIGHT] : [0, -4]);
  return true;
}
