// @ts-check
/** What ComfyUI's settings say. Does nothing on import. */

/** @typedef {import("@comfyorg/comfyui-frontend-types").ComfyApp} App */
/** @typedef {{options?: (string | {value: string})[]}} Setting */

const LANGUAGE = "Comfy.Locale";

/**
 * @param {App} app
 * @returns {[string | undefined, string, string[]]} the language that is set, the browser's, and those that can be set
 */
export function languages(app) {
  const set = /** @type {string | undefined} */ (app.extensionManager.setting.get(LANGUAGE));
  const lookup = /** @type {{settingsLookup?: Record<string, Setting>}} */ (app.ui?.settings ?? {}).settingsLookup;
  const offered = (lookup?.[LANGUAGE]?.options ?? []).map((option) => (typeof option === "string" ? option : option.value));
  return [set, navigator.language, offered];
}
