/** Imports the languages as ComfyUI does, which imports every file of the pack's front end. */

import { readdirSync } from "node:fs";

const FOLDER = new URL("../../web/languages/", import.meta.url);

for (const code of readdirSync(FOLDER)) await import(new URL(`${code}/index.js`, FOLDER).href);
