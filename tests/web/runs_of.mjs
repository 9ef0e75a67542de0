/** Summaries of invented runs, and a server that has them. */

import { viewOf } from "./view_of.mjs";

/**
 * Of a finished run.
 *
 * @param {string} run
 * @param {object} changes what a test wants to be different
 */
export function summaryOf(run, changes = {}) {
  return {
    run,
    state: "finished",
    problem: "",
    created: "2026-03-04T05:06:07+0000",
    changed: 1_000,
    epoch: 6,
    epochs: 6,
    size: 312_000_000,
    notes: "",
    recipe: {
      dataset: "bauhaus",
      training_pictures: 56,
      validation_pictures: 8,
      resolution: 512,
      rank: 16,
      alpha: 1,
      layers: "all",
      text_encoder: true,
      learning_rate: 0.0003,
      pictures_per_step: 4,
      precision: "float32",
      seed: 0,
    },
    pick: { epoch: 3, weights: "raw", improvement: 0.062, standard_error: 0.008 },
    curve: { epoch: [0, 1, 2, 3, 4], change: [0, -0.03, -0.05, -0.062, null] },
    preview: { epoch: 2, file: "epoch_0002.png", made: 1 },
    ...changes,
  };
}

/** The server's runs by name: it lists, opens, compares, notes and deletes them. */
export class LibraryServer {
  /** @param {object[]} summaries */
  constructor(...summaries) {
    this.summaries = summaries;
    this.notes = {};
    this.asked = [];
    this.told = [[]];
    this.waiting = 0;
    this.difference = { epochs: [3, 6], difference: 0.03, standard_error: 0.004, paired: true, distinct: true };
    this.recipe = [];
    this.refusal = null;
    this.apiURL = (route) => `http://here${route}`;
    this.fetchApi = (route, options) => this.answer(new URL(route, "http://here"), options);
  }

  /** What is new since a mark: here, what is another object than it was then. */
  list(since) {
    const names = this.summaries.map(({ run }) => run);
    const runs = this.summaries.filter((summary) => !(this.told[since] ?? []).includes(summary));
    this.told.push([...this.summaries]);
    return { names, runs, waiting: this.waiting, mark: this.told.length - 1 };
  }

  async answer({ pathname, searchParams }, options) {
    const [kind, name, what] = pathname.split("/").slice(2).map(decodeURIComponent);
    this.asked.push([pathname, Object.fromEntries(searchParams)]);
    if (this.refusal) return Response.json({ error: this.refusal }, { status: 404 });
    if (kind === "runs") return Response.json(viewOf({ run: name }));
    if (kind === "difference") return Response.json({ loss: this.difference, recipe: this.recipe });
    if (!name) return Response.json(this.list(Number(searchParams.get("since"))));
    if (!what) return Response.json({ notes: this.notes[name] ?? "", parts: PARTS, changed: CHANGED });
    const sent = JSON.parse(options.body);
    if (what === "notes") {
      if (sent.before !== (this.notes[name] ?? "")) return Response.json({ error: "Changed." }, { status: 404 });
      this.notes[name] = sent.notes.trim();
      return Response.json({ notes: this.notes[name] });
    }
    this.summaries = this.summaries.filter(({ run }) => run !== sent.run);
    return Response.json({});
  }
}

const PARTS = [
  { name: "checkpoints", size: 310_000_000, files: 4 },
  { name: "", size: 2_000_000, files: 3 },
];
const CHANGED = [{ setting: "training.epochs", one: 200, other: 6 }];
