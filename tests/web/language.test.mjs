import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import "./languages.mjs";
import "./page.mjs";
import { chooseLanguage, languageCode, LANGUAGES, say } from "../../web/chart/language.js";
import { describePick, describeStatus, listLegend, listReadings } from "../../web/chart/words.js";
import { averagedViewOf, progressOf, viewOf } from "./view_of.mjs";

const WEB = new URL("../../web/", import.meta.url);

afterEach(() => chooseLanguage("en"));

/** The sentences that stand in a module as texts, alone or in parts that are put together. */
function textsIn(source) {
  const joined = source.replace(/" \+\s*"/g, "");
  return [...joined.matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].map(([whole]) => JSON.parse(whole));
}

const modules = ["", "chart/", "captions/", "drop/", "library/"].flatMap((folder) => {
  const names = readdirSync(new URL(folder || ".", WEB)).filter((name) => name.endsWith(".js") && name !== "words_english.js");
  return names.map((name) => new URL(folder + name, WEB));
});
const sources = modules.map((file) => readFileSync(file, "utf8"));

/** What is said with a text that stands at the place itself. */
const said = sources.flatMap((source) => [...source.matchAll(/\bsay\(\s*("(?:[^"\\\n]|\\.)*")/g)].map(([, text]) => JSON.parse(text)));

/** What is no sentence although it has words: choices of nodes' inputs, and a defect of the page itself. */
const NO_SENTENCE = ["chosen epoch", "lowest in G", "earliest within one standard error", "LoRA Atelier", "ComfyUI has no node ${type}."];

/** Texts of two words or more, without comments, names of classes, and what is imported. */
function sentencesIn(source) {
  const code = source.replace(/\/\*.*?\*\//gs, "").replace(/(^|\s)\/\/ .*$/gm, "").replace(/^import .*$/gm, "");
  const templates = [...code.matchAll(/`([^`]*)`/g)].map(([, text]) => text);
  const classes = /^\s*(la-|lora-atelier|pi pi-|grid-|font:|px )|[{};] |^[a-z-]+: /;
  const said = (text) => text.replace(/\$\{[^}]*\}/g, "0");
  return [...textsIn(code.replace(/`[^`]*`/g, "``")), ...templates].filter(
    (text) => /[A-Za-z]{2,} [A-Za-z]{2,}/.test(said(text)) && !classes.test(said(text)),
  );
}

for (const [code, { page: table, server }] of Object.entries(LANGUAGES)) {
  test(`${code}: whatever is said has a translation, and nothing else has one`, () => {
    assert.ok(said.length > 40);
    assert.deepEqual(said.filter((text) => !(text in table)), []);
    const texts = new Set(sources.flatMap(textsIn));
    assert.deepEqual(Object.keys(table).filter((text) => !texts.has(text)), []);
  });

  test(`${code}: whatever stands in a module in words has a translation`, () => {
    const sentences = sources.flatMap(sentencesIn);
    assert.ok(sentences.length > 60);
    assert.deepEqual(sentences.filter((text) => !(text in table) && !NO_SENTENCE.includes(text)), []);
  });

  test(`${code}: a translation puts in the same values`, () => {
    const names = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
    for (const [english, translated] of [...Object.entries(table), ...Object.entries(server)]) assert.deepEqual(names(translated), names(english), english);
  });

  test(`${code}: no English word is left in what a chart says of a run`, () => {
    chooseLanguage(code);
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

test("uk: a noun that goes by its number stands before it, since 1, 2 and 5 of a thing end differently", () => {
  const { page, server } = LANGUAGES.uk;
  const after = /\{(?!text)\w+\} ([\u0400-\u04ff\u2019]+)/g;
  const words = Object.values({ ...page, ...server }).flatMap((text) => [...text.matchAll(after)].map(([, word]) => word));
  const units = "с хв год МБ ГБ млн";
  const others = "з від до на по за не у для має тепер немає бракує втрата стала потрібна запуску замість ближче далі";
  // Behind two numbers, and behind "for" and limits that are hundreds at least.
  const plurals = "пікселів вхідних клітинок файлів";
  const known = new Set(`${units} ${others} ${plurals}`.split(" "));
  assert.ok(words.length > 40);
  assert.deepEqual([...new Set(words)].filter((word) => !known.has(word)), []);
});

test("ComfyUI's setting decides, and the browser where ComfyUI falls back on English", () => {
  for (const [setting, browser, offered, expected] of [
    ["uk", "en-US", [], "uk"],
    ["en", "uk-UA", [], "uk"],
    ["en", "uk-UA", ["en", "fr", "uk"], "en"],
    [undefined, "uk", [], "uk"],
    ["fr", "uk-UA", ["en", "fr"], "fr"],
    ["zh-TW", "uk-UA", ["zh-TW"], "zh"],
    ["en", "de-DE", [], "de"],
  ]) {
    assert.equal(languageCode(setting, browser, offered), expected, `${setting} ${browser}`);
  }
});

test("what a language lacks is said in English", () => {
  LANGUAGES.xx = { page: { Copy: "Kopi" }, server: {}, notes: {}, library: {} };
  chooseLanguage("xx");
  assert.equal(say("Copy"), "Kopi");
  assert.equal(say("Epoch {epoch}", { epoch: 3 }), "Epoch 3");
  chooseLanguage("fr");
  assert.equal(say("Copy"), "Copy");
  delete LANGUAGES.xx;
});

test("a new sentence is found", () => {
  const source = "/** So many words here. */\nconst a = html('p', { class: 'x' }, " + '"Nobody said" + " so far"); f(`Not so far, ${a}`);';
  assert.deepEqual(sentencesIn(source), ["Nobody said so far", "Not so far, ${a}"]);
});

test("a further language is a folder, and nothing else changes", async () => {
  const copy = mkdtempSync(join(tmpdir(), "web-"));
  try {
    cpSync(fileURLToPath(WEB), copy, { recursive: true });
    mkdirSync(join(copy, "languages", "xx"));
    const texts = {
      page: { "Epoch {epoch}": "Repo {epoch}" },
      server: { "no overfitting so far": "ne lerno" },
      notes: { "- painted: new pixels": "- nova" },
      library: { title: "Listo" },
    };
    const imported = 'import { addLanguage } from "../../chart/language.js";\n';
    writeFileSync(join(copy, "languages", "xx", "index.js"), `${imported}addLanguage("xx", ${JSON.stringify(texts)});\n`);

    const load = (path) => import(pathToFileURL(join(copy, path)).href);
    for (const code of readdirSync(join(copy, "languages"))) await load(`languages/${code}/index.js`); // as ComfyUI does
    const language = await load("chart/language.js");
    const [{ translate }, { translateNotes }, { wordsIn }] = [
      await load("chart/translate.js"),
      await load("notes.js"),
      await load("library/words.js"),
    ];
    language.chooseLanguage("xx");
    assert.equal(language.say("Epoch {epoch}", { epoch: 3 }), "Repo 3");
    assert.equal(translate("no overfitting so far."), "ne lerno.");
    const note = { type: "MarkdownNote", widgets_values: ["- painted: new pixels"] };
    assert.deepEqual(translateNotes({ nodes: [note] }).nodes[0].widgets_values, ["- nova"]);
    assert.deepEqual([wordsIn("xx-XX").title, wordsIn("xx").search], ["Listo", "Search"]);
    assert.equal(wordsIn("uk").title, "Запуски навчання");
  } finally {
    rmSync(copy, { recursive: true });
  }
});

test("the nodes have texts in the languages that the page has, and no others", () => {
  const folders = (place) => readdirSync(new URL(place, WEB)).sort();
  assert.deepEqual(folders("languages"), folders("../locales").filter((code) => code !== "en"));
  assert.deepEqual(Object.keys(LANGUAGES).sort(), folders("languages"));
});
