/** What the server sends over ComfyUI's websocket while a run trains (nodes/host/watcher.py). */

import type { RunView } from "./run_view.d.ts";

/** The event lora_atelier.progress, a few times a second. */
export interface ProgressMessage {
  /** Execution id of the node that trains. */
  node: string;
  run: string;
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

/** The event lora_atelier.view, at the end of each epoch. */
export interface ViewMessage {
  /** Execution id of the node that trains. */
  node: string;
  view: RunView;
}
