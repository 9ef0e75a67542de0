// @ts-check
/** The page's workflows, as all of the pack's extensions know them. */

import { app } from "../../scripts/app.js";
import { Tabs } from "./chart/tabs.js";

/** @typedef {import("./chart/tabs.js").Tab} Tab */
/** @typedef {{workflow?: {activeWorkflow?: Tab | null}}} Manager */

const active = () => /** @type {Manager} */ (app.extensionManager)?.workflow?.activeWorkflow;

export const tabs = new Tabs(active, sessionStorage);
