// @ts-check
/** Views of invented runs and messages of their training, in the shapes that the server sends. */

/** @typedef {import("../../web/chart/messages.d.ts").ProgressMessage} ProgressMessage */
/** @typedef {import("../../web/chart/run_view.d.ts").RunView} RunView */
/** @typedef {import("../../web/chart/run_view.d.ts").Selection} Selection */
/** @typedef {import("../../web/chart/run_view.d.ts").Weights} Weights */

/** @type {Selection} */
const SELECTION = {
  epoch: 3,
  rule: "lowest",
  weights: "raw",
  region_g: [2, 4],
  region_o: [5, 6],
  candidates: [3],
  indistinguishable: [2, 3, 4],
  improvement: 0.08,
  standard_error: 0.01,
  reason: "Epoch 3 of 6.",
  warnings: [],
};

/**
 * Of a run without an average or a probe.
 *
 * @param {Partial<RunView>} changes what a test wants to be different
 * @returns {RunView}
 */
export function viewOf(changes = {}) {
  return {
    run: "bauhaus",
    status: "finished",
    epoch: 6,
    epochs: 6,
    step: 84,
    steps: 84,
    train: {
      epoch: [1, 2, 3],
      loss: [0.13, 0.12, 0.11],
      smooth: [0.13, 0.12, 0.11],
      low: [0.1, 0.1, 0.1],
      high: [0.2, 0.2, 0.2],
    },
    validation: {
      epoch: [0, 1, 2, 3, 4, 5, 6],
      loss: [0.14, 0.135, 0.131, 0.128, 0.13, null, 0.136],
      smooth: [0.14, 0.134, 0.13, 0.129, 0.13, null, 0.137],
      standard_error: [0, 0.002, 0.002, 0.002, 0.002, null, 0.002],
    },
    averaged: null,
    probe: null,
    selection: SELECTION,
    pick: { epoch: 3, weights: "raw", reason: "Epoch 3 of 6." },
    checkpoints: [1, 3, 6],
    averaged_checkpoints: [],
    previews: [
      { epoch: 2, file: "epoch_0002.png", made: 1 },
      { epoch: 4, file: "epoch_0004.png", made: 1 },
    ],
    notes: [],
    strength: null,
    ...changes,
  };
}

/**
 * Of a run that keeps an average and probes training pictures.
 *
 * @param {Weights} weights of the picked checkpoint
 * @param {Partial<RunView>} changes what a test wants to be different
 * @returns {RunView}
 */
export function averagedViewOf(weights = "averaged", changes = {}) {
  const view = viewOf();
  return {
    ...view,
    averaged: {
      epoch: [0, 1, 2, 3, 4, 5, 6],
      loss: [0.14, 0.137, 0.131, 0.127, 0.125, 0.126, 0.128],
      smooth: [0.14, 0.136, 0.131, 0.127, 0.126, 0.126, 0.128],
      standard_error: [0, 0.001, 0.001, 0.001, 0.001, 0.001, 0.001],
    },
    probe: {
      epoch: [0, 2, 4, 6],
      loss: [0.16, 0.149, 0.136, 0.12],
      smooth: [0.16, 0.148, 0.136, 0.12],
      aligned: [0.14, 0.1295, 0.119, 0.105],
      told_apart: [null, 0.5625, 0.75, 0.9375],
      told_apart_low: [null, 0.3, 0.46, 0.66],
      told_apart_high: [null, 0.79, 0.91, 0.99],
    },
    selection: { ...SELECTION, epoch: weights === "raw" ? 3 : 4, weights },
    averaged_checkpoints: [2, 4, 6],
    ...changes,
  };
}

/**
 * Of a run whose reason is the query that its checkpoint was picked by.
 *
 * @param {object} query
 */
export function viewPickedBy(query) {
  return viewOf({ selection: { ...SELECTION, reason: JSON.stringify(query) } });
}

/**
 * Of node 1, in the second of six epochs.
 *
 * @param {Partial<ProgressMessage>} changes what a test wants to be different
 * @returns {ProgressMessage}
 */
export function progressOf(changes = {}) {
  return {
    node: "1",
    prompt_id: "prompt",
    run: "bauhaus",
    stage: "training",
    step: 21,
    steps: 84,
    epoch: 2,
    epochs: 6,
    loss: 0.12345,
    seconds_left: 95,
    ...changes,
  };
}
