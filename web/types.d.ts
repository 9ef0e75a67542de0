/** ComfyUI's objects that the pack uses, after the types that ComfyUI publishes. */

import type { ComfyApi, ComfyApp, ComfyExtension, DOMWidget, DOMWidgetOptions } from "@comfyorg/comfyui-frontend-types";

export type Node = Parameters<NonNullable<ComfyExtension["nodeCreated"]>>[0];

/** ComfyUI adds these to litegraph's nodes; its published types leave them out. */
export type ChartNode = Node & {
  onExecuted?(output: unknown): void;
  /** Both may be called by either renderer; true if the node takes what is dropped. */
  onDragOver?(event: DragEvent): boolean;
  onDragDrop?(event: DragEvent): boolean | Promise<boolean>;
  addDOMWidget<Kind extends HTMLElement, Value extends object | string>(
    name: string,
    type: string,
    element: Kind,
    options?: DOMWidgetOptions<Value>,
  ): DOMWidget<Kind, Value>;
};
export type Widget = NonNullable<Node["widgets"]>[number];
/** ComfyUI calls it before it sends the graph to be run; its published types leave it out. */
export type AskedWidget = Widget & { beforeQueued?(): void };
export type Canvas = ComfyApp["canvas"];
export type Api = Pick<ComfyApi, "apiURL" | "fetchApi">;
