import assert from "node:assert/strict";
import { test } from "node:test";

import { fold, showAllDigits } from "../../web/widgets.js";

test("a number gets as many digits as it rounds to", () => {
  const rate = { value: 0.0003, options: { precision: 5, round: 1e-6 } };
  showAllDigits(rate);
  assert.deepEqual(rate.options, { precision: 6, round: 1e-6, maxFractionDigits: 6 });
});

test("a number of few digits, and what is no number, stay as they are", () => {
  for (const widget of [
    { value: 1.5, options: { precision: 2, round: 0.01 } },
    { value: 3, options: { precision: 0, round: 1 } },
    { value: 3, options: { precision: 1, round: false } },
    { value: "0.0003", options: {} },
    { value: 3 },
  ]) {
    const before = structuredClone(widget);
    showAllDigits(widget);
    assert.deepEqual(widget, before);
  }
});

test("an advanced input takes no room until the node shows them", () => {
  const node = { showAdvanced: false };
  const widget = { options: { advanced: true } };
  assert.ok(fold(node, widget));
  assert.equal(widget.advanced, true);
  assert.deepEqual(widget.computeSize(200), [0, -4]);
  node.showAdvanced = true;
  assert.deepEqual(widget.computeSize(200), [200, 20]);
});

test("a front end that folds by itself is left to it, as are plain inputs", () => {
  assert.ok(!fold({}, { advanced: false, options: { advanced: true } }));
  assert.ok(!fold({}, { options: {} }));
});
