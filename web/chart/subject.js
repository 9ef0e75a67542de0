// @ts-check
/** What each node's chart is about: those of one run stand side by side, and each answers a question of its own. */

/**
 * @typedef {object} Subject what a chart shows beside the main curve
 * @property {boolean} training the loss of the training steps
 * @property {boolean} comparison the other weights, and the pictures that are trained on
 * @property {boolean} findings the regions, the candidates and the picked epoch, with the reason
 * @property {boolean} previews
 */

/** All there is to a run. @type {Subject} */
export const WHOLE = { training: true, comparison: true, findings: true, previews: true };

/** How does the training go? Where does it overfit? Which epoch is to be used? @type {Record<string, Subject>} */
export const SUBJECTS = {
  LoRATrainer: { ...WHOLE, comparison: false, findings: false },
  ValidationLossPlot: { ...WHOLE, previews: false },
  CheckpointPicker: { ...WHOLE, training: false, comparison: false },
};
