/**
 * A training run as the server describes it: the JSON of lora_core/run_view.py.
 *
 * Losses that are not finite numbers arrive as null.
 */

/** Which weights of the LoRA: their moving average over the steps, or as they stood at the end of an epoch. */
export type Weights = "averaged" | "raw";

export type Status = "training" | "finished" | "cancelled" | "failed";

/** First and last epoch. */
export type Region = [number, number];

/** Losses on the validation grid, by epoch. */
export interface Curve {
  epoch: number[];
  loss: (number | null)[];
  smooth: (number | null)[];
  /** Of the difference to epoch 0, over the validation pictures. */
  standard_error: (number | null)[];
}

/** The same grid on as many training pictures, by epoch. */
export interface Probe {
  epoch: number[];
  loss: (number | null)[];
  smooth: (number | null)[];
}

/** Losses of the training steps, by epoch. */
export interface TrainingCurve {
  epoch: number[];
  /** Mean of an epoch's steps. */
  loss: (number | null)[];
  smooth: (number | null)[];
  /** 10th percentile. */
  low: (number | null)[];
  /** 90th percentile. */
  high: (number | null)[];
}

/** The picked epoch p with everything that speaks for it. */
export interface Selection {
  epoch: number;
  /** Which the picked checkpoint holds; regions and candidates are those of their curve. */
  weights: Weights;
  rule: "lowest" | "earliest" | "epoch";
  /** Where to look for the stopping point. */
  region_g: Region | null;
  /** Overfitting. */
  region_o: Region | null;
  /** The local minima of the smoothed curve in region G. */
  candidates: number[];
  /** The validated epochs around p that cannot be told apart from it. */
  indistinguishable: number[];
  /** Share by which the smoothed loss at p lies below that of the base model. */
  improvement: number | null;
  /** Of the improvement. */
  standard_error: number | null;
  reason: string;
  warnings: string[];
}

/** The checkpoint to use. */
export interface Picked {
  epoch: number;
  weights: Weights;
  reason: string;
}

export interface Preview {
  epoch: number;
  /** Name under previews/. */
  file: string;
}

export interface RunView {
  /** Name of the run. */
  run: string;
  status: Status;
  /** The last epoch with a validation or a checkpoint. */
  epoch: number;
  /** How many epochs the run set out for. */
  epochs: number;
  /** The last optimiser step. */
  step: number;
  steps: number;
  train: TrainingCurve;
  /** Of the raw weights. */
  validation: Curve;
  /** Of the averaged weights; null if the run keeps no average. */
  averaged: Curve | null;
  /** Of the averaged weights if there are any, else of the raw ones; null if the run has no probe. */
  probe: Probe | null;
  /** Null for fewer than three validations. */
  selection: Selection | null;
  /** Null before the first checkpoint. */
  pick: Picked | null;
  /** Epochs whose raw LoRA is on the disk. */
  checkpoints: number[];
  /** Epochs whose averaged LoRA is on the disk. */
  averaged_checkpoints: number[];
  previews: Preview[];
  /** What happened that a reader should know. */
  notes: string[];
}
