/** A run as the server sends it. Written from lora_core/record/view.py by `python -m devtools.view_types`. */

/** A run, finished or not. */
export interface RunView {
  /** Its name. */
  run: string;
  status: "training" | "finished" | "cancelled" | "failed";
  /** The last epoch with a validation or checkpoint. */
  epoch: number;
  /** How many epochs the run is set to train. */
  epochs: number;
  /** The last optimiser step. */
  step: number;
  steps: number;
  train: TrainCurve;
  /** Of the raw weights. */
  validation: ValidationCurve;
  /** Of the averaged weights; null if the run keeps no average. */
  averaged: ValidationCurve | null;
  /** On training pictures, of the averaged weights or else of the raw ones; null without a probe. */
  probe: ProbeCurve | null;
  /** null for fewer than three validations. */
  selection: Selection | null;
  /** Present even with too few validations; null before the first checkpoint. */
  pick: PickedCheckpoint | null;
  /** Epochs whose raw LoRA is on the disk. */
  checkpoints: number[];
  /** Epochs whose averaged LoRA is on the disk. */
  averaged_checkpoints: number[];
  previews: Preview[];
  /** What a reader of the run should know. */
  notes: string[];
  /** Of the picked checkpoint; null if its strengths were not measured. */
  strength: StrengthCurve | null;
}

/** Training losses by epoch: the mean of an epoch's steps, smoothed, and the range of most steps. */
export interface TrainCurve {
  epoch: number[];
  loss: (number | null)[];
  smooth: (number | null)[];
  /** 10th percentile, smoothed. */
  low: (number | null)[];
  /** 90th percentile, smoothed. */
  high: (number | null)[];
}

/** Losses on the validation grid by epoch. */
export interface ValidationCurve extends LossCurve {
  /** Of the difference to epoch 0, over pictures. */
  standard_error: (number | null)[];
}

/** Losses on a fixed grid by epoch. */
export interface LossCurve {
  epoch: number[];
  loss: (number | null)[];
  smooth: (number | null)[];
}

/** Losses on a grid of training pictures by epoch. */
export interface ProbeCurve extends LossCurve {
  /** The smooth losses, or those measured if there are none, scaled to begin where the validation loss does: some pictures are harder than others whatever the LoRA has learned, and only the gap that grows is overfitting. */
  aligned: (number | null)[];
  /** In which share of pairs of a training and a held-out picture the former has gained more; 0.5 is chance. */
  told_apart: (number | null)[];
  /** Lower end of its 95 % interval. */
  told_apart_low: (number | null)[];
  /** Upper end. */
  told_apart_high: (number | null)[];
}

/** The picked epoch p with the reasons for it. */
export interface Selection extends Findings {
  /** One sentence: which epoch, how good, how certain, and when overfitting begins. */
  reason: string;
  /** Caveats, each a sentence. */
  warnings: string[];
}

/** The picked epoch p in numbers. Epochs count from 1; 0 is the base model. */
export interface Findings {
  epoch: number;
  /** Which weights of that epoch; the other numbers are from their curve. */
  weights: Weights;
  rule: string;
  /** First and last epoch of the stretch to look in. */
  region_g: [number, number] | null;
  /** First and last epoch of overfitting; null if there is none so far. */
  region_o: [number, number] | null;
  /** The local minima of the smoothed curve in region G. */
  candidates: number[];
  /** The validated epochs around p that can't be told apart from it. */
  indistinguishable: number[];
  /** How far the smoothed validation loss at p is below that of the base model, as a share of the latter. */
  improvement: number | null;
  /** Of `improvement`, over the validation pictures, paired with the base model. */
  standard_error: number | null;
}

/** The two kinds of weights that a run keeps checkpoints of. Their values are used in files and messages. */
export type Weights = "averaged" | "raw";

/** The checkpoint to use. */
export interface PickedCheckpoint {
  epoch: number;
  weights: Weights;
  reason: string;
}

/** A preview picture. */
export interface Preview {
  epoch: number;
  /** Its name in the previews folder. */
  file: string;
  /** When, in milliseconds since 1970: a run of the same name may have had another picture of that epoch. */
  made: number;
}

/** The validation loss of one LoRA over the strength it is applied with. */
export interface StrengthCurve {
  /** In increasing order. */
  strengths: number[];
  /** The mean over the pictures, at each strength. */
  loss: number[];
  /** To the loss at strength 1, as a share of it; negative where it is lower. */
  difference: number[];
  /** Of the differences, over the pictures; null for a single picture. */
  standard_error: number[] | null;
  /** The strength with the lowest loss: of equals the nearest to 1. */
  lowest: number;
  /** One sentence: which strength, how much lower than at 1, and how certain that is. */
  reason: string;
}
