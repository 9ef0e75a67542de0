// @ts-check
/** Ukrainian. ComfyUI imports this file as it does every other one, and that is how the pack comes to speak it. */

import { addLanguage } from "../../chart/language.js";
import { LIBRARY } from "./library.js";
import { NOTES } from "./notes.js";
import { PAGE } from "./page.js";
import { SERVER } from "./server.js";
import { MODELS } from "./server_models.js";
import { PICTURES } from "./server_pictures.js";
import { RESTYLE } from "./server_restyle.js";
import { RUNS } from "./server_runs.js";

const server = { ...SERVER, ...PICTURES, ...MODELS, ...RESTYLE, ...RUNS };

addLanguage("uk", { page: PAGE, server, notes: NOTES, library: LIBRARY });
