"""The training core of LoRA Atelier: train, validate and pick LoRAs for Stable Diffusion 1.5. Knows nothing of ComfyUI."""
