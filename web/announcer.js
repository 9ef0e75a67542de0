// @ts-check
/** Toasts for what ComfyUI has no words for: why a node refused or failed, what Cancel left, what was picked. */

import { say } from "./chart/language.js";

/** @typedef {import("./chart/messages.d.ts").ProgressMessage} ProgressMessage */
/** @typedef {import("./chart/messages.d.ts").SavedCheckpoint} SavedCheckpoint */
/** @typedef {import("./failures.js").Failure} Failure */
/** @typedef {{severity: "error" | "info" | "success", summary: string, detail: string, life: number}} Toast */

/** Milliseconds that a toast stays: to read a sentence or two, and to see that something ended. */
const [LONG, SHORT] = [20000, 8000];

export class Announcer {
  /**
   * @param {(toast: Toast) => void} add
   * @param {(kind: string) => string} titleOf the name of a class of nodes in the interface
   */
  constructor(add, titleOf) {
    this.add = add;
    this.titleOf = titleOf;
    /** @type {Map<string, ProgressMessage>} the last progress by prompt, of trainings that go on */
    this.training = new Map();
    /** @type {Map<string, string>} the files of each node that were announced already */
    this.announced = new Map();
  }

  /** @param {ProgressMessage} progress */
  onProgress(progress) {
    this.training.set(progress.prompt_id, progress);
  }

  /** @param {Failure} failure */
  onFailure({ kind, sentence }) {
    this.add({ severity: "error", summary: this.titleOf(kind), detail: sentence, life: LONG });
  }

  /**
   * The user has pressed Cancel. Says nothing if no training was under way.
   *
   * @param {string} prompt
   */
  onCancelled(prompt) {
    const progress = this.training.get(prompt);
    this.training.delete(prompt);
    if (!progress) return;
    const { run, epoch, epochs } = progress;
    this.add({
      severity: "info",
      summary: run,
      detail: say("Cancelled at epoch {epoch} of {epochs}. Nothing is lost: Run goes on from there.", { epoch, epochs }),
      life: SHORT,
    });
  }

  /**
   * A node has put checkpoints into the loras folder, perhaps at an earlier execution.
   *
   * @param {string} node execution id
   * @param {SavedCheckpoint[]} saved
   */
  onSaved(node, saved) {
    const files = saved.map(({ file }) => file).join(", ");
    if (!saved.length || this.announced.get(node) === files) return;
    this.announced.set(node, files);
    const detail = saved.map(({ epoch, file }) => say("Epoch {epoch} picked, saved as {file}.", { epoch, file })).join("\n");
    this.add({ severity: "success", summary: this.titleOf("CheckpointPicker"), detail, life: SHORT });
  }

  /**
   * A graph has run to its end.
   *
   * @param {string} prompt
   */
  onEnded(prompt) {
    this.training.delete(prompt);
  }
}
