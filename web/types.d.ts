/** ComfyUI's objects that the pack uses, after the types that ComfyUI publishes. */

import type { ComfyApi, ComfyApp, ComfyExtension, DOMWidget, DOMWidgetOptions } from "@comfyorg/comfyui-frontend-types";

export type Node = Parameters<NonNullable<ComfyExtension["nodeCreated"]>>[0];

/** ComfyUI adds these two to litegraph's nodes; its published types leave them out. */
export type ChartNode = Node & {
  onExecuted?(output: unknown): void;
  addDOMWidget<Kind extends HTMLElement, Value extends object | string>(
    name: string,
    type: string,
    element: Kind,
    options?: DOMWidgetOptions<Value>,
  ): DOMWidget<Kind, Value>;
};
export type Widget = NonNullable<Node["widgets"]>[number];
export type Canvas = ComfyApp["canvas"];
export type Api = Pick<ComfyApi, "apiURL" | "fetchApi">;
