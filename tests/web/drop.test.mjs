/** A folder that is dropped onto a node: which files are sent, and what the node says and is set to afterwards. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import "./page.mjs";
import { readDropped, takeDropped } from "../../web/drop/dropped.js";
import { FolderClient } from "../../web/drop/folder_client.js";
import { takeFolders } from "../../web/drop/folder_drop.js";

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

/** An entry of a browser's file system: a File, or a folder of them by name. Folders are read two entries at a time. */
function entryOf(name, content) {
  if (content instanceof File) return { name, isDirectory: false, file: (resolve) => resolve(content) };
  const inner = Object.entries(content).map(([each, of]) => entryOf(each, of));
  const createReader = () => {
    const left = [...inner];
    return { readEntries: (resolve) => resolve(left.splice(0, 2)) };
  };
  return { name, isDirectory: true, createReader };
}

const file = (name, text = "picture") => new File([text], name);

function transferOf(contents, { entries = true } = {}) {
  const items = Object.entries(contents).map(([name, content]) => ({
    kind: "file",
    ...(entries ? { webkitGetAsEntry: () => entryOf(name, content) } : {}),
  }));
  return { items, files: Object.values(contents).filter((content) => content instanceof File) };
}

const HOUSE = { "дім 1.png": file("дім 1.png"), "дім 1.txt": file("дім 1.txt", "a house") };

/** The server as far as folders go: it keeps what it is sent, unless it is to refuse. */
class Server {
  constructor() {
    this.files = {};
    this.steps = [];
    this.fetchApi = async (route, { body }) => {
      const { pathname, searchParams } = new URL(route, "http://here");
      const step = pathname.split("/").at(-1);
      this.steps.push(step);
      if (step === "incoming") {
        return Response.json({ ticket: "7", endings: [".png", ".txt"], captions: [".txt"], largest: 50, most: 4, asked: JSON.parse(body) });
      }
      if (step === "settle") return Response.json({ folder: "Мій стиль 2" });
      if (step === "discard") return Response.json({});
      const path = searchParams.get("path");
      if (path === this.refused) return Response.json({ error: "The disk is full." }, { status: 404 });
      this.files[path] = new TextDecoder().decode(body);
      return Response.json({});
    };
  }
}

let server;
let node;
let canvas;
let said;

beforeEach(() => {
  server = new Server();
  said = [];
  const changes = [];
  canvas = { changes, emitBeforeChange: () => changes.push("before"), emitAfterChange: () => changes.push("after"), setDirty() {} };
  node = { widgets: [{ name: "folder", value: "old", options: { values: ["old"] }, callback: (value) => changes.push(value) }] };
  takeFolders(node, new FolderClient(server), () => canvas, { show: (sentences) => said.push(sentences) });
});

const drop = async (transfer) => {
  const event = { dataTransfer: transfer, prevented: 0, preventDefault: () => (event.prevented += 1), stopPropagation() {} };
  const taken = node.onDragDrop(event);
  transfer.items.length = 0; // as a browser empties it once the event is over
  await settle();
  return taken;
};

test("a folder is sent with its captions and sub-folders, and becomes the node's in one change", async () => {
  const style = { ...HOUSE, val: { "b.png": file("b.png") }, ".DS_Store": file(".DS_Store"), "plan.pdf": file("plan.pdf") };
  assert.equal(await drop(transferOf({ "Мій стиль": style })), true);
  assert.deepEqual(server.files, { "дім 1.png": "picture", "дім 1.txt": "a house", "val/b.png": "picture" });
  assert.deepEqual(canvas.changes, ["before", "Мій стиль 2", "after"]);
  assert.deepEqual(node.widgets[0].options.values, ["old", "Мій стиль 2"]);
  assert.deepEqual(said[1], ["Copying Мій стиль: 1 of 3 files"]);
  assert.deepEqual(said.at(-1), [
    "Мій стиль 2 is in the input folder now (files: 3).",
    "Not needed, left out (1): plan.pdf.",
  ]);
});

test("several folders are styles of one folder; pictures without a folder are one", async () => {
  const styles = await readDropped(takeDropped(transferOf({ bauhaus: HOUSE, gothic: { "c.png": file("c.png") } })));
  assert.equal(styles.name, "styles");
  assert.deepEqual(styles.files.map(({ path }) => path), ["bauhaus/дім 1.png", "bauhaus/дім 1.txt", "gothic/c.png"]);
  for (const entries of [true, false]) {
    const { name, files } = await readDropped(takeDropped(transferOf(HOUSE, { entries })));
    assert.equal(name, "pictures");
    assert.deepEqual(files.map(({ path }) => path), ["дім 1.png", "дім 1.txt"]);
  }
});

test("a single file is left to ComfyUI, which may open it as a workflow", async () => {
  assert.equal(await drop(transferOf({ "workflow.png": file("workflow.png") })), false);
  assert.equal(takeDropped({ items: [{ kind: "string" }], files: [] }), null);
  assert.equal(takeDropped(null), null);
  assert.deepEqual(server.steps, []);
  assert.deepEqual(said, []);
});

test("what becomes of a single picture is said", async () => {
  const picture = new File(["picture"], "house.png", { type: "image/png" });
  assert.equal(await drop(transferOf({ "house.png": picture })), false);
  assert.deepEqual(said, [
    ["house.png alone is no dataset: ComfyUI looks for a workflow in it. Drop a folder, or several pictures."],
  ]);
  await drop(transferOf({ "house.png": picture, "house.txt": file("house.txt") }));
  assert.equal(node.widgets[0].value, "Мій стиль 2");
  assert.doesNotMatch(said.flat().slice(1).join(" "), /alone/);
});

test("the node takes files that are dragged over it, and no text", () => {
  assert.equal(node.onDragOver({ dataTransfer: transferOf(HOUSE) }), true);
  assert.equal(node.onDragOver({ dataTransfer: { items: [{ kind: "string" }] } }), false);
  assert.equal(node.onDragOver({ dataTransfer: null }), false);
});

test("nothing is left behind of a folder that cannot be taken, and the node keeps its own", async () => {
  server.refused = "дім 1.txt";
  await drop(transferOf({ style: HOUSE }));
  assert.deepEqual(server.steps, ["incoming", "files", "files", "discard"]);
  assert.deepEqual(said.at(-1), ["The disk is full."]);
  assert.deepEqual(canvas.changes, []);
  assert.equal(node.widgets[0].value, "old");
});

test("what is too large or too much is said before anything is sent", async () => {
  await drop(transferOf({ style: { "a.png": file("a.png", "x".repeat(60)) } }));
  assert.match(said.at(-1)[0], /^a\.png has more than 0\.00005 MB/);
  const many = Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`${index}.png`, file(`${index}.png`)]));
  await drop(transferOf({ style: many }));
  assert.match(said.at(-1)[0], /^5 files are too many, 4 are possible/);
  assert.ok(!server.steps.includes("files"));
});

test("a second folder waits for the first", async () => {
  const [one, two] = [transferOf({ one: HOUSE }), transferOf({ two: { "z.png": file("z.png") } })];
  const both = [drop(one), drop(two)];
  assert.deepEqual(await Promise.all(both), [true, true]);
  await settle();
  const sent = (files) => ["incoming", ...Array(files).fill("files"), "settle"];
  assert.deepEqual(server.steps, [...sent(2), ...sent(1)]);
  assert.ok("z.png" in server.files);
  assert.match(said.at(-1)[0], /is in the input folder now \(files: 1\)/);
});

test("a folder that cannot be taken does not keep the next one from its turn", async () => {
  server.refused = "дім 1.txt";
  await Promise.all([drop(transferOf({ one: HOUSE })), drop(transferOf({ two: { "z.png": file("z.png") } }))]);
  await settle();
  assert.ok("z.png" in server.files);
  assert.equal(server.steps.at(-1), "settle");
});

test("that there is no picture is said without a name that nobody gave", async () => {
  for (const [one, two] of [["plan.pdf", "b.pdf"], ["a.txt", "b.TXT"]]) {
    await drop(transferOf({ [one]: file(one), [two]: file(two) }));
    assert.match(said.at(-1)[0], /^No picture is among what was dropped/);
  }
  assert.ok(!server.steps.includes("files"));
});

test("a file that cannot be read is named", async () => {
  const broken = file("a.png");
  broken.arrayBuffer = () => Promise.reject(new Error("gone"));
  await drop(transferOf({ style: { "a.png": broken, "b.png": file("b.png") } }));
  assert.match(said.at(-1)[0], /^a\.png cannot be read/);
  assert.equal(server.steps.at(-1), "discard");
});
