/** ComfyUI's event executed, with what the pack's nodes put into it. */

import type { SavedCheckpoint } from "./messages.d.ts";
import type { RunView } from "./run_view.d.ts";

/** The output of a node, perhaps of an earlier execution. */
export interface ExecutedMessage {
  node: string | number;
  display_node?: string | number;
  prompt_id: string;
  output: unknown;
}

/** What the pack's nodes put into the `ui` of their output. */
export interface Shown {
  lora_atelier_view?: RunView[];
  lora_atelier_saved?: SavedCheckpoint[];
}
