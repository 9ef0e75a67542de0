import assert from "node:assert/strict";
import { test } from "node:test";

import { ExampleBuilding } from "../../web/example_building.js";

const ROUTE = [["/lora_atelier/example_building", "POST"]];

function saved(type, file) {
  return { nodes: [{ id: 7, type, widgets_values: [file, "image"] }] };
}

function loaded(comfyClass, value) {
  const shown = [];
  const widget = { name: "image", value, options: { values: ["mine.png"] }, callback: (each) => shown.push(each) };
  return { node: { comfyClass, widgets: [{ name: "other", value: 1 }, widget] }, widget, shown };
}

function server(ok = true) {
  const asked = [];
  return { asked, fetchApi: async (route, options) => (asked.push([route, options.method]), { ok }) };
}

test("the photograph of the examples is drawn before they open, and offered and shown then", async () => {
  for (const [type, file] of [
    ["LoadImage", "theatre.png"],
    ["LoadImageMask", "theatre_mask.png"],
  ]) {
    const { node, widget, shown } = loaded(type, file);
    const { asked, fetchApi } = server();
    const example = new ExampleBuilding({ fetchApi });
    await example.draw(saved(type, file));
    assert.deepEqual(asked, ROUTE);
    example.show(node);
    assert.deepEqual(widget.options.values, ["mine.png", file]);
    assert.deepEqual(shown, [file]);
  }
});

test("it is drawn for a node in a subgraph too, and where the values have names", async () => {
  const { asked, fetchApi } = server();
  const nodes = [{ type: "LoadImage", widgets_values: { image: "theatre.png" } }];
  await new ExampleBuilding({ fetchApi }).draw({ nodes: [], definitions: { subgraphs: [{ nodes }] } });
  assert.deepEqual(asked, ROUTE);
});

test("other pictures and other nodes are left alone", async () => {
  const { asked, fetchApi } = server();
  const example = new ExampleBuilding({ fetchApi });
  await example.draw(saved("LoadImage", "mine.png"));
  await example.draw(saved("SaveImage", "theatre.png"));
  await example.draw({ nodes: [{ type: "LoadImage" }, { type: "Note", widgets_values: null }] });
  await example.draw({});
  assert.deepEqual(asked, []);
  await example.draw(saved("LoadImage", "theatre.png"));
  for (const [comfyClass, file] of [
    ["LoadImage", "mine.png"],
    ["SaveImage", "theatre.png"],
  ]) {
    const { node, shown } = loaded(comfyClass, file);
    example.show(node);
    assert.deepEqual(shown, []);
  }
  example.show({ comfyClass: "LoadImage" });
});

test("nothing is shown that could not be drawn", async () => {
  const { node, widget, shown } = loaded("LoadImage", "theatre.png");
  const example = new ExampleBuilding(server(false));
  await example.draw(saved("LoadImage", "theatre.png"));
  example.show(node);
  assert.deepEqual([widget.options.values, shown], [["mine.png"], []]);
});
