import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { areSame, lay, place, point, press, texts } from "./page.mjs";
import { Previews } from "../../web/chart/previews.js";
import { viewOf } from "./view_of.mjs";

const named = (...epochs) => epochs.map((epoch) => ({ epoch, file: `epoch_${epoch}.png`, made: 1 }));
const address = (run, { file }) => `http://here/${run}/${file}`;

let previews;
let strip;
let enlarged;

beforeEach(() => {
  previews = new Previews(address);
  ({ strip, enlarged } = previews);
  const stage = document.createElement("div");
  stage.append(strip, enlarged);
  place(stage);
});

const thumbnails = () => [...strip.querySelectorAll("button")];
const thumbnail = (epoch) => strip.querySelector(`[data-epoch="${epoch}"]`);
const marked = () => texts(strip, ".la-marked");
const open = () => (enlarged.hidden ? null : enlarged.querySelector("img").src);

test("the strip has a thumbnail of each preview, in order", () => {
  previews.show(viewOf({ previews: named(5, 10) }));
  assert.equal(strip.hidden, false);
  assert.deepEqual(texts(strip, "button"), ["5", "10"]);
  const sources = thumbnails().map((button) => button.querySelector("img").src);
  assert.deepEqual(sources, ["http://here/bauhaus/epoch_5.png", "http://here/bauhaus/epoch_10.png"]);
  assert.equal(thumbnail(5).getAttribute("aria-label"), "Preview of epoch 5");
});

test("a run without previews has no strip", () => {
  previews.show(viewOf({ previews: named(5) }));
  previews.show(viewOf({ previews: [] }));
  assert.equal(strip.hidden, true);
  assert.deepEqual(thumbnails(), []);
});

test("the preview for an epoch is marked, alone, and brought into the middle of the strip", () => {
  previews.show(viewOf({ previews: named(5, 10) }));
  lay(strip, { width: 100 });
  lay(thumbnail(10), { left: 300, width: 60 });
  previews.mark(5);
  assert.deepEqual(marked(), ["5"]);
  previews.mark(12);
  assert.deepEqual(marked(), ["10"]);
  assert.equal(strip.scrollLeft, 280);
  previews.mark(null);
  assert.deepEqual(marked(), []);
});

test("a preview that is marked already does not scroll the strip away from the user", () => {
  previews.show(viewOf({ previews: named(5, 10) }));
  lay(thumbnail(5), { left: 300, width: 60 });
  previews.mark(5);
  strip.scrollLeft = 7;
  previews.mark(6);
  assert.equal(strip.scrollLeft, 7);
});

test("a click enlarges a preview; the next click or Escape closes it and returns to its thumbnail", () => {
  previews.show(viewOf({ previews: named(5, 10) }));
  assert.equal(open(), null);
  for (const close of [() => enlarged.click(), () => press(enlarged, "Escape"), () => press(enlarged, "Enter")]) {
    thumbnail(10).click();
    assert.equal(open(), "http://here/bauhaus/epoch_10.png");
    assert.deepEqual(texts(enlarged, "figcaption"), ["Epoch 10"]);
    assert.equal(document.activeElement, enlarged);
    close();
    assert.equal(open(), null);
    assert.equal(document.activeElement, thumbnail(10));
  }
});

test("arrow keys go from one enlarged preview to the next, and stay at the ends", () => {
  previews.show(viewOf({ previews: named(5, 10) }));
  thumbnail(5).click();
  const captions = ["ArrowLeft", "ArrowRight", "ArrowRight", "ArrowLeft"].map((key) => {
    press(enlarged, key);
    return enlarged.querySelector("figcaption").textContent;
  });
  assert.deepEqual(captions, ["Epoch 5", "Epoch 10", "Epoch 10", "Epoch 5"]);
});

test("keys that an enlarged preview uses do nothing else, others do", () => {
  previews.show(viewOf({ previews: named(5, 10) }));
  thumbnail(5).click();
  assert.equal(press(enlarged, "ArrowRight"), false);
  assert.equal(press(enlarged, "r"), true);
});

test("an enlarged preview closes when another run is shown, one of the same epoch and file too", () => {
  previews.show(viewOf({ previews: named(5, 10) }));
  thumbnail(10).click();
  previews.show(viewOf({ run: "renaissance", previews: named(5, 10) }));
  assert.equal(open(), null);
});

test("an enlarged preview stays open while its run trains on, and leads to the new ones", () => {
  previews.show(viewOf({ previews: named(5, 10) }));
  thumbnail(10).click();
  previews.show(viewOf({ previews: named(5, 10, 15) }));
  assert.equal(open(), "http://here/bauhaus/epoch_10.png");
  assert.equal(document.activeElement, enlarged);
  press(enlarged, "ArrowRight");
  assert.equal(open(), "http://here/bauhaus/epoch_15.png");
});

test("an enlarged preview closes when its run no longer has it, and stays itself when an earlier one is gone", () => {
  previews.show(viewOf({ previews: named(5, 10, 15) }));
  thumbnail(10).click();
  previews.show(viewOf({ previews: named(10, 15) }));
  assert.equal(open(), "http://here/bauhaus/epoch_10.png");
  previews.show(viewOf({ previews: named(15) }));
  assert.equal(open(), null);
});

test("thumbnails stay the same elements while the run trains on: focus and mark are not lost", () => {
  previews.show(viewOf({ previews: named(5, 10) }));
  previews.mark(10);
  const before = thumbnails();
  before[0].focus();
  previews.show(viewOf({ previews: named(5, 10, 15) }));
  assert.ok(areSame(thumbnails().slice(0, 2), before));
  assert.equal(document.activeElement, before[0]);
  assert.deepEqual(marked(), ["10"]);
});

test("thumbnails of another run are its own, though epochs and files are the same", () => {
  previews.show(viewOf({ previews: named(5) }));
  previews.show(viewOf({ run: "renaissance", previews: named(5) }));
  assert.equal(thumbnail(5).querySelector("img").src, "http://here/renaissance/epoch_5.png");
});

test("a strip at its end follows new previews, one that was scrolled back does not", () => {
  previews.show(viewOf({ previews: named(5) }));
  lay(strip, { width: 400 });
  previews.show(viewOf({ previews: named(5, 10) }));
  assert.equal(strip.scrollLeft, 400);
  strip.scrollLeft = -50;
  previews.show(viewOf({ previews: named(5, 10, 15) }));
  assert.equal(strip.scrollLeft, -50);
});

test("a press of the left button does not drag the node, other buttons are left to the canvas", () => {
  previews.show(viewOf({ previews: named(5) }));
  for (const element of [thumbnail(5), enlarged]) {
    assert.equal(point(element, "pointerdown"), false);
    assert.equal(point(element, "pointerdown", { button: 1 }), true);
  }
});

test("an enlarged preview is over the whole page, and its buttons lead to the others without closing it", () => {
  previews.show(viewOf({ previews: named(5, 10) }));
  thumbnail(5).click();
  assert.ok(enlarged.matches(":popover-open"));
  enlarged.querySelector('[aria-label="Later preview"]').click();
  assert.deepEqual(texts(enlarged, "figcaption"), ["Epoch 10"]);
  enlarged.querySelector('[aria-label="Earlier preview"]').click();
  assert.deepEqual(texts(enlarged, "figcaption"), ["Epoch 5"]);
  assert.equal(document.activeElement, enlarged);
  press(enlarged, "Escape");
  assert.ok(!enlarged.matches(":popover-open"));
  assert.equal(document.activeElement, thumbnail(5));
});
