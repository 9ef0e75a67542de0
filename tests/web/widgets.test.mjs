import assert from "node:assert/strict";
import { test } from "node:test";

import { foldAdvanced, showAllDecimals } from "../../web/widgets.js";

test("a number gets as many decimals as it rounds to", () => {
  const rate = { value: 0.0003, options: { precision: 5, round: 1e-6 } };
  showAllDecimals(rate);
  assert.deepEqual(rate.options, { precision: 6, round: 1e-6, maxFractionDigits: 6 });
});

test("a number of few decimals, and what is not a number, stay as they are", () => {
  for (const widget of [
    { value: 1.5, options: { precision: 2, round: 0.01 } },
    { value: 3, options: { precision: 0, round: 1 } },
    { value: 3, options: { precision: 1, round: false } },
    { value: "0.0003", options: {} },
    { value: 3 },
  ]) {
    const before = structuredClone(widget);
    showAllDecimals(widget);
    assert.deepEqual(widget, before);
  }
});

test("an advanced input takes no room until the node shows them", () => {
  const node = { showAdvanced: false };
  const widget = { options: { advanced: true } };
  assert.ok(foldAdvanced(node, widget));
  assert.equal(widget.advanced, true);
  assert.deepEqual(widget.computeSize(200), [0, -4]);
  node.showAdvanced = true;
  assert.deepEqual(widget.computeSize(200), [200, 20]);
});

test("an input that only the Vue renderer folds is folded on the canvas too", () => {
  const told = [];
  const widget = {
    options: { advanced: true },
    get advanced() {
      return true;
    },
    set advanced(value) {
      told.push(value);
    },
  };
  assert.ok(foldAdvanced({}, widget));
  assert.deepEqual(told, [true]);
  assert.deepEqual(widget.computeSize(200), [0, -4]);
});

test("a front end that folds by itself is left alone, as are plain inputs", () => {
  assert.ok(!foldAdvanced({}, { advanced: false, options: { advanced: true } }));
  assert.ok(!foldAdvanced({}, { options: {} }));
});
