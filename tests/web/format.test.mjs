import assert from "node:assert/strict";
import { test } from "node:test";

import {
  formatDifference,
  formatDuration,
  formatImprovement,
  formatLoss,
  formatLossWithError,
} from "../../web/chart/format.js";

test("a duration is told in the unit that fits", () => {
  assert.equal(formatDuration(0), "0 s");
  assert.equal(formatDuration(-3), "0 s");
  assert.equal(formatDuration(59.4), "59 s");
  assert.equal(formatDuration(89), "1 min");
  assert.equal(formatDuration(3599), "1 h 00 min");
  assert.equal(formatDuration(3 * 3600 + 5 * 60), "3 h 05 min");
});

test("a difference has a sign of its own for no difference", () => {
  assert.equal(formatDifference(0.95, 1), "−5.0 %");
  assert.equal(formatDifference(1.021, 1), "+2.1 %");
  assert.equal(formatDifference(0.99999, 1), "±0.0 %");
});

test("a loss has four decimals, unless it is very small or large", () => {
  assert.equal(formatLoss(0.123456), "0.1235");
  assert.equal(formatLoss(0.00001234), "1.23e-5");
  assert.equal(formatLoss(12345), "1.23e+4");
});

test("an error has as many decimals as its loss", () => {
  assert.equal(formatLossWithError(0.1334, 0.00098), "0.1334 ± 0.0010");
  assert.equal(formatLossWithError(0.1334, 0.00001), "0.1334 ± 1.00e-5");
  assert.equal(formatLossWithError(0.0000123, 0.000002), "1.23e-5 ± 2.00e-6");
  assert.equal(formatLossWithError(0.1334, null), "0.1334");
});

test("an improvement says which way it goes", () => {
  assert.equal(formatImprovement(0.95, 1), "5.0 % better");
  assert.equal(formatImprovement(1.021, 1), "2.1 % worse");
  assert.equal(formatImprovement(1, 1), "0.0 % better");
});
