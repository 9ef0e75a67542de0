/** Prints what the sentences of a JSON list, given on standard input, are in a language: node translate_all.mjs uk */

import { readFileSync } from "node:fs";

import "./languages.mjs";
import { chooseLanguage } from "../../web/chart/language.js";
import { translate } from "../../web/chart/translate.js";

chooseLanguage(process.argv[2]);
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map((sentence) => translate(sentence))));
