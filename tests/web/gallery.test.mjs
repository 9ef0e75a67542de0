/** The captions of a folder: a field for each, written when it is left, and taken back. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import "./page.mjs";
import { CaptionClient } from "../../web/captions/caption_client.js";
import { openGallery } from "../../web/captions/gallery.js";

const settle = () => new Promise((resolve) => setTimeout(resolve));

/** The server's captions; it writes what it is sent, trimmed, unless it was told another text before. */
class Server {
  constructor() {
    this.captions = { a: "a white house", b: "" };
    this.sent = [];
    this.apiURL = (route) => `http://here${route}`;
    this.fetchApi = async (route, options) => {
      const { pathname, searchParams } = new URL(route, "http://here");
      if (!options) {
        if (searchParams.get("folder") === "gone") return Response.json({ error: "No folder." }, { status: 404 });
        const entries = Object.entries(this.captions);
        return Response.json(entries.map(([key, caption]) => ({ key, style: "bauhaus", name: `${key}.png`, caption })));
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
  dialog = await openGallery(new CaptionClient(server), "bauhaus");
});

test("each picture has its caption", () => {
  assert.equal(dialog.querySelector("h2").textContent, "Captions of bauhaus (2)");
  assert.deepEqual(parts("textarea").map(({ value }) => value), ["a white house", ""]);
  assert.deepEqual(parts("img").map(({ src }) => src), [
    "http://here/lora_atelier/captions/a?folder=bauhaus",
    "http://here/lora_atelier/captions/b?folder=bauhaus",
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
  dialog = await openGallery(new CaptionClient(server), "gone");
  assert.equal(dialog.querySelector(".la-problem").textContent, "No folder.");
});

test("it goes when it is closed, by its button or by Escape", async () => {
  dialog.querySelector(".la-close").click();
  assert.equal(dialog.isConnected, false);
  dialog = await openGallery(new CaptionClient(server), "bauhaus");
  const { KeyboardEvent } = dialog.ownerDocument.defaultView;
  parts("textarea")[0].dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  assert.equal(dialog.isConnected, false);
});
