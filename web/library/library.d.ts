/** Runs as the server lists and compares them. Written from lora_core/library and queue by `python -m devtools.view_types`. */

/** The runs of a folder as far as they were read, and what is new of them. */
export interface Listing {
  /** Of all runs, in their order. */
  names: string[];
  /** Those that were read after what was asked for before. */
  runs: RunSummary[];
  /** How many runs are still to be read: ask again. */
  waiting: number;
  /** To be sent when asking again: the answer then has only what was read after it. */
  mark: number;
}

/** A run as a list shows it. */
export interface RunSummary {
  run: string;
  state: "running" | "finished" | "cancelled" | "failed" | "interrupted" | "damaged";
  /** Why it can't be read; empty if it can. */
  problem: string;
  /** Date and time with its zone, ISO 8601; empty if unknown. */
  created: string;
  /** When it was written last, in milliseconds since 1970. */
  changed: number;
  epoch: number;
  epochs: number;
  /** Bytes on the disk. */
  size: number;
  /** How its notes begin. */
  notes: string;
  recipe: Recipe | null;
  pick: Picked | null;
  curve: SmallCurve | null;
  /** Of the picked epoch, or the last one before it. */
  preview: Preview | null;
}

/** The settings that people tell runs apart by. */
export interface Recipe {
  dataset: string;
  training_pictures: number;
  validation_pictures: number;
  /** Short side in pixels. */
  resolution: number;
  rank: number;
  alpha: number;
  layers: string;
  text_encoder: boolean;
  learning_rate: number;
  pictures_per_step: number;
  precision: string;
  seed: number;
}

/** The picked checkpoint. */
export interface Picked {
  epoch: number;
  weights: Weights;
  /** Over no LoRA, as a share of its loss. */
  improvement: number | null;
  standard_error: number | null;
}

/** The two kinds of weights that a run keeps checkpoints of. Their values are used in files and messages. */
export type Weights = "averaged" | "raw";

/** The smoothed validation loss of the picked weights, relative to no LoRA: -0.05 is 5 % below it. */
export interface SmallCurve {
  epoch: number[];
  change: (number | null)[];
}

/** A preview picture. */
export interface Preview {
  epoch: number;
  /** Its name in the previews folder. */
  file: string;
  /** When, in milliseconds since 1970: a run of the same name may have had another picture of that epoch. */
  made: number;
}

/** A run, opened. */
export interface RunDetails {
  notes: string;
  /** What takes the space on the disk, the largest first. */
  parts: Part[];
  /** The settings that are not those of the paper's recipe. */
  changed: RecipeDifference[];
}

/** A folder of a run, or its other files. */
export interface Part {
  /** Empty for the files that are in none. */
  name: string;
  /** Bytes. */
  size: number;
  files: number;
}

/** Something that is not the same in two runs. */
export interface RecipeDifference {
  /** "section.setting" of the recipe, or "dataset.pictures", "base_model", "versions.torch" and the like. */
  setting: string;
  one: string | number | boolean;
  other: string | number | boolean;
}

/** Two checkpoints, of one run or of two. */
export interface Comparison {
  /** null if it can't be told: too few validations, or none without a LoRA. */
  loss: LossDifference | null;
  recipe: RecipeDifference[];
}

/** The validation loss of one checkpoint against that of another. */
export interface LossDifference {
  /** The validated epochs nearest to those asked for: their losses are compared. */
  epochs: [number, number];
  /** Loss of the second less that of the first, as a share of the loss without a LoRA; negative if the second is better. */
  difference: number;
  /** Of `difference`; null if it is unknown, as for a single picture. */
  standard_error: number | null;
  /** Whether it is over the same pictures one by one. If not, each run's improvement on its own pictures is compared, which is far less certain. */
  paired: boolean;
  /** Whether the difference is beyond its uncertainty. */
  distinct: boolean;
}

/** The validation losses of a run, relative to those without a LoRA. */
export interface HeatMap {
  epochs: number[];
  /** In the order of their improvement at the last epoch, the least first. */
  pictures: HeatRow[];
  /** From the least noise to the most. */
  levels: HeatRow[];
}

/** One picture or one noise level. */
export interface HeatRow {
  /** File name of the picture; empty for a noise level. */
  name: string;
  /** Content hash of the picture; empty for a noise level. */
  key: string;
  /** Of its loss by epoch, relative to no LoRA: -0.05 is 5 % below it. */
  change: (number | null)[];
}

/** All trainings in the queue. */
export interface QueueListing {
  /** Whether the next training begins when the one before has ended. */
  going: boolean;
  /** Whether it also goes on by itself after a restart. */
  restarts: boolean;
  /** In their order. */
  trainings: QueuedTraining[];
  /** What is wrong with files of the queue that can't be read. */
  problems: string[];
}

/** A training in the queue. */
export interface QueuedTraining {
  id: string;
  /** Names of the runs that it trains. */
  runs: string[];
  state: "waiting" | "running" | "failed" | "cancelled";
  /** Whether it was under way before: then it goes on from its last state. */
  begun: boolean;
  /** Why it failed; empty if it did not. */
  reason: string;
  /** That are left; null if they can't be counted before it starts. */
  steps: number | null;
  /** That it takes; null as long as nothing of the kind was measured on this computer. */
  seconds: number | null;
  /** Name of the run at whose speed; empty if there is none. */
  like: string;
}
