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

/** By the classes of the nodes, as all below. @type {Record<string, Subject>} */
export const SUBJECTS = {
  LoRATrainer: { ...WHOLE, comparison: false, findings: false },
  ValidationLossPlot: { ...WHOLE, previews: false },
  CheckpointPicker: { ...WHOLE, training: false, comparison: false },
};

/** What App mode calls the charts. @type {Record<string, string>} */
export const NAMES = {
  LoRATrainer: "How the training goes",
  ValidationLossPlot: "Where it overfits",
  CheckpointPicker: "Which epoch to use",
};

/** What they say before they have a run to show. @type {Record<string, string>} */
export const INVITATIONS = {
  LoRATrainer: "Run the graph: the curves appear here while it trains.",
  ValidationLossPlot: "Run the graph to see the curves of its training run.",
  CheckpointPicker: "Run the graph to see the curves; a click on them chooses an epoch.",
};
