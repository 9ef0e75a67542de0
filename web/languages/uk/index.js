// @ts-check
/** Ukrainian. ComfyUI imports this file as it does every other one, and that is how the pack comes to speak it. */

import { addLanguage } from "../../chart/language.js";
import { LIBRARY } from "./library.js";
import { NOTES } from "./notes.js";
import { PAGE } from "./page.js";
import { SERVER } from "./server.js";

addLanguage("uk", { page: PAGE, server: SERVER, notes: NOTES, library: LIBRARY });
