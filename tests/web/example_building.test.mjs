import assert from "node:assert/strict";
import { test } from "node:test";

import { provideExample } from "../../web/example_building.js";

function loaded(comfyClass, value) {
  const shown = [];
  const widget = { name: "image", value, options: { values: ["mine.png"] }, callback: (each) => shown.push(each) };
  const node = { id: 7, comfyClass, widgets: [{ name: "other", value: 1 }, widget] };
  node.graph = { getNodeById: (id) => (id === 7 ? node : null) };
  return { node, widget, shown };
}

function server(ok = true) {
  const asked = [];
  return { asked, fetchApi: async (route, options) => (asked.push([route, options.method]), { ok }) };
}

test("the photograph of the examples is drawn, offered and shown", async () => {
  for (const [comfyClass, file] of [
    ["LoadImage", "theatre.png"],
    ["LoadImageMask", "theatre_mask.png"],
  ]) {
    const { node, widget, shown } = loaded(comfyClass, file);
    const { asked, fetchApi } = server();
    await provideExample(node, { fetchApi });
    assert.deepEqual(asked, [["/lora_atelier/example_building", "POST"]]);
    assert.deepEqual(widget.options.values, ["mine.png", file]);
    assert.deepEqual(shown, [file]);
  }
});

test("other pictures and other nodes are left alone", async () => {
  for (const [comfyClass, file] of [
    ["LoadImage", "mine.png"],
    ["SaveImage", "theatre.png"],
  ]) {
    const { node, shown } = loaded(comfyClass, file);
    const { asked, fetchApi } = server();
    await provideExample(node, { fetchApi });
    assert.deepEqual([asked, shown], [[], []]);
  }
  await provideExample({ comfyClass: "LoadImage" }, server());
});

test("nothing is shown that could not be drawn", async () => {
  const { node, widget, shown } = loaded("LoadImage", "theatre.png");
  await provideExample(node, server(false));
  assert.deepEqual([widget.options.values, shown], [["mine.png"], []]);
});

test("nothing is shown once another workflow is open", async () => {
  const { node, shown } = loaded("LoadImage", "theatre.png");
  const drawing = provideExample(node, server());
  node.graph.getNodeById = () => ({ id: 7, comfyClass: "LoRATrainer" });
  await drawing;
  assert.deepEqual(shown, []);
});
