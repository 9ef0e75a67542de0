/** ComfyUI's own modules, which lie two folders above a pack's files once ComfyUI serves them. */

declare module "*/scripts/app.js" {
  export const app: import("@comfyorg/comfyui-frontend-types").ComfyApp;
}

declare module "*/scripts/api.js" {
  export const api: import("@comfyorg/comfyui-frontend-types").ComfyApi;
}

/** ComfyUI's global registry of node types. */
declare const LiteGraph: {
  registered_node_types: Record<string, unknown>;
  createNode(type: string): import("./types.d.ts").Node | null;
};
