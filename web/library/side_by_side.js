// @ts-check
/** Two checkpoints side by side: preview pictures, the difference in loss with its uncertainty, and in the recipe. */

import { html } from "../chart/elements.js";
import { mainCurve, mainWeights, previewFor } from "../chart/view.js";
import { PictureSlider } from "./slider.js";
import { describeDifference, formatValue, nameSetting } from "./words.js";

/** @typedef {import("../chart/run_client.js").RunClient} RunClient */
/** @typedef {import("../chart/run_view.d.ts").RunView} RunView */
/** @typedef {import("./library_client.js").LibraryClient} LibraryClient */
/** @typedef {import("./library.d.ts").RecipeDifference} RecipeDifference */
/** @typedef {import("./words.js").Words} Words */
/** @typedef {"one" | "other"} Side */
/** @typedef {{view: RunView, epoch: number}} Chosen */

export class SideBySide {
  /**
   * @param {Words} words
   * @param {LibraryClient} library
   * @param {RunClient} runs
   */
  constructor(words, library, runs) {
    this.words = words;
    this.library = library;
    this.runs = runs;
    this.pictures = new PictureSlider(words);
    this.choosers = { one: this.makeChooser("one"), other: this.makeChooser("other") };
    this.difference = html("p", { class: "la-difference", role: "status" });
    this.recipe = html("div", { class: "la-recipe" });
    const choosers = html("div", { class: "la-choosers" }, this.choosers.one.element, this.choosers.other.element);
    this.element = html(
      "section",
      { class: "la-sides" },
      choosers,
      this.pictures.element,
      this.difference,
      this.recipe,
    );
    /** @type {RunView[]} */
    this.views = [];
    this.requests = 0;
  }

  /** @param {Side} side */
  makeChooser(side) {
    const name = this.words.sides[side];
    const run = html("select", { "aria-label": `${name}: ${this.words.run}` });
    const epoch = html("select", { "aria-label": `${name}: ${this.words.epoch}` });
    run.addEventListener("change", () => {
      this.fillEpochs(side, null);
      void this.compare();
    });
    epoch.addEventListener("change", () => void this.compare());
    return { run, epoch, element: html("fieldset", {}, html("legend", {}, name), run, epoch) };
  }

  /** @param {RunView[]} views at least one; the first two are compared, or the picked and the last epoch of one */
  async show(views) {
    this.views = views;
    for (const [side, index] of /** @type {[Side, number][]} */ ([
      ["one", 0],
      ["other", Math.min(1, views.length - 1)],
    ])) {
      const { run } = this.choosers[side];
      run.replaceChildren(...views.map((view) => html("option", { value: view.run }, view.run)));
      run.value = views[index].run;
      this.fillEpochs(side, side === "other" && views.length === 1 ? (mainCurve(views[0]).epoch.at(-1) ?? null) : null);
    }
    await this.compare();
  }

  /**
   * Offers the validated epochs of the run that is chosen on a side.
   *
   * @param {Side} side
   * @param {number | null} wanted the picked one if null
   */
  fillEpochs(side, wanted) {
    const { run, epoch } = this.choosers[side];
    const view = this.viewOf(run.value);
    const picked = view.pick?.epoch ?? null;
    const epochs = [...new Set([...mainCurve(view).epoch, picked ?? 0])]
      .filter(Boolean)
      .sort((one, other) => one - other);
    const option = (/** @type {number} */ each) =>
      html("option", { value: each }, each === picked ? this.words.picked(each) : String(each));
    epoch.replaceChildren(...epochs.map(option));
    epoch.value = String(wanted ?? picked ?? epochs.at(-1) ?? "");
  }

  /** @param {string} run */
  viewOf(run) {
    return /** @type {RunView} */ (this.views.find((view) => view.run === run));
  }

  /**
   * @param {Side} side
   * @returns {Chosen}
   */
  chosen(side) {
    const { run, epoch } = this.choosers[side];
    return { view: this.viewOf(run.value), epoch: Number(epoch.value) };
  }

  async compare() {
    this.requests += 1;
    const request = this.requests;
    const [one, other] = [this.chosen("one"), this.chosen("other")];
    this.pictures.show(this.pictureOf(one), this.pictureOf(other));
    try {
      const { loss, recipe } = await this.library.compare(checkpoint(one), checkpoint(other));
      if (request !== this.requests) return;
      this.difference.textContent = describeDifference(loss, this.nameOf(one), this.nameOf(other), this.words);
      this.difference.classList.toggle("la-distinct", Boolean(loss?.distinct));
      this.recipe.replaceChildren(...(one.view === other.view ? [] : this.makeRecipe(one, other, recipe)));
    } catch (error) {
      if (request !== this.requests) return;
      this.difference.textContent = error instanceof Error ? error.message : String(error);
      this.recipe.replaceChildren();
    }
  }

  /** @param {Chosen} chosen */
  nameOf({ view, epoch }) {
    return this.words.previewOf(view.run, epoch);
  }

  /** @param {Chosen} chosen */
  pictureOf({ view, epoch }) {
    const preview = previewFor(view, epoch);
    const address = preview && this.runs.previewAddress(view.run, preview);
    return { address, name: this.words.previewOf(view.run, preview?.epoch ?? epoch) };
  }

  /**
   * @param {Chosen} one
   * @param {Chosen} other
   * @param {RecipeDifference[]} differences
   */
  makeRecipe(one, other, differences) {
    if (!differences.length) return [html("p", { class: "la-muted" }, this.words.recipeSame)];
    const names = [this.words.setting, one.view.run, other.view.run];
    const head = html("tr", {}, ...names.map((name) => html("th", { scope: "col" }, name)));
    const rows = differences.map((each) => {
      const values = [each.one, each.other].map((value) => html("td", {}, formatValue(value, this.words)));
      return html("tr", {}, html("th", { scope: "row" }, nameSetting(each.setting, this.words)), ...values);
    });
    return [
      html("h3", {}, this.words.recipeDiffers),
      html("table", {}, html("thead", {}, head), html("tbody", {}, ...rows)),
    ];
  }
}

/** @param {Chosen} chosen */
function checkpoint({ view, epoch }) {
  return { run: view.run, epoch, weights: mainWeights(view) };
}
