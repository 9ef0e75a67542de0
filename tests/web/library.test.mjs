/** The library in the sidebar: its list, one run opened, notes, deletion; and its words. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import "./languages.mjs";
import { choose, lay, place, point, press, texts } from "./page.mjs";
import { chooseLanguage } from "../../web/chart/language.js";
import { RunClient } from "../../web/chart/run_client.js";
import { arrange } from "../../web/library/arrange.js";
import { LibraryClient } from "../../web/library/library_client.js";
import { LibraryPanel } from "../../web/library/library_panel.js";
import { drawCells } from "../../web/library/heat.js";
import { drawSmall } from "../../web/library/row.js";
import {
  describeDifference,
  describePick,
  describeState,
  formatChange,
  formatSize,
  formatValue,
  nameSetting,
  wordsIn,
} from "../../web/library/words.js";
import { ENGLISH } from "../../web/library/words_english.js";
import { LIBRARY as UKRAINIAN } from "../../web/languages/uk/library.js";
import { LibraryServer, summaryOf } from "./runs_of.mjs";
import { progressOf } from "./view_of.mjs";

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
const EN = wordsIn("en");

let server;
let panel;
let compared;
let inGraph;

async function open(...summaries) {
  server = new LibraryServer(...summaries);
  [compared, inGraph] = [[], []];
  panel = new LibraryPanel(EN, new LibraryClient(server), new RunClient(server), {
    onOpenInGraph: (run) => inGraph.push(run),
    onCompare: (runs) => compared.push(runs),
  });
  place(panel.element);
  await panel.read();
}

const find = (selector) => panel.element.querySelector(selector);
const names = () => texts(panel.element, ".la-name");
const row = (run) => find(`.la-row[data-run="${run}"]`);
const box = (run) => row(run).querySelector("input");
const type = (field, text) => {
  field.value = text;
  for (const event of ["input", "change"]) field.dispatchEvent(new window.Event(event, { bubbles: true }));
};
const click = (text) => [...panel.element.querySelectorAll("button")].find((each) => each.textContent === text).click();

beforeEach(async () => {
  await open(
    summaryOf("weimar", { changed: 3, size: 10, notes: "white walls" }),
    summaryOf("dessau", {
      changed: 1,
      pick: { epoch: 2, weights: "averaged", improvement: 0.09, standard_error: null },
    }),
    summaryOf("run 10", { changed: 2, pick: null, state: "interrupted", epoch: 4 }),
  );
});

// The list

test("runs are listed with what tells them apart", () => {
  assert.deepEqual(names(), ["weimar", "run 10", "dessau"]);
  const text = row("weimar").textContent;
  for (const part of ["56 pictures", "rank 16", "rate 0.0003", "6.2 ± 0.8 % better than no LoRA, epoch 3"]) {
    assert.ok(text.includes(part), part);
  }
  assert.ok(text.includes("finished") && text.includes("10 B") && text.includes("2026"));
  assert.equal(
    row("weimar").querySelector("img").src,
    "http://here/lora_atelier/runs/weimar/previews/epoch_0002.png?made=1",
  );
  assert.ok(row("run 10").textContent.includes("interrupted, epoch 4 of 6"));
  assert.equal(find("header .la-muted").textContent, "3");
});

test("a search finds words wherever they stand", () => {
  for (const [text, found] of [
    ["weim", ["weimar"]],
    ["WHITE wei", ["weimar"]],
    ["bauhaus", ["weimar", "run 10", "dessau"]],
    ["rank 16 interrupted", ["run 10"]],
    ["nothing like it", []],
  ]) {
    type(find("input[type=search]"), text);
    assert.deepEqual(names(), found, text);
  }
  assert.equal(find("[role=status].la-muted").textContent, EN.noneFound);
  assert.equal(find("header .la-muted").textContent, "0 of 3");
});

test("runs are sorted by age, name, improvement and size", () => {
  const sorted = (sort) => {
    choose(find("select"), sort);
    return names();
  };
  assert.deepEqual(sorted("name"), ["dessau", "run 10", "weimar"]);
  assert.deepEqual(sorted("best"), ["dessau", "weimar", "run 10"]);
  assert.deepEqual(sorted("size"), ["dessau", "run 10", "weimar"]);
  assert.deepEqual(sorted("newest"), ["weimar", "run 10", "dessau"]);
});

test("names with numbers are sorted as people count", () => {
  const runs = ["run 10", "run 9", "run 1"].map((name) => summaryOf(name));
  assert.deepEqual(
    arrange(runs, "", "name").map(({ run }) => run),
    ["run 1", "run 9", "run 10"],
  );
});

test("a row that shows the same stays, with the focus in it", async () => {
  const before = row("weimar");
  before.querySelector(".la-open").focus();
  server.summaries = [server.summaries[0], summaryOf("dessau", { changed: 1, state: "failed" }), server.summaries[2]];
  await panel.read();
  assert.equal(row("weimar"), before);
  assert.equal(document.activeElement, before.querySelector(".la-open"));
  assert.ok(row("dessau").textContent.includes("failed"));
});

test("a list that is read bit by bit is asked for until it is whole", async () => {
  server.waiting = 1;
  const [first, ...rest] = server.summaries;
  server.summaries = [first];
  const reading = panel.read();
  await settle();
  assert.equal(find("[role=status].la-muted").textContent, "Reading 1 more…");
  assert.deepEqual(names(), ["weimar"]);
  server.waiting = 0;
  server.summaries = [first, ...rest];
  await reading;
  assert.equal(find("[role=status].la-muted").textContent, "");
  assert.deepEqual(names(), ["weimar", "run 10", "dessau"]);
});

test("no runs, and a server that refuses, are said in words", async () => {
  await open();
  assert.equal(find("[role=status].la-muted").textContent, EN.none);
  server.refusal = "No.";
  await panel.read();
  assert.equal(find("[role=status].la-muted").textContent, "No.");
});

test("names are text, whatever they hold", async () => {
  await open(summaryOf('<img src="x" onerror="alert(1)">', { notes: "<b>", problem: "<i>bad</i>", recipe: null }));
  assert.deepEqual(names(), ['<img src="x" onerror="alert(1)">']);
  assert.equal(panel.element.querySelectorAll("b, i, img[onerror]").length, 0);
});

test("the arrow keys go from run to run", () => {
  row("weimar").querySelector(".la-open").focus();
  press(document.activeElement, "ArrowDown");
  assert.equal(document.activeElement.closest("li").dataset.run, "run 10");
  press(document.activeElement, "ArrowUp");
  press(document.activeElement, "ArrowUp");
  assert.equal(document.activeElement.closest("li").dataset.run, "weimar");
});

test("keys that are typed into a field do not reach ComfyUI, others do", async () => {
  assert.equal(press(find("input[type=search]"), "r"), false);
  await openRun("weimar");
  assert.equal(press(find(".la-actions button"), "z", { ctrlKey: true }), true);
  assert.equal(press(find(".la-actions button"), "Escape"), false);
});

test("a training tells how far it is", () => {
  panel.onProgress(progressOf({ run: "run 10", epoch: 2, epochs: 6, seconds_left: 95 }));
  assert.equal(row("run 10").querySelector(".la-state").textContent, "training, epoch 2 of 6 · 2 min left");
  panel.onProgress(progressOf({ run: "of another folder" }));
});

test("runs that are chosen are compared, in the order in which they were chosen", () => {
  const bar = find(".la-comparing");
  assert.ok(bar.hidden);
  box("dessau").click();
  box("weimar").click();
  assert.ok(!bar.hidden);
  assert.equal(bar.firstChild.textContent, "2 chosen");
  click("Compare");
  assert.deepEqual(compared, [["dessau", "weimar"]]);
  click("Clear");
  assert.ok(bar.hidden && !box("weimar").checked);
});

test("no more runs are compared than there are colours", async () => {
  await open(...Array.from({ length: 10 }, (_, index) => summaryOf(`run ${index}`)));
  for (const row of panel.element.querySelectorAll(".la-row input")) row.click();
  assert.equal(panel.element.querySelectorAll(".la-row input:checked").length, 8);
  click("Compare");
  assert.equal(compared[0].length, 8);
});

test("a run that is gone is no longer chosen", async () => {
  box("weimar").click();
  server.summaries = server.summaries.filter(({ run }) => run !== "weimar");
  await panel.read();
  assert.deepEqual(names(), ["run 10", "dessau"]);
  assert.ok(find(".la-comparing").hidden);
});

test("a run without a curve can't be compared", async () => {
  await open(summaryOf("new", { curve: null }));
  assert.ok(box("new").disabled);
});

// One run

async function openRun(run) {
  row(run).querySelector(".la-open").click();
  await settle();
}

test("a run is opened in the list's place", async () => {
  await openRun("weimar");
  assert.ok(find(".la-overview").hidden && !find(".la-page").hidden);
  assert.equal(find(".la-details .la-run").textContent, "weimar");
  const facts = Object.fromEntries(
    texts(find("dl"), "dt").map((name, index) => [name, texts(find("dl"), "dd")[index]]),
  );
  assert.equal(facts.State, "finished");
  assert.ok(facts.Recipe.startsWith("Rank 16, alpha 1, all layers; learning rate 0.0003"));
  assert.equal(facts["Unlike the paper"], "epochs 6");
  assert.equal(facts["On disk"], "10 B; LoRA files 310 MB (4); record 2.0 MB");
  assert.equal(find("a").getAttribute("href"), "http://here/lora_atelier/library/weimar/bundle");
});

test("Escape and the button lead back to the run in the list", async () => {
  for (const back of [() => press(find(".la-back"), "Escape"), () => find(".la-back").click()]) {
    await openRun("dessau");
    back();
    assert.ok(!find(".la-overview").hidden && find(".la-page").hidden);
    assert.equal(document.activeElement.closest("li").dataset.run, "dessau");
  }
});

test("an opened run is put into a graph, and its epochs are compared", async () => {
  await openRun("weimar");
  click("Open in a graph");
  click("Compare epochs");
  assert.deepEqual([inGraph, compared], [["weimar"], [["weimar"]]]);
});

test("a run that trains is stopped where it is", async () => {
  await openRun("weimar");
  const stop = find(".la-stop");
  assert.ok(stop.hidden);
  panel.onProgress(progressOf({ run: "weimar", epoch: 4 }));
  assert.ok(!stop.hidden);
  stop.click();
  await settle();
  assert.deepEqual(server.stopped, ["weimar"]);
});

test("a run that goes on is read again", async () => {
  await openRun("weimar");
  server.asked = [];
  server.summaries = [summaryOf("weimar", { changed: 9 })];
  await panel.read();
  assert.ok(server.asked.some(([path]) => path === "/lora_atelier/runs/weimar"));
});

afterEach(() => chooseLanguage("en"));

test("what is wrong with a run is said in the user's language, in the list and by itself", async () => {
  chooseLanguage("uk");
  const problem = "The files of the run 'broken' are damaged (KeyError).";
  await open(summaryOf("broken", { state: "damaged", problem, recipe: null, curve: null }));
  assert.ok(row("broken").textContent.includes("Файли запуску 'broken' пошкоджено (KeyError)."));
  await openRun("broken");
  assert.equal(find(".la-invitation").textContent, "Файли запуску 'broken' пошкоджено (KeyError).");
});

test("a damaged run says so, offers nothing but its deletion, and is not asked for", async () => {
  await open(summaryOf("broken", { state: "damaged", problem: "Its run.json is damaged.", recipe: null, curve: null }));
  server.asked = [];
  await openRun("broken");
  assert.equal(find(".la-invitation").textContent, "Its run.json is damaged.");
  assert.deepEqual(texts(find(".la-details"), ".la-actions > :not([hidden])").slice(0, 1), ["Keep it"]);
  assert.deepEqual(server.asked, []);
});

test("notes are written once they are left, each in place of the one before", async () => {
  await openRun("weimar");
  const field = find("textarea");
  type(field, " good from epoch 3 ");
  type(field, "good from epoch 2");
  await settle();
  assert.equal(server.notes.weimar, "good from epoch 2");
  assert.equal(find(".la-notes [role=status]").textContent, "saved");
});

test("notes that cannot be written stay in their field", async () => {
  await openRun("weimar");
  server.notes.weimar = "of somebody else";
  type(find("textarea"), "mine");
  await settle();
  assert.equal(find("textarea").value, "mine");
  assert.equal(find(".la-notes [role=status]").textContent, "Changed.");
  assert.equal(server.notes.weimar, "of somebody else");
});

test("Escape in the notes writes them", async () => {
  await openRun("weimar");
  const field = find("textarea");
  field.focus();
  field.value = "half a thought";
  field.addEventListener("blur", () => field.dispatchEvent(new window.Event("change"))); // as browsers do
  press(field, "Escape");
  await settle();
  assert.equal(server.notes.weimar, "half a thought");
});

test("notes that are being written outlast what a training reports", async () => {
  await openRun("weimar");
  const field = find("textarea");
  field.value = "half a sen";
  server.summaries = [summaryOf("weimar", { changed: 9 })];
  await panel.read();
  assert.equal(find("textarea"), field);
  assert.equal(field.value, "half a sen");
});

test("a run is deleted after a question, which can be declined", async () => {
  await openRun("weimar");
  const question = find(".la-question");
  assert.ok(question.hidden);
  click("Delete…");
  assert.ok(!question.hidden && question.textContent.includes("Delete weimar for good?"));
  assert.equal(document.activeElement.textContent, "Keep it");
  press(document.activeElement, "Escape");
  assert.ok(question.hidden && find(".la-details"));
  click("Delete…");
  click("Delete 10 B");
  await settle();
  assert.deepEqual(names(), ["run 10", "dessau"]);
  assert.ok(find(".la-page").hidden);
});

test("a deletion that is refused says why", async () => {
  await openRun("weimar");
  server.refusal = "It is being trained.";
  click("Delete…");
  click("Delete 10 B");
  await settle();
  assert.ok(find(".la-question").textContent.includes("It is being trained."));
  assert.ok(find(".la-details"));
});

test("a run that is training has no deletion", async () => {
  await open(summaryOf("live", { state: "running" }));
  await openRun("live");
  assert.ok(find(".la-delete").disabled);
});

async function openHeat() {
  await openRun("weimar");
  find(".la-heat").open = true;
  find(".la-heat").dispatchEvent(new window.Event("toggle"));
  await settle();
}

test("losses by picture are asked for once they are looked at, and again as the run goes on", async () => {
  await openRun("weimar");
  const asked = () => server.asked.filter(([path]) => path.endsWith("/heat"));
  assert.equal(asked().length, 0);
  await openHeat();
  assert.deepEqual(asked().at(-1)[1], { weights: "raw" });
  const before = asked().length;
  server.summaries = [summaryOf("weimar", { changed: 9 })];
  await panel.read();
  assert.ok(asked().length > before);
});

test("each picture and noise level has its row, and a name shows its picture", async () => {
  await openHeat();
  assert.deepEqual(texts(find(".la-heat"), ".la-heat-name"), ["val/hall.png", "picture 2", "least", "most"]);
  const labels = [...panel.element.querySelectorAll(".la-cells")].map((cells) => cells.getAttribute("aria-label"));
  assert.equal(labels[0], "val/hall.png, epoch 6: +10.0 %");
  find(".la-heat-row button").click();
  const image = find(".la-heat-picture img");
  assert.equal(image.src, "http://here/lora_atelier/library/weimar/pictures/aa");
  image.dispatchEvent(new window.Event("error"));
  assert.ok(image.hidden && find(".la-heat-picture").textContent.includes("no longer in its folder"));
});

test("a cell under the pointer tells its loss", async () => {
  await openHeat();
  const cells = find(".la-cells");
  lay(cells, { left: 100, width: 300 });
  point(cells, "pointermove", { x: 250 });
  assert.equal(find(".la-reading").textContent, "val/hall.png, epoch 4: +2.0 %");
  point(cells, "pointerleave");
  assert.equal(find(".la-reading").textContent, EN.heat.meaning);
});

// Words and small drawings

test("the shades of a heat map are of the change, and what is no number has none", () => {
  const cells = drawCells([-0.1, 0.05, 0, null, -0.1], 0.1);
  const shades = [...cells.children].map((path) => [path.getAttribute("class"), path.getAttribute("style")]);
  assert.deepEqual(shades, [
    ["la-better", "--la-share: 100%"],
    ["la-worse", "--la-share: 60%"],
    ["la-better", "--la-share: 0%"],
  ]);
  assert.equal(cells.firstChild.getAttribute("d"), "M0 0h1v1h-1zM4 0h1v1h-1z");
  assert.equal(drawCells([0, 0], 0).children.length, 1);
});

test("a small curve lies below its line of no LoRA where the run is better", () => {
  const curve = drawSmall({ epoch: [0, 1, 2], change: [0, -0.1, null] }, "title");
  assert.equal(curve.getAttribute("aria-label"), "title");
  assert.equal(curve.querySelector(".la-line").getAttribute("d"), "M3 3L36 27");
  assert.equal(curve.querySelector(".la-zero").getAttribute("d"), "M3 3H69");
});

test("sizes are written as file managers do", () => {
  const sizes = [0, 999, 1_000, 9_940_000, 312_000_000, 999_600_000, 2_500_000_000, 3e15];
  assert.deepEqual(sizes.map(formatSize), ["0 B", "999 B", "1 kB", "9.9 MB", "312 MB", "1.0 GB", "2.5 GB", "3000 TB"]);
});

test("changes have a sign and their uncertainty", () => {
  assert.equal(formatChange(-0.0623, 0.0081), "−6.2 ± 0.8 %");
  assert.equal(formatChange(0.0042, 0.0008), "+0.42 ± 0.08 %");
  assert.equal(formatChange(0), "0.0 %");
});

test("a pick that is worse than no LoRA is not called better", () => {
  const pick = { epoch: 9, weights: "averaged", improvement: -0.02, standard_error: 0.001 };
  assert.equal(describePick(summaryOf("a", { pick }), EN), "Epoch 9, averaged weights: 2.0 ± 0.1 % worse than no LoRA");
});

test("a run that was stopped early is finished, at its epoch", () => {
  assert.equal(describeState(summaryOf("a", { epoch: 4 }), EN), "finished, epoch 4 of 6");
  assert.equal(describeState(summaryOf("a"), EN), "finished");
});

test("a difference is told with its uncertainty, or that there is none to be seen", () => {
  const loss = { epochs: [3, 6], difference: 0.031, standard_error: 0.004, paired: true, distinct: true };
  const told = (changes) => describeDifference(changes && { ...loss, ...changes }, "a", "b", EN);
  assert.ok(told({}).startsWith("b has a higher validation loss than a, by 3.1 ± 0.4 % of the loss without a LoRA"));
  assert.ok(told({}).includes("on the same held-out pictures, one by one"));
  assert.ok(told({ difference: -0.031 }).startsWith("b has a lower validation loss than a"));
  assert.ok(told({ distinct: false }).startsWith("a and b can’t be told apart: the difference is 3.1 ± 0.4 %"));
  assert.ok(told({ paired: false }).includes("which says less"));
  assert.ok(told({ standard_error: null, distinct: false }).includes("higher"));
  assert.ok(told({ standard_error: null, distinct: false }).endsWith("how certain that is can’t be told."));
  assert.equal(told(null), EN.noDifference);
  assert.equal(describeDifference(loss, "a", "a", EN), EN.lossIdentical);
});

test("settings have names, and values words", () => {
  assert.equal(nameSetting("optimizer.learning_rate", EN), "learning rate");
  assert.equal(nameSetting("optimizer.learning_rate", UKRAINIAN), "швидкість навчання");
  assert.equal(nameSetting("versions.torch", EN), "version of torch");
  assert.equal(nameSetting("dataset.training", EN), "pictures trained on");
  assert.deepEqual(
    [true, "", 0.5].map((value) => formatValue(value, EN)),
    ["yes", "none", "0.5"],
  );
});

test("Ukrainian has a word for each English one", () => {
  const keys = (words, path = "") =>
    Object.entries(words).flatMap(([key, value]) =>
      typeof value === "object" && key !== "settings" ? keys(value, `${path}${key}.`) : [path + key],
    );
  assert.deepEqual(keys(UKRAINIAN).sort(), keys(ENGLISH).sort());
  assert.deepEqual(
    Object.keys(ENGLISH.settings).filter((key) => !(key in UKRAINIAN.settings)),
    [],
  );
  assert.deepEqual(wordsIn("uk-UA"), UKRAINIAN);
  assert.deepEqual(wordsIn("de"), ENGLISH);
  const pictures = [1, 3, 56].map((count) => UKRAINIAN.recipe({ ...summaryOf("a").recipe, training_pictures: count }));
  assert.deepEqual(
    pictures.map((text) => text.split(" · ")[1]),
    ["1 зображення", "3 зображення", "56 зображень"],
  );
});
