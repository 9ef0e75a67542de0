/** What the server sends over ComfyUI's websocket to every page while a run trains (nodes/host/watcher.py). */

import type { RunView } from "./run_view.d.ts";

/** What a message is about. */
export interface RunMessage {
  /** Execution id of the node that trains. */
  node: string;
  /** Of the prompt that the node is executed for. */
  prompt_id: string;
  run: string;
}

/** The event lora_atelier.progress, a few times a second. */
export interface ProgressMessage extends RunMessage {
  /** What is being done, such as caching or training. */
  stage: string;
  /** Done so far, of `steps`; pictures while caching. */
  step: number;
  steps: number;
  epoch: number;
  epochs: number;
  loss: number | null;
  seconds_left: number | null;
}

/** The event lora_atelier.epoch: an epoch is in the run's folder. Training over, lora_atelier.ended is a RunMessage. */
export interface EpochMessage extends RunMessage {
  epoch: number;
}

/** ComfyUI's event executed: the output of a node, perhaps of an earlier execution. */
export interface ExecutedMessage {
  node: string | number;
  display_node?: string | number;
  prompt_id: string;
  output: unknown;
}

/** The event lora_atelier.note: something to know before the first step, in a sentence or two. */
export interface NoteMessage extends RunMessage {
  text: string;
}

/** A checkpoint that CheckpointPicker has put into the loras folder. */
export interface SavedCheckpoint {
  run: string;
  epoch: number;
  weights: string;
  file: string;
}

/** What the pack's nodes put into the `ui` of their output. */
export interface Shown {
  lora_atelier_view?: RunView[];
  lora_atelier_saved?: SavedCheckpoint[];
}
