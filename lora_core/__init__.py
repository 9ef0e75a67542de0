"""The training core of LoRA Atelier: trains, validates and picks LoRAs for Stable Diffusion 1.5.

Knows nothing of ComfyUI.
"""

__version__ = "0.1.0"
