/** A run's view as lora_core/run_view.py gives it, with what a test wants to be different. */

export function viewOf(changes = {}) {
  return {
    run: "bauhaus",
    status: "finished",
    epoch: 6,
    epochs: 6,
    step: 84,
    steps: 84,
    train: { epoch: [1, 2, 3], loss: [0.13, 0.12, 0.11], smooth: [0.13, 0.12, 0.11], low: [], high: [] },
    validation: {
      epoch: [0, 1, 2, 3, 4, 5, 6],
      loss: [0.14, 0.135, 0.131, 0.128, 0.13, null, 0.136],
      smooth: [0.14, 0.134, 0.13, 0.129, 0.13, null, 0.137],
      standard_error: [0, 0.002, 0.002, 0.002, 0.002, null, 0.002],
    },
    selection: {
      epoch: 3,
      rule: "lowest",
      region_g: [2, 4],
      region_o: [5, 6],
      candidates: [3],
      indistinguishable: [2, 3, 4],
      improvement: 0.08,
      standard_error: 0.01,
      reason: "Epoch 3 of 6.",
      warnings: [],
    },
    checkpoints: [1, 3, 6],
    previews: [
      { epoch: 2, file: "epoch_0002.png" },
      { epoch: 4, file: "epoch_0004.png" },
    ],
    notes: [],
    ...changes,
  };
}
