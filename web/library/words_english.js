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
    `${dataset ? `${dataset} · ` : ""}${countPictures(pictures)} · rank ${rank} · rate ${rate}`,
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
    `${countPictures(recipe.pictures_per_step)} a step, ${recipe.precision}, seed ${recipe.seed}; ` +
    `${countPictures(recipe.training_pictures)} and ${recipe.validation_pictures} held out, ${recipe.resolution} px`,
  parts: /** @type {Record<string, string>} */ ({
    "": "record",
    checkpoints: "LoRA files",
    previews: "previews",
    state: "for resuming",
    tensorboard: "TensorBoard",
  }),
  heat: {
    title: "Loss by picture and by noise",
    meaning: "One column an epoch, relative to no LoRA: blue is lower, red is higher. A name shows its picture.",
    pictures: "Held-out pictures, the least improved first",
    levels: "Noise added to them",
    picture: (/** @type {number} */ number) => `picture ${number}`,
    level: (/** @type {number} */ number, /** @type {number} */ all) =>
      all === 1 ? "all" : number === 1 ? "least" : number === all ? "most" : `${number} of ${all}`,
    reading: (/** @type {string} */ name, /** @type {number} */ epoch, /** @type {string} */ change) =>
      `${name}, epoch ${epoch}: ${change}`,
    gone: "it is no longer in its folder",
  },
  queue: {
    title: "Queue of trainings",
    add: "Add this training to the queue",
    addHint: "The graph as it is now waits its turn on the server. It is kept when ComfyUI is restarted.",
    waiting: (/** @type {number} */ count) => `Waiting: ${count}`,
    failed: (/** @type {number} */ count) => `failed: ${count}`,
    about: (/** @type {number} */ seconds) => `about ${formatDuration(seconds)}`,
    atLeast: (/** @type {number} */ seconds) => `${formatDuration(seconds)} and more`,
    stands: "stands still",
    steps: (/** @type {number} */ steps) => `${steps.toLocaleString("en")} ${steps === 1 ? "step" : "steps"}`,
    like: (/** @type {string} */ run) => `as fast as ${run}`,
    unmeasured: "time unknown until a training like it has run here",
    uncounted: "length unknown before it starts",
    begun: "goes on where it stopped",
    cancelled: "cancelled; Start again goes on where it stopped",
    pause: "Pause",
    pauseHint: "What trains now goes on to its end; nothing new begins",
    goOn: "Go on",
    goOnHint: "Begins the first training that waits",
    restarts: "Go on by itself after a restart",
    restartsHint: "Otherwise the queue waits for you: a restart may be there for another reason",
    again: "Start again",
    open: "Open its graph",
    up: (/** @type {string} */ run) => `${run}: earlier`,
    down: (/** @type {string} */ run) => `${run}: later`,
    remove: (/** @type {string} */ run) => `${run}: take out of the queue`,
    more: (/** @type {number} */ count) => `and ${count} more`,
  },
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

/** @param {number} count */
function countPictures(count) {
  return count === 1 ? "1 picture" : `${count} pictures`;
}
