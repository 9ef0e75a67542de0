// @ts-check
/** Making elements in one expression, and changing no more of their children than has to change. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function html(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...(Node | string)} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * Gives a parent these children. Those it begins with already stay untouched, and with them what the user is doing
 * there: a list that is open, text that is selected, a button that has the focus.
 *
 * @param {Element} parent
 * @param {...Element} children
 */
export function setChildren(parent, ...children) {
  const present = parent.children;
  let same = 0;
  while (same < children.length && isSame(present[same], children[same])) same += 1;
  while (present.length > same) present[same].remove();
  parent.append(...children.slice(same));
}

/**
 * @param {Element | undefined} present
 * @param {Element} wanted
 */
function isSame(present, wanted) {
  return present === wanted || Boolean(present?.isEqualNode(wanted));
}
