/** The example workflows' texts: each has a translation in each language, and nothing else is changed. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, test } from "node:test";

import "./languages.mjs";
import { chooseLanguage, LANGUAGES } from "../../web/chart/language.js";
import { translateNotes } from "../../web/notes.js";

const FOLDER = new URL("../../example_workflows/", import.meta.url);
const workflows = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")));
const notesOf = ({ nodes }) => nodes.filter(({ type }) => type.endsWith("Note")).map(({ widgets_values: [text] }) => text);

/** The lines in words: not those of a block of code, or that name a file to be fetched. */
const linesOf = (note) =>
  note
    .replace(/^```.*?^```$/gms, "")
    .split("\n")
    .filter((line) => line && !line.startsWith("- **models/"));

/** Titles of notes and of groups, and the labels of an app's inputs. */
const namesOf = ({ nodes, groups = [] }) => [
  ...nodes.filter(({ type }) => type.endsWith("Note")).map(({ title }) => title),
  ...groups.map(({ title }) => title),
  ...nodes.flatMap(({ inputs = [] }) => inputs.flatMap(({ label }) => label ?? [])),
];

afterEach(() => chooseLanguage("en"));

for (const [code, { notes }] of Object.entries(LANGUAGES)) {
  test(`${code}: each line of a note has a translation`, () => {
    const lines = workflows.flatMap(notesOf).flatMap(linesOf);
    assert.ok(lines.length > 30);
    assert.deepEqual([...new Set(lines)].filter((line) => !(line in notes)), []);
  });

  test(`${code}: groups, notes and the inputs of apps have other names, and no text is translated that is not there`, () => {
    const names = new Set(workflows.flatMap(namesOf));
    assert.ok(names.size > 20);
    assert.deepEqual([...names].filter((name) => !(name in notes)), []);
    const lines = new Set(workflows.flatMap(notesOf).flatMap((note) => note.split("\n")));
    assert.deepEqual(Object.keys(notes).filter((text) => !lines.has(text) && !names.has(text)), []);
  });

  test(`${code}: a translation keeps the marks of Markdown`, () => {
    const marks = (line) => line.match(/\*\*|^- |^\d\. |`/g) ?? [];
    for (const [english, translated] of Object.entries(notes)) assert.deepEqual(marks(translated), marks(english), english);
  });
}

test("notes are translated where they stand, and all else stays as it is", () => {
  const note = { id: 1, type: "MarkdownNote", widgets_values: ["- **Too close to it**: lower them.\n\nmine", 7] };
  const other = { id: 2, type: "CLIPTextEncode", widgets_values: ["- **Too close to it**: lower them."] };
  const workflow = { id: "w", nodes: [note, other], links: [] };
  assert.equal(translateNotes(workflow), workflow);
  chooseLanguage("uk");
  const translated = translateNotes(workflow);
  assert.deepEqual(translated.nodes[0], { ...note, widgets_values: ["- **Заблизько до неї**: зменште їх.\n\nmine", 7] });
  assert.equal(translated.nodes[1], other);
  assert.equal(note.widgets_values[0], "- **Too close to it**: lower them.\n\nmine");
  assert.equal(translateNotes(translated), translated);
});

test("groups and inputs are renamed in a workflow of the pack alone", () => {
  chooseLanguage("uk");
  const inputs = [{ name: "image", label: "Photograph" }, { name: "mask", label: "mine" }, null];
  const saved = { nodes: [{ type: "LoadImage", inputs }, null], groups: [{ title: "2  Train", color: "#fff" }, { title: "my own" }] };
  assert.equal(translateNotes(saved), saved);
  const ours = { ...saved, nodes: [...saved.nodes, { type: "LoRATrainer", properties: { cnr_id: "lora-atelier" } }] };
  const { nodes, groups } = translateNotes(ours);
  assert.deepEqual(nodes[0].inputs, [{ name: "image", label: "Фотографія" }, inputs[1], null]);
  assert.deepEqual(groups, [{ title: "2  Навчання", color: "#fff" }, { title: "my own" }]);
  assert.equal(translateNotes({ ...ours, groups: undefined }).groups, undefined);
});

test("what is no workflow is left to ComfyUI", () => {
  chooseLanguage("uk");
  for (const odd of [undefined, null, {}, { nodes: 7 }, { nodes: [null, { type: "MarkdownNote" }] }]) {
    assert.equal(translateNotes(odd), odd);
  }
});
