// @ts-check
/** The page's workflows, as all of the pack's extensions know them. */

import { app } from "../../scripts/app.js";
import { Tabs } from "./chart/tabs.js";

/** @typedef {import("./chart/tabs.js").Tab} Tab */
/** @typedef {{name: string, after: (callback: () => void) => void}} Action of a store of Pinia */
/** @typedef {(heard: (action: Action) => void, detached: boolean) => void} Subscribe */
/** @typedef {{workflow?: {activeWorkflow?: Tab | null, $onAction?: Subscribe}}} Manager */

const workflows = () => /** @type {Manager} */ (app.extensionManager)?.workflow;
const active = () => workflows()?.activeWorkflow;

export const tabs = new Tabs(active, sessionStorage);

/**
 * Calls `heard` each time ComfyUI has brought a workflow to the front, also the one that was there. It is the last thing
 * that it does to open one, after its nodes were made.
 *
 * @param {() => void} heard
 */
export function onOpened(heard) {
  const store = workflows();
  store?.$onAction?.(({ name, after }) => {
    if (name === "openWorkflow") after(heard);
  }, true);
}
