/** Prints the English patterns of the server's sentences that a language translates: node server_patterns.mjs uk */

import "./languages.mjs";
import { LANGUAGES } from "../../web/chart/language.js";

console.log(JSON.stringify(Object.keys(LANGUAGES[process.argv[2]].server)));
