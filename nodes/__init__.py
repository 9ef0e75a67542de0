"""ComfyUI's side of LoRA Atelier: one file a node, each a schema and a short execute."""
