/** The server's English sentences in another language: whole ones, parts of them, and what is not known. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import "./languages.mjs";
import { chooseLanguage } from "../../web/chart/language.js";
import { translate } from "../../web/chart/translate.js";

beforeEach(() => chooseLanguage("uk"));
afterEach(() => chooseLanguage("en"));

test("a reason is put together from its parts", () => {
  assert.equal(
    translate(
      "Epoch 9 of 12, averaged weights, the earliest within one standard error of the lowest (7): validation 12.3 % ± 2.0 % " +
        "better than no LoRA; epochs 7 to 10 can't be told apart; overfitting from epoch 11. Training pictures can be told " +
        "from held-out ones in 56 % of pairs (95 % interval 40 to 70 %), where chance alone gives 50 %.",
    ),
    "Епоха 9 з 12, усереднені ваги, найраніша в межах однієї стандартної похибки від найнижчої (7): валідаційна втрата на " +
      "12.3 % ± 2.0 % краща, ніж без LoRA; епохи від 7 до 10 не відрізнити одна від одної; перенавчання з епохи 11. " +
      "Навчальні зображення відрізняються від відкладених у 56 % пар (95 % інтервал від 40 до 70 %), де випадок дає 50 %.",
  );
});

test("what varies stays as it is, unless it has a translation", () => {
  assert.equal(
    translate(
      "A run named 'мій; стиль. 2' exists and was made differently: rank was 16 and is now 8; the pictures, their captions " +
        "or their split changed. To resume it, use the same settings; to train a new one, choose another run name, such as 'x-2'.",
    ),
    "Запуск 'мій; стиль. 2' уже є, і його зроблено інакше: rank: було 16, тепер 8; змінилися зображення, їхні підписи або " +
      "поділ. Щоб продовжити його, поверніть ті самі налаштування; щоб навчити новий, виберіть іншу назву, наприклад 'x-2'.",
  );
});

test("a text with a part that is not known stays English as a whole", () => {
  const english = "Epoch 9 of 12: nobody knows; no overfitting so far.";
  assert.equal(translate(english), english);
  assert.equal(translate(""), "");
});

test("a number is no text, nor the other way round", () => {
  assert.equal(translate("Epoch nine of 12."), "Epoch nine of 12.");
  assert.equal(translate("Epoch 9 of 12."), "Епоха 9 з 12.");
});

test("English stays English", () => {
  chooseLanguage("en");
  assert.equal(translate("no overfitting so far."), "no overfitting so far.");
});
