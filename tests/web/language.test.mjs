import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, test } from "node:test";

import "./page.mjs";
import { chooseLanguage, LANGUAGES, say } from "../../web/chart/language.js";
import { describePick, describeStatus, listLegend, listReadings } from "../../web/chart/words.js";
import { averagedViewOf, progressOf, viewOf } from "./view_of.mjs";

const WEB = new URL("../../web/", import.meta.url);
const TABLES = ["ukrainian.js"];

afterEach(() => chooseLanguage("en", "en-US"));

/** The sentences that stand in a module as texts, alone or in parts that are put together. */
function textsIn(source) {
  const joined = source.replace(/" \+\s*"/g, "");
  return [...joined.matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].map(([whole]) => JSON.parse(whole));
}

const folder = new URL("chart/", WEB);
const modules = readdirSync(folder).filter((name) => name.endsWith(".js") && !TABLES.includes(name));
const sources = [...modules.map((name) => new URL(name, folder)), new URL("announcer.js", WEB)].map((file) =>
  readFileSync(file, "utf8"),
);

/** What is said with a text that stands at the place itself. */
const said = sources.flatMap((source) => [...source.matchAll(/\bsay\(\s*("(?:[^"\\\n]|\\.)*")/g)].map(([, text]) => JSON.parse(text)));

for (const [code, table] of Object.entries(LANGUAGES)) {
  test(`${code}: whatever is said has a translation, and nothing else has one`, () => {
    assert.ok(said.length > 40);
    assert.deepEqual(said.filter((text) => !(text in table)), []);
    const texts = new Set(sources.flatMap(textsIn));
    assert.deepEqual(Object.keys(table).filter((text) => !texts.has(text)), []);
  });

  test(`${code}: a translation puts in the same values`, () => {
    const names = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
    for (const [english, translated] of Object.entries(table)) assert.deepEqual(names(translated), names(english), english);
  });

  test(`${code}: no English word is left in what a chart says of a run`, () => {
    chooseLanguage("en", `${code}-XX`);
    const view = averagedViewOf();
    const words = [
      describeStatus(viewOf(), null),
      describeStatus(viewOf({ epoch: 12, epochs: 5 }), null),
      ...["cancelled", "failed", "training"].map((status) => describeStatus(viewOf({ status }), null)),
      ...["caching", "training", "validating", "preview", "saving"].map((stage) => describeStatus(null, progressOf({ stage }))),
      ...listLegend(view).flatMap(({ name, meaning }) => [name, meaning]),
      ...[0, 1, 2, 5].flatMap((epoch) => listReadings(view, epoch).flat()),
      ...listReadings(viewOf(), 3).flat(),
      describePick(viewOf(), []).text,
    ];
    const latin = words.flatMap((text) => text.match(/[A-Za-z]{3,}/g) ?? []);
    assert.deepEqual([...new Set(latin)].sort(), ["LoRA", "Run"]);
  });
}

test("ComfyUI's setting decides, and the browser where ComfyUI falls back on English", () => {
  for (const [setting, browser, expected] of [
    ["uk", "en-US", "Копіювати"],
    ["en", "uk-UA", "Копіювати"],
    [undefined, "uk", "Копіювати"],
    ["fr", "uk-UA", "Copy"],
    ["en", "de-DE", "Copy"],
  ]) {
    chooseLanguage(setting, browser);
    assert.equal(say("Copy"), expected, `${setting} ${browser}`);
  }
});
