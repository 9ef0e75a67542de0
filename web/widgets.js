// @ts-check
/** Makes up for what some front ends do not do for a node's inputs. Does nothing on import. */

/** @typedef {import("./types.d.ts").Node} Node */
/** @typedef {import("./types.d.ts").Widget} Widget */
/** @typedef {{precision?: number, round?: number | boolean, maxFractionDigits?: number}} NumberOptions */

const ROW_HEIGHT = 20;
/** Height that the layout adds between widgets. */
const ROW_GAP = 4;
/** Of a node without widgets, which would otherwise be as narrow as its title. */
const MINIMUM_WIDTH = 220;

/** @param {Node} node */
export function tidyWidgets(node) {
  const widgets = node.widgets ?? [];
  for (const widget of widgets) showAllDecimals(widget);
  const folded = widgets.filter((widget) => foldAdvanced(node, widget)).length;
  if (folded) node.setSize([node.size[0], node.computeSize()[1]]);
  if (!widgets.length) node.setSize([Math.max(node.size[0], MINIMUM_WIDTH), node.size[1]]);
}

/**
 * Lets a number show and accept as many decimals as its input rounds to: front ends go by its step, and the first Vue
 * renderers show three, so that a learning rate of 0.0003 would read 0.
 *
 * @param {Widget} widget
 */
export function showAllDecimals(widget) {
  const options = /** @type {NumberOptions} */ (widget.options);
  if (typeof widget.value !== "number" || !options) return;
  const rounded = typeof options.round === "number" && options.round > 0 ? countDecimals(options.round) : 0;
  const precision = Math.max(options.precision ?? 0, rounded);
  if (precision > (options.precision ?? 0)) options.precision = precision;
  if (precision > 3) options.maxFractionDigits = precision;
}

/** @param {number} unit */
function countDecimals(unit) {
  return Math.max(0, Math.ceil(-Math.log10(unit) - 1e-9));
}

/**
 * Folds an advanced input away until the right-click menu shows it again: some front ends have the menu, but do not
 * fold. In 1.58 an input is called advanced as soon as the Vue renderer folds it; the canvas folds it once it is told.
 *
 * @param {Node} node
 * @param {Widget} widget
 * @returns {boolean} whether it had to be folded here
 */
export function foldAdvanced(node, widget) {
  const { advanced } = /** @type {{advanced?: boolean}} */ (widget.options ?? {});
  if (!advanced || widget.advanced === false) return false;
  widget.advanced = true;
  // The layout leaves room for what it does not draw: here, none.
  widget.computeSize = (width = 0) => (node.showAdvanced ? [width, ROW_HEIGHT] : [0, -ROW_GAP]);
  return true;
}
