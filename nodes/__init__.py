"""ComfyUI's side of LoRA Atelier: one file for each node, with a schema and a short execute."""
