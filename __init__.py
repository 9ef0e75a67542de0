"""LoRA Atelier: train, validate, pick and use Stable Diffusion 1.5 LoRAs as one ComfyUI graph."""

from .nodes.extension import comfy_entrypoint

WEB_DIRECTORY = "./web"

__all__ = ["WEB_DIRECTORY", "comfy_entrypoint"]
