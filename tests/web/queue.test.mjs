/** The queue above the list of runs: what it says, and what its buttons ask of the server. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import "./languages.mjs";
import { place, texts } from "./page.mjs";
import { chooseLanguage } from "../../web/chart/language.js";
import { QueueClient } from "../../web/library/queue_client.js";
import { describeQueue, QueueView } from "../../web/library/queue_view.js";
import { wordsIn } from "../../web/library/words.js";
import { progressOf } from "./view_of.mjs";

const EN = wordsIn("en");

/** A training that waits. */
const queued = (id, changes = {}) => ({
  id,
  runs: [`run ${id}`],
  state: "waiting",
  begun: false,
  reason: "",
  steps: 2800,
  seconds: 3900,
  like: "weimar",
  ...changes,
});

/** A queue on a server: it does what it is asked for, as the real one. */
class QueueServer {
  constructor(...trainings) {
    this.listing = { going: true, restarts: false, trainings, problems: [] };
    this.refusal = null;
    this.fetchApi = (route, options) => this.answer(route.split("/").slice(3), options);
  }

  get order() {
    return this.listing.trainings.map(({ id }) => id).join("");
  }

  async answer([name, what], options) {
    if (!options && !what) return Response.json(structuredClone(this.listing));
    if (this.refusal) return Response.json({ error: this.refusal }, { status: 400 });
    if (what === "workflow") return Response.json({ of: name });
    const sent = JSON.parse(options.body);
    const { trainings } = this.listing;
    const one = trainings.find(({ id }) => id === name);
    if (name === "going") this.listing.going = sent.going === "yes";
    else if (name === "restarts") this.listing.restarts = sent.restarts === "yes";
    else if (what === "again") Object.assign(one, { state: "waiting", reason: "" });
    else if (what) {
      trainings.splice(trainings.indexOf(one), 1);
      const before = sent.before ? trainings.findIndex(({ id }) => id === sent.before) : trainings.length;
      if (what === "move") trainings.splice(before, 0, one);
    } else trainings.push(queued("z", { runs: [JSON.parse(sent.graph).name] }));
    return Response.json({ id: "z" });
  }
}

let server;
let view;
let opened;

async function open(...trainings) {
  server = new QueueServer(...trainings);
  opened = [];
  const client = new QueueClient(server);
  view = new QueueView(EN, client, {
    onAdd: async () => void (await client.add({ graph: { name: "new" }, workflow: {}, client: "page" })),
    onOpen: (workflow) => opened.push(workflow),
  });
  place(view.element);
  await view.read();
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 10));
const lines = () => texts(view.list, ".la-lines > :last-child");
const row = (id) => view.list.querySelector(`li[data-id="${id}"]`);
const button = (id, act) => row(id).querySelector(`[data-act="${act}"]`);
const press = async (element) => {
  element.focus();
  element.click();
  await settle();
};

beforeEach(() =>
  open(
    queued("a", { state: "running", seconds: 600 }),
    queued("b"),
    queued("c", { state: "failed", reason: "DatasetLoader: No folder 'c'.", seconds: null }),
    queued("d", { begun: true }),
  ),
);

afterEach(() => chooseLanguage("en"));

test("why trainings failed, and damaged files, are said in the user's language", async () => {
  chooseLanguage("uk");
  server.listing.trainings = [
    queued("a", { state: "failed", reason: "LoRA Trainer: No caption for 'x; y.png' in /a: write x.txt beside it, run BLIP Captioner, or give it a trigger word." }),
    queued("b", { state: "failed", reason: "The graph runs in a circle: KSampler -> KSampler. Take one of these links away." }),
    queued("c", { state: "failed", reason: "KSampler: its own words" }),
  ];
  server.listing.problems = ["A file of the queue is damaged: 'a.json'. Add that training to the queue again and delete the file."];
  await view.read();
  assert.deepEqual(lines(), [
    "LoRA Trainer: Без підпису: 'x; y.png' у /a. Напишіть поруч x.txt, запустіть BLIP Captioner або дайте йому слово-тригер.",
    "Граф замкнено в коло: KSampler -> KSampler. Приберіть один із цих зв’язків.",
    "KSampler: its own words",
  ]);
  assert.match(view.damage.textContent, /^Файл черги пошкоджено: 'a.json'\./);
});

test("the heading counts what waits and how long it all takes", () => {
  assert.equal(view.title.textContent, "Waiting: 2 · failed: 1 · about 2 h 20 min");
  const { trainings } = view.listing;
  const say = (...changes) => describeQueue({ going: true, trainings: [...trainings, ...changes] }, EN);
  assert.equal(say(queued("e", { seconds: null })), "Waiting: 3 · failed: 1 · 2 h 20 min and more");
  const unknown = { going: false, trainings: [queued("e", { seconds: null })] };
  assert.equal(describeQueue(unknown, EN), "Waiting: 1 · stands still");
});

test("each training says what is known of it", () => {
  assert.deepEqual(lines(), [
    "training · 2,800 steps · about 10 min as fast as weimar",
    "2,800 steps · about 1 h 05 min as fast as weimar",
    "DatasetLoader: No folder 'c'.",
    "goes on where it stopped · 2,800 steps · about 1 h 05 min as fast as weimar",
  ]);
  const say = (changes) => view.describe(queued("x", changes));
  assert.equal(say({ seconds: null, like: "" }), `2,800 steps · ${EN.queue.unmeasured}`);
  assert.equal(say({ steps: null, seconds: null, like: "" }), EN.queue.uncounted);
  assert.equal(say({ steps: 1, seconds: 5 }), "1 step · about 5 s as fast as weimar");
  assert.equal(say({ state: "cancelled" }), EN.queue.cancelled);
});

test("the one that trains says how far it is, also after the list was read again", async () => {
  view.onProgress(progressOf({ prompt_id: "a", run: "run a", epoch: 3, epochs: 40, seconds_left: 120 }));
  assert.equal(lines()[0], "training, epoch 3 of 40 · 2 min left");
  await view.read();
  assert.equal(lines()[0], "training, epoch 3 of 40 · 2 min left");
  view.onProgress(progressOf({ prompt_id: "of another queue", run: "x" }));
  assert.equal(lines()[1], "2,800 steps · about 1 h 05 min as fast as weimar");
});

test("of several runs the one that trains is named", async () => {
  server.listing.trainings[0].runs = ["bauhaus", "gothic"];
  await view.read();
  view.onProgress(progressOf({ prompt_id: "a", run: "gothic", epoch: 3, epochs: 40, seconds_left: null }));
  assert.equal(lines()[0], "gothic: training, epoch 3 of 40");
});

test("trainings change places, and the focus goes with them", async () => {
  await press(button("d", "up"));
  assert.equal(server.order, "abdc");
  assert.equal(document.activeElement, button("d", "up"));
  await press(button("b", "down"));
  assert.equal(server.order, "adbc");
  await press(button("b", "down"));
  assert.equal(server.order, "adcb");
  assert.ok(button("a", "up").disabled && button("b", "down").disabled);
});

test("no training goes above the one that trains", async () => {
  assert.ok(button("a", "down").disabled && button("b", "up").disabled);
  assert.ok(!button("b", "down").disabled && !button("d", "up").disabled);
});

test("a training is taken out, but not while it trains", async () => {
  assert.ok(button("a", "remove").disabled);
  await press(button("b", "remove"));
  assert.equal(server.order, "acd");
  assert.equal(row("b"), null);
});

test("a failed training starts again; any opens its graph", async () => {
  assert.equal(button("b", "again"), null);
  await press(button("c", "open"));
  assert.deepEqual(opened, [{ of: "c" }]);
  await press(button("c", "again"));
  assert.equal(row("c").dataset.state, "waiting");
});

test("the queue is paused and goes on, and may go on by itself", async () => {
  await press(view.going);
  assert.equal(server.listing.going, false);
  assert.equal(view.going.textContent, "Go on");
  assert.ok(view.title.textContent.endsWith("stands still"));
  await press(view.going);
  assert.equal(server.listing.going, true);
  view.restarts.click();
  await settle();
  assert.equal(server.listing.restarts, true);
});

test("an empty queue is one button, by which the graph that is open is added", async () => {
  await open();
  assert.ok(view.heading.hidden && view.setting.hidden);
  await press(view.add);
  assert.deepEqual(texts(view.list, ".la-name"), ["new"]);
  assert.ok(!view.heading.hidden);
  assert.equal(document.activeElement, view.add);
});

test("a refusal is told, and gone with the next thing that is done", async () => {
  server.refusal = "This graph has no LoRA Trainer.";
  await press(view.add);
  assert.equal(view.problem.textContent, server.refusal);
  server.refusal = null;
  await press(view.add);
  assert.equal(view.problem.textContent, "");
});

test("a server that is away is told until the list can be read again", async () => {
  const there = server.fetchApi;
  server.fetchApi = () => Promise.reject(new TypeError("Failed to fetch"));
  await press(button("b", "remove"));
  assert.equal(view.unread.textContent, "ComfyUI cannot be reached. Its console may say why.");
  assert.equal(view.problem.textContent, "", "it is said once");
  server.fetchApi = there;
  await view.read();
  assert.equal(view.unread.textContent, "");
  assert.ok(row("b"), "what could not be asked for was not done");
});

test("a refusal outlasts the next reading of the list", async () => {
  server.refusal = "The run name is taken.";
  await press(view.add);
  await view.read();
  assert.equal(view.problem.textContent, server.refusal);
});

test("of several damaged files the first is told, and how many there are; the others unfold", async () => {
  server.listing.problems = ["x", "y", "z"].map((name) => `'${name}.json' is damaged.`);
  await view.read();
  assert.deepEqual(texts(view.damage, "summary > *"), ["'x.json' is damaged.", "and 2 more"]);
  assert.deepEqual(texts(view.damage, "p"), ["'y.json' is damaged.", "'z.json' is damaged."]);
  view.damage.open = true;
  await view.read();
  assert.ok(view.damage.open, "reading the list again does not fold them");
  server.listing.problems = [];
  await view.read();
  assert.ok(view.damage.hidden);
});

test("what is damaged is said, and a row that shows the same stays", async () => {
  const before = row("b");
  server.listing.problems = ["'x.json' is damaged."];
  await view.read();
  assert.equal(view.damage.textContent, "'x.json' is damaged.");
  assert.equal(row("b"), before);
});
