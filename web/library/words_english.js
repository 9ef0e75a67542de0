// @ts-check
/** What the library says in English. Pure. */

import { formatDuration } from "../chart/format.js";

/** @typedef {import("./library.d.ts").Recipe} Recipe */
/** @typedef {typeof ENGLISH} Words */

export const ENGLISH = {
  language: "en",
  title: "Training runs",
  tooltip: "Training runs: curves, notes, comparisons",
  search: "Search",
  searchHint: "Search names, recipes and notes",
  sort: "Order",
  sorts: { newest: "newest first", name: "by name", best: "best first", size: "largest first" },
  count: (/** @type {number} */ shown, /** @type {number} */ all) => (shown === all ? `${all}` : `${shown} of ${all}`),
  reading: (/** @type {number} */ left) => `Reading ${left} more…`,
  none: "No training runs yet. LoRA Trainer puts them here; the template learn_without_a_gpu makes one in minutes.",
  noneFound: "No run matches.",
  select: (/** @type {string} */ run) => `Compare ${run}`,
  chosen: (/** @type {number} */ count) => `${count} chosen`,
  compare: "Compare",
  clear: "Clear",
  back: "All runs",
  states: {
    running: "training",
    finished: "finished",
    cancelled: "cancelled",
    failed: "failed",
    interrupted: "interrupted",
    damaged: "damaged",
  },
  epochs: (/** @type {number} */ epoch, /** @type {number} */ epochs) => `epoch ${epoch} of ${epochs}`,
  left: (/** @type {number} */ seconds) => `${formatDuration(seconds)} left`,
  weights: { averaged: "averaged", raw: "raw" },
  pick: (/** @type {number} */ epoch, /** @type {string} */ weights) => `Epoch ${epoch}, ${weights} weights`,
  short: (/** @type {string} */ told, /** @type {number} */ epoch) => `${told}, epoch ${epoch}`,
  better: (/** @type {string} */ share) => `${share} better than no LoRA`,
  worse: (/** @type {string} */ share) => `${share} worse than no LoRA`,
  recipe: (/** @type {Recipe} */ { dataset, training_pictures: pictures, rank, learning_rate: rate }) =>
    `${dataset ? `${dataset} · ` : ""}${pictures} pictures · rank ${rank} · rate ${rate}`,
  curve: (/** @type {string} */ run) => `Validation loss of ${run}, relative to no LoRA`,
  facts: {
    state: "State",
    pick: "Picked",
    begun: "Begun",
    recipe: "Recipe",
    changed: "Unlike the paper",
    size: "On disk",
  },
  wholeRecipe: (/** @type {Recipe} */ recipe) =>
    `Rank ${recipe.rank}, alpha ${recipe.alpha}, ${recipe.layers === "all" ? "all layers" : recipe.layers}` +
    `${recipe.text_encoder ? "" : " of the UNet alone"}; learning rate ${recipe.learning_rate}, ` +
    `${recipe.pictures_per_step} pictures a step, ${recipe.precision}, seed ${recipe.seed}; ` +
    `${recipe.training_pictures} pictures and ${recipe.validation_pictures} held out, ${recipe.resolution} px`,
  parts: /** @type {Record<string, string>} */ ({
    "": "record",
    checkpoints: "LoRA files",
    previews: "previews",
    state: "for resuming",
    tensorboard: "TensorBoard",
  }),
  notes: "Notes",
  notesHint: "What you saw, what to try next. Kept as notes.txt in the run’s folder.",
  written: "saved",
  open: "Open in a graph",
  openHint:
    "Adds Training Run Loader, Validation Loss Plot and Checkpoint Picker with this run. Ctrl+Z takes them away.",
  compareEpochs: "Compare epochs",
  bundle: "Export figure and data",
  bundleHint: "A zip file with the figure, its numbers and BibTeX, made from the run’s folder alone",
  delete: "Delete…",
  deleteRunning: "A run that is training can’t be deleted.",
  deleteAsk: (/** @type {string} */ run, /** @type {string} */ size) =>
    `Delete ${run} for good? Its checkpoints, curves, previews and notes go, ${size} in all. LoRAs that were exported ` +
    "to models/loras stay.",
  deleteYes: (/** @type {string} */ size) => `Delete ${size}`,
  deleteNo: "Keep it",
  close: "Close",
  comparison: "Comparison",
  relative: "validation loss, relative to no LoRA",
  notMeasured: (/** @type {string} */ run) => `${run} has no loss without a LoRA to compare with.`,
  unit: "Horizontal axis",
  units: { epochs: "epochs", steps: "steps" },
  table: { run: "Run", at: "Epoch", loss: "Loss, relative to no LoRA" },
  picked: (/** @type {number} */ epoch) => `${epoch}, picked`,
  sides: { one: "Left", other: "Right" },
  run: "run",
  epoch: "epoch",
  previewOf: (/** @type {string} */ run, /** @type {number} */ epoch) => `${run}, epoch ${epoch}`,
  noPreview: "no preview picture",
  slide: "Where the left picture ends and the right one begins",
  lossBetter: (/** @type {string} */ one, /** @type {string} */ other, /** @type {string} */ share) =>
    `${other} has a lower validation loss than ${one}, by ${share}`,
  lossWorse: (/** @type {string} */ one, /** @type {string} */ other, /** @type {string} */ share) =>
    `${other} has a higher validation loss than ${one}, by ${share}`,
  lossSame: (/** @type {string} */ one, /** @type {string} */ other, /** @type {string} */ share) =>
    `${one} and ${other} can’t be told apart: the difference is ${share}`,
  lossIdentical: "Both sides are the same checkpoint.",
  paired: "of the loss without a LoRA, measured on the same held-out pictures, one by one",
  unpaired: "of the loss without a LoRA, each measured on its own held-out pictures, which says less",
  unsure: "how certain that is can’t be told",
  noDifference: "The losses can’t be compared: too few validations, or none without a LoRA.",
  recipeSame: "Recipe, pictures, base model and versions are the same.",
  recipeDiffers: "What differs",
  setting: "Setting",
  nothing: "none",
  yes: "yes",
  no: "no",
  version: (/** @type {string} */ library) => `version of ${library}`,
  settings: /** @type {Record<string, string>} */ ({
    "dataset.name": "name of the pictures",
    "dataset.training": "pictures trained on",
    "dataset.validation": "pictures held out",
    "dataset.resolution": "resolution",
    "dataset.pictures": "pictures (hash)",
    base_model: "base model (hash)",
    start: "LoRA begun from (hash)",
  }),
};
