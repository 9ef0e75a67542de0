// @ts-check
/** Doing something often, but not all the time. */

/** Milliseconds of rest after each time. */
const REST = 1000;
/** The rest is at least this many times as long as the doing. */
const SHARE = 10;

export class Pace {
  /** @param {() => Promise<void>} act */
  constructor(act) {
    this.act = act;
    this.busy = false;
    this.wanted = false;
  }

  /** Does it at once, or once more after the rest that is due. */
  ask() {
    this.wanted = true;
    if (!this.busy) void this.run();
  }

  async run() {
    this.busy = true;
    while (this.wanted) {
      this.wanted = false;
      const begun = performance.now();
      await this.act();
      const rest = Math.max(REST, SHARE * (performance.now() - begun));
      await new Promise((resolve) => setTimeout(resolve, rest));
    }
    this.busy = false;
  }
}
