/** What the server tells the pages of a training. Written from nodes/host/messages.py by `python -m devtools.view_types`. */

/** What a message is about. It goes to every page. */
export interface RunMessage {
  /** Execution id of the node that trains. Such ids repeat from workflow to workflow. */
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

/** The event lora_atelier.epoch: an epoch is in the run's folder. lora_atelier.ended: it was the last, or 0. */
export interface EpochMessage extends RunMessage {
  epoch: number;
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
