/** The gallery of a folder: a field for each caption, written when it is left, and taken back; the sides of the split. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import "./languages.mjs";
import "./page.mjs";
import { chooseLanguage } from "../../web/chart/language.js";
import { GalleryClient } from "../../web/captions/gallery_client.js";
import { openGallery } from "../../web/captions/gallery.js";

const CHOICE = { folder: "bauhaus", resolution: "512", aspect_buckets: "true", validation_count: "8", seed: "0" };
const settle = () => new Promise((resolve) => setTimeout(resolve));

/** The server's captions; it writes what it is sent, trimmed, unless it was told another text before. */
class Server {
  constructor() {
    this.captions = { a: "a white house", b: "" };
    this.sent = [];
    this.sides = { training: ["a"], validation: ["b"], left_out: [], notes: [], problems: [] };
    this.apiURL = (route) => `http://here${route}`;
    this.fetchApi = async (route, options) => {
      const { pathname, searchParams } = new URL(route, "http://here");
      if (pathname.endsWith("/sides")) {
        this.asked = Object.fromEntries(searchParams);
        return this.sides instanceof Response ? this.sides : Response.json(this.sides);
      }
      if (!options) {
        if (searchParams.get("folder") === "gone") return Response.json({ error: "No folder." }, { status: 404 });
        const entries = Object.entries(this.captions);
        return Response.json(entries.map(([key, caption]) => ({ key, style: "bauhaus", name: `${key}.png`, caption, version: 7 })));
      }
      const key = pathname.split("/").at(-1);
      const { before, caption } = JSON.parse(options.body);
      this.sent.push(caption);
      if (before !== this.captions[key]) return Response.json({ error: "Changed elsewhere." }, { status: 400 });
      this.captions[key] = caption.replace(/\s+/g, " ");
      return Response.json({ caption: this.captions[key] });
    };
  }
}

let server;
let dialog;
const parts = (selector) => [...dialog.querySelectorAll(selector)];
const type = async (field, text) => {
  field.value = text;
  field.dispatchEvent(new field.ownerDocument.defaultView.Event("change"));
  await settle();
};

beforeEach(async () => {
  const proto = document.createElement("dialog").constructor.prototype;
  proto.showModal ??= function showModal() {
    this.open = true;
  };
  proto.close ??= function close() {
    this.dispatchEvent(new this.ownerDocument.defaultView.Event("close"));
  };
  server = new Server();
  dialog = await openGallery(new GalleryClient(server), CHOICE, document.body);
});

test("each picture has its caption", () => {
  assert.equal(dialog.querySelector("h2").textContent, "Pictures of bauhaus");
  assert.deepEqual(parts("textarea").map(({ value }) => value), ["a white house", ""]);
  assert.deepEqual(parts("img").map(({ src }) => src), [
    "http://here/lora_atelier/captions/a?folder=bauhaus&version=7",
    "http://here/lora_atelier/captions/b?folder=bauhaus&version=7",
  ]);
});

test("a changed caption is written, and shown as it was written", async () => {
  const [field] = parts("textarea");
  await type(field, "  a grey   house ");
  assert.equal(server.captions.a, "a grey house");
  assert.equal(field.value, "a grey house");
  assert.equal(parts(".la-state")[0].textContent, "written");
  await type(field, "a grey house");
  assert.equal(server.sent.length, 1);
});

test("undo brings the earlier caption back, however often it was changed", async () => {
  const [field] = parts("textarea");
  const [undo] = parts(".la-undo");
  assert.ok(undo.hidden);
  await type(field, "one");
  await type(field, "two");
  assert.ok(!undo.hidden);
  undo.click();
  await settle();
  assert.equal(server.captions.a, "a white house");
  assert.equal(field.value, "a white house");
  assert.ok(undo.hidden);
});

test("a refusal is said beside its field, and the text stays there", async () => {
  server.captions.a = "changed meanwhile";
  const [field] = parts("textarea");
  await type(field, "mine");
  assert.equal(parts(".la-state")[0].textContent, "Changed elsewhere.");
  assert.equal(field.value, "mine");
  assert.equal(server.captions.a, "changed meanwhile");
});

test("a folder that cannot be shown is told", async () => {
  dialog = await openGallery(new GalleryClient(server), { ...CHOICE, folder: "gone" }, document.body);
  assert.equal(dialog.querySelector(".la-problem").textContent, "No folder.");
});

test("each picture says on which side it is, as the node's inputs split them", async () => {
  await settle();
  assert.deepEqual(server.asked, CHOICE);
  assert.deepEqual(parts(".la-badge").map(({ textContent }) => textContent), ["training", "held out"]);
  assert.deepEqual(parts(".la-sides button").map(({ textContent }) => textContent), ["all 2", "training 1", "held out 1"]);
  assert.equal(dialog.querySelector(".la-sorting").textContent, "");
  assert.ok(dialog.querySelector(".la-notes").hidden);
});

afterEach(() => chooseLanguage("en"));

test("remarks and problems are in the user's language", async () => {
  chooseLanguage("uk");
  const notes = ["b.png is a mirrored crop of a.png (61% of it)", "Not a picture, left alone: a.docx, b.docx and 3 more"];
  server.sides = { training: ["a"], validation: [], left_out: [], notes, problems: ["The folder /x cannot be read (no). Check that you may open it."] };
  dialog = await openGallery(new GalleryClient(server), CHOICE, document.body);
  await settle();
  assert.deepEqual(parts(".la-notes > p").map(({ textContent }) => textContent), [
    "b.png — дзеркальний фрагмент a.png (61% площі)",
    "Не зображення, не зачеплено: a.docx, b.docx та ще 3",
  ]);
  assert.equal(dialog.querySelector(".la-sorting").textContent, "Тека /x не читається (no). Перевірте, чи маєте до неї доступ.");
});

test("what was left out says why, pictures and other files, behind the rest", async () => {
  server.sides = {
    training: ["b"],
    validation: [],
    left_out: [
      { key: "a", style: "bauhaus", name: "a.png", reason: "it or a relative of it is in the validation folder" },
      { key: "c", style: "bauhaus", name: "plan.psd", reason: "PSD files are not read, export it as JPEG or PNG" },
    ],
    notes: ["b.png is a crop."],
    problems: [],
  };
  dialog = await openGallery(new GalleryClient(server), CHOICE, document.body);
  await settle();
  assert.deepEqual(parts("figure").map(({ dataset: { key, side } }) => [key, side]), [
    ["b", "training"],
    ["a", "left_out"],
    ["c", "left_out"],
  ]);
  assert.deepEqual(parts(".la-why").map(({ textContent }) => textContent).slice(1), [
    "it or a relative of it is in the validation folder",
    "PSD files are not read, export it as JPEG or PNG",
  ]);
  assert.deepEqual(parts(".la-notes > *").map(({ textContent }) => textContent), ["Remarks: 1", "b.png is a crop."]);
  const [, , leftOut] = parts(".la-sides button");
  leftOut.click();
  assert.equal(dialog.querySelector(".la-entries").dataset.shown, "left_out");
  assert.equal(leftOut.getAttribute("aria-pressed"), "true");
  assert.equal(parts(".la-sides button")[0].getAttribute("aria-pressed"), "false");
});

test("captions can be corrected where the pictures cannot be split, and why is said", async () => {
  server.sides = Response.json({ error: "3 usable pictures are too few." }, { status: 404 });
  dialog = await openGallery(new GalleryClient(server), CHOICE, document.body);
  await settle();
  assert.equal(dialog.querySelector(".la-sorting").textContent, "3 usable pictures are too few.");
  await type(parts("textarea")[0], "a grey house");
  assert.equal(server.captions.a, "a grey house");
});

test("Escape closes it wherever the focus is, and is nobody else's then", async () => {
  const { KeyboardEvent } = dialog.ownerDocument.defaultView;
  const heard = [];
  const listen = ({ key }) => heard.push(key);
  document.addEventListener("keydown", listen);
  const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  press("a");
  assert.equal(dialog.isConnected, true);
  press("Escape");
  assert.equal(dialog.isConnected, false);
  assert.deepEqual(heard, ["a"]);
  press("Escape");
  assert.deepEqual(heard, ["a", "Escape"]);
  document.removeEventListener("keydown", listen);
});

test("another gallery takes the place of the one that is open", async () => {
  const before = dialog;
  dialog = await openGallery(new GalleryClient(server), { ...CHOICE, folder: "other" }, document.body);
  assert.equal(before.isConnected, false);
  assert.equal(document.querySelectorAll("dialog").length, 1);
  assert.equal(dialog.querySelector("h2").textContent, "Pictures of other");
});

test("it goes when it is closed, by its button or by Escape", async () => {
  dialog.querySelector(".la-close").click();
  assert.equal(dialog.isConnected, false);
  dialog = await openGallery(new GalleryClient(server), CHOICE, document.body);
  const { KeyboardEvent } = dialog.ownerDocument.defaultView;
  parts("textarea")[0].dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  assert.equal(dialog.isConnected, false);
});
